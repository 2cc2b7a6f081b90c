//===- Rearrangement.cpp - Rearrangements ---------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Checks.h"
#include "dialect/Elementwise.h"
#include "dialect/Locations.h"
#include "dialect/Windows.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Rearrangement.cpp.inc"

void LatheDialect::addRearrangementOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Rearrangement.cpp.inc"
      >();
}

using Results = SmallVectorImpl<Type>;

//===----------------------------------------------------------------------===//
// ReshapeOp
//===----------------------------------------------------------------------===//

/// A size of a `shape` key as a spec writes it.
static std::string formatSize(Attribute attribute) {
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    return std::to_string(integer.getInt());
  return cast<StringAttr>(attribute).str();
}

/// What a -1 stands for: the elements of `input` over the product of `others`.
static std::optional<DimExpr> getRemainder(Shape input,
                                           ArrayRef<DimExpr> others) {
  // Sizes on both sides cancel before the products are formed, since sums of
  // dimensions divide nothing afterwards.
  DimExpr divisor = 1;
  for (const DimExpr &size : others) {
    auto same = size.isUnknown() ? input.end() : llvm::find(input, size);
    if (same != input.end())
      input.erase(same);
    else
      divisor *= size;
  }
  DimExpr count = getElementCount(input);
  if (count.isUnknown() || divisor.isUnknown())
    return DimExpr::unknown();
  return count.exactDiv(divisor);
}

LogicalResult ReshapeOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> location,
                                          Adaptor op, Results &results) {
  Shape input = lathe::getShape(op.getInput()), shape, others;
  std::optional<size_t> inferred;
  auto fail = [&](auto &&...why) {
    return emitOptionalError(atKey(location, "shape"), "'reshape' cannot give ",
                             formatShape(input), " the shape ", op.getShape(),
                             ": ", why...);
  };
  for (auto [i, attribute] : llvm::enumerate(op.getShape())) {
    std::optional<DimExpr> size = readSize(attribute, {0, -1});
    if (!size)
      return fail("'", formatSize(attribute), "' is no size [C1]");
    if (size->isConstant(-1)) {
      if (inferred)
        return fail("only one size can be -1 [C1]");
      inferred = i;
    } else if (size->isConstant(0)) {
      if (i >= input.size())
        return fail("there is no dimension ", i,
                    " whose size 0 could keep [C2]");
      size = input[i];
    }
    shape.push_back(*size);
    if (inferred != i)
      others.push_back(*size);
  }
  std::optional<DimExpr> remainder = getRemainder(input, others);
  if (!inferred && (!remainder || !remainder->isCompatible(1)))
    return fail(getElementCount(input).str(), " elements against ",
                getElementCount(others).str(), " [C3]");
  if (inferred && !remainder)
    return fail(getElementCount(input).str(), " elements are no multiple of ",
                getElementCount(others).str(), " [C3]");
  if (inferred)
    shape[*inferred] = *remainder;
  return inferTensor(location, "reshape", shape,
                     getElementTypeOrSelf(op.getInput()), results);
}

Work ReshapeOp::getWork() { return {}; }

//===----------------------------------------------------------------------===//
// FlattenOp, SqueezeOp and UnsqueezeOp
//===----------------------------------------------------------------------===//

LogicalResult FlattenOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> location,
                                          Adaptor op, Results &results) {
  Shape input = getShape(op.getInput());
  FailureOr<int64_t> start = resolveAxis(location, "flatten", "start",
                                         op.getStart(), input.size(), "C1");
  FailureOr<int64_t> end =
      resolveAxis(location, "flatten", "end", op.getEnd(), input.size(), "C1");
  if (failed(start) || failed(end))
    return failure();
  if (*start > *end)
    return emitOptionalError(atKey(location, "start"), "'flatten' of ",
                             formatShape(input), " starts at the dimension ",
                             *start, ", after its end ", *end, " [C1]");
  auto joined = ArrayRef(input).slice(*start, *end - *start + 1);
  Shape shape(input.begin(), input.begin() + *start);
  shape.push_back(getElementCount(joined));
  shape.append(input.begin() + *end + 1, input.end());
  return inferTensor(location, "flatten", shape,
                     getElementTypeOrSelf(op.getInput()), results);
}

Work FlattenOp::getWork() { return {}; }

