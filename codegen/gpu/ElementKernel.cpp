//===- ElementKernel.cpp - Kernels whose invocations compute elements -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of one lane, an invocation computes an element of the output:
//
//   id = group · workgroup size + thread
//   if id < elements
//     accumulator = init
//     for the reductions: accumulator = reduce(inputs, accumulator)
//     output = finish(inputs, accumulator)
//
// Of several, each takes every so manieth step of the reductions, and the
// partial results are combined in a tree, which is the same in every run:
//
//   partial = neutral
//   for step = lane to steps by lanes: partial = reduce(inputs, partial)
//   shared[thread] = partial; barrier
//   for half = lanes / 2, lanes / 4, ..., 1
//     if lane < half: shared[lane] = combine(shared[lane], shared[lane + half])
//     barrier
//   if lane = 0 and id < elements
//     output = finish(inputs, combine(init, shared[lane]))
//
// Where an invocation has a run of neighbours, it does so for each of them, and
// loads what they read at once, of several steps before it adds up the first.
//
// Where subgroups reduce what their invocations have, of whatever size they are
// and whichever invocations they hold, a workgroup shares an element:
//
//   sum = what the subgroup's invocations have, combined
//   one of the subgroup: shared[subgroup] = sum
//   barrier
//   the first lane: total = shared[0] combined with shared[1], ... of all
//
// Where neighbours of a subgroup exchange values, they need no memory, and the
// first of each subgroup stores what its lanes have for those that combine the
// subgroups' results.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/KernelWriter.h"
#include "codegen/gpu/Neighbours.h"
#include "codegen/gpu/SubgroupReduction.h"
#include "dialect/Shape.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
class ElementWriter final : public KernelWriter {
public:
  using KernelWriter::KernelWriter;

private:
  Value countGroups() override {
    count = countHostPlaces(outputDims);
    if (plan.run > 1)
      count = host.createOrFold<arith::DivUIOp>(
          count, arith::ConstantIndexOp::create(host, plan.run));
    return divideHostCeil(count, plan.workgroupSize / plan.lanes);
  }

