//===- ChannelMap.cpp - Affine maps of channels ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/norms/ChannelMap.h"
#include "dialect/Adapter.h"
#include "dialect/WeightMath.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lathe;

//===----------------------------------------------------------------------===//
// Settled values
//===----------------------------------------------------------------------===//

/// The choice that a value is, if an input chooses it among weights.
static ChooseOp getChoice(Value value) {
  auto choice = value.getDefiningOp<ChooseOp>();
  // What is stacked comes as one tensor.
  return choice && !choice.getStacked() &&
                 llvm::all_of(choice.getOptions(), isWeightMath)
             ? choice
             : ChooseOp();
}

bool lathe::isChosen(Value value) { return value && getChoice(value); }

bool lathe::isAnyChosen(ValueRange values) {
  return llvm::any_of(values, isChosen);
}

bool lathe::areSettledTogether(ValueRange values) {
  ChooseOp first;
  for (Value value : values) {
    if (!value || isWeightMath(value))
      continue;
    ChooseOp choice = getChoice(value);
    if (!choice)
      return false;
    if (!first)
      first = choice;
    if (choice.getIndex() != first.getIndex() ||
        choice.getOptions().size() != first.getOptions().size())
      return false;
  }
  return true;
}

SmallVector<Value> lathe::writeSettled(
    Composer &c, ValueRange values,
    function_ref<SmallVector<Value>(Composer &, ValueRange)> write) {
  auto chosen = llvm::find_if(values, isChosen);
  if (chosen == values.end())
    return write(c, values);
  ChooseOp first = getChoice(*chosen);
  // For each result, the options.
  SmallVector<SmallVector<Value>> options;
  for (size_t i = 0; i < first.getOptions().size(); ++i) {
    SmallVector<Value> picked = llvm::map_to_vector(values, [&](Value value) {
      return isChosen(value) ? getChoice(value).getOptions()[i] : value;
    });
    SmallVector<Value> results = write(c, picked);
    options.resize(results.size());
    for (auto [all, result] : llvm::zip(options, results))
      all.push_back(result);
  }
  return llvm::map_to_vector(options, [&](ArrayRef<Value> all) -> Value {
    if (!all.front())
      return {};
    return ChooseOp::create(c, first.getIndex(), all, /*stacked=*/false);
  });
}

Value lathe::alignVector(Composer &c, Value vector, int64_t axis,
                         int64_t rank) {
  Shape shape(rank - axis, 1);
  shape.front() = getDim(vector, 0);
  return shape.size() == 1 ? vector : c.reshape(vector, shape);
}

//===----------------------------------------------------------------------===//
// Maps
//===----------------------------------------------------------------------===//

/// γ (x − μ) / √(σ² + eps) + β.
static std::optional<ChannelMap> matchMap(BatchNormOp op, int64_t axis) {
  if (axis != 1)
    return std::nullopt;
  double eps = op.getEps().convertToDouble();
  SmallVector<Value> sources = {op.getWeight(), op.getBias(),
                                op.getRunningMean(), op.getRunningVar()};
  return ChannelMap{op,
                    op.getInput(),
                    sources,
                    true,
                    true,
                    [eps](Composer &c, ValueRange from) {
                      Value spread =
                          c.unary(UnaryKind::sqrt, c.add(from[3], eps));
                      Value scale = c.div(from[0], spread);
                      Value shift = c.sub(from[1], c.mul(from[2], scale));
                      return ScaleShift{scale, shift};
                    }};
}

/// w x, or x + A w x, of a window of one pixel.
static std::optional<ChannelMap> matchMap(ChannelReprogramOp op, int64_t axis) {
  if (axis != 1 || !getDim(op.getWeight(), -1).isConstant(1))
    return std::nullopt;
  SmallVector<Value> sources = {op.getWeight()};
  if (op.getA())
    sources.push_back(op.getA());
  return ChannelMap{op,
                    op.getInput(),
                    sources,
                    true,
                    false,
                    [](Composer &c, ValueRange from) {
                      Shape vector = {getDim(from[0], 0)};
                      Value scale = c.reshape(from[0], vector);
                      if (from.size() > 1)
                        scale = c.add(c.mul(scale, c.reshape(from[1], vector)),
                                      1.0);
                      return ScaleShift{scale, {}};
                    }};
}

static std::optional<ChannelMap> matchNumber(BinaryOp op) {
  double value = op.getValue()->convertToDouble();
  ScaleShift map;
  switch (op.getKind()) {
  case BinaryKind::mul:
    map.factor = value;
    break;
  case BinaryKind::div:
    map.factor = 1 / value;
    break;
  case BinaryKind::add:
    map.summand = value;
    break;
  case BinaryKind::sub:
    map.summand = -value;
    break;
  default:
    return std::nullopt;
  }
  if (!std::isfinite(map.factor))
    return std::nullopt;
  return ChannelMap{
      op,           op.getInput(),
      {},           map.scales(),
      map.shifts(), [map](Composer &, ValueRange) { return map; }};
}