LogicalResult SqueezeOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> location,
                                          Adaptor op, Results &results) {
  Shape input = getShape(op.getInput()), shape;
  FailureOr<SmallVector<int64_t>> axes = resolveAxes(
      location, "squeeze", "axes", op.getAxes(), input.size(), "C1");
  if (failed(axes))
    return failure();
  for (auto [i, size] : llvm::enumerate(input)) {
    if (!llvm::is_contained(*axes, static_cast<int64_t>(i)))
      shape.push_back(size);
    else if (!size.isConstant(1))
      return emitOptionalError(
          atKey(location, "axes"), "'squeeze' drops the dimension ", i, " of ",
          formatShape(input), ", whose size is not 1 [C2]");
  }
  return inferTensor(location, "squeeze", shape,
                     getElementTypeOrSelf(op.getInput()), results);
}

Work SqueezeOp::getWork() { return {}; }

LogicalResult UnsqueezeOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor op, Results &results) {
  Shape shape = getShape(op.getInput());
  FailureOr<SmallVector<int64_t>> axes =
      resolveAxes(location, "unsqueeze", "axes", op.getAxes(),
                  shape.size() + op.getAxes().size(), "C1");
  if (failed(axes))
    return failure();
  for (int64_t axis : *axes)
    shape.insert(shape.begin() + axis, 1);
  return inferTensor(location, "unsqueeze", shape,
                     getElementTypeOrSelf(op.getInput()), results);
}

Work UnsqueezeOp::getWork() { return {}; }

//===----------------------------------------------------------------------===//
// TransposeOp and BroadcastToOp
//===----------------------------------------------------------------------===//

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> location,
                                            Adaptor op, Results &results) {
  Shape input = getShape(op.getInput()), shape;
  ArrayRef<int64_t> permutation = op.getPermutation();
  if (permutation.size() != input.size() || !isPermutationVector(permutation))
    return emitOptionalError(
        atKey(location, "permutation"),
        "'transpose' needs a permutation that names each of the ", input.size(),
        " dimensions of ", formatShape(input), " once, got [", permutation,
        "] [C1]");
  for (int64_t source : permutation)
    shape.push_back(input[source]);
  return inferTensor(location, "transpose", shape,
                     getElementTypeOrSelf(op.getInput()), results);
}

Work TransposeOp::getWork() { return {}; }

LogicalResult BroadcastToOp::inferReturnTypes(MLIRContext *,
                                              std::optional<Location> location,
                                              Adaptor op, Results &results) {
  Shape input = lathe::getShape(op.getInput()), shape;
  auto fail = [&](auto &&...why) {
    return emitOptionalError(atKey(location, "shape"),
                             "'broadcast_to' cannot give ", formatShape(input),
                             " the shape ", op.getShape(), ": ", why...);
  };
  size_t added = op.getShape().size() - input.size();
  if (op.getShape().size() < input.size())
    return fail("it has fewer dimensions [C2]");
  for (auto [i, attribute] : llvm::enumerate(op.getShape())) {
    std::optional<DimExpr> size = readSize(attribute, {-1});
    if (!size)
      return fail("'", formatSize(attribute), "' is no size [C1]");
    if (size->isConstant(-1) && i < added)
      return fail("-1 stands at an added dimension [C2]");
    DimExpr own = i < added ? DimExpr(1) : input[i - added];
    if (size->isConstant(-1))
      size = own;
    else if (!own.isConstant(1) && !own.isCompatible(*size))
      return fail("the size ", own.str(), " does not stretch to ", size->str(),
                  " [C3]");
    shape.push_back(*size);
  }
  return inferTensor(location, "broadcast_to", shape,
                     getElementTypeOrSelf(op.getInput()), results);
}

Work BroadcastToOp::getWork() { return {}; }

//===----------------------------------------------------------------------===//
// ConcatOp and SplitOp
//===----------------------------------------------------------------------===//

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op, Results &results) {
  if (op.getInputs().empty())
    return emitOptionalError(location, "'concat' needs an input [C1]");
  Value first = op.getInputs().front();
  Shape shape = getShape(first);
  FailureOr<int64_t> axis =
      resolveAxis(location, "concat", "axis", op.getAxis(), shape.size(), "C3");
  if (failed(axis))
    return failure();
  for (Value input : op.getInputs().drop_front()) {
    Shape next = getShape(input);
    if (next.size() != shape.size() ||
        getElementTypeOrSelf(input) != getElementTypeOrSelf(first))
      return emitOptionalError(
          location, "'concat' needs one element type and rank, got ",
          stripEncoding(cast<RankedTensorType>(first.getType())), " and ",
          stripEncoding(cast<RankedTensorType>(input.getType())), " [C2]");
    for (auto [i, size] : llvm::enumerate(next)) {
      if (static_cast<int64_t>(i) == *axis)
        shape[i] += size;
      else if (!shape[i].isCompatible(size))
        return emitOptionalError(location, "'concat' along the dimension ",
                                 *axis, " cannot join ", formatShape(first),
                                 " and ", formatShape(input), " [C4]");
      else if (shape[i].isUnknown())
        shape[i] = size;
    }
  }
  return inferTensor(location, "concat", shape, getElementTypeOrSelf(first),
                     results);
}