  void writeGroup(Value group) override {
    findPlace(group);
    Value isElement =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, id, pass(count));
    SmallVector<Value> results;
    if (plan.lanes > 1) {
      // Lanes without an element help with the last one, so that barriers have
      // all invocations.
      Value last = b.createOrFold<arith::SubIOp>(pass(count), constant(1));
      setRun(arith::MinUIOp::create(b, id, last));
      results = writeTree(writeLane());
      Value isFirst =
          arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane, constant(0));
      isElement = arith::AndIOp::create(b, isElement, isFirst);
    }
    auto guarded = scf::IfOp::create(b, isElement, /*withElseRegion=*/false);
    b.setInsertionPointToStart(guarded.thenBlock());
    if (plan.lanes == 1) {
      setRun(id);
      results.assign(plan.run, arith::ConstantOp::create(
                                   b, cast<TypedAttr>(nest.getInit())));
      if (nest.hasReduction())
        results = writeReductions(numParallel, results);
    }
    forRun([&](int64_t i) { writeResult(results[i]); });
  }

  /// The element, or run, and the lane of the invocation.
  void findPlace(Value group) {
    int64_t elements = plan.workgroupSize / plan.lanes;
    Value inGroup = thread;
    if (plan.lanes > 1) {
      Value inside = constant(plan.lanesInside ? plan.lanes : elements);
      Value fast = arith::RemUIOp::create(b, thread, inside);
      Value slow = arith::DivUIOp::create(b, thread, inside);
      lane = plan.lanesInside ? fast : slow;
      inGroup = plan.lanesInside ? slow : fast;
    }
    Value first = arith::MulIOp::create(b, group, constant(elements));
    id = arith::AddIOp::create(b, first, inGroup);
  }

  //===--- Runs -----------------------------------------------------------===//

  /// Sets the indices of the first element of run number `number`.
  void setRun(Value number) {
    if (plan.run == 1)
      return setPlace(number, outputDims);
    setPlace(arith::MulIOp::create(b, number, constant(plan.run)), outputDims);
    runDim = *llvm::find_if(llvm::reverse(outputDims),
                            [&](unsigned dim) { return extents[dim] != 1; });
    runStart = ivs[runDim];
  }

  /// Does something at the indices of each element of the run.
  void forRun(function_ref<void(int64_t)> act) {
    for (int64_t i = 0; i < plan.run; ++i) {
      if (plan.run > 1)
        ivs[runDim] = b.createOrFold<arith::AddIOp>(runStart, constant(i));
      act(i);
    }
  }

  /// What a step of the reductions reads: vectors of what lies in memory as the
  /// run does, and what is the same for all of it. What else there is, the step
  /// loads itself.
  SmallVector<Value> loadStep() {
    SmallVector<Value> loaded;
    if (plan.run == 1)
      return loaded;
    ivs[runDim] = runStart;
    for (unsigned input = 0; input < nest.getInputs().size(); ++input) {
      int64_t atOnce = countAtOnce(input);
      if (atOnce == 1)
        loaded.push_back(load(buffers[input], subscripts(input)));
      else if (atOnce > 1)
        llvm::append_range(
            loaded,
            loadRun(buffers[input], subscripts(input), plan.run,
                    atOnce * getElementBytes(inputOf(input).getType())));
    }
    return loaded;
  }

  /// What `loadStep` gave, for each element of the run.
  SmallVector<IRMapping> unpack(ValueRange loaded) {
    SmallVector<IRMapping> known(plan.run);
    for (unsigned input = 0; plan.run > 1 && input < nest.getInputs().size();
         ++input) {
      int64_t atOnce = countAtOnce(input);
      if (atOnce == 0)
        continue;
      int64_t count = atOnce == 1 ? 1 : plan.run / atOnce;
      SmallVector<Value> values(plan.run, loaded.front());
      if (atOnce > 1)
        values = elementsOf(loaded.take_front(count), inputOf(input).getType());
      loaded = loaded.drop_front(count);
      for (auto [mapping, value] : llvm::zip(known, values))
        mapping.map(inputOf(input), value);
    }
    return known;
  }

  /// A step of the reductions for each element of the run.
  SmallVector<Value> applyStep(ValueRange accumulators,
                               ArrayRef<IRMapping> known) {
    SmallVector<Value> next;
    forRun([&](int64_t i) {
      next.push_back(applyRegion(nest.getReduce(), accumulators[i], known[i]));
    });
    return next;
  }

  Value inputOf(unsigned input) {
    return nest.getReduce().front().getArgument(input);
  }

  /// How many neighbours of a run in an input are loaded at once: 1 where there
  /// is one for all of it, 0 where none are.
  int64_t countAtOnce(unsigned input) {
    if (inputOf(input).use_empty())
      return 0;
    if (!nest.getMap(input).isFunctionOfDim(runDim))
      return 1;
    int64_t copied = std::min(countCopied(nest, input, runDim), plan.run);
    return copied > 1 && plan.run % copied == 0 ? copied : 0;
  }

  //===--- Reductions -----------------------------------------------------===//

  SmallVector<Value> writeReductions(unsigned dim, ValueRange accumulators) {
    if (dim == nest.getNumDims())
      return applyStep(accumulators, unpack(loadStep()));
    if (extents[dim] == 1) {
      ivs[dim] = constant(0);
      return writeReductions(dim + 1, accumulators);
    }
    auto loop = scf::ForOp::create(b, constant(0), extent(dim), constant(1),
                                   accumulators);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    ivs[dim] = loop.getInductionVar();
    auto next = writeReductions(dim + 1, loop.getRegionIterArgs());
    scf::YieldOp::create(b, next);
    return loop.getResults();
  }

  /// What the invocation's steps of the reductions give. If all lanes have as
  /// many, they count them alike.
  SmallVector<Value> writeLane() {
    SmallVector<Value> partials(
        plan.run, arith::ConstantOp::create(
                      b, *arith::getNeutralElement(findCombiner(nest))));
    Value steps = countPlaces(reductionDims), lanes = constant(plan.lanes);
    std::optional<int64_t> known = getConstantIntValue(steps);
    int64_t each = plan.run > 1 ? stepsAtOnce : 1, done = 0;
    if (known && (each > 1 || *known % plan.lanes == 0)) {
      int64_t blocks = *known / (each * plan.lanes);
      partials = each > 1 ? writeAhead(blocks, partials)
                          : writeBlocks(blocks, partials);
      done = blocks * each * plan.lanes;
    }
    if (known && done == *known)
      return partials;
    if (plan.bySubgroups)
      return writeTogether(constant(done), steps, partials);
    Value first = lane;
    if (done > 0)
      first = arith::AddIOp::create(b, lane, constant(done));
    auto loop = scf::ForOp::create(b, first, steps, lanes, partials);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    setPlace(loop.getInductionVar(), reductionDims);
    auto next = applyStep(loop.getRegionIterArgs(), unpack(loadStep()));
    scf::YieldOp::create(b, next);
    return loop.getResults();
  }

  /// The lane's steps from `first` on, of which all lanes count as many: where
  /// some had left the loop before, a device may not wait for the others when
  /// the subgroup reduces what all of them have.
  SmallVector<Value> writeTogether(Value first, Value steps,
                                   ValueRange partials) {
    Value last = arith::SubIOp::create(b, steps, constant(1));
    auto loop =
        scf::ForOp::create(b, first, steps, constant(plan.lanes), partials);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value step = arith::AddIOp::create(b, loop.getInductionVar(), lane);
    Value isInside =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, step, steps);
    setPlace(arith::MinUIOp::create(b, step, last), reductionDims);
    auto next = applyStep(loop.getRegionIterArgs(), unpack(loadStep()));
    for (auto [value, before] : llvm::zip(next, loop.getRegionIterArgs()))
      value = arith::SelectOp::create(b, isInside, value, before);
    scf::YieldOp::create(b, next);
    return loop.getResults();
  }

  /// Sets the indices of the lane's step number `number`.
  void setLaneStep(Value number) {
    Value first =
        arith::MulIOp::create(b, number, constant(plan.lanes)).getResult();
    setPlace(arith::AddIOp::create(b, first, lane), reductionDims);
  }

  SmallVector<Value> writeBlocks(int64_t count, ValueRange partials) {
    auto loop = scf::ForOp::create(b, constant(0), constant(count), constant(1),
                                   partials);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    setLaneStep(loop.getInductionVar());
    auto next = applyStep(loop.getRegionIterArgs(), unpack(loadStep()));
    scf::YieldOp::create(b, next);
    return loop.getResults();
  }

  /// Blocks of several steps each, of which the next one is loaded while one is
  /// added up: from one turn of the loop to the next, so that all of its loads
  /// are under way at once.
  SmallVector<Value> writeAhead(int64_t count, ValueRange partials) {
    if (count == 0)
      return partials;
    auto setStep = [&](Value block, int64_t i) {
      Value first =
          arith::MulIOp::create(b, block, constant(stepsAtOnce)).getResult();
      setLaneStep(b.createOrFold<arith::AddIOp>(first, constant(i)));
    };
    auto loadBlock = [&](Value block) {
      SmallVector<Value> loaded;
      for (int64_t i = 0; i < stepsAtOnce; ++i) {
        setStep(block, i);
        llvm::append_range(loaded, loadStep());
      }
      return loaded;
    };
    auto addUp = [&](Value block, ValueRange loaded, ValueRange sums) {
      SmallVector<Value> next(sums);
      size_t each = loaded.size() / stepsAtOnce;
      for (int64_t i = 0; i < stepsAtOnce; ++i) {
        setStep(block, i);
        next = applyStep(next, unpack(loaded.slice(i * each, each)));
      }
      return next;
    };
    SmallVector<Value> carried(partials);
    llvm::append_range(carried, loadBlock(constant(0)));
    auto loop = scf::ForOp::create(b, constant(0), constant(count - 1),
                                   constant(1), carried);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      ValueRange before = loop.getRegionIterArgs();
      Value block = loop.getInductionVar();
      auto loaded =
          loadBlock(arith::AddIOp::create(b, block, constant(1)).getResult());
      auto next = addUp(block, before.drop_front(plan.run),
                        before.take_front(plan.run));
      llvm::append_range(next, loaded);
      scf::YieldOp::create(b, next);
    }
    ValueRange last = loop.getResults();
    return addUp(constant(count - 1), last.drop_front(plan.run),
                 last.take_front(plan.run));
  }

  Value combine(Value left, Value right) {
    Operation *combiner = findCombiner(nest);
    IRMapping mapping;
    mapping.map(combiner->getOperand(0), left);
    mapping.map(combiner->getOperand(1), right);
    return b.clone(*combiner, mapping)->getResult(0);
  }

  /// Combines the lanes' results, and init, for the first lane.
  SmallVector<Value> writeTree(ArrayRef<Value> partials) {
    SmallVector<Value> totals;
    if (plan.bySubgroups)
      totals = {combineBySubgroups(partials[0])};
    else if (plan.exchanging > 1)
      totals = {combineByExchange(partials[0])};
    else
      totals = combineInMemory(partials);
    auto init = cast<TypedAttr>(nest.getInit());
    if (init != *arith::getNeutralElement(findCombiner(nest)))
      for (Value &total : totals)
        total = combine(arith::ConstantOp::create(b, init), total);
    return totals;
  }

  SmallVector<Value> combineInMemory(ArrayRef<Value> partials) {
    Value shared =
        addShared(plan.workgroupSize * plan.run, partials[0].getType());
    int64_t step = plan.lanesInside ? 1 : plan.workgroupSize / plan.lanes;
    auto placeOf = [&](int64_t i, int64_t lanes) {
      return b.createOrFold<arith::AddIOp>(
          thread, constant(i * plan.workgroupSize + lanes * step));
    };
    auto store = [&](int64_t i, Value value) {
      memref::StoreOp::create(b, value, shared, placeOf(i, 0));
    };
    auto load = [&](int64_t i, int64_t lanes) -> Value {
      return memref::LoadOp::create(b, shared, placeOf(i, lanes));
    };
    for (auto [i, partial] : llvm::enumerate(partials))
      store(i, partial);
    for (int64_t half = plan.lanes / 2; half > 0; half /= 2) {
      gpu::BarrierOp::create(b);
      Value combines = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, lane,
                                             constant(half));
      auto guarded = scf::IfOp::create(b, combines, /*withElseRegion=*/false);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(guarded.thenBlock());
      for (int64_t i = 0; i < plan.run; ++i)
        store(i, combine(load(i, 0), load(i, half)));
    }
    // The first lane stored it itself.
    return llvm::map_to_vector(llvm::seq(plan.run),
                               [&](int64_t i) { return load(i, 0); });
  }

  Value combineBySubgroups(Value partial) {
    // As many as there are if each is of one invocation.
    Value shared = addShared(plan.workgroupSize, partial.getType());
    Value sum = reduceInSubgroup(b, partial, findCombiner(nest));
    {
      auto isOne = spirv::GroupNonUniformElectOp::create(
          b, b.getI1Type(), spirv::Scope::Subgroup);
      auto guarded = scf::IfOp::create(b, isOne, /*withElseRegion=*/false);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(guarded.thenBlock());
      Value place = gpu::SubgroupIdOp::create(b, /*upper_bound=*/IntegerAttr());
      memref::StoreOp::create(b, sum, shared, place);
    }
    gpu::BarrierOp::create(b);
    Value subgroups =
        gpu::NumSubgroupsOp::create(b, /*upper_bound=*/IntegerAttr());
    auto load = [&](Value subgroup) -> Value {
      return memref::LoadOp::create(b, shared, subgroup);
    };
    // What others get is of no use.
    Value isFirst =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane, constant(0));
    Value end = arith::SelectOp::create(b, isFirst, subgroups, constant(1));
    auto loop =
        scf::ForOp::create(b, constant(1), end, constant(1), load(constant(0)));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value next =
        combine(loop.getRegionIterArgs()[0], load(loop.getInductionVar()));
    scf::YieldOp::create(b, next);
    return loop.getResult(0);
  }

  Value combineByExchange(Value partial) {
    Value result = exchange(partial, plan.exchanging);
    int64_t subgroups = plan.lanes / plan.exchanging;
    if (subgroups == 1)
      return result;
    Value shared =
        addShared(plan.workgroupSize / plan.exchanging, partial.getType());
    auto divide = [&](Value value, int64_t by) {
      return b.createOrFold<arith::DivUIOp>(value, constant(by));
    };
    auto remainder = [&](Value value, int64_t by) {
      return b.createOrFold<arith::RemUIOp>(value, constant(by));
    };
    Value isFirst =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                              remainder(thread, plan.exchanging), constant(0));
    {
      auto guarded = scf::IfOp::create(b, isFirst, /*withElseRegion=*/false);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(guarded.thenBlock());
      memref::StoreOp::create(b, result, shared,
                              divide(thread, plan.exchanging));
    }
    gpu::BarrierOp::create(b);
    Value first = b.createOrFold<arith::MulIOp>(divide(thread, plan.lanes),
                                                constant(subgroups));
    Value place =
        b.createOrFold<arith::AddIOp>(first, remainder(thread, subgroups));
    return exchange(memref::LoadOp::create(b, shared, place), subgroups);
  }

  /// Combines the values of so many neighbours, for the first of them. What
  /// others get is of no use.
  Value exchange(Value value, int64_t neighbours) {
    for (int64_t half = neighbours / 2; half > 0; half /= 2) {
      auto other = gpu::ShuffleOp::create(
          b, value, half, DeviceTarget::subgroupSize, gpu::ShuffleMode::DOWN);
      value = combine(value, other.getShuffleResult());
    }
    return value;
  }

  /// Of a run, steps whose operands are under way at once.
  static constexpr int64_t stepsAtOnce = 8;

  Value count; ///< Elements of the output, or runs, for the host.
  Value id;    ///< Of the invocation's element, or run.
  Value lane;
  unsigned runDim = 0; ///< The dimension along which runs lie.
  Value runStart;      ///< Its index of the run's first element.
};
} // namespace

std::unique_ptr<KernelWriter>
mlir::lathe::kernel::createElementWriter(NestOp nest, const KernelPlan &plan,
                                         OpBuilder &builder) {
  return std::make_unique<ElementWriter>(nest, plan, builder);
}
