//===- Quantize.cpp - Stores matrices in fewer bits -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The codes and their scales are ops on the weights, so that they are computed
// once, when compiling, and the weights file holds nothing else.
//
//===----------------------------------------------------------------------===//

#include "dialect/Composer.h"
#include "dialect/Quantized.h"
#include "dialect/WeightMath.h"
#include "passes/Passes.h"
#include "llvm/Support/GlobPattern.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_QUANTIZE
#include "passes/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// How the matrices of a pattern of names are stored.
struct Storage {
  llvm::GlobPattern pattern;
  StringRef text, type;
  bool matches = false;

  bool isWholeName() const {
    return text.find_first_of("*?[{\\") == StringRef::npos;
  }
};

/// What `precision` says of all of them.
struct Scaling {
  int64_t group = 64;
  /// By default what the type is best with.
  std::optional<bool> hasOffsets;
  bool leastError = false;
  /// The matrices whose layers round their inputs alike: "int8" for all
  /// integers, "bf16", or "f32" for none.
  StringRef rounded = "f32";

  bool roundsInputsOf(StringRef type) const {
    return type == rounded || (type == "int4" && rounded == "int8");
  }
};

/// Inputs come in so many to a group: numbers of 4 bits are in pairs, and what
/// meets rounded inputs is multiplied 32 bits of codes at a time.
int64_t getUnit(StringRef type, bool roundsInput) {
  int64_t each = type == "int4" ? 2 : 1;
  int64_t codes = type == "bf16" ? 2 : 4;
  return roundsInput ? codes * each : each;
}

/// Makes codes of a matrix [outputs, inputs, …].
class Encoder {
public:
  Encoder(Composer &c, Value matrix, const Scaling &scaling, bool joins,
          bool roundsInput)
      : c(c), matrix(matrix), scaling(scaling), joins(joins),
        roundsInput(roundsInput), shape(getShape(matrix)) {
    inputs = *shape[1].getConstant();
    for (const DimExpr &size : ArrayRef(shape).drop_front(2))
      window *= *size.getConstant();
  }

  void encode(StringRef type) {
    if (type == "bf16" || type == "f16") {
      round(type == "bf16" ? ElementKind::bf16 : ElementKind::f16);
      return;
    }
    // 4 bits come in pairs.
    isPacked = type == "int4" && joins && inputs % 2 == 0;
    encodeIntegers(scaling.hasOffsets.value_or(isPacked));
  }

  Value codes, scales, offsets;
  bool isPacked = false;

private:
  /// The float type's own rounding; what a checkpoint has in this type is taken
  /// as it is.
  void round(ElementKind type) {
    codes = c.cast(matrix, type);
    auto widened = matrix.getDefiningOp<CastOp>();
    if (!widened || widened.getInput().getType() != codes.getType())
      return;
    codes.getDefiningOp()->erase();
    codes = widened.getInput();
  }

  /// W = s q + o. Without offsets the codes lie around 0.
  void encodeIntegers(bool hasOffsets) {
    int64_t groups = inputs / getGroup();
    Value grouped =
        c.reshape(matrix, {shape[0], groups, inputs / groups * window});
    int64_t least = isPacked ? -8 : -127, most = isPacked ? 7 : 127;
    if (hasOffsets) {
      least = isPacked ? 0 : -128;
      most = least + (isPacked ? 15 : 255);
      reachExtremes(grouped, least, most);
    } else {
      Value largest = c.reduce(ReduceKind::max,
                               c.unary(UnaryKind::abs, grouped), {2}, true);
      scales = asStored(c.mul(atLeastSmallest(largest), 1.0 / most));
    }
    if (scaling.leastError)
      fit(grouped, least, most);
    // Codes are those of the scales as they are stored, whose rounding is no
    // error of theirs; the extremes may be a little beyond.
    Value numbers = offsets ? c.sub(grouped, offsets) : grouped;
    numbers = c.unary(UnaryKind::round, c.div(numbers, scales));
    numbers = c.binary(BinaryKind::min,
                       c.binary(BinaryKind::max, numbers, least), most);
    if (isPacked && least)
      numbers = c.add(numbers, double(-least));
    // What is rounded is at once stored in bytes: no matrix of floats between.
    codes = isPacked ? c.cast(pair(c.reshape(numbers, shape)), ElementKind::i8)
                     : c.reshape(c.cast(numbers, ElementKind::i8), shape);
    scales = c.reshape(c.cast(scales, ElementKind::bf16), {shape[0], groups});
    if (offsets)
      offsets = c.reshape(offsets, {shape[0], groups});
  }

