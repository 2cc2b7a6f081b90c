//===- OutputFiles.cpp - The files that a compilation makes ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/OutputFiles.h"
#include "mlir/IR/Diagnostics.h"
#include "runtime/File.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"

using namespace mlir;
using namespace mlir::lathe;
namespace fs = llvm::sys::fs;

LogicalResult OutputFiles::fail(StringRef path, std::error_code error) {
  return emitError(location)
         << "cannot write '" << path << "': " << error.message();
}

LogicalResult OutputFiles::check(StringRef path) {
  for (const std::string &input : inputs)
    if (fs::equivalent(input, path))
      return emitError(location)
             << "'" << path << "' is read, and what is written would replace "
             << "it; give another name to -o";
  return success();
}

FailureOr<std::string> OutputFiles::place(StringRef path) {
  if (path == "-")
    return path.str();
  fs::file_status status;
  bool isThere = !fs::status(path, status);
  if (isThere && fs::is_directory(status))
    return fail(path, std::make_error_code(std::errc::is_a_directory));
  if (failed(check(path)))
    return failure();
  File file{path.str(), "", isThere && !fs::is_regular_file(status)};
  if (file.isDirect) {
    llvm::SmallString<128> temporary;
    if (std::error_code error =
            fs::createTemporaryFile("lathe", "out", temporary))
      return fail(path, error);
    file.temporary = temporary.str().str();
  } else {
    StringRef folder = llvm::sys::path::parent_path(path);
    if (std::error_code error =
            fs::access(folder.empty() ? "." : folder, fs::AccessMode::Write))
      return fail(path, error);
    // Of a process's own: others may compile to the same place.
    file.temporary =
        (path + ".tmp." + Twine(llvm::sys::Process::getProcessId())).str();
  }
  llvm::sys::RemoveFileOnSignal(file.temporary);
  files.push_back(file);
  return file.temporary;
}

LogicalResult OutputFiles::finish(const File &file) {
  if (!file.isDirect) {
    std::error_code error = fs::rename(file.temporary, file.path);
    return error ? fail(file.path, error) : success();
  }
  auto bytes = llvm::MemoryBuffer::getFile(file.temporary, /*IsText=*/false,
                                           /*RequiresNullTerminator=*/false);
  if (!bytes)
    return fail(file.path, bytes.getError());
  auto device = ::lathe::runtime::OutputFile::create(file.path);
  ::lathe::runtime::Status status = device.status();
  if (device)
    status =
        device->write((*bytes)->getBufferStart(), (*bytes)->getBufferSize());
  if (device && !status.failed())
    status = device->commit();
  if (status.failed())
    return emitError(location) << status.message();
  fs::remove(file.temporary);
  return success();
}

LogicalResult OutputFiles::commit() {
  for (const File &file : files) {
    if (failed(finish(file)))
      return failure();
    llvm::sys::DontRemoveFileOnSignal(file.temporary);
  }
  files.clear();
  return success();
}

OutputFiles::~OutputFiles() {
  for (const File &file : files) {
    fs::remove(file.temporary);
    llvm::sys::DontRemoveFileOnSignal(file.temporary);
  }
}
