//===- SplitNests.cpp - Reductions that workgroups share ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of few rows and columns there are few tiles, each of which takes as long as
// the reduction is. A nest
//
//   y[i, j] = finish(init + sum over k of x[i, k] w[k, j])
//
// then becomes
//
//   parts[i, s, j] = sum over k of x[i, s span + k] w[s span + k, j]
//   y[i, j] = finish(init + sum over s of parts[i, s, j])
//
// where operands are views with one more axis. Both are nests like others: the
// plan of the first counts s as a batch, and the second adds up in order, so
// that results are the same in every run.
//
// Where the number of rows is dynamic, the memory for parts is that of a few,
// which the host compares with how many there are: of more, tiles occupy the
// device by themselves.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/SplitNests.h"
#include "codegen/NestPlan.h"
#include "codegen/gpu/Contraction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
/// A dimension that becomes `count` parts.
struct Split {
  unsigned dim = 0;
  int64_t count = 1;
  /// Whether the output's first dimension is dynamic, and the sizes of it for
  /// which the reduction is split.
  bool isDynamic = false;
  int64_t fewest = 0, most = 0;
};

/// Makes the two nests.
class NestSplitter {
public:
  NestSplitter(RewriterBase &rewriter, NestOp nest, const Split &split)
      : b(rewriter), nest(nest), split(split),
        outputs(cast<MemRefType>(nest.getInitOutput().getType()).getRank()) {}

