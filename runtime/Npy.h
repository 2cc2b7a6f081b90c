//===- Npy.h - Reading and writing .npy files -------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_NPY_H
#define LATHE_RUNTIME_NPY_H

#include "runtime/File.h"
#include "runtime/Types.h"
#include <vector>

namespace lathe::runtime {

/// A little-endian row-major array of a .npy file of version 1 to 3.
struct NpyArray {
  LatheType type = LATHE_F32;
  std::vector<int64_t> shape;
  const unsigned char *data = nullptr;
  uint64_t bytes = 0;
  MappedFile file; ///< What `data` points into, if it was mapped by `open`.

  /// Maps the file at `path`. Errors name the file and the remedy.
  static Result<NpyArray> open(const std::string &path);
  /// Reads a file that is in memory and stays there; `name` is for messages.
  static Result<NpyArray> parse(const unsigned char *bytes, uint64_t size,
                                const std::string &name);
};

/// Writes an array, whole or not at all. Errors: LATHE_BAD_ARGUMENT where
/// NumPy has no such type (bf16), LATHE_IO_ERROR.
Status writeNpy(const std::string &path, LatheType type,
                std::span<const int64_t> shape, const void *data);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_NPY_H
