//===- Quantized.cpp - Products with weights in few bits ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Quantized.h"
#include "dialect/Checks.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Quantized.cpp.inc"

void LatheDialect::addQuantizedOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Quantized.cpp.inc"
      >();
}

static bool isPackedCodes(Value input, Value codes) {
  std::optional<int64_t> features = getDim(input, -1).getConstant();
  return features && *features > 1 &&
         getDim(codes, 1).isConstant(*features / 2);
}

bool QuantizedLinearOp::isPacked() {
  return isPackedCodes(getInput(), getCodes());
}

LogicalResult QuantizedLinearOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> location, Adaptor op,
    SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "quantized_linear";
  Shape shape = getShape(op.getInput()), codes = getShape(op.getCodes());
  std::optional<int64_t> summed =
      shape.empty() ? std::nullopt : shape.back().getConstant();
  if (!summed)
    return emitOptionalError(location, "'", name,
                             "' needs an input with a static last dimension, "
                             "got ",
                             formatShape(shape), " [C1]");
  bool isInteger = getElementTypeOrSelf(op.getCodes()).isInteger(8);
  bool isPacked = isInteger && *summed % 2 == 0 && codes.size() == 2 &&
                  codes[1].isConstant(*summed / 2);
  if (codes.size() != 2 || !(codes[1].isConstant(*summed) || isPacked))
    return emitOptionalError(location, "'", name, "' needs codes [features, ",
                             *summed, "], or half of that for 4 bits, got ",
                             formatShape(codes), " [C2]");
  if (isInteger == !op.getScales() || (op.getOffsets() && !op.getScales()))
    return emitOptionalError(location, "'", name, "' has codes of ",
                             getElementTypeOrSelf(op.getCodes()),
                             isInteger ? " without" : " with", " scales [C3]");
  if (op.getRoundsInput() && getElementTypeOrSelf(op.getCodes()).isF16())
    return emitOptionalError(location, "'", name,
                             "' rounds its input, but has codes of ",
                             getElementTypeOrSelf(op.getCodes()), " [C6]");
  if (op.getScales()) {
    Shape scales = getShape(op.getScales());
    int64_t groups =
        scales.size() == 2 ? scales[1].getConstant().value_or(0) : 0;
    if (groups < 1 || (*summed / (isPacked ? 2 : 1)) % groups)
      return emitOptionalError(location, "'", name, "' has scales ",
                               formatShape(scales), " for ", *summed,
                               " elements of a row [C4]");
    Shape wanted = {codes[0], groups};
    if (failed(checkParameter(location, name, "scales", op.getScales(), wanted,
                              "C4")) ||
        failed(checkParameter(location, name, "offsets", op.getOffsets(),
                              wanted, "C4")))
      return failure();
  }
  if (failed(checkParameter(location, name, "bias", op.getBias(), {codes[0]},
                            "C5")))
    return failure();
  shape.back() = codes[0];
  return inferTensor(location, name, shape, getElementTypeOrSelf(op.getInput()),
                     results);
}

Work QuantizedLinearOp::getWork() {
  DimExpr outputs = getElementCount(getShape(getResult()));
  return workOf(outputs * getDim(getInput(), -1),
                getBias() ? outputs : DimExpr(0));
}

//===----------------------------------------------------------------------===//
// DequantizeOp
//===----------------------------------------------------------------------===//

LogicalResult DequantizeOp::inferReturnTypes(MLIRContext *context,
                                             std::optional<Location> location,
                                             Adaptor op,
                                             SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "dequantize";
  Shape shape = getShape(op.getCodes());
  if (shape.size() < 2 ||
      !llvm::all_of(shape, [](const DimExpr &d) { return d.getConstant(); }))
    return emitOptionalError(location, "'", name,
                             "' needs static codes of at least rank 2, got ",
                             formatShape(shape), " [C1]");
  bool isInteger = getElementTypeOrSelf(op.getCodes()).isInteger(8);
  if (isInteger == !op.getScales() || (op.getOffsets() && !isInteger) ||
      (op.getPacked() && !isInteger))
    return emitOptionalError(location, "'", name, "' has codes of ",
                             getElementTypeOrSelf(op.getCodes()),
                             isInteger ? " without scales [C2]"
                                       : " with scales, offsets or pairs [C2]");
  if (op.getScales()) {
    Shape scales = getShape(op.getScales());
    int64_t groups =
        scales.size() == 2 ? scales[1].getConstant().value_or(0) : 0;
    if (groups < 1 || *shape[1].getConstant() % groups)
      return emitOptionalError(location, "'", name, "' has scales ",
                               formatShape(scales), " for codes ",
                               formatShape(shape), " [C3]");
    Shape wanted = {shape[0], groups};
    if (failed(checkParameter(location, name, "scales", op.getScales(), wanted,
                              "C3")) ||
        failed(checkParameter(location, name, "offsets", op.getOffsets(),
                              wanted, "C3")))
      return failure();
  }
  if (op.getPacked())
    shape[1] *= 2;
  return inferTensor(location, name, shape, Float32Type::get(context), results);
}

/// Codes are converted as they are read: no arithmetic of the model.
Work DequantizeOp::getWork() { return {}; }

//===----------------------------------------------------------------------===//
// FitScalesOp
//===----------------------------------------------------------------------===//

LogicalResult FitScalesOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor op,
                                            SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "fit_scales";
  Shape wanted = getShape(op.getWeights());
  if (wanted.empty() ||
      !llvm::all_of(wanted, [](const DimExpr &d) { return d.getConstant(); }))
    return emitOptionalError(location, "'", name,
                             "' needs static weights of at least rank 1, got ",
                             formatShape(wanted), " [C1]");
  wanted.back() = 1;
  for (auto [what, value] :
       {std::pair<StringRef, Value>("scales", op.getScales()),
        {"offsets", op.getOffsets()}}) {
    if (failed(checkParameter(location, name, what, value, wanted, "C2")))
      return failure();
    if (value)
      results.push_back(value.getType());
  }
  if (int64_t(op.getLeast()) >= int64_t(op.getMost()))
    return emitOptionalError(location, "'", name, "' has codes from ",
                             int64_t(op.getLeast()), " to ",
                             int64_t(op.getMost()), " [C3]");
  return success();
}

/// Of when the program is compiled, none of when it runs.
Work FitScalesOp::getWork() { return {}; }
