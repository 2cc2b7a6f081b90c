//===- Sparsity.td - Pruning masks -------------------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_SPARSITY_TD
#define LATHE_SPARSITY_TD

include "dialect/Kinds.td"

#endif // LATHE_SPARSITY_TD
