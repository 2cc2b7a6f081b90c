//===- FuseTasks.cpp - Computes nests that pass elements on task by task --===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A product for each of many small matrices, its norm, its activation and the
// next product pass whole tensors on, which no cache holds, though each of the
// matrices meets itself alone. Such nests become the body of one scf.forall
// over the dimensions that they have in common:
//
//   %f = nest(%x, %m)   : 100x4x32x64     forall (%i, %j) in (100, 4)
//   %s = nest(%f)       : 100x4             %f = nest(%x[%i, %j], %m[%i, %j])
//   %g = nest(%f, %s)   : 100x4x32x64       %s = nest(%f)
//                                           insert nest(%f, %s) at [%i, %j]
//
// On tensors, what depends on what is there to be read, and bufferization does
// the rest: what no other op reads is memory of a task alone.
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "dialect/Locations.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_FUSETASKS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using kernel::NestOp;

/// The most that a task may have on the stack before what is no longer needed
/// gives its place to something else.
static constexpr int64_t mostTaskBytes = 256 * 1024;
/// Less is not worth a task of its own; and tasks enough for a few threads.
static constexpr int64_t leastTaskBytes = 4096, fewestTasks = 16;
/// What tasks have in common stays in the first-level cache beside their own;
/// products with more read it once for many rows.
static constexpr int64_t mostSharedBytes = 8192;

/// Whether two sizes are known to be the same.
static bool isSameSize(Value a, Value b, int64_t dim) {
  int64_t of = cast<ShapedType>(a.getType()).getDimSize(dim);
  if (of != cast<ShapedType>(b.getType()).getDimSize(dim))
    return false;
  if (!ShapedType::isDynamic(of))
    return true;
  FailureOr<bool> isEqual =
      ValueBoundsConstraintSet::areEqual({a, dim}, {b, dim});
  return succeeded(isEqual) && *isEqual;
}

/// The bytes of a tensor's elements behind its first `depth` dimensions, which
/// are static; or of all that are known.
static int64_t countBytes(Value tensor, unsigned depth) {
  auto type = cast<RankedTensorType>(tensor.getType());
  int64_t bytes = getElementBytes(type.getElementType());
  for (int64_t size : type.getShape().drop_front(depth))
    bytes *= ShapedType::isDynamic(size) ? 1 : size;
  return bytes;
}

/// Whether nothing in a slice is cut off in the first dimensions.
static bool keepsWhole(OffsetSizeAndStrideOpInterface slice, unsigned depth) {
  SmallVector<OpFoldResult> offsets = slice.getMixedOffsets();
  return llvm::all_of(ArrayRef(offsets).take_front(depth), isZeroInteger);
}

namespace {
/// Nests, and the reshapes and slices between them, of which each element of
/// the first `depth` dimensions depends on the same of the others alone.
class TaskGroup {
public:
  TaskGroup(NestOp first, unsigned depth)
      : depth(depth), space(first.getResult()[0]),
        path(getStepPath(first.getLoc())) {}

  /// Takes ops from `first` on, until another step begins.
  void collect(NestOp first);
  /// Whether so much is passed on that the caches do not hold it, by tasks that
  /// the second-level one holds.
  bool isWorthwhile(int64_t secondCacheBytes);
  unsigned countNests() {
    return llvm::count_if(inside,
                          [](Operation *op) { return isa<NestOp>(op); });
  }
  void fuse(RewriterBase &rewriter);

private:
  bool hasSpace(Value tensor);
  bool canJoin(Operation *op);
  bool canJoin(NestOp nest);
  bool isBlockwise(AffineMap map, AffineMap output);
  /// Leaves out what neither follows from the first nest nor what follows from
  /// it needs: that is computed where it is needed.
  void leaveOutOthers(NestOp first);
  bool isInside(Operation *user) {
    return inside.contains(
        space.getParentBlock()->findAncestorOpInBlock(*user));
  }

