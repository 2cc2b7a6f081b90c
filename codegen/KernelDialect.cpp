//===- KernelDialect.cpp - Loop nests between linalg and loops
//---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/KernelDialect.h"
#include "dialect/Fused.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

#include "codegen/KernelDialect.cpp.inc"
#include "codegen/KernelInterfaces.cpp.inc"
#define GET_OP_CLASSES
#include "codegen/KernelOps.cpp.inc"

void KernelDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "codegen/KernelOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// NestOp
//===----------------------------------------------------------------------===//

/// Checks the arguments of one region: C3.
static LogicalResult verifyRegion(NestOp nest, Region &region, StringRef name) {
  Block &block = region.front();
  if (block.getNumArguments() != nest.getInputs().size() + 1)
    return nest.emitOpError("needs ")
           << nest.getInputs().size() + 1 << " arguments of its " << name
           << " region, one an input and the accumulator, got "
           << block.getNumArguments() << " [C3]";
  for (auto [argument, input] :
       llvm::zip(block.getArguments(), nest.getInputs()))
    if (argument.getType() != getElementTypeOrSelf(input))
      return nest.emitOpError("has an argument of type ")
             << argument.getType() << " for an input of "
             << getElementTypeOrSelf(input) << " in its " << name
             << " region [C3]";
  return success();
}

LogicalResult NestOp::verify() {
  if (getIndexingMaps().size() != getInputs().size() + 1)
    return emitOpError("needs ")
           << getInputs().size() + 1 << " indexing maps, got "
           << getIndexingMaps().size() << " [C1]";
  for (unsigned i = 0; i <= getInputs().size(); ++i)
    if (getMap(i).getNumDims() != getNumDims())
      return emitOpError("has ")
             << getNumDims() << " iterators, but map " << i << " is over "
             << getMap(i).getNumDims() << " [C1]";
  AffineMap output = getOutputMap();
  unsigned parallel = llvm::count(getReductions(), false);
  bool permutes = output.isProjectedPermutation(/*allowZeroInResults=*/false) &&
                  output.getNumResults() == parallel;
  for (AffineExpr result : output.getResults())
    if (auto dim = dyn_cast<AffineDimExpr>(result))
      permutes &= !getReductions()[dim.getPosition()];
  if (!permutes)
    return emitOpError("needs an output map that permutes the parallel "
                       "dimensions [C2]");
  if (hasReduction() == getReduce().empty())
    return emitOpError("needs a reduce region if and only if it reduces [C3]");
  if (!getReduce().empty() &&
      failed(verifyRegion(*this, getReduce(), "reduce")))
    return failure();
  return verifyRegion(*this, getFinish(), "finish");
}

SmallVector<int64_t> NestOp::getStaticExtents() {
  SmallVector<int64_t> extents(getNumDims(), ShapedType::kDynamic);
  auto learn = [&](AffineMap map, ShapedType type) {
    for (auto [result, size] : llvm::zip(map.getResults(), type.getShape()))
      if (auto dim = dyn_cast<AffineDimExpr>(result))
        if (!ShapedType::isDynamic(size))
          extents[dim.getPosition()] = size;
  };
  for (auto [i, input] : llvm::enumerate(getInputs()))
    learn(getMap(i), cast<ShapedType>(input.getType()));
  learn(getOutputMap(), cast<ShapedType>(getInitOutput().getType()));
  return extents;
}

void NestOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  for (OpOperand &input : getInputsMutable())
    if (isa<MemRefType>(input.get().getType()))
      effects.emplace_back(MemoryEffects::Read::get(), &input);
  OpOperand &output = getInitOutputMutable();
  if (isa<MemRefType>(output.get().getType()))
    effects.emplace_back(MemoryEffects::Write::get(), &output);
}

//===----------------------------------------------------------------------===//
// CallOp
//===----------------------------------------------------------------------===//

void CallOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  for (OpOperand &input : getInputsMutable())
    if (isa<MemRefType>(input.get().getType()))
      effects.emplace_back(MemoryEffects::Read::get(), &input);
  for (OpOperand &output : getOutputsMutable())
    if (isa<MemRefType>(output.get().getType()))
      effects.emplace_back(MemoryEffects::Write::get(), &output);
}

//===----------------------------------------------------------------------===//
// AttentionOp
//===----------------------------------------------------------------------===//

static int64_t getFeatures(Value operand) {
  return cast<ShapedType>(operand.getType()).getShape().back();
}

int64_t AttentionOp::getKeyWidth() {
  return getFeatures(getKey()) / static_cast<int64_t>(getKvHeads());
}

int64_t AttentionOp::getValueWidth() {
  return getFeatures(getValue()) / static_cast<int64_t>(getKvHeads());
}

