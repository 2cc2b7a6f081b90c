//===- OutputFiles.h - The files that a compilation makes ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_OUTPUTFILES_H
#define LATHE_CODEGEN_OUTPUTFILES_H

#include "mlir/IR/Location.h"

namespace mlir::lathe {

/// Files that belong together, a program and its weights: each is written under
/// another name and takes its place when all are whole. Until then what lies at
/// these places stays as it is, and what was written is removed where the
/// compilation fails or is interrupted.
class OutputFiles {
public:
  /// Mistakes are reported at `location`. None of `inputs` may be replaced.
  OutputFiles(Location location, ArrayRef<std::string> inputs)
      : location(location), inputs(inputs.begin(), inputs.end()) {}
  OutputFiles(const OutputFiles &) = delete;
  OutputFiles &operator=(const OutputFiles &) = delete;
  ~OutputFiles();

  /// Where to write what is to be at `path`: beside it, or with temporary files
  /// if a device or a pipe is there. Fails if `path` is a folder or an input,
  /// or in no folder that can be written to. "-" stays what it is.
  FailureOr<std::string> place(StringRef path);

  /// Moves all files to where they are to be, in the order of their `place`.
  LogicalResult commit();

private:
  struct File {
    std::string path, temporary;
    /// Whether bytes go into what is there already.
    bool isDirect;
  };
  LogicalResult fail(StringRef path, std::error_code error);
  LogicalResult check(StringRef path);
  LogicalResult finish(const File &file);

  Location location;
  SmallVector<std::string> inputs;
  std::vector<File> files;
};

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_OUTPUTFILES_H