  /// Ops that must be computed outside for those who need them there.
  void findEscaping();
  /// The task's part of what a nest reads by a map.
  Value slice(OpBuilder &b, Value tensor, AffineMap map, AffineMap output);
  /// The task's part of a tensor that has the tasks as its first dimensions.
  Value sliceBlock(OpBuilder &b, Value tensor);
  void clone(OpBuilder &b, Operation *op);
  void cloneNest(OpBuilder &b, NestOp nest);
  /// Where the task's part of a tensor lies.
  SmallVector<Range> place(Value tensor);
  RankedTensorType blockType(Value tensor);

  unsigned depth;
  /// A tensor of which the first dimensions are the tasks.
  Value space;
  StringRef path;
  llvm::SetVector<Operation *> inside, behind, escaping, kept;
  // While it is written:
  SmallVector<Value> indices;
  IRMapping mapping;
};
} // namespace

bool TaskGroup::hasSpace(Value tensor) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type || type.getRank() < depth ||
      llvm::any_of(type.getShape().drop_front(depth), ShapedType::isDynamic))
    return false;
  for (unsigned dim = 0; dim < depth; ++dim)
    if (!isSameSize(tensor, space, dim))
      return false;
  return true;
}

/// Whether a map's first results are the output's.
bool TaskGroup::isBlockwise(AffineMap map, AffineMap output) {
  if (map.getNumResults() < depth || map.getResults().take_front(depth) !=
                                         output.getResults().take_front(depth))
    return false;
  return llvm::none_of(map.getResults().drop_front(depth), [&](AffineExpr at) {
    return llvm::any_of(
        output.getResults().take_front(depth), [&](AffineExpr outer) {
          return at.isFunctionOfDim(cast<AffineDimExpr>(outer).getPosition());
        });
  });
}

bool TaskGroup::canJoin(NestOp nest) {
  if (nest.getResult().size() != 1 || getStepPath(nest.getLoc()) != path ||
      !hasSpace(nest.getResult()[0]))
    return false;
  AffineMap output = nest.getOutputMap();
  auto outer = output.getResults().take_front(depth);
  for (auto [i, input] : llvm::enumerate(nest.getInputs())) {
    AffineMap map = nest.getMap(i);
    Operation *producer = input.getDefiningOp();
    if (producer && inside.contains(producer)) {
      if (!isBlockwise(map, output))
        return false;
      continue;
    }
    bool isShared = true;
    for (AffineExpr at : map.getResults()) {
      bool usesOuter = llvm::any_of(outer, [&](AffineExpr dim) {
        return at.isFunctionOfDim(cast<AffineDimExpr>(dim).getPosition());
      });
      if (usesOuter && !llvm::is_contained(outer, at))
        return false;
      isShared &= !usesOuter;
    }
    auto type = cast<RankedTensorType>(input.getType());
    bool isSmall =
        type.hasStaticShape() && countBytes(input, 0) <= mostSharedBytes;
    if (isShared && nest.hasReduction() && !isSmall)
      return false;
  }
  // What regions take from around them are gathered images, and other tasks'
  // indices.
  bool isPlain = true;
  nest.walk([&](kernel::IndexOp index) {
    isPlain &= !llvm::is_contained(
        outer, getAffineDimExpr(index.getDim(), nest.getContext()));
  });
  for (Region &region : nest->getRegions())
    visitUsedValuesDefinedAbove(region, region, [&](OpOperand *use) {
      isPlain &= !isa<TensorType>(use->get().getType());
    });
  return isPlain;
}

