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
#include "codegen/gpu/SubgroupReduction.h"
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
    return divideHostCeil(count, plan.workgroupSize / plan.lanes);
  }

  void writeGroup(Value group) override {
    findPlace(group);
    Value isElement =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, id, pass(count));
    Value result;
    if (plan.lanes > 1) {
      // Lanes without an element help with the last one, so that barriers have
      // all invocations.
      Value last = b.createOrFold<arith::SubIOp>(pass(count), constant(1));
      setPlace(arith::MinUIOp::create(b, id, last), outputDims);
      result = writeTree(writeLane());
      Value isFirst =
          arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lane, constant(0));
      isElement = arith::AndIOp::create(b, isElement, isFirst);
    }
    auto guarded = scf::IfOp::create(b, isElement, /*withElseRegion=*/false);
    b.setInsertionPointToStart(guarded.thenBlock());
    if (plan.lanes == 1) {
      setPlace(id, outputDims);
      result = arith::ConstantOp::create(b, cast<TypedAttr>(nest.getInit()));
      if (nest.hasReduction())
        result = writeReductions(numParallel, result);
    }
    writeResult(result);
  }

  /// The element and the lane of the invocation.
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

  Value writeReductions(unsigned dim, Value accumulator) {
    if (dim == nest.getNumDims())
      return applyRegion(nest.getReduce(), accumulator);
    if (extents[dim] == 1) {
      ivs[dim] = constant(0);
      return writeReductions(dim + 1, accumulator);
    }
    auto loop = scf::ForOp::create(b, constant(0), extent(dim), constant(1),
                                   accumulator);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    ivs[dim] = loop.getInductionVar();
    Value next = writeReductions(dim + 1, loop.getRegionIterArgs()[0]);
    scf::YieldOp::create(b, next);
    return loop.getResult(0);
  }

  /// What the invocation's steps of the reductions give. If all lanes have as
  /// many, they count them alike.
  Value writeLane() {
    Value neutral = arith::ConstantOp::create(
        b, *arith::getNeutralElement(findCombiner(nest)));
    Value steps = countPlaces(reductionDims), lanes = constant(plan.lanes);
    std::optional<int64_t> known = getConstantIntValue(steps);
    bool isEven = known && *known % plan.lanes == 0;
    auto loop = isEven ? scf::ForOp::create(b, constant(0),
                                            constant(*known / plan.lanes),
                                            constant(1), neutral)
                       : scf::ForOp::create(b, lane, steps, lanes, neutral);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value step = loop.getInductionVar();
    if (isEven)
      step = arith::AddIOp::create(
          b, arith::MulIOp::create(b, step, lanes).getResult(), lane);
    setPlace(step, reductionDims);
    Value next = applyRegion(nest.getReduce(), loop.getRegionIterArgs()[0]);
    scf::YieldOp::create(b, next);
    return loop.getResult(0);
  }

  Value combine(Value left, Value right) {
    Operation *combiner = findCombiner(nest);
    IRMapping mapping;
    mapping.map(combiner->getOperand(0), left);
    mapping.map(combiner->getOperand(1), right);
    return b.clone(*combiner, mapping)->getResult(0);
  }

  /// Combines the lanes' results, and init, for the first lane.
  Value writeTree(Value partial) {
    Value total = plan.bySubgroups      ? combineBySubgroups(partial)
                  : plan.exchanging > 1 ? combineByExchange(partial)
                                        : combineInMemory(partial);
    auto init = cast<TypedAttr>(nest.getInit());
    if (init == *arith::getNeutralElement(findCombiner(nest)))
      return total;
    return combine(arith::ConstantOp::create(b, init), total);
  }

  Value combineInMemory(Value partial) {
    Value shared = addShared(plan.workgroupSize, partial.getType());
    int64_t step = plan.lanesInside ? 1 : plan.workgroupSize / plan.lanes;
    auto store = [&](Value value) {
      memref::StoreOp::create(b, value, shared, thread);
    };
    auto load = [&](int64_t lanes) -> Value {
      Value place =
          b.createOrFold<arith::AddIOp>(thread, constant(lanes * step));
      return memref::LoadOp::create(b, shared, place);
    };
    store(partial);
    for (int64_t half = plan.lanes / 2; half > 0; half /= 2) {
      gpu::BarrierOp::create(b);
      Value combines = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, lane,
                                             constant(half));
      auto guarded = scf::IfOp::create(b, combines, /*withElseRegion=*/false);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(guarded.thenBlock());
      store(combine(load(0), load(half)));
    }
    // The first lane stored it itself.
    return load(0);
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

  Value count; ///< Elements of the output, for the host.
  Value id;    ///< Of the invocation's element.
  Value lane;
};
} // namespace

std::unique_ptr<KernelWriter>
mlir::lathe::kernel::createElementWriter(NestOp nest, const KernelPlan &plan,
                                         OpBuilder &builder) {
  return std::make_unique<ElementWriter>(nest, plan, builder);
}
