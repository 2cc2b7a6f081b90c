//===- FuzzNpy.cpp - Any bytes as a .npy file ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A file is refused with a reason, or every byte of its array can be read.
//
//===----------------------------------------------------------------------===//

#include "runtime/Npy.h"
#include <cstdlib>
#include <numeric>

using namespace lathe::runtime;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Result<NpyArray> array = NpyArray::parse(data, size, "fuzzed");
  if (!array) {
    if (array.status().message().empty())
      std::abort();
    return 0;
  }
  if (array->bytes != byteSize(array->type, array->shape))
    std::abort();
  volatile unsigned sum =
      std::accumulate(array->data, array->data + array->bytes, 0u);
  (void)sum;
  return 0;
}