bool TaskGroup::canJoin(Operation *op) {
  if (auto nest = dyn_cast<NestOp>(op))
    return canJoin(nest);
  if (op->getNumResults() != 1 || !hasSpace(op->getResult(0)))
    return false;
  auto parts = [&](ArrayRef<ReassociationIndices> groups) {
    return llvm::all_of(groups.take_front(depth),
                        [](auto &group) { return group.size() == 1; });
  };
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return parts(expand.getReassociationIndices());
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return parts(collapse.getReassociationIndices());
  if (auto extract = dyn_cast<tensor::ExtractSliceOp>(op))
    return keepsWhole(extract, depth) && extract.hasUnitStride() &&
           extract.getDroppedDims().none() && hasSpace(extract.getSource());
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
    return keepsWhole(insert, depth) && insert.hasUnitStride() &&
           insert.getSourceType().getRank() == insert.getDestType().getRank() &&
           hasSpace(insert.getSource()) && hasSpace(insert.getDest());
  return false;
}

void TaskGroup::collect(NestOp first) {
  for (Operation *op = first; !op->hasTrait<OpTrait::IsTerminator>();
       op = op->getNextNode()) {
    auto dependsOn = [&](const llvm::SetVector<Operation *> &ops) {
      bool depends = false;
      op->walk([&](Operation *part) {
        for (Value operand : part->getOperands())
          depends |=
              operand.getDefiningOp() && ops.contains(operand.getDefiningOp());
      });
      return depends;
    };
    if (isa<DestinationStyleOpInterface>(op) &&
        getStepPath(op->getLoc()) != path)
      break;
    if (dependsOn(behind)) {
      behind.insert(op);
      continue;
    }
    bool depends = dependsOn(inside);
    if ((isa<NestOp>(op) || depends) && canJoin(op))
      inside.insert(op);
    else if (depends)
      behind.insert(op);
  }
  leaveOutOthers(first);
}

void TaskGroup::leaveOutOthers(NestOp first) {
  llvm::SmallPtrSet<Operation *, 32> fromFirst, needed;
  auto any = [](auto values, auto &ops) {
    return llvm::any_of(values, [&](Value value) {
      return ops.contains(value.getDefiningOp());
    });
  };
  for (Operation *op : inside)
    if (op == first || any(op->getOperands(), fromFirst))
      fromFirst.insert(op);
  for (Operation *op : llvm::reverse(inside))
    if (fromFirst.contains(op) ||
        llvm::any_of(op->getUsers(),
                     [&](Operation *user) { return needed.contains(user); }))
      needed.insert(op);
  inside.remove_if([&](Operation *op) { return !needed.contains(op); });
}

bool TaskGroup::isWorthwhile(int64_t secondCacheBytes) {
  int64_t tasks = 1, ofTask = 0, passed = 0;
  for (int64_t size :
       cast<RankedTensorType>(space.getType()).getShape().take_front(depth))
    tasks *= ShapedType::isDynamic(size) ? 1 : size;
  for (Operation *op : inside) {
    if (!isa<NestOp>(op))
      continue;
    int64_t bytes = countBytes(op->getResult(0), depth);
    ofTask += bytes;
    if (llvm::any_of(op->getUsers(),
                     [&](Operation *user) { return isInside(user); }))
      passed += bytes;
  }
  return tasks >= fewestTasks && passed >= leastTaskBytes &&
         ofTask <= std::min(mostTaskBytes, secondCacheBytes / 4) &&
         passed * tasks >= secondCacheBytes;
}

/// A reshape or slice that is needed outside stays there, and what it is made
/// of is, too.
void TaskGroup::findEscaping() {
  for (Operation *op : llvm::reverse(inside)) {
    bool isNeeded = llvm::any_of(op->getUsers(), [&](Operation *user) {
      Operation *place = space.getParentBlock()->findAncestorOpInBlock(*user);
      return !inside.contains(place) || kept.contains(place);
    });
    if (isNeeded)
      (isa<NestOp>(op) ? escaping : kept).insert(op);
  }
}

RankedTensorType TaskGroup::blockType(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> shape(type.getShape());
  std::fill_n(shape.begin(), depth, 1);
  return type.clone(shape);
}