/// Checks the memory for parts of an op, if it has any.
static LogicalResult verifyPartial(Operation *op, Value partial,
                                   StringRef constraint) {
  if (!partial)
    return success();
  auto type = cast<ShapedType>(partial.getType());
  if (type.hasRank() && type.getRank() == 1 && type.getElementType().isF32())
    return success();
  return op->emitOpError("needs f32 of rank 1 for parts, got ")
         << type << " [" << constraint << "]";
}

LogicalResult AttentionOp::verify() {
  if (failed(verifyPartial(*this, getInitPartial(), "C3")))
    return failure();
  for (Value operand : getOperands()) {
    if (operand == getInitPartial())
      continue;
    auto type = cast<ShapedType>(operand.getType());
    auto element = dyn_cast<FloatType>(type.getElementType());
    int64_t rank = operand == getBias() ? 4 : 3;
    if (!type.hasRank() || type.getRank() != rank || !element ||
        element.getWidth() > 32)
      return emitOpError("needs floats of at most 32 bits of rank ")
             << rank << ", got " << type << " [C1]";
  }
  int64_t heads = getHeads(), groups = getKvHeads();
  int64_t q = getFeatures(getQuery()), k = getFeatures(getKey()),
          v = getFeatures(getValue()), y = getFeatures(getInitOutput());
  bool isStatic = llvm::none_of(ArrayRef<int64_t>{q, k, v, y},
                                [](int64_t n) { return n < 1; });
  if (!isStatic || heads < 1 || groups < 1 || heads % groups || q % heads ||
      k % groups || v % groups || q / heads != k / groups ||
      y != v / groups * heads)
    return emitOpError("cannot split the features of ")
           << getQuery().getType() << ", " << getKey().getType() << ", "
           << getValue().getType() << " and " << getInitOutput().getType()
           << " into " << heads << " heads and " << groups
           << " of key and value [C2]";
  return success();
}

/// Buffers are read, but the output, which is written.
static void
addEffects(DestinationStyleOpInterface op,
           SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
               &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    if (op.isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
    else
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  }
}

void AttentionOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  addEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

//===----------------------------------------------------------------------===//
// FrequencyFilterOp
//===----------------------------------------------------------------------===//

int64_t FrequencyFilterOp::countTaskBlocks(ArrayRef<int64_t> image,
                                           int64_t blocks, int64_t lanes) {
  int64_t each = image[3] / blocks, best = 1;
  auto padded = [&](int64_t count) {
    return llvm::alignTo(count * each, lanes);
  };
  for (int64_t count = 1; count <= blocks; ++count) {
    // Lanes that are idle otherwise cost no memory.
    if (blocks % count ||
        (padded(count) > padded(1) &&
         countSpectrumBytes(image[1], image[2], padded(count)) >
             mostSpectrumBytes))
      continue;
    // Fewer lanes are idle where padded / channels is less.
    if (padded(count) * best < padded(best) * count)
      best = count;
    if (8 * (padded(best) - best * each) <= padded(best))
      break;
  }
  return best;
}

int64_t FrequencyFilterOp::countSpectra(ArrayRef<int64_t> image,
                                        int64_t blocks) {
  int64_t most = 0;
  bool fits = true;
  for (int64_t lanes : {4, 8, 16}) {
    int64_t count = countTaskBlocks(image, blocks, lanes);
    int64_t padded = llvm::alignTo(image[3] / blocks * count, lanes);
    int64_t bytes = countSpectrumBytes(image[1], image[2], padded);
    fits &= bytes <= mostSpectrumBytes;
    most = std::max(most, blocks / count * bytes);
  }
  return fits ? 0 : most / 4;
}

LogicalResult FrequencyFilterOp::verify() {
  auto shapeOf = [](Value value) {
    return cast<ShapedType>(value.getType()).getShape();
  };
  for (Value operand : getOperands())
    if (!cast<ShapedType>(operand.getType()).hasRank() ||
        !getElementTypeOrSelf(operand).isF32())
      return emitOpError("needs f32, got ") << operand.getType() << " [C1]";
  ArrayRef<int64_t> input = shapeOf(getInput());
  if (input.size() != 4 ||
      llvm::is_contained(input.drop_front(), ShapedType::kDynamic) ||
      shapeOf(getInitOutput()).size() != 4 ||
      shapeOf(getInitOutput()).drop_front() != input.drop_front())
    return emitOpError("needs images [N, H, W, C] of static sizes, got ")
           << getInput().getType() << " and " << getInitOutput().getType()
           << " [C1]";
  ArrayRef<int64_t> weight = shapeOf(getW1());
  int64_t blocks = weight.size() == 4 ? weight[1] : 0;
  int64_t each = blocks ? input[3] / blocks : 0;
  SmallVector<int64_t> wanted = {2, blocks, each, each};
  for (auto [value, rank] : {std::pair<Value, unsigned>(getW1(), 4),
                             {getB1(), 3},
                             {getW2(), 4},
                             {getB2(), 3}})
    if (blocks < 1 || input[3] % blocks ||
        shapeOf(value) != ArrayRef(wanted).take_front(rank))
      return emitOpError("has a parameter ")
             << value.getType() << " for " << input[3] << " channels [C2]";
  for (Region *region : {&getHidden(), &getMask()})
    if (region->front().getNumArguments() != 1 ||
        !region->front().getArgument(0).getType().isF32() ||
        region->front().getTerminator()->getNumOperands() != 1)
      return emitOpError("needs regions from one f32 to one f32 [C3]");
  if (Value spectrum = getInitSpectrum()) {
    int64_t floats = countSpectra(input, blocks);
    int64_t whole = countSpectrumBytes(input[1], input[2], input[3]) / 4;
    if (shapeOf(spectrum).size() != 2 ||
        (shapeOf(spectrum)[1] != floats && shapeOf(spectrum)[1] != whole))
      return emitOpError("needs spectra of ")
             << floats << " numbers an image, got " << spectrum.getType()
             << " [C4]";
  }
  return success();
}

void FrequencyFilterOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  addEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

//===----------------------------------------------------------------------===//
// DotProductOp
//===----------------------------------------------------------------------===//

/// Checks maps and region of a kernel that finishes its results.
static LogicalResult verifyFinish(FinishOpInterface op, StringRef constraint) {
  size_t extras = op.getExtras().size();
  Region &finish = op.getFinish();
  bool fits = op.getExtraMaps().size() == extras &&
              (extras == 0 || !finish.empty()) &&
              (finish.empty() || finish.getNumArguments() == extras + 1);
  auto isInOrder = [](AffineMap map) {
    return map.isProjectedPermutation() &&
           llvm::is_sorted(
               llvm::seq(map.getNumResults()), [&](unsigned a, unsigned b) {
                 return map.getDimPosition(a) < map.getDimPosition(b);
               });
  };
  for (auto [extra, map] : llvm::zip(
           op.getExtras(), op.getExtraMaps().getAsValueRange<AffineMapAttr>()))
    fits &= map.getNumDims() == op.getFinishRank() && isInOrder(map) &&
            map.getNumResults() == cast<ShapedType>(extra.getType()).getRank();
  if (fits && !finish.empty()) {
    for (auto [extra, argument] :
         llvm::zip(op.getExtras(), finish.getArguments()))
      fits &= getElementTypeOrSelf(extra) == argument.getType();
    fits &= finish.getArguments().back().getType().isF32();
  }
  return fits ? success()
              : op.emitOpError("needs a map an extra, and a 'finish' of its "
                               "scalars and the sum [")
                    << constraint << "]";
}

/// What a kernel stores: what its `finish` yields, or f32.
static Type getStoredType(FinishOpInterface op) {
  if (op.getFinish().empty())
    return Float32Type::get(op.getContext());
  return op.getFinish().front().getTerminator()->getOperand(0).getType();
}

LogicalResult DotProductOp::verify() {
  auto output = cast<ShapedType>(getInitOutput().getType());
  ShapedType rows = getRowsType(), codes = getCodesType();
  if (!codes.hasStaticShape() || codes.getRank() != 3 ||
      output.getRank() != 2 || output.isDynamicDim(1) || rows.getRank() != 2 ||
      rows.isDynamicDim(1))
    return emitOpError("needs rows, results and codes of rank 2, 2 and 3, "
                       "static but for the number of rows, got ")
           << rows << ", " << output << " and " << codes << " [C1]";
  if (failed(verifyGroups()) || failed(verifyFinish(*this, "C4")) ||
      failed(verifyPartial(*this, getInitPartial(), "C5")))
    return failure();
  if (getInitPartial() && !isInteger())
    return emitOpError("has memory for parts of bf16 [C5]");
  int64_t columns = getPanelColumns(), features = output.getDimSize(1);
  if (features > getPanels() * columns ||
      features <= (getPanels() - 1) * columns)
    return emitOpError("has ") << getPanels() << " panels of " << columns
                               << " columns for results " << output << " [C3]";
  Type narrow = isInteger() ? Type(IntegerType::get(getContext(), 8))
                            : Type(BFloat16Type::get(getContext()));
  int64_t count = rows.getDimSize(0), inputs = rows.getDimSize(1);
  return failure(
      failed(verifyOperand(getRows(), {count, inputs}, narrow)) ||
      failed(verifyOperand(
          getCodes(), {getPanels(), inputs / getUnit(), codes.getDimSize(2)},
          narrow)) ||
      failed(verifyOperand(getInitOutput(), {count, features},
                           getStoredType(*this))));
}