Work ConcatOp::getWork() { return {}; }

/// The sizes of the parts along the axis; C1, C3 and C4.
static FailureOr<Shape> inferParts(std::optional<Location> location,
                                   SplitOp::Adaptor op, DimExpr size) {
  constexpr int64_t mostParts = 1024;
  std::optional<int64_t> parts = op.getParts();
  std::optional<ArrayRef<int64_t>> sizes = op.getSizes();
  if (parts.has_value() == sizes.has_value())
    return emitOptionalError(location, "'split' needs parts or sizes, got ",
                             parts ? "both" : "neither", " [C1]");
  if (parts) {
    std::optional<DimExpr> part;
    if (*parts >= 1 && *parts <= mostParts)
      part = size.isUnknown() ? size : size.exactDiv(*parts);
    if (!part)
      return emitOptionalError(atKey(location, "parts"), "'split' cannot cut ",
                               size.str(), " places into ", *parts,
                               " equal parts [C3]");
    return Shape(*parts, *part);
  }
  DimExpr sum = 0;
  for (int64_t part : *sizes)
    sum += part;
  if (sizes->empty() || sizes->size() > mostParts ||
      llvm::any_of(*sizes, [](int64_t part) { return part <= 0; }) ||
      !(sum == size))
    return emitOptionalError(atKey(location, "sizes"), "'split' needs at most ",
                             mostParts, " positive sizes that sum to ",
                             size.str(), ", got [", *sizes, "] [C4]");
  return Shape(sizes->begin(), sizes->end());
}

LogicalResult SplitOp::inferReturnTypes(MLIRContext *,
                                        std::optional<Location> location,
                                        Adaptor op, Results &results) {
  Shape shape = getShape(op.getInput());
  FailureOr<int64_t> axis =
      resolveAxis(location, "split", "axis", op.getAxis(), shape.size(), "C2");
  if (failed(axis))
    return failure();
  FailureOr<Shape> parts = inferParts(location, op, shape[*axis]);
  if (failed(parts))
    return failure();
  for (const DimExpr &part : *parts) {
    shape[*axis] = part;
    if (failed(inferTensor(location, "split", shape,
                           getElementTypeOrSelf(op.getInput()), results)))
      return failure();
  }
  return success();
}

Work SplitOp::getWork() { return {}; }

//===----------------------------------------------------------------------===//
// SliceOp and GatherOp
//===----------------------------------------------------------------------===//

LogicalResult SliceOp::inferReturnTypes(MLIRContext *,
                                        std::optional<Location> location,
                                        Adaptor op, Results &results) {
  Shape shape = getShape(op.getInput());
  FailureOr<int64_t> axis =
      resolveAxis(location, "slice", "axis", op.getAxis(), shape.size(), "C1");
  if (failed(axis))
    return failure();
  int64_t start = op.getStart(), step = op.getStep();
  std::optional<int64_t> end = op.getEnd();
  if (step <= 0)
    return emitOptionalError(atKey(location, "step"),
                             "'slice' needs a positive step, got ", step,
                             " [C2]");
  DimExpr size = shape[*axis];
  bool endCountsBack = !end || *end < 0;
  DimExpr first = start < 0 ? size + start : DimExpr(start);
  DimExpr last = (endCountsBack ? size : 0) + end.value_or(0);
  auto fail = [&](StringRef why) {
    return emitOptionalError(atKey(location, "start"), "'slice' takes [", start,
                             ", ", end ? std::to_string(*end) : "end",
                             ") of the dimension ", *axis, " of ",
                             formatShape(shape), ": ", why);
  };
  if (std::optional<int64_t> known = size.getConstant()) {
    if (*first.getConstant() < 0 || *last.getConstant() > *known ||
        *first.getConstant() >= *last.getConstant())
      return fail("wanted 0 <= start < end <= size [C3]");
  } else {
    bool leavesEdges = start >= 0 && endCountsBack;
    bool isFirst = start == 0 && end == 1, isLast = start == -1 && !end;
    if (!leavesEdges && !isFirst && !isLast)
      return fail("a dynamic dimension may be shorter [C4]");
  }
  shape[*axis] = (last - first + (step - 1)).floorDiv(step);
  return inferTensor(location, "slice", shape,
                     getElementTypeOrSelf(op.getInput()), results);
}