/// Whether a tensor that stretches to the shape of `whole` has one number for
/// each place along `axis`.
static bool isVectorAlong(Value tensor, Value whole, int64_t axis) {
  int64_t rank = getShape(tensor).size();
  int64_t own = axis - int64_t(getShape(whole).size()) + rank;
  if (own < 0 || !(getDim(tensor, own) == getDim(whole, axis)))
    return false;
  for (int64_t i = 0; i < rank; ++i)
    if (i != own && !getDim(tensor, i).isConstant(1))
      return false;
  return true;
}

static std::optional<ChannelMap> matchMap(BinaryOp op, int64_t axis) {
  if (!op.getOther())
    return matchNumber(op);
  // Either may be the vector of a sum or a product.
  bool isFirst = op.getInput().getType() == op.getType();
  Value x = isFirst ? op.getInput() : op.getOther();
  Value vector = isFirst ? op.getOther() : op.getInput();
  BinaryKind kind = op.getKind();
  bool divides = kind == BinaryKind::div;
  bool scales = kind == BinaryKind::mul || divides;
  bool subtracts = kind == BinaryKind::sub;
  bool shifts = kind == BinaryKind::add || subtracts;
  if (x.getType() != op.getType() || !isVectorAlong(vector, x, axis) ||
      !(scales || shifts) || (divides && !isFirst))
    return std::nullopt;
  return ChannelMap{
      op,
      x,
      {vector},
      scales || (subtracts && !isFirst),
      shifts,
      [=](Composer &c, ValueRange from) {
        Shape all = getShape(from[0]), shape;
        llvm::copy_if(all, std::back_inserter(shape),
                      [](const DimExpr &size) { return !size.isConstant(1); });
        if (shape.empty())
          shape = {1};
        Value v = all.size() == 1 ? from[0] : c.reshape(from[0], shape);
        if (divides)
          v = c.unary(UnaryKind::reciprocal, v);
        if (scales)
          return ScaleShift{v, {}};
        if (subtracts && isFirst)
          v = c.mul(v, -1.0);
        return ScaleShift{{}, v, subtracts && !isFirst ? -1.0 : 1.0};
      }};
}

std::optional<ChannelMap> lathe::matchChannelMap(Operation *op, int64_t axis) {
  auto map = TypeSwitch<Operation *, std::optional<ChannelMap>>(op)
                 .Case<BatchNormOp, BinaryOp, ChannelReprogramOp>(
                     [&](auto known) { return matchMap(known, axis); })
                 .Default(std::nullopt);
  if (!map || isWeightMath(map->input) || !areSettledTogether(map->sources))
    return std::nullopt;
  return map;
}

//===----------------------------------------------------------------------===//
// Who reads a weight
//===----------------------------------------------------------------------===//

/// What is beside a reader, by names: what decides whether and how its weights
/// change.
static std::string describeSurroundings(Operation *reader,
                                        const llvm::DenseSet<Value> &prepared) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto describe = [&](Operation *op) {
    os << (op ? op->getName().getStringRef() : "input") << "(";
    if (op)
      for (Value operand : op->getOperands())
        if (prepared.contains(operand))
          llvm::interleaveComma(*findSourceWeights(operand), os);
    os << ")";
  };
  describe(reader);
  for (Value operand : reader->getOperands())
    if (!prepared.contains(operand))
      describe(operand.getDefiningOp());
  for (Operation *user : reader->getUsers())
    describe(user);
  return text;
}

WeightReaders::WeightReaders(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isDeclaration())
      continue;
    llvm::DenseSet<Value> prepared = findWeightMath(function.front());
    for (Operation &op : function.front()) {
      if (op.getNumResults() > 0 && prepared.contains(op.getResult(0)))
        continue;
      llvm::SetVector<Attribute> read;
      for (Value operand : op.getOperands())
        if (prepared.contains(operand)) {
          auto sources = *findSourceWeights(operand);
          read.insert(sources.begin(), sources.end());
        }
      if (read.empty())
        continue;
      std::string surroundings = describeSurroundings(&op, prepared);
      for (Attribute symbol : read)
        readings[symbol].push_back({function, &op, surroundings});
    }
  }
}

bool WeightReaders::isOwn(FlatSymbolRefAttr symbol) const {
  auto it = readings.find(symbol);
  if (it == readings.end())
    return true;
  ArrayRef<Reading> all = it->second;
  llvm::SmallPtrSet<Operation *, 4> functions;
  return llvm::all_of(all, [&](const Reading &reading) {
    return functions.insert(reading.function).second &&
           reading.surroundings == all.front().surroundings;
  });
}

bool WeightReaders::isOwn(Value weight) const {
  SmallVector<Value> options = {weight};
  if (ChooseOp choice = getChoice(weight)) {
    if (!choice->hasOneUse())
      return false;
    options.assign(choice.getOptions().begin(), choice.getOptions().end());
  }
  return llvm::all_of(options, [&](Value option) {
    auto sources = findSourceWeights(option);
    return sources && llvm::any_of(*sources, [&](FlatSymbolRefAttr symbol) {
             return isOwn(symbol);
           });
  });
}
