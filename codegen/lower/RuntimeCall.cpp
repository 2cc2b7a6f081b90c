//===- RuntimeCall.cpp - Lowerings that call the runtime ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/RuntimeCall.h"
#include "codegen/KernelDialect.h"

using namespace mlir;
using namespace mlir::lathe;

SmallVector<Value> lathe::callRuntime(Structured &b, StringRef function,
                                      ValueRange inputs,
                                      ArrayRef<Output> outputs,
                                      ArrayRef<DimExpr> sizes) {
  SmallVector<Value> empty, extents;
  for (const Output &output : outputs)
    empty.push_back(b.empty(output.shape, output.elementType));
  for (const DimExpr &size : sizes)
    extents.push_back(b.size(size));
  auto call = kernel::CallOp::create(
      b, ValueRange(empty).getTypes(),
      FlatSymbolRefAttr::get(b.getContext(), function), inputs, empty, extents);
  SmallVector<Value> results(call.getResults());
  for (auto [result, output] : llvm::zip(results, outputs))
    b.record(result, output.shape);
  return results;
}

Selection lathe::selectLargest(Structured &b, Value x, int64_t k) {
  Shape shape = b.getShape(x);
  DimExpr size = shape.back();
  DimExpr rows = getElementCount(ArrayRef(shape).drop_back());
  shape.back() = k;
  SmallVector<Value> results = callRuntime(
      b, "latheTopK", x, {{shape, b.getF32Type()}, {shape, b.getI64Type()}},
      {rows, size, k});
  return {results[0], results[1]};
}
