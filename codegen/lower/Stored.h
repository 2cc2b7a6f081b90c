//===- Stored.h - Weights in few bits, read as they are stored --*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_LOWER_STORED_H
#define LATHE_CODEGEN_LOWER_STORED_H

#include "codegen/Lowering.h"

namespace mlir::lathe {

/// An op that computes f32 from few bits, element by element. It stays at run
/// time: `lathe-sink-decoding` brings it to the op that reads its result, and
/// `lathe-fuse-elementwise` makes it a part of that.
constexpr StringLiteral decodesAttrName = "lathe.decodes";

/// The elements of `shape`, whose dimension `axis` is that of groups and pairs;
/// the scales have the dimensions up to it.
Value decode(Structured &b, const StoredWeight &weight, ArrayRef<DimExpr> shape,
             int64_t axis);

/// x Wᵀ over the last dimension, in x's element type or in a wider one, for W
/// in few bits: what a code stands for, and a narrow x, is part of the loop,
/// shared by the rows of a tile.
Value projectStored(Structured &b, Value x, const StoredWeight &weight,
                    Type type = {});

/// The same after x is rounded as `quantized_linear` says, to 8 bits or bf16;
/// by a kernel.dot_product where the target has an instruction for that.
Value projectRounded(Structured &b, Value x, const StoredWeight &weight);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_LOWER_STORED_H