Work SliceOp::getWork() { return {}; }

LogicalResult GatherOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op, Results &results) {
  Shape input = getShape(op.getInput()), indices = getShape(op.getIndices());
  FailureOr<int64_t> axis =
      resolveAxis(location, "gather", "axis", op.getAxis(), input.size(), "C1");
  if (failed(axis))
    return failure();
  if (getElementTypeOrSelf(op.getIndices()).isInteger(1))
    return emitOptionalError(location,
                             "'gather' needs numbers as indices, got ",
                             "elements of i1 [C2]");
  Shape shape(input.begin(), input.begin() + *axis);
  llvm::append_range(shape, indices);
  shape.append(input.begin() + *axis + 1, input.end());
  return inferTensor(location, "gather", shape,
                     getElementTypeOrSelf(op.getInput()), results);
}

Work GatherOp::getWork() { return {}; }

DimExpr GatherOp::getBytes() {
  // Only the slices that are read move, not the whole input.
  Type element = getElementTypeOrSelf(getResult());
  Type index = getElementTypeOrSelf(getIndices());
  return getElementCount(getShape(getResult())) *
             (2 * getElementBytes(element)) +
         getElementCount(getShape(getIndices())) * getElementBytes(index);
}

//===----------------------------------------------------------------------===//
// PadOp
//===----------------------------------------------------------------------===//

LogicalResult PadOp::inferReturnTypes(MLIRContext *,
                                      std::optional<Location> location,
                                      Adaptor op, Results &results) {
  constexpr int64_t most = int64_t(1) << 30;
  Shape shape = getShape(op.getInput());
  std::pair<StringRef, ArrayRef<int64_t>> sides[] = {{"low", op.getLow()},
                                                     {"high", op.getHigh()}};
  for (auto [key, counts] : sides)
    if (counts.size() != shape.size() ||
        llvm::any_of(counts, [](int64_t n) { return n < 0 || n > most; }))
      return emitOptionalError(atKey(location, key), "'pad' needs ", key,
                               " with a number from 0 to 2^30 for each of the ",
                               shape.size(), " dimensions of ",
                               formatShape(shape), ", got [", counts, "] [C1]");
  Type elementType = getElementTypeOrSelf(op.getInput());
  APFloat value = op.getValue();
  bool zeros = op.getMode() == PaddingMode::zeros;
  bool fits = elementType.isInteger(1) || isElement(value, elementType);
  if (!value.isZero() && (!zeros || elementType.isInteger(1) || !fits))
    return emitOptionalError(atKey(location, "value"), "'pad' by ",
                             stringifyPaddingMode(op.getMode()),
                             " cannot take the value ", formatNumber(value),
                             " for elements of ", elementType, " [C2]");
  for (auto [i, size] : llvm::enumerate(shape)) {
    int64_t low = op.getLow()[i], high = op.getHigh()[i];
    if (failed(verifyPadding(location, "pad", op.getMode(), size,
                             std::max(low, high))))
      return failure();
    size += low + high;
  }
  return inferTensor(location, "pad", shape, elementType, results);
}

Work PadOp::getWork() { return {}; }

//===----------------------------------------------------------------------===//
// SizeOp
//===----------------------------------------------------------------------===//

LogicalResult SizeOp::inferReturnTypes(MLIRContext *context,
                                       std::optional<Location> location,
                                       Adaptor op, Results &results) {
  std::optional<DimExpr> size;
  if (op.getOf().size() == 1)
    size = readSize(op.getOf()[0], {0});
  if (!size)
    return emitOptionalError(atKey(location, "of"),
                             "'size' needs one size, got ", op.getOf(),
                             " [C1]");
  if (op.getTo() != ElementKind::i32 && op.getTo() != ElementKind::i64)
    return emitOptionalError(atKey(location, "to"),
                             "'size' gives i32 or i64, not ",
                             stringifyElementKind(op.getTo()), " [C2]");
  return inferTensor(location, "size", {}, getElementType(context, op.getTo()),
                     results);
}

Work SizeOp::getWork() { return workOf(0); }
