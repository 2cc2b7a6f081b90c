//===- Layers.cpp - Linear maps with weights
//---------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/LatheDialect.h"
#include "dialect/Locations.h"
#include "dialect/Windows.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Layers.cpp.inc"

void LatheDialect::addLayersOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Layers.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// LinearOp
//===----------------------------------------------------------------------===//

LogicalResult LinearOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getInput());
  Shape weight = getShape(op.getWeight());
  if (shape.empty())
    return emitOptionalError(
        location, "'linear' needs an input with a last dimension [C1]");
  if (weight.size() != 2 || !weight[1].isCompatible(shape.back()))
    return emitOptionalError(location, "'linear' maps the last dimension of ",
                             formatShape(shape), ", but its weight is ",
                             formatShape(weight), ", wanted [features, ",
                             shape.back().str(), "] [C2]");
  if (op.getBias() && !areCompatible(getShape(op.getBias()), {weight[0]}))
    return emitOptionalError(location, "'linear' gives ", weight[0].str(),
                             " features, but its bias is ",
                             formatShape(op.getBias()), " [C3]");
  shape.back() = weight[0];
  return inferTensor(location, "linear", shape,
                     getElementTypeOrSelf(op.getInput()), results);
}

Work LinearOp::getWork() {
  DimExpr outputs = getElementCount(getShape(getResult()));
  return workOf(outputs * getDim(getInput(), -1), getBias() ? outputs : 0);
}

//===----------------------------------------------------------------------===//
// Conv2dOp
//===----------------------------------------------------------------------===//

LogicalResult lathe::verifyWindow(std::optional<Location> location,
                                  StringRef op, ArrayRef<int64_t> kernel,
                                  ArrayRef<int64_t> stride,
                                  ArrayRef<int64_t> dilation,
                                  ArrayRef<int64_t> padding) {
  auto isPositivePair = [](ArrayRef<int64_t> pair) {
    return pair.size() == 2 && pair[0] > 0 && pair[1] > 0;
  };
  auto checkPair = [&](StringRef key, ArrayRef<int64_t> pair) {
    if (isPositivePair(pair))
      return success();
    return emitOptionalError(atKey(location, key), "'", op, "' needs a ", key,
                             " of two positive numbers, got [", pair, "] [C5]");
  };
  if (failed(checkPair("kernel", kernel)) ||
      failed(checkPair("stride", stride)) ||
      failed(checkPair("dilation", dilation)))
    return failure();
  if (padding.size() != 4 ||
      llvm::any_of(padding, [](int64_t p) { return p < 0; }))
    return emitOptionalError(
        atKey(location, "padding"), "'", op,
        "' needs four paddings [top, left, bottom, right] of at least 0, got [",
        padding, "] [C5]");
  return success();
}

FailureOr<DimExpr> lathe::inferWindowed(std::optional<Location> location,
                                        StringRef op, DimExpr size,
                                        int64_t kernel, int64_t stride,
                                        int64_t dilation, int64_t before,
                                        int64_t after) {
  if (std::max({kernel, stride, dilation, before, after}) > mostWindow)
    return emitOptionalError(location, "'", op,
                             "' has a window larger than 2^30 [C6]");
  DimExpr padded = size + before + after;
  int64_t reach = (kernel - 1) * dilation + 1;
  if (padded.getConstant() && *padded.getConstant() < reach)
    return emitOptionalError(location, "'", op, "' needs ", reach,
                             " pixels for its window, but ", size.str(), " + ",
                             before + after, " padded pixels are ",
                             padded.str(), " [C6]");
  return (padded - reach).floorDiv(stride) + 1;
}

LogicalResult Conv2dOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &results) {
  Shape input = getShape(op.getInput());
  Shape weight = getShape(op.getWeight());
  if (input.size() != 4)
    return emitOptionalError(location,
                             "'conv2d' needs an input [N, C, H, W], got ",
                             formatShape(input), " [C1]");
  auto isStatic = [](const DimExpr &size) {
    return size.getConstant().has_value();
  };
  if (weight.size() != 4 ||
      !llvm::all_of(ArrayRef(weight).drop_front(2), isStatic))
    return emitOptionalError(
        location,
        "'conv2d' needs a weight [F, C / groups, kernel height, "
        "kernel width], got ",
        formatShape(weight), " [C2]");
  FailureOr<Shape> image = inferImage(
      location, "conv2d", ArrayRef(input).drop_front(2),
      {*weight[2].getConstant(), *weight[3].getConstant()}, op.getStride(),
      op.getDilation(), op.getPadding(), op.getPaddingMode());
  if (failed(image))
    return failure();
  int64_t groups = op.getGroups();
  auto isDivided = [&](const DimExpr &size) {
    return groups == 1 ||
           (groups > 0 && isStatic(size) && *size.getConstant() % groups == 0);
  };
  if (!isDivided(input[1]) || !isDivided(weight[0]))
    return emitOptionalError(atKey(location, "groups"),
                             "'conv2d' needs groups that divide ",
                             input[1].str(), " input and ", weight[0].str(),
                             " output channels, got ", groups, " groups [C3]");
  DimExpr perGroup = input[1].floorDiv(groups);
  if (!weight[1].isCompatible(perGroup))
    return emitOptionalError(location, "'conv2d' reads ", perGroup.str(),
                             " channels a group, but its weight is ",
                             formatShape(weight), " [C4]");
  if (op.getBias() && !areCompatible(getShape(op.getBias()), {weight[0]}))
    return emitOptionalError(location, "'conv2d' gives ", weight[0].str(),
                             " channels, but its bias is ",
                             formatShape(op.getBias()), " [C8]");
  return inferTensor(location, "conv2d",
                     {input[0], weight[0], (*image)[0], (*image)[1]},
                     getElementTypeOrSelf(op.getInput()), results);
}

