//===- FoldMasks.cpp - Makes networks smaller by what masks drop ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// passes/fold/ has what each family of ops does. Here are the order of things,
// caches, which functions share, and what is said of it all.
//
//===----------------------------------------------------------------------===//

#include "dialect/Locations.h"
#include "dialect/ParameterCount.h"
#include "dialect/Sparsity.h"
#include "dialect/State.h"
#include "dialect/WeightMath.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/Passes.h"
#include "passes/fold/Folding.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_FOLDMASKS
#include "passes/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

static WeightOp getMaskWeight(HybridSparseMaskOp op) {
  ParameterOp parameter = getMaskParameter(op.getTheMask());
  return parameter ? SymbolTable::lookupNearestSymbolFrom<WeightOp>(
                         parameter, parameter.getWeightAttr())
                   : WeightOp();
}

SmallVector<WeightOp> lathe::getStructuralWeights(ModuleOp module) {
  llvm::SetVector<WeightOp> masks;
  module.walk([&](HybridSparseMaskOp op) {
    WeightOp weight = getMaskWeight(op);
    if (weight && !op.getStep())
      masks.insert(weight);
  });
  return masks.takeVector();
}

namespace {

struct FoldMasksPass : lathe::impl::FoldMasksBase<FoldMasksPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    int64_t masks = 0;
    if (failed(checkMasks(module, masks)))
      return signalPassFailure();
    if (masks == 0)
      return;
    parametersBefore += countReadParameters(module);
    RewritePatternSet patterns(&getContext());
    populateElementwiseFolds(patterns);
    populateLayerFolds(patterns);
    populateNormFolds(patterns);
    populateRearrangementFolds(patterns);
    populateSequenceFolds(patterns);
    populateSparsityFolds(patterns);
    FrozenRewritePatternSet frozen(std::move(patterns));
    // Each step moves a `keep` up or a `spread` down, so that there is an end.
    // The limit is for mistakes in that.
    int64_t ops = 0;
    module.walk([&](Operation *) { ++ops; });
    GreedyRewriteConfig config;
    config.enableFolding(false).setMaxIterations(100);
    config.setMaxNumRewrites(100 * (ops + 100));
    do {
      if (failed(applyPatternsGreedily(module, frozen, config))) {
        module.emitError("folding the masks does not come to an end; "
                         "--without=fold-masks leaves them in the network");
        return signalPassFailure();
      }
    } while (shrinkCaches(module));
    folded += masks;
    parametersAfter += countReadParameters(module);
    remarkOnWhatIsLeft(module);
  }