  /// The codes reach from the smallest element to the largest, about the same
  /// middle, whatever the rounding of the scale.
  void reachExtremes(Value grouped, int64_t least, int64_t most) {
    Value low = c.reduce(ReduceKind::min, grouped, {2}, true);
    Value high = c.reduce(ReduceKind::max, grouped, {2}, true);
    scales = asStored(
        c.mul(atLeastSmallest(c.sub(high, low)), 1.0 / (most - least)));
    Value middle = c.mul(c.add(low, high), 0.5);
    offsets = c.sub(middle, c.mul(scales, 0.5 * (least + most)));
  }

  /// The nearest numbers that stored scales can be.
  Value asStored(Value values) {
    return c.cast(c.cast(values, ElementKind::bf16), ElementKind::f32);
  }

  void fit(Value grouped, int64_t least, int64_t most) {
    auto fitted = FitScalesOp::create(c, grouped, scales, offsets,
                                      c.getI64IntegerAttr(least),
                                      c.getI64IntegerAttr(most));
    scales = fitted.getFitted();
    offsets = fitted.getShifted();
  }

  /// Two numbers of neighbouring inputs in a byte.
  Value pair(Value numbers) {
    Shape halved = shape, split = shape;
    halved[1] = split[1] = inputs / 2;
    split.insert(split.begin() + 2, 2);
    numbers = c.reshape(numbers, split);
    Value even = c.slice(numbers, 2, 0, 1), odd = c.slice(numbers, 2, 1, 2);
    return c.reshape(c.add(c.add(even, c.mul(odd, 16.0)), -128.0), halved);
  }

  /// A group of zeros has any scale but zero.
  Value atLeastSmallest(Value range) {
    return c.binary(BinaryKind::max, range, 1e-30);
  }

  /// How many neighbouring inputs, with their windows, share a scale: as few as
  /// have as many elements as asked for.
  int64_t getGroup() const {
    if (!joins)
      return inputs;
    for (int64_t count = 1; count < inputs; ++count)
      if (inputs % count == 0 && count * window >= scaling.group &&
          count % getUnit(isPacked ? "int4" : "int8", roundsInput) == 0)
        return count;
    return inputs;
  }

  Composer &c;
  Value matrix;
  const Scaling &scaling;
  bool joins, roundsInput;
  Shape shape;
  int64_t inputs, window = 1;
};

struct QuantizePass : lathe::impl::QuantizeBase<QuantizePass> {
  using QuantizeBase::QuantizeBase;

  void runOnOperation() override {
    auto precision =
        getOperation()->getAttrOfType<DictionaryAttr>("lathe.precision");
    auto patterns =
        precision ? precision.getAs<ArrayAttr>("storage") : ArrayAttr();
    if (!patterns)
      return;
    if (failed(readPatterns(patterns)))
      return signalPassFailure();
    // Other types are stored as they are computed with.
    auto computed = precision.getAs<StringAttr>("compute");
    if (computed && computed.getValue() != "f32")
      return;
    scaling = Scaling();
    if (auto group = precision.getAs<IntegerAttr>("group"))
      scaling.group = group.getInt();
    if (auto zeroPoint = precision.getAs<BoolAttr>("zero_point"))
      scaling.hasOffsets = zeroPoint.getValue();
    if (auto scales = precision.getAs<StringAttr>("scales"))
      scaling.leastError = scales.getValue() == "least_error";
    if (auto activations = precision.getAs<StringAttr>("activations"))
      if (activations.getValue() == "int8" ? byteDots : bf16Dots)
        scaling.rounded = activations.getValue();
    SmallVector<MatrixOpInterface> ops;
    getOperation().walk([&](MatrixOpInterface op) { ops.push_back(op); });
    for (MatrixOpInterface op : ops)
      quantize(op);
    for (const Storage &storage : storages)
      if (!storage.matches)
        getOperation().emitWarning("'precision': no matrix has a name like '")
            << storage.text
            << "'; patterns are of a checkpoint's names of matrices, and "
               "norms, biases and masks stay as they are";
  }

private:
  LogicalResult readPatterns(ArrayAttr patterns) {
    storages.clear();
    for (auto entry : patterns.getAsRange<ArrayAttr>()) {
      StringRef text = cast<StringAttr>(entry[0]).getValue();
      auto pattern = llvm::GlobPattern::create(text);
      if (!pattern)
        return getOperation().emitError("'precision' has a malformed pattern: ")
               << llvm::toString(pattern.takeError());
      storages.push_back(
          {std::move(*pattern), text, cast<StringAttr>(entry[1]).getValue()});
    }
    return success();
  }

