//===- Slim.h - Layers of several widths ----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_SLIM_H
#define LATHE_DIALECT_SLIM_H

#include "dialect/LatheDialect.h"

#define GET_OP_CLASSES
#include "dialect/Slim.h.inc"

#endif // LATHE_DIALECT_SLIM_H