FailureOr<Shape>
lathe::inferImage(std::optional<Location> location, StringRef op,
                  ArrayRef<DimExpr> image, ArrayRef<int64_t> kernel,
                  ArrayRef<int64_t> stride, ArrayRef<int64_t> dilation,
                  ArrayRef<int64_t> padding, PaddingMode mode) {
  if (failed(verifyWindow(location, op, kernel, stride, dilation, padding)))
    return failure();
  Shape sizes;
  for (int i : {0, 1}) {
    int64_t before = padding[i], after = padding[i + 2];
    FailureOr<DimExpr> size =
        inferWindowed(atKey(location, "kernel"), op, image[i], kernel[i],
                      stride[i], dilation[i], before, after);
    if (failed(size) || failed(verifyPadding(location, op, mode, image[i],
                                             std::max(before, after))))
      return failure();
    sizes.push_back(*size);
  }
  return sizes;
}

LogicalResult lathe::verifyPadding(std::optional<Location> location,
                                   StringRef op, PaddingMode mode, DimExpr size,
                                   int64_t padding) {
  bool circular = mode == PaddingMode::circular;
  if (!circular && mode != PaddingMode::reflect)
    return success();
  // Reflection does not repeat the edge pixel.
  int64_t most = size.getConstant().value_or(INT64_MAX) - (circular ? 0 : 1);
  if (padding <= most)
    return success();
  return emitOptionalError(atKey(location, "padding"), "'", op, "' cannot add ",
                           padding, " pixels by ", stringifyPaddingMode(mode),
                           " padding to a size of ", size.str(), ": at most ",
                           most, " [C7]");
}

Work Conv2dOp::getWork() {
  DimExpr outputs = getElementCount(getShape(getResult()));
  Shape weight = getShape(getWeight());
  return workOf(outputs * weight[1] * weight[2] * weight[3],
                getBias() ? outputs : 0);
}

//===----------------------------------------------------------------------===//
// ConvTranspose2dOp
//===----------------------------------------------------------------------===//

LogicalResult ConvTranspose2dOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> location, Adaptor op,
    SmallVectorImpl<Type> &results) {
  constexpr StringRef name = "conv_transpose2d";
  Shape input = getShape(op.getInput());
  if (input.size() != 4)
    return emitOptionalError(location, "'", name,
                             "' needs an input [N, C, H, W], got ",
                             formatShape(input), " [C1]");
  auto weight = cast<RankedTensorType>(op.getWeight().getType());
  if (weight.getRank() != 4 || !weight.hasStaticShape())
    return emitOptionalError(location, "'", name,
                             "' needs a weight [C, F / groups, kernel height, "
                             "kernel width], got ",
                             formatShape(weight), " [C2]");
  ArrayRef<int64_t> filters = weight.getShape(), kernel = filters.drop_front(2);
  ArrayRef<int64_t> stride = op.getStride(), dilation = op.getDilation();
  ArrayRef<int64_t> padding = op.getPadding(), extra = op.getOutputPadding();
  if (failed(verifyWindow(location, name, kernel, stride, dilation, padding)))
    return failure();
  int64_t groups = op.getGroups();
  std::optional<int64_t> channels = input[1].getConstant();
  if (!channels || groups <= 0 || *channels % groups)
    return emitOptionalError(atKey(location, "groups"), "'", name,
                             "' needs groups that divide ", input[1].str(),
                             " input channels, got ", groups, " groups [C3]");
  if (filters[0] != *channels)
    return emitOptionalError(location, "'", name, "' reads ", *channels,
                             " channels, but its weight is ",
                             formatShape(weight), " [C4]");
  Shape shape = {input[0], DimExpr(filters[1]) * groups};
  if (op.getBias() && !areCompatible(getShape(op.getBias()), {shape[1]}))
    return emitOptionalError(location, "'", name, "' gives ", shape[1].str(),
                             " channels, but its bias is ",
                             formatShape(op.getBias()), " [C8]");
  for (int i : {0, 1}) {
    if (std::max({kernel[i], stride[i], dilation[i], padding[i],
                  padding[i + 2]}) > mostWindow)
      return emitOptionalError(location, "'", name,
                               "' has a window larger than 2^30 [C6]");
    if (extra.size() != 2 || extra[i] < 0 ||
        extra[i] >= std::max(stride[i], dilation[i]))
      return emitOptionalError(
          atKey(location, "output_padding"), "'", name,
          "' needs two numbers of output_padding, from 0 to less than the "
          "larger of stride and dilation, got [",
          extra, "] [C7]");
    shape.push_back((input[2 + i] - 1) * stride[i] +
                    ((kernel[i] - 1) * dilation[i] + 1 + extra[i]) -
                    (padding[i] + padding[i + 2]));
  }
  return inferTensor(location, name, shape, getElementTypeOrSelf(op.getInput()),
                     results);
}

