//===- Ptxas.cpp - CUDA's assembler ---------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/Ptxas.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::lathe;

std::string kernel::findPtxas() {
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH", "CUDA_ROOT"})
    if (auto root = llvm::sys::Process::GetEnv(variable)) {
      llvm::SmallString<128> path(*root);
      llvm::sys::path::append(path, "bin", "ptxas");
      if (llvm::sys::fs::can_execute(path))
        return path.str().str();
    }
  if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName("ptxas"))
    return *found;
  StringRef usual = "/usr/local/cuda/bin/ptxas";
  return llvm::sys::fs::can_execute(usual) ? usual.str() : "";
}

std::optional<std::string> kernel::assemblePtx(StringRef assembler,
                                               StringRef ptx,
                                               StringRef architecture,
                                               MLIRContext *context) {
  llvm::SmallString<128> source, output, log;
  llvm::scope_exit remove([&] {
    for (StringRef file : {source.str(), output.str(), log.str()})
      if (!file.empty()) {
        llvm::sys::fs::remove(file);
        llvm::sys::DontRemoveFileOnSignal(file);
      }
  });
  auto warn = [&](StringRef reason) {
    emitWarning(UnknownLoc::get(context))
        << "'" << assembler
        << "' made no machine code of the kernels: " << reason
        << "; the device's driver will, when the program starts";
    return std::nullopt;
  };
  if (llvm::sys::fs::createTemporaryFile("lathe", "ptx", source) ||
      llvm::sys::fs::createTemporaryFile("lathe", "cubin", output) ||
      llvm::sys::fs::createTemporaryFile("lathe", "log", log))
    return warn("no temporary file");
  for (StringRef file : {source.str(), output.str(), log.str()})
    llvm::sys::RemoveFileOnSignal(file);
  std::error_code error;
  llvm::raw_fd_ostream os(source, error);
  os << ptx;
  os.close();
  if (error || os.has_error())
    return warn("no room for a temporary file");
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(log),
                                          StringRef(log)};
  std::string target = ("-arch=" + architecture).str(), reason;
  StringRef arguments[] = {assembler, target, "-O3", source, "-o", output};
  int code = llvm::sys::ExecuteAndWait(assembler, arguments, std::nullopt,
                                       redirects, 0, 0, &reason);
  if (code != 0) {
    if (auto text = llvm::MemoryBuffer::getFile(log))
      reason += (*text)->getBuffer().take_front(500).str();
    return warn(StringRef(reason).rtrim());
  }
  auto made = llvm::MemoryBuffer::getFile(output, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!made)
    return warn(made.getError().message());
  return (*made)->getBuffer().str();
}
