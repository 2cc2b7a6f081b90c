//===- Slim.cpp - Layers of several widths --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Slim.h"
#include "dialect/Checks.h"
#include "dialect/DimBounds.h"
#include "dialect/Locations.h"
#include "dialect/Windows.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Slim.cpp.inc"

void LatheDialect::addSlimOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Slim.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// SlimOp
//===----------------------------------------------------------------------===//

/// The channels of each batch norm; failure where one lacks a parameter or its
/// parameters differ in size.
static FailureOr<SmallVector<int64_t>> getNormSizes(SlimOp::Adaptor op) {
  ValueRange scales = op.getNormWeight();
  SmallVector<int64_t> sizes;
  for (ValueRange vectors :
       {scales, ValueRange(op.getNormBias()), ValueRange(op.getRunningMean()),
        ValueRange(op.getRunningVar())}) {
    if (vectors.size() != scales.size())
      return failure();
    for (auto [i, vector] : llvm::enumerate(vectors)) {
      auto type = cast<RankedTensorType>(vector.getType());
      if (type.getRank() != 1 || type.isDynamicDim(0) ||
          type != scales[i].getType())
        return failure();
    }
  }
  for (Value scale : scales)
    sizes.push_back(cast<RankedTensorType>(scale.getType()).getDimSize(0));
  return sizes;
}

LogicalResult SlimOp::inferReturnTypes(MLIRContext *,
                                       std::optional<Location> location,
                                       Adaptor op,
                                       SmallVectorImpl<Type> &results) {
  Shape input = getShape(op.getInput());
  if (input.size() != 4)
    return emitOptionalError(location,
                             "'slim' needs an input [N, C, H, W], got ",
                             formatShape(input), " [C1]");
  auto weight = cast<RankedTensorType>(op.getWeight().getType());
  if (weight.getRank() != 4 || !weight.hasStaticShape())
    return emitOptionalError(location,
                             "'slim' needs a weight [channels, inputs, kernel "
                             "height, kernel width], got ",
                             formatShape(weight), " [C2]");
  std::optional<DimExpr> used;
  if (op.getUsed().size() == 1)
    used = readSize(op.getUsed()[0]);
  if (!used)
    return emitOptionalError(atKey(location, "used"),
                             "'slim' needs one size as 'used', got ",
                             op.getUsed(), " [C3]");
  FailureOr<Shape> image =
      inferImage(location, "slim", ArrayRef(input).drop_front(2),
                 weight.getShape().drop_front(2), op.getStride(),
                 op.getDilation(), op.getPadding(), op.getPaddingMode());
  if (failed(image) ||
      failed(checkParameter(location, "slim", "bias", op.getBias(),
                            {weight.getDimSize(0)}, "C8")))
    return failure();
  FailureOr<SmallVector<int64_t>> norms = getNormSizes(op);
  if (failed(norms))
    return emitOptionalError(location,
                             "'slim' needs four vectors of one size for each "
                             "batch norm [C4]");
  if (op.getWidth() && !getShape(op.getWidth()).empty())
    return emitOptionalError(location, "'slim' needs a scalar as width, got ",
                             formatShape(op.getWidth()), " [C9]");
  if (norms->size() > 1 && !op.getWidth())
    return emitOptionalError(location, "'slim' has ", norms->size(),
                             " batch norms and needs a width, a scalar that "
                             "chooses one [C9]");
  return inferTensor(location, "slim",
                     {input[0], *used, (*image)[0], (*image)[1]},
                     getElementTypeOrSelf(op.getInput()), results);
}

/// What gives the dimension `name` its value: an input; null if none.
static DictionaryAttr getSource(Operation *module, StringRef name) {
  auto sources = module->getAttrOfType<DictionaryAttr>("lathe.dim_sources");
  return sources ? sources.getAs<DictionaryAttr>(name) : nullptr;
}

/// The name of an entry's input; "" for any other value.
static StringRef getInputName(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  auto entry =
      argument
          ? dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp())
          : nullptr;
  if (!entry)
    return "";
  auto name =
      entry.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "lathe.name");
  return name ? name.getValue() : "";
}

/// The values that an input numbers for the dimension `name`; empty if none.
static ArrayRef<int64_t> getNumberedValues(Operation *module, StringRef name) {
  DictionaryAttr source = getSource(module, name);
  auto values = source ? source.getAs<DenseI64ArrayAttr>("values") : nullptr;
  return values ? values.asArrayRef() : ArrayRef<int64_t>();
}

LogicalResult SlimOp::verifySymbolUses(SymbolTableCollection &) {
  auto module = (*this)->getParentOfType<ModuleOp>();
  DimBounds bounds(module);
  auto weight = cast<RankedTensorType>(getWeight().getType());
  DimExpr used = *readSize(getUsed()[0]);
  auto check = [&](const DimExpr &size, int64_t most, StringRef what,
                   StringRef key, StringRef constraint) -> LogicalResult {
    auto range = bounds.of(size);
    if (range && range->second <= most)
      return success();
    return mlir::emitError(getKeyLocation(getLoc(), key))
           << "'slim' has " << most << " " << what << ", but '" << size.str()
           << "' can be "
           << (range ? std::to_string(range->second) : "anything") << " ["
           << constraint << "]";
  };
  if (failed(
          check(used, weight.getDimSize(0), "output channels", "used", "C3")) ||
      failed(check(getDim(getInput(), 1), weight.getDimSize(1),
                   "input channels", "inputs", "C3")))
    return failure();
  SmallVector<int64_t> norms = *getNormSizes(*this);
  ArrayRef<int64_t> values = getNumberedValues(module, used.str());
  if (norms.size() <= 1 || values.empty()) {
    if (!norms.empty())
      return check(used, *llvm::min_element(norms), "channels in a batch norm",
                   "widths", "C4");
    return success();
  }
  StringRef input = getSource(module, used.str()).getAs<StringAttr>("input");
  StringRef width = getInputName(getWidth());
  if (!width.empty() && width != input)
    return mlir::emitError(getKeyLocation(getLoc(), "width"))
           << "'slim' chooses its batch norm by '" << width << "', but '"
           << used.str() << "' is numbered by '" << input << "' [C9]";
  if (values == ArrayRef(norms))
    return success();
  return mlir::emitError(getKeyLocation(getLoc(), "widths"))
         << "'slim' has batch norms of [" << norms << "] channels, but '"
         << used.str() << "' has the values [" << values << "] [C9]";
}