SmallVector<Range> TaskGroup::place(Value tensor) {
  Builder b(tensor.getContext());
  SmallVector<Range> ranges;
  for (auto [dim, size] : llvm::enumerate(blockType(tensor).getShape())) {
    OpFoldResult offset = b.getIndexAttr(0);
    if (dim < depth)
      offset = indices[dim];
    ranges.push_back({offset, b.getIndexAttr(size), b.getIndexAttr(1)});
  }
  return ranges;
}

Value TaskGroup::sliceBlock(OpBuilder &b, Value tensor) {
  if (Value own = mapping.lookupOrNull(tensor))
    return own;
  // Other parts of a concatenation need not be together before.
  auto insert = tensor.getDefiningOp<tensor::InsertSliceOp>();
  if (insert && canJoin(insert)) {
    clone(b, insert);
    return mapping.lookup(tensor);
  }
  return tensor::ExtractSliceOp::create(b, tensor.getLoc(), tensor,
                                        place(tensor));
}

Value TaskGroup::slice(OpBuilder &b, Value tensor, AffineMap map,
                       AffineMap output) {
  if (Value own = mapping.lookupOrNull(tensor))
    return own;
  SmallVector<Range> ranges;
  bool isPart = false;
  for (auto [size, at] :
       llvm::zip(tensor::getMixedSizes(b, tensor.getLoc(), tensor),
                 map.getResults())) {
    ranges.push_back({b.getIndexAttr(0), size, b.getIndexAttr(1)});
    for (unsigned i = 0; i < depth; ++i)
      if (at == output.getResult(i)) {
        ranges.back().offset = indices[i];
        ranges.back().size = b.getIndexAttr(1);
        isPart = true;
      }
  }
  if (!isPart)
    return tensor;
  return tensor::ExtractSliceOp::create(b, tensor.getLoc(), tensor, ranges);
}

void TaskGroup::cloneNest(OpBuilder &b, NestOp nest) {
  AffineMap output = nest.getOutputMap();
  SmallVector<Value> operands;
  for (auto [i, input] : llvm::enumerate(nest.getInputs()))
    operands.push_back(slice(b, input, nest.getMap(i), output));
  Value result = nest.getResult()[0];
  RankedTensorType type = blockType(result);
  // Results that leave the tasks have their place already.
  if (Value whole = mapping.lookupOrNull(nest.getInitOutput());
      whole && escaping.contains(nest))
    operands.push_back(
        tensor::ExtractSliceOp::create(b, nest.getLoc(), whole, place(result)));
  else
    operands.push_back(tensor::EmptyOp::create(
        b, nest.getLoc(), type.getShape(), type.getElementType()));
  Operation *own = b.clone(*nest);
  own->setOperands(operands);
  own->getResult(0).setType(type);
  mapping.map(result, own->getResult(0));
}

void TaskGroup::clone(OpBuilder &b, Operation *op) {
  if (auto nest = dyn_cast<NestOp>(op))
    return cloneNest(b, nest);
  Location location = op->getLoc();
  RankedTensorType type = blockType(op->getResult(0));
  auto inBlock = [&](SmallVector<OpFoldResult> all) {
    std::fill_n(all.begin(), depth, OpFoldResult(b.getIndexAttr(1)));
    return all;
  };
  Value own;
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    own = tensor::ExpandShapeOp::create(b, location, type,
                                        sliceBlock(b, expand.getSrc()),
                                        expand.getReassociationIndices());
  else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    own = tensor::CollapseShapeOp::create(b, location, type,
                                          sliceBlock(b, collapse.getSrc()),
                                          collapse.getReassociationIndices());
  else if (auto extract = dyn_cast<tensor::ExtractSliceOp>(op))
    own = tensor::ExtractSliceOp::create(
        b, location, type, sliceBlock(b, extract.getSource()),
        extract.getMixedOffsets(), inBlock(extract.getMixedSizes()),
        extract.getMixedStrides());
  else if (auto insert = cast<tensor::InsertSliceOp>(op)) {
    Value dest = insert.getDest();
    Value into = dest.getDefiningOp<tensor::EmptyOp>()
                     ? tensor::EmptyOp::create(b, location, type.getShape(),
                                               type.getElementType())
                     : sliceBlock(b, dest);
    own = tensor::InsertSliceOp::create(
        b, location, sliceBlock(b, insert.getSource()), into,
        insert.getMixedOffsets(), inBlock(insert.getMixedSizes()),
        insert.getMixedStrides());
  }
  mapping.map(op->getResult(0), own);
}

