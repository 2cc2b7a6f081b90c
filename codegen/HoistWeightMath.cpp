//===- HoistWeightMath.cpp - Moves computation on weights alone to compile time
//===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "codegen/lower/Stored.h"
#include "dialect/Locations.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_HOISTWEIGHTMATH
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// What a value depends on.
enum class Source { constants, weights, inputs };

class Dependence {
public:
  Source of(Value value) const {
    auto it = known.find(value);
    // Function arguments, and what no visited op defines.
    return it == known.end() ? Source::inputs : it->second;
  }

  void visit(Operation &op) {
    Source source = Source::constants;
    if (isa<ParameterOp>(op))
      source = Source::weights;
    else if (!isMemoryEffectFree(&op) || isa<kernel::CallOp>(op) ||
             op.hasAttr(decodesAttrName))
      // What a call reports is an error of a run, not of the compiler; what
      // decodes is to do so when running.
      source = Source::inputs;
    llvm::SetVector<Value> operands(op.operand_begin(), op.operand_end());
    getUsedValuesDefinedAbove(op.getRegions(), operands);
    for (Value operand : operands)
      source = std::max(source, of(operand));
    for (Value result : op.getResults())
      known[result] = source;
  }

private:
  llvm::DenseMap<Value, Source> known;
};

/// Whether `value` is a weight seen in another shape: free when running.
bool isReshapedWeight(Value value) {
  while (isa_and_present<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(
      value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return isa_and_present<ParameterOp>(value.getDefiningOp());
}

int64_t bytesOf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getNumElements() * getElementBytes(tensor.getElementType());
}

/// The ops that compute `value`, in order.
llvm::SetVector<Operation *> slice(Value value) {
  BackwardSliceOptions options;
  options.inclusive = true;
  options.omitUsesFromAbove = false;
  llvm::SetVector<Operation *> ops;
  (void)getBackwardSlice(value, &ops, options);
  return topologicalSort(ops);
}

/// transpose(part of x) as a part of transpose(x), which is the same for every
/// place and size of the part.
Value takeFromTranspose(linalg::TransposeOp op, tensor::ExtractSliceOp part) {
  llvm::SmallBitVector dropped = part.getDroppedDims();
  SmallVector<int64_t> kept, permutation;
  for (unsigned dim = 0; dim < dropped.size(); ++dim)
    (dropped[dim] ? permutation : kept).push_back(dim);
  for (int64_t dim : op.getPermutation())
    permutation.push_back(kept[dim]);
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Value whole = part.getSource();
  auto type = cast<RankedTensorType>(whole.getType());
  Value init = tensor::EmptyOp::create(
      b, applyPermutation(type.getShape(), permutation), type.getElementType());
  whole =
      linalg::TransposeOp::create(b, whole, init, permutation).getResult()[0];
  return tensor::ExtractSliceOp::create(
      b, cast<RankedTensorType>(op->getResult(0).getType()), whole,
      applyPermutation(part.getMixedOffsets(), permutation),
      applyPermutation(part.getMixedSizes(), permutation),
      applyPermutation(part.getMixedStrides(), permutation));
}

struct HoistWeightMathPass
    : lathe::impl::HoistWeightMathBase<HoistWeightMathPass> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> entries(getOperation().getOps<func::FuncOp>());
    SymbolTable symbols(getOperation());
    functions.clear();
    weights.clear();
    for (func::FuncOp function : entries)
      if (!function.isDeclaration())
        hoistFrom(function, symbols);
  }

