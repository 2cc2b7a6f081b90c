//===- Multigrid.td - Multigrid operators ------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_MULTIGRID_TD
#define LATHE_MULTIGRID_TD

include "dialect/Kinds.td"

#endif // LATHE_MULTIGRID_TD