private:
  /// Counts the masks that can be folded; fails after an error if one keeps
  /// nothing.
  static LogicalResult checkMasks(ModuleOp module, int64_t &count) {
    LogicalResult result = success();
    module.walk([&](HybridSparseMaskOp op) {
      std::optional<Places> kept = getKeptPlaces(op.getTheMask());
      if (!kept || op.getStep())
        return;
      ++count;
      if (!kept->empty())
        return;
      WeightOp weight = getMaskWeight(op);
      op.emitError("the mask '")
          << weight.getCheckpointName() << "' keeps none of "
          << countParameters(weight.getSymName(), weight.getTensorType())
          << " channels: a mask keeps a channel where it is positive; check "
             "the checkpoint, or take the step out of the network";
      result = failure();
    });
    return result;
  }

  /// Elements of the weights that are read.
  static int64_t countReadParameters(ModuleOp module) {
    int64_t count = 0;
    llvm::SmallDenseSet<StringRef> seen;
    SymbolTable symbols(module);
    module.walk([&](ParameterOp op) {
      if (!seen.insert(op.getWeight()).second || op->use_empty())
        return;
      // A weight of which some places are read counts with these.
      int64_t elements = op.getType().getNumElements();
      if (llvm::all_of(op->getUsers(),
                       [](Operation *user) { return isa<KeepOp>(user); }))
        for (Operation *user : op->getUsers())
          elements = std::min(
              elements, cast<RankedTensorType>(user->getResult(0).getType())
                            .getNumElements());
      count += elements;
    });
    return count;
  }

  //===--- Caches ---------------------------------------------------------===//

  /// Caches of which every function keeps the same places hold no others. Says
  /// whether any changed.
  static bool shrinkCaches(ModuleOp module) {
    llvm::MapVector<StringAttr, SmallVector<CacheOp>> caches;
    llvm::SmallDenseSet<StringAttr> others;
    module.walk([&](Operation *op) {
      if (auto cache = dyn_cast<CacheOp>(op))
        caches[cache.getBufferAttr().getAttr()].push_back(cache);
      else if (auto read = dyn_cast<ReadStateOp>(op))
        others.insert(read.getStateAttr().getAttr());
      else if (auto write = dyn_cast<WriteStateOp>(op))
        others.insert(write.getStateAttr().getAttr());
    });
    bool changed = false;
    for (auto &[buffer, ops] : caches)
      if (!others.contains(buffer))
        changed |= shrinkCache(module, buffer, ops);
    return changed;
  }

  static bool shrinkCache(ModuleOp module, StringAttr buffer,
                          ArrayRef<CacheOp> ops) {
    std::optional<Pruned> keep;
    for (CacheOp cache : ops) {
      for (Operation *user : cache->getUsers()) {
        auto op = dyn_cast<KeepOp>(user);
        if (!op || Pruned(op).axis < 2)
          return false;
        if (!keep)
          keep = Pruned(op);
        if (Pruned(op).axis != keep->axis ||
            op.getPlaces() != ArrayRef(keep->places))
          return false;
      }
    }
    if (!keep)
      return false;
    auto state = SymbolTable::lookupNearestSymbolFrom<StateOp>(module, buffer);
    Shape shape = getShape(state.getType());
    shape[keep->axis] = int64_t(keep->places.size());
    Type element = getElementTypeOrSelf(state.getType());
    state.setType(getTensorType(shape, element));
    for (CacheOp cache : ops) {
      OpBuilder builder(cache);
      Composer c(cache.getLoc(), builder);
      Value input = c.keep(cache.getInput(), keep->axis, keep->places);
      Value result = recreate(c, cache, input)->getResult(0);
      for (Operation *user : llvm::make_early_inc_range(cache->getUsers())) {
        user->getResult(0).replaceAllUsesWith(result);
        user->erase();
      }
      cache.erase();
    }
    return true;
  }

  //===--- What is left ---------------------------------------------------===//

  /// Says it once of two places: the entries of a model have the same steps.
  class Remarks {
  public:
    bool isNew(Operation *a, Operation *b) {
      return said.insert({placeOf(a), placeOf(b)}).second;
    }

  private:
    static Attribute placeOf(Operation *op) {
      FileLineColLoc place = getFilePlace(op->getLoc());
      return place ? Attribute(place) : Attribute(op->getLoc());
    }
    llvm::SmallDenseSet<std::pair<Attribute, Attribute>> said;
  };

  /// Masks that could not rise: ops that compute places that nobody reads.
  void remarkOnWhatIsComputed(ModuleOp module) {
    Remarks remarks;
    module.walk([&](KeepOp op) {
      Operation *producer = op.getInput().getDefiningOp();
      if (!producer || isWeightMath(op.getInput()))
        return;
      Places read;
      for (Operation *user : op.getInput().getUsers()) {
        auto keep = dyn_cast<KeepOp>(user);
        if (!keep || Pruned(keep).axis != Pruned(op).axis)
          return;
        read = unitePlaces(read, keep.getPlaces());
      }
      int64_t size = Pruned(op).size;
      if (int64_t(read.size()) == size || !remarks.isNew(producer, op))
        return;
      ++stopped;
      InFlightDiagnostic remark = producer->emitRemark();
      remark << "'" << producer->getName().stripDialect() << "' computes all "
             << size << " channels: the mask behind it, which keeps "
             << op.getPlaces().size() << ", is folded from there on";
      remark.attachNote(op.getLoc()) << "the mask is here";
    });
  }

  void remarkOnWhatIsLeft(ModuleOp module) {
    remarkOnWhatIsComputed(module);
    Remarks remarks;
    module.walk([&](SpreadOp op) {
      for (Operation *user : op->getUsers()) {
        ++stopped;
        if (!remarks.isNew(op, user))
          continue;
        InFlightDiagnostic remark = user->emitRemark();
        if (isa<func::ReturnOp>(user))
          remark << "an output needs all " << op.getSize() << " channels";
        else
          remark << "'" << user->getName().stripDialect() << "' needs all "
                 << op.getSize() << " channels";
        remark << ": the mask, which keeps " << op.getPlaces().size()
               << ", is folded up to here";
        remark.attachNote(op.getLoc()) << "the masked channels come from here";
      }
    });
  }
};

} // namespace
