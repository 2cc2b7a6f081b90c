//===- Routing.td - Routing of tokens to experts -----------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_ROUTING_TD
#define LATHE_ROUTING_TD

include "dialect/Kinds.td"

#endif // LATHE_ROUTING_TD
