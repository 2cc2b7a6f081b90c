//===- Loss.td - Losses, computed forwards -----------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LOSS_TD
#define LATHE_LOSS_TD

include "dialect/Kinds.td"

#endif // LATHE_LOSS_TD
