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
};

/// A matrix W [features, K] in groups of neighbouring elements of its rows, and
/// what stands for it.
class Codes {
public:
  Codes(Composer &c, Value weight, int64_t group) : c(c) {
    features = getDim(weight, 0);
    summed = *getDim(weight, 1).getConstant();
    groups = summed / group;
    grouped = c.reshape(weight, {features, groups, group});
  }

  /// The float type's own rounding; what a checkpoint has in this type is taken
  /// as it is.
  Value rounded(Value weight, ElementKind type) {
    Value codes = c.cast(weight, type);
    auto widened = weight.getDefiningOp<CastOp>();
    if (!widened || widened.getInput().getType() != codes.getType())
      return codes;
    codes.getDefiningOp()->erase();
    return widened.getInput();
  }

  /// W = s q, q from −127 to 127, s = max |W| / 127.
  void symmetric() {
    Value largest =
        c.reduce(ReduceKind::max, c.unary(UnaryKind::abs, grouped), {2}, true);
    // A group of zeros has any scale but zero.
    scales = c.mul(c.binary(BinaryKind::max, largest, smallest), 1.0 / 127);
    codes = c.reshape(c.cast(c.unary(UnaryKind::round, c.div(grouped, scales)),
                             ElementKind::i8),
                      {features, summed});
    scales = c.reshape(scales, {features, groups});
  }

  /// W = s q + o, q from 0 to 15, o = min W, s = (max W − min W) / 15; two of
  /// them in a byte.
  void packed() {
    Value low = c.reduce(ReduceKind::min, grouped, {2}, true);
    Value high = c.reduce(ReduceKind::max, grouped, {2}, true);
    scales =
        c.mul(c.binary(BinaryKind::max, c.sub(high, low), smallest), 1.0 / 15);
    Value numbers =
        c.unary(UnaryKind::round, c.div(c.sub(grouped, low), scales));
    numbers = c.reshape(numbers, {features, summed / 2, 2});
    Value even = c.slice(numbers, 2, 0, 1), odd = c.slice(numbers, 2, 1, 2);
    Value pair = c.add(c.add(even, c.mul(odd, 16.0)), -128.0);
    codes = c.reshape(c.cast(pair, ElementKind::i8), {features, summed / 2});
    scales = c.reshape(scales, {features, groups});
    offsets = c.reshape(low, {features, groups});
  }

  Value codes, scales, offsets;

private:
  static constexpr double smallest = 1e-30;
  Composer &c;
  DimExpr features = 0;
  int64_t summed, groups;
  Value grouped;
};

struct QuantizePass : lathe::impl::QuantizeBase<QuantizePass> {
  void runOnOperation() override {
    auto precision =
        getOperation()->getAttrOfType<DictionaryAttr>("lathe.precision");
    if (!precision)
      return;
    auto patterns = precision.getAs<ArrayAttr>("storage");
    if (!patterns)
      return;
    SmallVector<Storage> storages;
    for (auto entry : patterns.getAsRange<ArrayAttr>()) {
      auto pattern =
          llvm::GlobPattern::create(cast<StringAttr>(entry[0]).getValue());
      if (!pattern) {
        getOperation().emitError("'precision' has a malformed pattern: ")
            << llvm::toString(pattern.takeError());
        return signalPassFailure();
      }
      storages.push_back({std::move(*pattern),
                          cast<StringAttr>(entry[0]).getValue(),
                          cast<StringAttr>(entry[1]).getValue()});
    }
    // Other types are stored as they are computed with.
    auto computed = precision.getAs<StringAttr>("compute");
    if (computed && computed.getValue() != "f32")
      return;
    int64_t group = 64;
    if (auto given = precision.getAs<IntegerAttr>("group"))
      group = given.getInt();
    getOperation().walk([&](LinearOp op) {
      std::optional<StringRef> name = findWeight(op.getWeight());
      if (!name)
        return;
      // The last pattern that matches says how.
      StringRef type = "f32";
      for (Storage &storage : storages)
        if (storage.pattern.match(*name)) {
          type = storage.type;
          storage.matches = true;
        }
      if (type != "f32")
        quantize(op, type, group);
    });
    for (const Storage &storage : storages)
      if (!storage.matches)
        getOperation().emitWarning("'precision': no matrix of a linear layer "
                                   "has a name like '")
            << storage.text << "'";
  }

private:
  /// The first of the weights, by the name that checkpoints have, from which
  /// alone the value is computed.
  static std::optional<StringRef> findWeight(Value value) {
    std::optional<StringRef> name;
    SmallVector<Value> values = {value};
    llvm::SmallDenseSet<Value> seen;
    while (!values.empty()) {
      Value next = values.pop_back_val();
      if (!seen.insert(next).second)
        continue;
      Operation *op = next.getDefiningOp();
      if (!op || !isPure(op))
        return std::nullopt;
      if (auto parameter = dyn_cast<ParameterOp>(op)) {
        auto weight = SymbolTable::lookupNearestSymbolFrom<WeightOp>(
            op, parameter.getWeightAttr());
        if (!name && weight)
          name = weight.getCheckpointName();
      }
      // The first operand last on the stack, to be looked at first.
      for (Value operand : llvm::reverse(op->getOperands()))
        values.push_back(operand);
    }
    return name;
  }

  void quantize(LinearOp op, StringRef type, int64_t group) {
    OpBuilder builder(op);
    Composer c(op.getLoc(), builder);
    Value weight = op.getWeight();
    if (!getElementTypeOrSelf(weight).isF32()) {
      ++kept;
      return;
    }
    int64_t summed = *getDim(weight, 1).getConstant();
    // Rows that groups do not divide are one group; 4 bits come in pairs.
    if (summed % group)
      group = summed;
    Codes codes(c, weight, group);
    if (type == "bf16" || type == "f16")
      codes.codes = codes.rounded(weight, type == "bf16" ? ElementKind::bf16
                                                         : ElementKind::f16);
    else if (type == "int4" && group % 2 == 0)
      codes.packed();
    else
      codes.symmetric();
    Value y =
        QuantizedLinearOp::create(c, op.getInput(), codes.codes, codes.scales,
                                  codes.offsets, op.getBias());
    op.replaceAllUsesWith(y);
    op.erase();
    ++quantized;
  }
};
} // namespace
