//===- FormNests.cpp - Turns linalg ops into kernel.nest, with their epilogues
//===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_FORMNESTS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using kernel::NestOp;

/// The constant that a reduction starts from, if its init is a filled tensor.
static Attribute getConstantInit(linalg::GenericOp op) {
  auto fill = op.getDpsInits()[0].getDefiningOp<linalg::FillOp>();
  Attribute value;
  if (fill && matchPattern(fill.getInputs()[0], m_Constant(&value)))
    return value;
  return {};
}

/// Whether the op can become a nest: one result, stored through a permutation
/// of the parallel dimensions, and a constant where reductions start.
static bool canBecomeNest(linalg::GenericOp op) {
  if (!op.hasPureTensorSemantics() || op.getNumResults() != 1)
    return false;
  AffineMap output = op.getIndexingMapsArray().back();
  if (!output.isProjectedPermutation() ||
      output.getNumResults() != op.getNumParallelLoops())
    return false;
  if (op.getNumReductionLoops() > 0)
    return static_cast<bool>(getConstantInit(op));
  // An elementwise op that reads its init is no pure map.
  return !op.payloadUsesValueFromOperand(op.getDpsInitOperand(0));
}

/// The elementwise op that is the only user of `reduction` and can be applied
/// to its accumulators: it reads the result through a permutation.
static linalg::GenericOp findEpilogue(linalg::GenericOp reduction) {
  Value result = reduction->getResult(0);
  if (!result.hasOneUse())
    return {};
  OpOperand &use = *result.getUses().begin();
  auto user = dyn_cast<linalg::GenericOp>(use.getOwner());
  if (!user || !canBecomeNest(user) || user.getNumReductionLoops() > 0 ||
      user.isDpsInit(&use))
    return {};
  AffineMap map = user.getMatchingIndexingMap(&use);
  return map.isPermutation() ? user : linalg::GenericOp();
}

namespace {
/// Gathers the operands, maps and regions of one nest.
class NestBuilder {
public:
  NestBuilder(RewriterBase &rewriter, linalg::GenericOp root)
      : rewriter(rewriter), root(root), numDims(root.getNumLoops()) {
    for (OpOperand *input : root.getDpsInputOperands()) {
      inputs.push_back(input->get());
      maps.push_back(root.getMatchingIndexingMap(input));
    }
    for (utils::IteratorType type : root.getIteratorTypesArray())
      reductions.push_back(type == utils::IteratorType::reduction);
  }

  void build(linalg::GenericOp epilogue) {
    linalg::GenericOp last = epilogue ? epilogue : root;
    if (epilogue)
      addEpilogueInputs(epilogue);
    maps.push_back(epilogue ? renumber(epilogue.getIndexingMapsArray().back())
                            : root.getIndexingMapsArray().back());
    rewriter.setInsertionPoint(last);
    Type accumulator = getElementTypeOrSelf(root->getResult(0).getType());
    Attribute init = getConstantInit(root);
    if (!init)
      init = rewriter.getZeroAttr(accumulator);
    Location location = root.getLoc();
    // A nest stores every element: what its output was filled with is in
    // `init`.
    Value output = last.getDpsInits()[0];
    if (auto fill = output.getDefiningOp<linalg::FillOp>())
      output = fill.getDpsInits()[0];
    auto nest = NestOp::create(
        rewriter, location, last->getResultTypes(), inputs, output,
        rewriter.getAffineMapArrayAttr(maps), reductions, init);
    bool reduces = root.getNumReductionLoops() > 0;
    if (reduces)
      fillRegion(nest.getReduce(), root, accumulator, /*hasAccumulator=*/true);
    if (epilogue)
      fillEpilogue(nest.getFinish(), epilogue, accumulator);
    else if (reduces)
      yieldAccumulator(nest.getFinish(), accumulator);
    else
      fillRegion(nest.getFinish(), root, accumulator, /*hasAccumulator=*/false);
    rewriter.replaceOp(last, nest.getResult());
    if (epilogue)
      rewriter.eraseOp(root);
  }

private:
  /// Appends the epilogue's inputs but the reduction's result, their maps over
  /// the reduction's dimensions.
  void addEpilogueInputs(linalg::GenericOp epilogue) {
    AffineMap produced = root.getIndexingMapsArray().back();
    toRoot.resize(epilogue.getNumLoops());
    for (OpOperand *input : epilogue.getDpsInputOperands()) {
      if (input->get() != root->getResult(0))
        continue;
      AffineMap read = epilogue.getMatchingIndexingMap(input);
      for (auto [of, from] :
           llvm::zip(read.getResults(), produced.getResults()))
        toRoot[cast<AffineDimExpr>(of).getPosition()] = from;
    }
    for (OpOperand *input : epilogue.getDpsInputOperands()) {
      if (input->get() == root->getResult(0))
        continue;
      inputs.push_back(input->get());
      maps.push_back(renumber(epilogue.getMatchingIndexingMap(input)));
    }
  }