void TaskGroup::fuse(RewriterBase &rewriter) {
  findEscaping();
  rewriter.setInsertionPointAfter(inside.back());
  Location location = space.getLoc();
  Value sized = space.getDefiningOp<NestOp>().getInitOutput();
  auto empty = sized.getDefiningOp<tensor::EmptyOp>();
  SmallVector<OpFoldResult> counts =
      empty ? empty.getMixedSizes()
            : tensor::getMixedSizes(rewriter, location, sized);
  counts.truncate(depth);
  SmallVector<Value> outputs;
  for (Operation *nest : escaping)
    outputs.push_back(cast<NestOp>(nest).getInitOutput());
  auto tasks = scf::ForallOp::create(rewriter, location, counts, outputs,
                                     /*mapping=*/std::nullopt);
  OpBuilder body = OpBuilder::atBlockBegin(tasks.getBody());
  body.setInsertionPoint(tasks.getTerminator());
  llvm::append_range(indices, tasks.getInductionVars());
  for (Operation *op : inside) {
    // Several results may go to one empty tensor.
    auto place = llvm::find(escaping, op);
    if (place != escaping.end())
      mapping.map(cast<NestOp>(op).getInitOutput(),
                  tasks.getRegionIterArgs()[place - escaping.begin()]);
    clone(body, op);
  }
  OpBuilder end = OpBuilder::atBlockBegin(tasks.getTerminator().getBody());
  for (auto [nest, whole] : llvm::zip(escaping, tasks.getRegionIterArgs())) {
    Value result = nest->getResult(0);
    tensor::ParallelInsertSliceOp::create(end, location, mapping.lookup(result),
                                          whole, place(result));
  }
  // What follows from the tasks, as it was ordered.
  SmallVector<Operation *> later;
  for (Operation &op : *tasks->getBlock())
    if ((behind.contains(&op) || kept.contains(&op)) &&
        op.isBeforeInBlock(tasks))
      later.push_back(&op);
  Operation *place = tasks;
  for (Operation *op : later) {
    rewriter.moveOpAfter(op, place);
    place = op;
  }
  for (auto [nest, result] : llvm::zip(escaping, tasks.getResults()))
    rewriter.replaceAllUsesWith(nest->getResult(0), result);
  for (Operation *op : llvm::reverse(inside))
    if (!kept.contains(op))
      rewriter.eraseOp(op);
}

namespace {
struct FuseTasksPass : lathe::impl::FuseTasksBase<FuseTasksPass> {
  using FuseTasksBase::FuseTasksBase;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    for (Block &block : getOperation().getBody()) {
      // Nests of a group are erased, behind the present op or at it.
      for (Operation *op = &block.front(); op;) {
        Operation *before = op->getPrevNode();
        auto nest = dyn_cast<NestOp>(op);
        if (!nest || nest.getResult().empty() || !fuse(rewriter, nest)) {
          op = op->getNextNode();
          continue;
        }
        op = before ? before->getNextNode() : &block.front();
      }
    }
  }

private:
  /// By as many dimensions as are possible: by the smallest tasks.
  bool fuse(RewriterBase &rewriter, NestOp first) {
    auto type = cast<RankedTensorType>(first.getResult()[0].getType());
    for (unsigned depth = type.getRank(); depth > 0; --depth) {
      TaskGroup group(first, depth);
      group.collect(first);
      if (group.countNests() < 2 || !group.isWorthwhile(secondCacheBytes))
        continue;
      fused += group.countNests();
      ++groups;
      group.fuse(rewriter);
      return true;
    }
    return false;
  }
};
} // namespace