  void run() {
    b.setInsertionPoint(nest);
    SmallVector<int64_t> shape(
        cast<MemRefType>(nest.getInitOutput().getType()).getShape());
    if (split.isDynamic)
      shape[0] = split.most;
    shape.insert(shape.begin() + partAxis, split.count);
    parts = memref::AllocOp::create(b, nest.getLoc(),
                                    MemRefType::get(shape, b.getF32Type()));
    if (split.isDynamic)
      beginChoice();
    writeParts();
    writeSum();
    if (!split.isDynamic)
      b.eraseOp(nest);
  }

private:
  /// Goes on where sizes suit, with as much of the parts as they need;
  /// elsewhere the nest stays as it is.
  void beginChoice() {
    Location location = nest.getLoc();
    Value size = memref::DimOp::create(b, location, nest.getInitOutput(), 0);
    auto compare = [&](arith::CmpIPredicate predicate, int64_t limit) -> Value {
      return arith::CmpIOp::create(
          b, location, predicate, size,
          arith::ConstantIndexOp::create(b, location, limit));
    };
    Value suits = arith::AndIOp::create(
        b, location, compare(arith::CmpIPredicate::uge, split.fewest),
        compare(arith::CmpIPredicate::ule, split.most));
    auto choice =
        scf::IfOp::create(b, location, suits, /*withElseRegion=*/true);
    b.moveOpBefore(nest, choice.elseBlock(), choice.elseBlock()->begin());
    b.setInsertionPointToStart(choice.thenBlock());
    SmallVector<OpFoldResult> sizes = memref::getMixedSizes(b, location, parts);
    sizes[0] = size;
    SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0)),
        strides(sizes.size(), b.getIndexAttr(1));
    parts =
        memref::SubViewOp::create(b, location, parts, offsets, sizes, strides);
  }

  //===--- Parts of the reduction -----------------------------------------===//

  /// The split dimension becomes the second of two: parts are the first of all,
  /// as they are of their result.
  void writeParts() {
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    Block &reduce = nest.getReduce().front();
    for (unsigned i = 0; i < nest.getInputs().size(); ++i)
      if (!reduce.getArgument(i).use_empty()) {
        inputs.push_back(expand(i));
        maps.push_back(expand(nest.getMap(i)));
      }
    AffineMap output = shift(nest.getOutputMap());
    maps.push_back(output.insertResult(b.getAffineDimExpr(0), partAxis));
    SmallVector<bool> reductions(nest.getReductions());
    reductions.insert(reductions.begin(), false);
    NestOp made = create(inputs, parts, maps, reductions, b.getF32FloatAttr(0));
    Block &block = addBlock(made, made.getReduce());
    IRMapping mapping;
    unsigned kept = 0;
    for (BlockArgument argument : reduce.getArguments().drop_back())
      if (!argument.use_empty())
        mapping.map(argument, block.getArgument(kept++));
    mapping.map(reduce.getArguments().back(), block.getArguments().back());
    OpBuilder inside = OpBuilder::atBlockEnd(&block);
    for (Operation &op : reduce) {
      Operation *copy = inside.clone(op, mapping);
      if (auto index = dyn_cast<IndexOp>(copy))
        index.setDim(index.getDim() + 1);
    }
    Block &finish = addBlock(made, made.getFinish());
    OpBuilder end = OpBuilder::atBlockEnd(&finish);
    YieldOp::create(end, nest.getLoc(), finish.getArguments().back());
  }

  /// An input whose axis along the split dimension becomes two.
  Value expand(unsigned input) {
    Value whole = nest.getInputs()[input];
    AffineMap map = nest.getMap(input);
    if (!map.isFunctionOfDim(split.dim))
      return whole;
    SmallVector<int64_t> shape;
    SmallVector<ReassociationIndices> groups;
    auto type = cast<MemRefType>(whole.getType());
    for (auto [subscript, size] :
         llvm::zip(map.getResults(), type.getShape())) {
      groups.push_back({static_cast<int64_t>(shape.size())});
      if (subscript == b.getAffineDimExpr(split.dim)) {
        groups.back().push_back(shape.size() + 1);
        shape.push_back(split.count);
        shape.push_back(size / split.count);
        continue;
      }
      shape.push_back(size);
    }
    return memref::ExpandShapeOp::create(b, nest.getLoc(), shape, whole,
                                         groups);
  }

  AffineMap shift(AffineMap map) { return map.shiftDims(1); }

  AffineMap expand(AffineMap map) {
    SmallVector<AffineExpr> results;
    for (AffineExpr subscript : shift(map).getResults()) {
      if (subscript == b.getAffineDimExpr(split.dim + 1))
        results.push_back(b.getAffineDimExpr(0));
      results.push_back(subscript);
    }
    return AffineMap::get(nest.getNumDims() + 1, 0, results, b.getContext());
  }

  //===--- The sum of parts -----------------------------------------------===//

  void writeSum() {
    SmallVector<Value> inputs = {parts};
    AffineMap output = AffineMap::get(
        outputs + 1, 0, nest.getOutputMap().getResults(), b.getContext());
    SmallVector<AffineMap> maps = {
        output.insertResult(b.getAffineDimExpr(outputs), partAxis)};
    Block &finish = nest.getFinish().front();
    for (unsigned i = 0; i < nest.getInputs().size(); ++i)
      if (!finish.getArgument(i).use_empty()) {
        inputs.push_back(nest.getInputs()[i]);
        maps.push_back(AffineMap::get(
            outputs + 1, 0, nest.getMap(i).getResults(), b.getContext()));
      }
    maps.push_back(output);
    SmallVector<bool> reductions(outputs, false);
    reductions.push_back(true);
    NestOp made =
        create(inputs, nest.getInitOutput(), maps, reductions, nest.getInit());
    Block &reduce = addBlock(made, made.getReduce());
    OpBuilder inside = OpBuilder::atBlockEnd(&reduce);
    Value sum = arith::AddFOp::create(inside, nest.getLoc(),
                                      reduce.getArguments().back(),
                                      reduce.getArgument(0));
    YieldOp::create(inside, nest.getLoc(), sum);
    Block &block = addBlock(made, made.getFinish());
    IRMapping mapping;
    unsigned kept = 1;
    for (BlockArgument argument : finish.getArguments().drop_back())
      if (!argument.use_empty())
        mapping.map(argument, block.getArgument(kept++));
    mapping.map(finish.getArguments().back(), block.getArguments().back());
    OpBuilder end = OpBuilder::atBlockEnd(&block);
    for (Operation &op : finish)
      end.clone(op, mapping);
  }

  //===--- Nests ----------------------------------------------------------===//

  NestOp create(ValueRange inputs, Value output, ArrayRef<AffineMap> maps,
                ArrayRef<bool> reductions, Attribute init) {
    auto made = NestOp::create(b, nest.getLoc(), TypeRange(), inputs, output,
                               b.getAffineMapArrayAttr(maps), reductions, init);
    made->setDiscardableAttrs(nest->getDiscardableAttrDictionary());
    return made;
  }

  /// A block of one scalar an input, and the sum.
  Block &addBlock(NestOp made, Region &region) {
    Block &block = region.emplaceBlock();
    for (Value input : made.getInputs())
      block.addArgument(getElementTypeOrSelf(input), nest.getLoc());
    block.addArgument(b.getF32Type(), nest.getLoc());
    return block;
  }

  /// Where parts have theirs: behind the output's first axis, of which there
  /// may be fewer than there is memory for.
  static constexpr unsigned partAxis = 1;

  RewriterBase &b;
  NestOp nest;
  Split split;
  unsigned outputs; ///< Dimensions of the output.
  Value parts;
};
} // namespace

/// Whether it adds up numbers of f32, so that parts are added up, too.
static bool addsFloats(NestOp nest) {
  auto sum = dyn_cast_if_present<arith::AddFOp>(findCombiner(nest));
  return sum && sum.getType().isF32();
}

