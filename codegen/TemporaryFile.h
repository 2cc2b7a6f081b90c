//===- TemporaryFile.h - Files between two steps --------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_TEMPORARYFILE_H
#define LATHE_CODEGEN_TEMPORARYFILE_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"

namespace mlir::lathe {

/// A file that is removed when its scope ends, or the process is interrupted.
class TemporaryFile {
public:
  static FailureOr<TemporaryFile> create(ModuleOp module, StringRef suffix) {
    llvm::SmallString<128> path;
    if (std::error_code error =
            llvm::sys::fs::createTemporaryFile("lathe", suffix, path)) {
      module.emitError("cannot make a temporary file: ") << error.message();
      return failure();
    }
    llvm::sys::RemoveFileOnSignal(path);
    return TemporaryFile(path);
  }
  TemporaryFile(TemporaryFile &&other) : path(std::move(other.path)) {
    other.path.clear();
  }
  ~TemporaryFile() {
    if (path.empty())
      return;
    llvm::sys::fs::remove(path);
    llvm::sys::DontRemoveFileOnSignal(path);
  }
  StringRef str() const { return path; }

private:
  explicit TemporaryFile(StringRef path) : path(path) {}
  std::string path;
};

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_TEMPORARYFILE_H
