//===- State.td - State that ops own -----------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_STATE_TD
#define LATHE_STATE_TD

include "dialect/Kinds.td"

#endif // LATHE_STATE_TD