LogicalResult DotProductOp::verifyOperand(Value value, ArrayRef<int64_t> shape,
                                          Type element) {
  auto type = cast<ShapedType>(value.getType());
  if (type.getElementType() == element &&
      succeeded(verifyCompatibleShape(type.getShape(), shape)))
    return success();
  return emitOpError("has an operand of an unfit shape or type, ")
         << type << " [C3]";
}

LogicalResult DotProductOp::verifyGroups() {
  int64_t inputs = getRowsType().getDimSize(1);
  bool hasAll = getSteps() && getSums() && getScales();
  bool hasAny = getSteps() || getSums() || getScales() || getOffsets();
  if (isInteger() ? !hasAll : hasAny || getPacked())
    return emitOpError("has rows ")
           << getRowsType() << (isInteger() ? " without" : " with")
           << " groups [C3]";
  if (getShift() && !getPacked())
    return emitOpError("has a shift, which packed numbers alone have [C2]");
  int64_t groups = isInteger() ? getGroups() : 1;
  if (groups < 1 || inputs % groups || inputs / groups % getUnit())
    return emitOpError("has ")
           << groups << " groups of " << inputs << " inputs, which come in "
           << getUnit() << "s [C2]";
  if (!isInteger())
    return success();
  SmallVector<int64_t> perRow = {getRowsType().getDimSize(0), groups};
  SmallVector<int64_t> perColumn = {getPanels(), groups, getPanelColumns()};
  Type real = Float32Type::get(getContext());
  Type scale = getElementTypeOrSelf(getScales());
  if (!scale.isBF16())
    scale = real;
  return failure(
      failed(verifyOperand(getSteps(), perRow, real)) ||
      failed(verifyOperand(getSums(), perRow,
                           IntegerType::get(getContext(), 32))) ||
      failed(verifyOperand(getScales(), perColumn, scale)) ||
      (getOffsets() && failed(verifyOperand(getOffsets(), perColumn, real))));
}

void DotProductOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  addEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

//===----------------------------------------------------------------------===//
// WinogradOp
//===----------------------------------------------------------------------===//

LogicalResult WinogradOp::verify() {
  ShapedType image = getImageType(), filters = getFiltersType(),
             output = getOutputType();
  Type wide = Float32Type::get(getContext());
  // Some rows of an image, whose number is not known, are parts of buffers.
  unsigned rows = isa<MemRefType>(output) ? 2 : 1;
  auto isImage = [&](ShapedType type, Type element) {
    return type.hasRank() && type.getRank() == 4 &&
           type.getElementType() == element &&
           !ShapedType::isDynamicShape(
               type.getShape().drop_back().drop_front(rows));
  };
  bool areFilters = filters.hasStaticShape() && filters.getRank() == 4 &&
                    filters.getElementType() == wide;
  if (!areFilters || !isImage(image, wide) ||
      !isImage(output, getStoredType(*this)))
    return emitOpError(
               "needs an image, filters and a result of f32 and rank 4, "
               "static but for the number of images, channels and features, "
               "got ")
           << image << ", " << filters << " and " << output << " [C1]";
  int64_t points = filters.getDimSize(1), side = getTileSide();
  bool agrees = points == 16 || points == 36;
  for (int64_t dim : {1, 2}) {
    bool isKnown = !image.isDynamicDim(dim) && !output.isDynamicDim(dim);
    agrees &= !isKnown || image.getDimSize(dim) ==
                              static_cast<int64_t>(
                                  llvm::alignTo(output.getDimSize(dim), side)) +
                                  2;
  }
  int64_t panel = filters.getDimSize(3), features = output.getDimSize(3);
  agrees &=
      image.isDynamicDim(3) || image.getDimSize(3) == filters.getDimSize(2);
  agrees &= output.isDynamicDim(3) ||
            (features <= filters.getDimSize(0) * panel &&
             features > (filters.getDimSize(0) - 1) * panel);
  if (!agrees)
    return emitOpError("has an image ")
           << image << " and filters " << filters
           << ", which do not give whole tiles of " << output << " [C1]";
  return verifyFinish(*this, "C2");
}

void WinogradOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  addEffects(cast<DestinationStyleOpInterface>(getOperation()), effects);
}

//===----------------------------------------------------------------------===//
// DispatchOp
//===----------------------------------------------------------------------===//

LogicalResult DispatchOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto callee =
      tables.lookupNearestSymbolFrom<func::FuncOp>(*this, getCalleeAttr());
  if (!callee)
    return emitOpError("calls '") << getCallee() << "', which is no function";
  return success();
}

//===----------------------------------------------------------------------===//
// LaunchOp
//===----------------------------------------------------------------------===//

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &tables) {
  Operation *kernel = tables.lookupNearestSymbolFrom(*this, getKernelAttr());
  if (!kernel || !isa<BinaryOp, gpu::GPUModuleOp>(kernel))
    return emitOpError("launches '") << getKernel() << "', which is no kernel";
  return success();
}
