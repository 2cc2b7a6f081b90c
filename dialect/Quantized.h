//===- Quantized.h - Products with weights in few bits --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_QUANTIZED_H
#define LATHE_DIALECT_QUANTIZED_H

#include "dialect/LatheDialect.h"

#define GET_OP_CLASSES
#include "dialect/Quantized.h.inc"

#endif // LATHE_DIALECT_QUANTIZED_H
