//===- PtxThread.cpp - A thread that runs PTX
//----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxThread.h"

using namespace ptx;

Kind ptx::kindOf(const Instruction &instruction) {
  const std::pair<const char *, Kind> names[] = {
      {"ld", Kind::load},
      {"st", Kind::store},
      {"atom", Kind::atomic},
      {"bra", Kind::branch},
      {"ret", Kind::finish},
      {"exit", Kind::finish},
      {"bar", Kind::wait},
      {"barrier", Kind::wait},
      {"cp", Kind::copy},
      {"fence", Kind::order},
      {"griddepcontrol", Kind::order}};
  for (auto [known, kind] : names)
    if (instruction.words[0] == known)
      return kind;
  if (isOfSubgroup(instruction) || isOfWarpgroup(instruction))
    return Kind::exchange;
  return instruction.words[0] == "wgmma" ? Kind::order : Kind::compute;
}
