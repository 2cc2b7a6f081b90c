//===- Slim.td - Layers of several widths ------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SLIM_TD
#define LATHE_SLIM_TD

include "dialect/Kinds.td"

#endif // LATHE_SLIM_TD