bool SlimOp::joinsNeighbours(unsigned) { return false; }

Work SlimOp::getWork() {
  DimExpr outputs = getElementCount(getShape(getResult()));
  Shape weight = getShape(getWeight());
  DimExpr sums = outputs * getDim(getInput(), 1) * weight[2] * weight[3];
  int64_t after = (getBias() ? 1 : 0) + (getNormWeight().empty() ? 0 : 2);
  return workOf(sums, outputs * after);
}

//===----------------------------------------------------------------------===//
// WidthSearchOp
//===----------------------------------------------------------------------===//

static constexpr int64_t mostConfigurations = 4096;

LogicalResult WidthSearchOp::inferReturnTypes(MLIRContext *context,
                                              std::optional<Location> location,
                                              Adaptor op,
                                              SmallVectorImpl<Type> &results) {
  Shape preference = getShape(op.getPreference());
  if (!getShape(op.getBudget()).empty() || preference.size() != 1 ||
      !preference[0].getConstant())
    return emitOptionalError(location,
                             "'width_search' needs a scalar budget and a "
                             "preference [tasks], got ",
                             formatShape(op.getBudget()), " and ",
                             formatShape(op.getPreference()), " [C1]");
  Type share = getElementTypeOrSelf(op.getBudget());
  results.push_back(
      getTensorType({preference[0] + 1}, IntegerType::get(context, 32)));
  results.push_back(RankedTensorType::get({}, share));
  return success();
}

SmallVector<std::string> WidthSearchOp::getWidthInputs() {
  SmallVector<std::string> inputs = {getEncoder().str()};
  auto [before, after] = getDecoders().split("{i}");
  int64_t tasks = *getDim(getPreference(), 0).getConstant();
  for (int64_t i = 0; i < tasks; ++i)
    inputs.push_back((before + Twine(i) + after).str());
  return inputs;
}

SmallVector<int64_t> WidthSearchOp::getWidthCounts(Operation *module) {
  auto sources = module->getAttrOfType<DictionaryAttr>("lathe.dim_sources");
  SmallVector<int64_t> counts;
  for (const std::string &input : getWidthInputs()) {
    counts.push_back(0);
    for (NamedAttribute dim :
         sources ? sources.getValue() : ArrayRef<NamedAttribute>()) {
      auto source = dyn_cast<DictionaryAttr>(dim.getValue());
      if (!source ||
          source.get("input") != StringAttr::get(source.getContext(), input))
        continue;
      if (auto values = source.getAs<DenseI64ArrayAttr>("values"))
        counts.back() = values.size();
    }
  }
  return counts;
}

LogicalResult WidthSearchOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto module = (*this)->getParentOfType<ModuleOp>();
  auto entry = tables.lookupNearestSymbolFrom<FunctionOpInterface>(
      *this, StringAttr::get(getContext(), getEntry()));
  if (!entry)
    return mlir::emitError(getKeyLocation(getLoc(), "entry"))
           << "'width_search' finds no entry '" << getEntry() << "' [C2]";
  int64_t configurations = 1;
  for (auto [input, count] :
       llvm::zip(getWidthInputs(), getWidthCounts(module))) {
    bool isInput = false;
    for (unsigned i = 0; i < entry.getNumArguments(); ++i)
      isInput |= entry.getArgAttr(i, "lathe.name") ==
                 StringAttr::get(getContext(), input);
    if (!isInput || count == 0)
      return mlir::emitError(getKeyLocation(
                 getLoc(), input == getEncoder() ? "encoder" : "decoders"))
             << "'width_search' needs an input '" << input << "' of '"
             << getEntry() << "' that numbers the values of a dimension [C2]";
    if (llvm::MulOverflow(configurations, count, configurations) ||
        configurations > mostConfigurations)
      return mlir::emitError(getLoc())
             << "'width_search' has more than " << mostConfigurations
             << " configurations to choose from [C3]";
  }
  return success();
}

Work WidthSearchOp::getWork() { return workOf(0); }

//===----------------------------------------------------------------------===//
// LeadingOp
//===----------------------------------------------------------------------===//

LogicalResult LeadingOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> location,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &results) {
  Shape input = lathe::getShape(op.getInput()), shape;
  if (op.getShape().size() != input.size())
    return emitOptionalError(location, "'leading' needs ", input.size(),
                             " sizes for ", formatShape(input), ", got ",
                             op.getShape(), " [C1]");
  for (auto [attribute, whole] : llvm::zip(op.getShape(), input)) {
    std::optional<DimExpr> size = readSize(attribute);
    if (!size)
      return emitOptionalError(location, "'leading' cannot read the size ",
                               attribute, " [C1]");
    std::optional<int64_t> known = size->getConstant();
    if (known && whole.getConstant() && *known > *whole.getConstant())
      return emitOptionalError(location, "'leading' takes ", *known, " of ",
                               whole.str(), " places [C2]");
    shape.push_back(*size);
  }
  return inferTensor(location, "leading", shape,
                     getElementTypeOrSelf(op.getInput()), results);
}