bool ConvTranspose2dOp::joinsNeighbours(unsigned) { return false; }

Work ConvTranspose2dOp::getWork() {
  Shape weight = getShape(getWeight());
  return workOf(getElementCount(getShape(getInput())) * weight[1] * weight[2] *
                    weight[3],
                getBias() ? getElementCount(getShape(getResult())) : 0);
}

//===----------------------------------------------------------------------===//
// MatmulOp
//===----------------------------------------------------------------------===//

LogicalResult MatmulOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &results) {
  Shape a = getShape(op.getInput()), b = getShape(op.getOther());
  Type type = getElementTypeOrSelf(op.getInput());
  if (a.size() < 2 || b.size() < 2 ||
      type != getElementTypeOrSelf(op.getOther()))
    return emitOptionalError(location,
                             "'matmul' needs two operands of rank 2 or more "
                             "and of one element type, got ",
                             op.getInput().getType(), " and ",
                             op.getOther().getType(), " [C1]");
  if (op.getTransposeInput())
    std::swap(a.back(), *(a.end() - 2));
  if (op.getTransposeOther())
    std::swap(b.back(), *(b.end() - 2));
  DimExpr summed = a.back(), features = b.back();
  if (!summed.isCompatible(*(b.end() - 2)))
    return emitOptionalError(location, "'matmul' sums over ", summed.str(),
                             " in the first operand and ", (b.end() - 2)->str(),
                             " in the second [C2]");
  std::optional<Shape> batch =
      broadcastShapes(ArrayRef(a).drop_back(2), ArrayRef(b).drop_back(2));
  if (!batch)
    return emitOptionalError(location, "'matmul' cannot align ",
                             formatShape(op.getInput()), " with ",
                             formatShape(op.getOther()),
                             " before their last two dimensions [C3]");
  batch->append({*(a.end() - 2), features});
  return inferTensor(location, "matmul", *batch, type, results);
}

Work MatmulOp::getWork() {
  DimExpr outputs = getElementCount(getShape(getResult()));
  return workOf(outputs * getDim(getInput(), getTransposeInput() ? -2 : -1));
}

//===----------------------------------------------------------------------===//
// EmbeddingOp
//===----------------------------------------------------------------------===//

LogicalResult EmbeddingOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor op,
                                            SmallVectorImpl<Type> &results) {
  Shape weight = getShape(op.getWeight());
  if (weight.size() != 2)
    return emitOptionalError(
        location, "'embedding' needs a weight [count, features], got ",
        formatShape(weight), " [C1]");
  Shape shape = getShape(op.getIndices());
  shape.push_back(weight[1]);
  return inferTensor(location, "embedding", shape,
                     getElementTypeOrSelf(op.getWeight()), results);
}

Work EmbeddingOp::getWork() { return {}; }

bool EmbeddingOp::isTable() { return true; }

DimExpr EmbeddingOp::getBytes() {
  Type index = getElementTypeOrSelf(getIndices());
  Type element = getElementTypeOrSelf(getResult());
  return getElementCount(getShape(getIndices())) * getElementBytes(index) +
         getElementCount(getShape(getResult())) *
             (2 * getElementBytes(element));
}

//===----------------------------------------------------------------------===//
// LearnedOp
//===----------------------------------------------------------------------===//

LogicalResult LearnedOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> location,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &results) {
  return inferTensor(location, "learned", getShape(op.getWeight()),
                     getElementTypeOrSelf(op.getWeight()), results);
}

Work LearnedOp::getWork() { return workOf(0); }