private:
  /// Where an input chooses a part of a weight, whole weights are transposed
  /// instead of the part.
  void transposeWholeWeights(func::FuncOp function) {
    Dependence dependence;
    for (Operation &op : llvm::make_early_inc_range(function.front())) {
      dependence.visit(op);
      auto transpose = dyn_cast<linalg::TransposeOp>(op);
      if (!transpose || !transpose.hasPureTensorSemantics())
        continue;
      auto part = transpose.getInput().getDefiningOp<tensor::ExtractSliceOp>();
      if (!part || !part.getSourceType().hasStaticShape() ||
          dependence.of(part.getSource()) != Source::weights ||
          dependence.of(part) != Source::inputs)
        continue;
      op.getResult(0).replaceAllUsesWith(takeFromTranspose(transpose, part));
      op.erase();
      if (part.use_empty())
        part.erase();
    }
  }

  void hoistFrom(func::FuncOp function, SymbolTable &symbols) {
    transposeWholeWeights(function);
    Dependence dependence;
    SmallVector<Value> frontier;
    for (Operation &op : function.front()) {
      dependence.visit(op);
      if (op.getNumResults() != 1)
        continue;
      Value value = op.getResult(0);
      if (dependence.of(value) == Source::weights && isUsedAtRunTime(value))
        frontier.push_back(value);
    }
    // Users are visited after their operands, so ask again with all known.
    llvm::erase_if(frontier, [&](Value value) {
      auto type = dyn_cast<RankedTensorType>(value.getType());
      bool usedByInputs = llvm::any_of(value.getUsers(), [&](Operation *user) {
        Operation *place = function.front().findAncestorOpInBlock(*user);
        return place->getNumResults() == 0 ||
               dependence.of(place->getResult(0)) == Source::inputs;
      });
      return !usedByInputs || !type || !type.hasStaticShape() ||
             isReshapedWeight(value) || grows(value);
    });
    // Last ones first: what a value is computed from must still be there.
    for (Value value : llvm::reverse(frontier))
      hoist(value, symbols);
    SmallVector<Operation *> ops;
    for (Operation &op : function.front())
      ops.push_back(&op);
    for (Operation *op : llvm::reverse(ops))
      if (isOpTriviallyDead(op))
        op->erase();
  }

  static bool isUsedAtRunTime(Value value) {
    return !value.use_empty() && isa<RankedTensorType>(value.getType());
  }

  /// Whether the value is so much larger than the weights it comes from that
  /// reading it would cost more than computing it. A product of its size costs
  /// more than reading in any case, and no consumer takes it in.
  static bool grows(Value value) {
    constexpr int64_t small = 1 << 16;
    int64_t read = 0, bytes = bytesOf(value.getType());
    for (Operation *op : slice(value)) {
      if (isa<ParameterOp>(op))
        read += bytesOf(op->getResult(0).getType());
      auto loops = dyn_cast<linalg::LinalgOp>(op);
      if (loops && loops.getNumReductionLoops() > 0 &&
          bytesOf(op->getResult(0).getType()) >= bytes)
        return false;
    }
    return bytes > small && bytes > 4 * read;
  }

  /// The name of the largest of the weights: what is computed of a matrix and a
  /// norm's scale is the matrix to a reader of the weights file.
  static StringRef getMainName(ArrayRef<ParameterOp> parameters) {
    auto elements = [](ParameterOp op) {
      return op.getType().getNumElements();
    };
    ParameterOp main = parameters.front();
    for (ParameterOp op : parameters.drop_front())
      if (elements(op) > elements(main))
        main = op;
    return main.getWeight();
  }

  /// Makes a weight of the program out of `value`, and the function that
  /// computes it from the checkpoint's tensors.
  void hoist(Value value, SymbolTable &symbols) {
    llvm::SetVector<Operation *> ops = slice(value);
    SmallVector<ParameterOp> parameters;
    for (Operation *op : ops)
      if (auto parameter = dyn_cast<ParameterOp>(op))
        parameters.push_back(parameter);
    StringRef main = getMainName(parameters);
    Builder attributes(&getContext());
    ArrayAttr from = attributes.getStrArrayAttr(llvm::map_to_vector(
        parameters, [](ParameterOp op) { return op.getWeight(); }));
    func::FuncOp prepare = getFunction(value, ops, parameters, symbols);
    WeightOp &weight = weights[{prepare, from}];
    if (weight) {
      ++shared;
    } else {
      OpBuilder unplaced(&getContext());
      weight =
          WeightOp::create(unplaced, value.getLoc(), (main + ".prepared").str(),
                           cast<RankedTensorType>(value.getType()),
                           StringAttr(), StringAttr(), ElementsAttr());
      weight->setAttr("lathe.prepared_by",
                      FlatSymbolRefAttr::get(prepare.getNameAttr()));
      weight->setAttr("lathe.prepared_from", from);
      auto *lastWeight = symbols.lookup(main);
      symbols.insert(weight, std::next(Block::iterator(lastWeight)));
      ++hoisted;
    }
    OpBuilder b(&getContext());
    b.setInsertionPointAfterValue(value);
    Value loaded =
        ParameterOp::create(b, value.getLoc(), value.getType(),
                            FlatSymbolRefAttr::get(weight.getSymNameAttr()));
    value.replaceAllUsesWith(loaded);
  }

  /// The function that computes `value` from its parameters. Layers that
  /// differ in their weights alone have one, so that code grows with the kinds
  /// of layers and not with their number.
  func::FuncOp getFunction(Value value, const llvm::SetVector<Operation *> &ops,
                           MutableArrayRef<ParameterOp> parameters,
                           SymbolTable &symbols) {
    OpBuilder b(&getContext());
    SmallVector<Type> types = llvm::map_to_vector(
        parameters, [](ParameterOp op) -> Type { return op.getType(); });
    std::string name = ("prepare." + getMainName(parameters)).str();
    auto prepare = func::FuncOp::create(
        value.getLoc(), name, b.getFunctionType(types, value.getType()));
    Block *entry = prepare.addEntryBlock();
    IRMapping mapping;
    for (auto [i, parameter] : llvm::enumerate(parameters)) {
      mapping.map(parameter.getResult(), entry->getArgument(i));
      prepare.setArgAttr(i, "lathe.name", b.getStringAttr("w" + Twine(i)));
    }
    b.setInsertionPointToStart(entry);
    for (Operation *op : ops)
      if (!isa<ParameterOp>(op))
        b.clone(*op, mapping);
    func::ReturnOp::create(b, value.getLoc(), mapping.lookup(value));
    for (func::FuncOp other : functions)
      if (other.getFunctionType() == prepare.getFunctionType() &&
          OperationEquivalence::isRegionEquivalentTo(
              &other.getBody(), &prepare.getBody(),
              OperationEquivalence::IgnoreLocations)) {
        prepare.erase();
        return other;
      }
    prepare->setAttr("lathe.entry", b.getUnitAttr());
    prepare->setAttr("lathe.prepares", b.getUnitAttr());
    symbols.insert(prepare);
    functions.push_back(prepare);
    return prepare;
  }

  SmallVector<func::FuncOp> functions;
  /// What a function computes of the weights of given names.
  llvm::DenseMap<std::pair<Operation *, Attribute>, WeightOp> weights;
};
} // namespace