/// Whether nothing but subscripts of their own depends on a dimension.
static bool isPlain(NestOp nest, unsigned dim) {
  if (!isWalkedAlone(nest, dim))
    return false;
  WalkResult found = nest.getReduce().walk([&](IndexOp index) {
    return index.getDim() == dim ? WalkResult::interrupt()
                                 : WalkResult::advance();
  });
  return !found.wasInterrupted();
}

/// The most parts, up to a number, of as many steps each, of which a tile reads
/// whole blocks.
static int64_t countParts(int64_t steps, int64_t unit, int64_t most) {
  for (int64_t parts = most; parts > 1; --parts)
    if (steps % parts == 0 && steps / parts % unit == 0)
      return parts;
  return 1;
}

/// Whether no dimension is dynamic but, at most, the output's first, if it is
/// among the rows.
static bool findDynamic(NestOp nest, const Contraction &contraction,
                        Split &split) {
  for (auto [dim, size] : llvm::enumerate(nest.getStaticExtents()))
    if (ShapedType::isDynamic(size)) {
      if (dim != 0 || contraction.rows.dims.empty() ||
          contraction.rows.dims.front() != 0)
        return false;
      split.isDynamic = true;
    }
  return true;
}

/// For which sizes the first dimension is split, and what the plan takes it to
/// be: rows up to a tile, or, where others count with it, as those of an image,
/// the few that have a plan of their own.
static int64_t chooseSizes(const Contraction &contraction,
                           const DeviceTarget &target, Split &split) {
  if (contraction.rows.dims.size() > 1) {
    split.fewest = 1;
    split.most = plannedElements[1] / suitingPart - 1;
    return fewElements;
  }
  // Of fewer rows than fill a quarter of a tile, another plan makes more.
  KernelPlan plan = planKernel(contraction.nest, target);
  split.fewest = std::max<int64_t>(plan.rows.extent / suitingPart, 1);
  split.most = manyElements;
  return manyElements;
}

/// A plan of tiles to share, and the steps that a part has at least.
static std::optional<KernelPlan> planShared(NestOp nest,
                                            const DeviceTarget &target,
                                            const Contraction &contraction,
                                            int64_t unknown, int64_t &least) {
  KernelPlan plan = planKernel(nest, target, unknown);
  if (plan.kind == KernelPlan::Kind::tensorTiles ||
      plan.kind == KernelPlan::Kind::warpgroupTiles) {
    least = std::max<int64_t>(plan.blocks, 2) * plan.depth;
    return plan;
  }
  if (plan.kind != KernelPlan::Kind::tiles || target.sharedWords == 1)
    return std::nullopt;
  // Small tiles load more than they multiply: parts make up for larger ones.
  constexpr int64_t side = 64, blocks = 8;
  for (TileSide *it : {&plan.rows, &plan.columns})
    it->extent = std::max<int64_t>(
        it->extent, std::min<int64_t>(
                        side, llvm::PowerOf2Ceil(contraction.count(it->dims))));
  least = blocks * plan.depth;
  return plan;
}

/// The reduction to split, and in how many parts: as many as keep the device
/// busy, of which each has all blocks that shared memory holds.
static Split chooseSplit(NestOp nest, const DeviceTarget &target) {
  Split split;
  auto contraction = Contraction::find(nest, manyElements);
  if (!contraction || !findDynamic(nest, *contraction, split))
    return {};
  int64_t unknown = manyElements, least = 0;
  if (split.isDynamic)
    unknown = chooseSizes(*contraction, target, split);
  if (unknown != manyElements)
    contraction = Contraction::find(nest, unknown);
  std::optional<KernelPlan> plan;
  if (contraction)
    plan = planShared(nest, target, *contraction, unknown, least);
  if (!plan)
    return {};
  int64_t steps = contraction->count(contraction->reductions, 1);
  int64_t most = std::min(target.busyInvocations / target.workgroupSize /
                              contraction->countGroups(*plan),
                          steps / least);
  SmallVector<int64_t> extents = nest.getStaticExtents();
  for (unsigned dim : contraction->reductions) {
    int64_t unit = dim == contraction->reductions.back() ? plan->depth : 1;
    int64_t parts =
        isPlain(nest, dim) ? countParts(extents[dim], unit, most) : 1;
    if (!ShapedType::isDynamic(extents[dim]) && parts > split.count) {
      split.dim = dim;
      split.count = parts;
    }
  }
  return split;
}

bool mlir::lathe::kernel::splitReduction(RewriterBase &rewriter, NestOp nest,
                                         const DeviceTarget &target) {
  if (target.multiplied.empty() || !nest.hasReduction() || !addsFloats(nest))
    return false;
  nest = normaliseNest(rewriter, nest);
  Split split = chooseSplit(nest, target);
  if (split.count == 1)
    return false;
  NestSplitter(rewriter, nest, split).run();
  return true;
}
