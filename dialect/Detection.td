//===- Detection.td - Query-based detection ----------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DETECTION_TD
#define LATHE_DETECTION_TD

include "dialect/Kinds.td"

#endif // LATHE_DETECTION_TD