  AffineMap renumber(AffineMap map) {
    return map.replaceDimsAndSymbols(toRoot, {}, numDims, 0);
  }

  /// Gives a region one argument an input and the accumulator.
  Block *startRegion(Region &region, Type accumulator) {
    Block *block = rewriter.createBlock(&region);
    for (Value input : inputs)
      block->addArgument(getElementTypeOrSelf(input), input.getLoc());
    block->addArgument(accumulator, root.getLoc());
    return block;
  }

  /// Clones a linalg body whose arguments map to `arguments`.
  void cloneBody(linalg::GenericOp op, ValueRange arguments,
                 function_ref<unsigned(unsigned)> renumberIndex) {
    IRMapping mapping;
    mapping.map(op.getBlock()->getArguments().take_front(arguments.size()),
                arguments);
    for (Operation &inner : op.getBlock()->without_terminator()) {
      if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
        Value renumbered = kernel::IndexOp::create(
            rewriter, index.getLoc(), rewriter.getIndexType(),
            renumberIndex(index.getDim()));
        mapping.map(index.getResult(), renumbered);
        continue;
      }
      rewriter.clone(inner, mapping);
    }
    Value yielded = op.getBlock()->getTerminator()->getOperand(0);
    kernel::YieldOp::create(rewriter, op.getLoc(),
                            mapping.lookupOrDefault(yielded));
  }

  void fillRegion(Region &region, linalg::GenericOp op, Type accumulator,
                  bool hasAccumulator) {
    OpBuilder::InsertionGuard guard(rewriter);
    Block *block = startRegion(region, accumulator);
    // The reduction's own inputs come first.
    unsigned own = op.getNumDpsInputs();
    SmallVector<Value> arguments(block->getArguments().take_front(own));
    if (hasAccumulator)
      arguments.push_back(block->getArguments().back());
    cloneBody(op, arguments, [](unsigned dim) { return dim; });
  }

  void fillEpilogue(Region &region, linalg::GenericOp epilogue,
                    Type accumulator) {
    OpBuilder::InsertionGuard guard(rewriter);
    Block *block = startRegion(region, accumulator);
    SmallVector<Value> arguments;
    unsigned next = root.getNumDpsInputs();
    for (Value input : epilogue.getDpsInputs())
      arguments.push_back(input == root->getResult(0)
                              ? block->getArguments().back()
                              : block->getArgument(next++));
    cloneBody(epilogue, arguments, [&](unsigned dim) {
      return cast<AffineDimExpr>(toRoot[dim]).getPosition();
    });
  }

  void yieldAccumulator(Region &region, Type accumulator) {
    OpBuilder::InsertionGuard guard(rewriter);
    Block *block = startRegion(region, accumulator);
    kernel::YieldOp::create(rewriter, root.getLoc(),
                            block->getArguments().back());
  }

  RewriterBase &rewriter;
  linalg::GenericOp root;
  unsigned numDims;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  SmallVector<bool> reductions;
  /// For each dimension of the epilogue, the root's.
  SmallVector<AffineExpr> toRoot;
};

struct FormNestsPass : lathe::impl::FormNestsBase<FormNestsPass> {
  using FormNestsBase::FormNestsBase;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    // Fills stay: they say where reductions start.
    SmallVector<linalg::LinalgOp> named;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (!isa<linalg::GenericOp, linalg::FillOp>(op))
        named.push_back(op);
    });
    for (linalg::LinalgOp op : named) {
      rewriter.setInsertionPoint(op);
      (void)linalg::generalizeNamedOp(rewriter, op);
    }
    SmallVector<linalg::GenericOp> reductionOps, maps;
    getOperation().walk([&](linalg::GenericOp op) {
      if (canBecomeNest(op))
        (op.getNumReductionLoops() ? reductionOps : maps).push_back(op);
    });
    llvm::SmallPtrSet<Operation *, 16> fused;
    for (linalg::GenericOp op : reductionOps) {
      linalg::GenericOp epilogue =
          fuseEpilogues ? findEpilogue(op) : linalg::GenericOp();
      if (epilogue)
        fused.insert(epilogue);
      NestBuilder(rewriter, op).build(epilogue);
      ++nests;
      epilogues += epilogue ? 1 : 0;
    }
    for (linalg::GenericOp op : maps)
      if (!fused.contains(op)) {
        NestBuilder(rewriter, op).build({});
        ++nests;
      }
  }
};
} // namespace
