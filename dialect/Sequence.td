//===- Sequence.td - Attention over sequences and what goes with it --*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SEQUENCE_TD
#define LATHE_SEQUENCE_TD

include "dialect/Kinds.td"

#endif // LATHE_SEQUENCE_TD
