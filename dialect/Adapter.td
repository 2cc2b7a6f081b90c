//===- Adapter.td - Adapters of frozen layers --------------*- tablegen -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_ADAPTER_TD
#define LATHE_ADAPTER_TD

include "dialect/Kinds.td"

#endif // LATHE_ADAPTER_TD