  /// The type of the last pattern that matches a name; for a table, only
  /// patterns that name it count.
  StringRef findType(StringRef name, bool isTable) {
    StringRef type = "f32";
    for (Storage &storage : storages)
      if (storage.pattern.match(name) && (!isTable || storage.isWholeName())) {
        type = storage.type;
        storage.matches = true;
      }
    return type;
  }

  /// The first of the weights, by the name that checkpoints have, from which
  /// alone the value is computed.
  static std::optional<StringRef> findWeight(Value value) {
    auto sources = findSourceWeights(value);
    if (!sources)
      return std::nullopt;
    auto weight = SymbolTable::lookupNearestSymbolFrom<WeightOp>(
        value.getDefiningOp(), sources->front());
    return weight ? std::optional(weight.getCheckpointName()) : std::nullopt;
  }

  void quantize(MatrixOpInterface op) {
    // Computation on weights is done before anything is stored.
    if (llvm::all_of(op->getOperands(),
                     [](Value value) { return findWeight(value); }))
      return;
    OpBuilder builder(op);
    Composer c(op.getLoc(), builder);
    for (OpOperand &operand : op->getOpOperands()) {
      Value matrix = operand.get();
      if (!op.isMatrix(operand.getOperandNumber()) ||
          matrix.getDefiningOp<DequantizeOp>())
        continue;
      std::optional<StringRef> name = findWeight(matrix);
      StringRef type = name ? findType(*name, op.isTable()) : "f32";
      if (type == "f32")
        continue;
      if (!getElementTypeOrSelf(matrix).isF32()) {
        ++kept;
        continue;
      }
      auto linear = dyn_cast<LinearOp>(op.getOperation());
      bool roundsInput = linear && scaling.roundsInputsOf(type);
      if (linear)
        matrix = fillGroups(c, linear, type, roundsInput);
      Encoder encoder(c, matrix, scaling,
                      op.joinsNeighbours(operand.getOperandNumber()),
                      roundsInput);
      encoder.encode(type);
      ++quantized;
      if (linear) {
        replace(linear, encoder, c, roundsInput);
        return;
      }
      operand.set(DequantizeOp::create(
          c, encoder.codes, encoder.scales, encoder.offsets,
          encoder.isPacked ? c.getUnitAttr() : UnitAttr()));
    }
  }

  /// The matrix of a layer whose inputs no group near the wanted size divides,
  /// or no unit, filled up with zeros; so is what it multiplies, in each run.
  /// Pruning leaves such numbers of inputs.
  Value fillGroups(Composer &c, LinearOp op, StringRef type,
                   bool roundsInput) const {
    int64_t inputs = *getDim(op.getWeight(), 1).getConstant();
    int64_t group = scaling.group, unit = getUnit(type, roundsInput);
    bool isFloat = type == "bf16" || type == "f16";
    bool isDivided =
        llvm::any_of(llvm::seq(group, 2 * group + 1), [&](int64_t size) {
          return inputs % size == 0 && size % unit == 0;
        });
    bool hasGroups = !isFloat && inputs > 2 * group && !isDivided;
    int64_t wanted = llvm::alignTo(inputs, hasGroups ? group : unit);
    if (wanted == inputs)
      return op.getWeight();
    auto fill = [&](Value x) -> Value {
      SmallVector<int64_t> none(getShape(x).size(), 0), behind = none;
      behind.back() = wanted - inputs;
      return PadOp::create(
          c, x, c.getDenseI64ArrayAttr(none), c.getDenseI64ArrayAttr(behind),
          PaddingModeAttr::get(c.getContext(), PaddingMode::zeros),
          c.getF64FloatAttr(0));
    };
    op.getInputMutable().assign(fill(op.getInput()));
    return fill(op.getWeight());
  }

  static void replace(LinearOp op, const Encoder &encoder, Composer &c,
                      bool roundsInput) {
    Value y = QuantizedLinearOp::create(
        c, op.getInput(), encoder.codes, encoder.scales, encoder.offsets,
        op.getBias(), roundsInput ? c.getUnitAttr() : UnitAttr());
    op.replaceAllUsesWith(y);
    op.erase();
  }

  SmallVector<Storage> storages;
  Scaling scaling;
};
} // namespace
