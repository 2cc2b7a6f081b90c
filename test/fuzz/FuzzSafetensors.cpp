//===- FuzzSafetensors.cpp - Any bytes as a .safetensors file -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A file is refused with a reason, or every byte of its tensors can be read.
//
//===----------------------------------------------------------------------===//

#include "runtime/Safetensors.h"
#include <cstdlib>
#include <numeric>

using namespace lathe::runtime;

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

/// A header that became longer or shorter is not read at all for its length in
/// front: every other mutant has the length of the header that it has.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t maxSize, unsigned seed) {
  constexpr size_t lengthSize = 8;
  size = LLVMFuzzerMutate(data, size, maxSize);
  std::string_view text(reinterpret_cast<const char *>(data), size);
  size_t end = text.rfind("}}");
  if (seed % 2 == 0 || end == text.npos || end < lengthSize)
    return size;
  uint64_t length = end + 2 - lengthSize;
  std::memcpy(data, &length, lengthSize);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Result<Safetensors> file = Safetensors::parse(data, size, "fuzzed");
  if (!file) {
    if (file.status().message().empty())
      std::abort();
    return 0;
  }
  uint64_t covered = 0;
  volatile unsigned sum = 0;
  for (const TensorEntry &tensor : file->tensors()) {
    if (file->find(tensor.name) != &tensor)
      std::abort();
    const unsigned char *bytes = file->data(tensor);
    sum = std::accumulate(bytes, bytes + tensor.bytes, unsigned(sum));
    covered += tensor.bytes;
  }
  if (covered != file->dataSize())
    std::abort();
  return 0;
}
