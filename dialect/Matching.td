//===- Matching.td - Selection, sorting and matching -------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_MATCHING_TD
#define LATHE_MATCHING_TD

include "dialect/Kinds.td"

#endif // LATHE_MATCHING_TD
