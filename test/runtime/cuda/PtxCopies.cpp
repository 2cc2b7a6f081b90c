//===- PtxCopies.cpp - Copies of PTX that go on meanwhile -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxCopies.h"
#include <algorithm>

using namespace ptx;

void Copies::beginBlock(size_t threads, size_t sharedBytes) {
  groups.assign(threads, 0);
  copies.clear();
  awaited.clear();
  owners.assign(sharedBytes, Owner());
}

void Copies::begin(size_t thread, size_t place,
                   std::vector<unsigned char> bytes) {
  for (size_t i = 0; i < bytes.size(); ++i)
    owners[place + i] = {thread, true};
  copies.push_back({thread, groups[thread], place, std::move(bytes)});
}

void Copies::await(size_t thread, size_t allBut,
                   std::vector<unsigned char> &shared) {
  auto isAwaited = [&](const Copy &copy) {
    return copy.thread == thread && copy.group + allBut < groups[thread];
  };
  for (Copy &copy : copies) {
    if (!isAwaited(copy))
      continue;
    std::copy(copy.bytes.begin(), copy.bytes.end(),
              shared.begin() + static_cast<std::ptrdiff_t>(copy.place));
    for (size_t i = 0; i < copy.bytes.size(); ++i)
      owners[copy.place + i].underWay = false;
    awaited.push_back(copy);
  }
  std::erase_if(copies, isAwaited);
}

void Copies::passBarrier() {
  for (const Copy &copy : awaited)
    std::fill_n(owners.begin() + static_cast<std::ptrdiff_t>(copy.place),
                copy.bytes.size(), Owner());
  awaited.clear();
}

const char *Copies::findConflict(size_t thread, size_t place,
                                 size_t bytes) const {
  for (size_t i = place; i < place + bytes; ++i) {
    if (owners[i].underWay)
      return "bytes to which a copy is under way";
    if (owners[i].thread != Owner::nobody && owners[i].thread != thread)
      return "bytes that another thread copied since the last barrier";
  }
  return nullptr;
}
