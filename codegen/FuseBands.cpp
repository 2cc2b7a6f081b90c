//===- FuseBands.cpp - Computes images band of rows by band ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels that pass on images which no cache holds become one loop over bands
// of rows (BandPlan.h):
//
//   nest(%x) -> %a    : 256 rows       for %band in 0 to 32:
//   nest(%a) -> %b    : 256 rows         nest(%x[8 rows]) -> %a'[2 and 8 rows]
//                                        nest(%a'[10 rows]) -> %b[8 rows]
//                                        %a'[0:2] = %a'[8:10]
//
// where one thread runs them, and stay as they are where several do.
// Of buffers that nobody else uses, the rows that are needed are at the front,
// and stay in the cache. On buffers: what is computed in place, and what an
// image stores of its border, is decided by now.
//
//===----------------------------------------------------------------------===//

#include "codegen/BandPlan.h"
#include "codegen/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_FUSEBANDS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
/// The kernels of a group, and the ops between them, which come before the
/// loop: views, and fills of borders.
struct Group {
  BandPlan plan;
  SmallVector<Operation *> between;
};

/// Writes a group's loop.
class BandEmitter {
public:
  BandEmitter(IRRewriter &rewriter, Group &group, Value run)
      : b(rewriter), group(group), plan(group.plan), run(run),
        location(rewriter.getFusedLoc(getLocations(group))) {}

  void emit() {
    Operation *first = plan.stages.front().op;
    for (Operation *op : group.between)
      b.moveOpBefore(op, first);
    b.setInsertionPoint(first);
    // What several threads would gain by the cache they lose by waiting for
    // each other: they compute one kernel after the other.
    Value threads = ThreadsOp::create(b, location, b.getIndexType(), run);
    auto choice = scf::IfOp::create(b, location, isEqual(threads, constant(1)),
                                    /*withElseRegion=*/true);
    b.setInsertionPointToStart(choice.thenBlock());
    emitImages();
    for (BandStage &stage : plan.stages)
      b.moveOpBefore(stage.op, choice.elseYield());
  }

private:
  static SmallVector<Location> getLocations(Group &group) {
    SmallVector<Location> locations;
    for (BandStage &stage : group.plan.stages)
      locations.push_back(stage.op.getLoc());
    return locations;
  }

  //===--- Numbers --------------------------------------------------------===//

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, location, value);
  }
  template <typename Op> Value make(Value x, Value y) {
    return b.createOrFold<Op>(location, x, y);
  }
  Value add(Value x, int64_t y) {
    return y == 0 ? x : make<arith::AddIOp>(x, constant(y));
  }
  Value mul(Value x, int64_t y) {
    return y == 1 ? x : make<arith::MulIOp>(x, constant(y));
  }
  Value divide(Value x, int64_t y) {
    return y == 1 ? x : make<arith::DivUIOp>(x, constant(y));
  }
  /// The value, which never exceeds `bound`.
  Value bounded(Value x, int64_t bound) {
    return BoundedOp::create(b, location, x, bound);
  }
  Value isEqual(Value x, Value y) {
    return arith::CmpIOp::create(b, location, arith::CmpIPredicate::eq, x, y);
  }

  void loop(Value count, function_ref<void(Value)> body) {
    auto loop =
        scf::ForOp::create(b, location, constant(0), count, constant(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }
  void when(Value condition, function_ref<void()> body) {
    auto choice = scf::IfOp::create(b, location, condition);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    body();
  }

  void emitImages() {
    loop(countImages(), [&](Value index) {
      image = index;
      loop(constant(plan.bands), [&](Value index) {
        band = index;
        isLast = isEqual(band, constant(plan.bands - 1));
        emitBand();
      });
    });
  }

  Value countImages() {
    BandStage &stage = plan.stages[0];
    unsigned result = stage.getResult();
    return b.createOrFold<memref::DimOp>(location, stage.op->getOperand(result),
                                         stage.plan.operands[result].imageDim);
  }

  //===--- Rows -----------------------------------------------------------===//

  /// max(0, each band - lag)
  Value behind(Value band, int64_t each, int64_t lag) {
    Value rows = mul(band, each);
    return lag == 0
               ? rows
               : make<arith::MaxSIOp>(make<arith::SubIOp>(rows, constant(lag)),
                                      constant(0));
  }
  /// The rows of a stage's result before a band.
  Value beginOf(const BandStage &stage, Value band) {
    return make<arith::MinSIOp>(behind(band, stage.each, stage.lag),
                                constant(stage.rows));
  }
  Value baseOf(const BandBuffer &kept, Value band) {
    return behind(band, kept.each, kept.lag);
  }

  static MemRefType typeOf(Value buffer) {
    return cast<MemRefType>(buffer.getType());
  }
  /// Rows of the present image, of a part of a buffer that begins at `offsets`.
  Value rowsOf(Value buffer, ArrayRef<int64_t> offsets, ArrayRef<int64_t> shape,
               const RowAccess &access, Value from, Value count) {
    SmallVector<OpFoldResult> begins, sizes;
    for (auto [offset, size] : llvm::zip(offsets, shape)) {
      begins.push_back(b.getIndexAttr(offset));
      sizes.push_back(b.getIndexAttr(size));
    }
    if (access.imageDim >= 0) {
      begins[access.imageDim] = image;
      sizes[access.imageDim] = b.getIndexAttr(1);
    }
    if (access.rowDim >= 0) {
      begins[access.rowDim] = getAsOpFoldResult(from);
      sizes[access.rowDim] = getAsOpFoldResult(count);
    }
    SmallVector<OpFoldResult> ones(begins.size(), b.getIndexAttr(1));
    return memref::SubViewOp::create(b, location, buffer, begins, sizes, ones);
  }
  Value rowsOf(Value buffer, const RowAccess &access, Value from, Value count) {
    ArrayRef<int64_t> shape = typeOf(buffer).getShape();
    return rowsOf(buffer, SmallVector<int64_t>(shape.size(), 0), shape, access,
                  from, count);
  }

  //===--- A band ---------------------------------------------------------===//

  void emitBand() {
    for (BandStage &stage : plan.stages) {
      location = stage.op.getLoc();
      emitStage(stage);
      auto kept = plan.buffers.find(stage.getStored());
      if (kept != plan.buffers.end())
        fillBehind(stage, kept->second);
    }
    for (BandStage &stage : plan.stages) {
      location = stage.op.getLoc();
      auto kept = plan.buffers.find(stage.getStored());
      if (kept != plan.buffers.end())
        keep(stage, kept->second);
    }
  }

  void emitStage(BandStage &stage) {
    int64_t unit = stage.plan.unit;
    Value begin = beginOf(stage, band);
    Value end =
        arith::SelectOp::create(b, location, isLast, constant(stage.rows),
                                beginOf(stage, add(band, 1)));
    Value rows = make<arith::SubIOp>(end, begin);
    bool isWhole = stage.rows % unit == 0;
    if (isWhole)
      rows = mul(divide(rows, unit), unit);
    rows = bounded(rows, stage.rows);
    SmallVector<Value> views;
    for (unsigned i = 0; i < stage.plan.operands.size(); ++i)
      views.push_back(viewOf(stage, i, begin, rows));
    Operation *part = b.clone(*stage.op);
    part->setOperands(views);
    part->setAttr(imageRowsAttr, b.getI64IntegerAttr(isWhole ? stage.rows / unit
                                                             : stage.rows));
  }

  /// What a stage needs of an operand for some rows.
  Value viewOf(BandStage &stage, unsigned operand, Value begin, Value rows) {
    const RowPlan &rowPlan = stage.plan;
    const RowAccess &access = rowPlan.operands[operand];
    Value whole = stage.op->getOperand(operand);
    if (access.imageDim < 0 && access.rowDim < 0)
      return whole;
    if (access.rowDim < 0)
      return rowsOf(whole, access, {}, {});
    Value from = begin, count = rows;
    if (!rowPlan.isPlain(operand)) {
      from = add(mul(divide(begin, rowPlan.unit), access.step), access.first);
      Value units = divide(add(rows, rowPlan.unit - 1), rowPlan.unit);
      count = bounded(add(mul(units, access.step), access.extra),
                      rowPlan.countRows(operand, stage.rows));
    }
    const BufferPart &part = stage.parts[operand];
    auto kept = plan.buffers.find(part.buffer);
    if (kept == plan.buffers.end())
      return rowsOf(whole, access, from, count);
    // Where the buffer's front has moved to.
    from = make<arith::SubIOp>(add(from, part.offsets[access.rowDim]),
                               baseOf(kept->second, band));
    return rowsOf(part.buffer, part.offsets, typeOf(whole).getShape(), access,
                  from, count);
  }

  /// What the last band of a buffer of which a part is kept has behind the
  /// result.
  void fillBehind(BandStage &stage, const BandBuffer &kept) {
    const RowAccess &access = stage.plan.operands[stage.getResult()];
    Value buffer = stage.getStored();
    int64_t end = stage.parts.back().offsets[access.rowDim] + stage.rows;
    int64_t count = typeOf(buffer).getDimSize(access.rowDim) - end;
    Value border = findBorder(buffer);
    if (!border || count == 0)
      return;
    when(isLast, [&] {
      Value from = make<arith::SubIOp>(constant(end), baseOf(kept, band));
      linalg::FillOp::create(b, location, border,
                             rowsOf(buffer, access, from, constant(count)));
    });
  }
  /// What fills a buffer's border, or null.
  static Value findBorder(Value view) {
    for (Operation *user : view.getUsers()) {
      if (auto fill = dyn_cast<linalg::FillOp>(user))
        return fill.getInputs()[0];
      if (isa<memref::SubViewOp>(user))
        if (Value border = findBorder(user->getResult(0)))
          return border;
    }
    return {};
  }

  /// Moves what is read again to the front.
  void keep(BandStage &stage, const BandBuffer &kept) {
    const RowAccess &access = stage.plan.operands[stage.getResult()];
    Value buffer = stage.getStored();
    when(arith::CmpIOp::create(b, location, arith::CmpIPredicate::ne, band,
                               constant(plan.bands - 1)),
         [&] {
           Value next = add(band, 1);
           Value base = baseOf(kept, next);
           Value moved = make<arith::SubIOp>(base, baseOf(kept, band));
           Value stored = add(beginOf(stage, next),
                              stage.parts.back().offsets[access.rowDim]);
           Value held = bounded(make<arith::SubIOp>(stored, base), kept.rows);
           when(arith::CmpIOp::create(b, location, arith::CmpIPredicate::ne,
                                      moved, constant(0)),
                [&] {
                  memref::CopyOp::create(
                      b, location, rowsOf(buffer, access, moved, held),
                      rowsOf(buffer, access, constant(0), held));
                });
         });
  }

  IRRewriter &b;
  Group &group;
  BandPlan &plan;
  Value run;
  Location location;
  // Of the present band:
  Value image, band, isLast;
};

struct FuseBandsPass : lathe::impl::FuseBandsBase<FuseBandsPass> {
  using FuseBandsBase::FuseBandsBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function->hasAttr("lathe.entry"))
      return;
    IRRewriter rewriter(&getContext());
    Value run = function.getArguments().back();
    for (Group &group : findGroups(function.front())) {
      BandPlanner(secondCacheBytes).keepParts(group.plan);
      ++groups;
      fused += group.plan.stages.size();
      kept += group.plan.buffers.size();
      BandEmitter(rewriter, group, run).emit();
    }
  }

private:
  /// Whether the op may come before all of the group.
  static bool canComeFirst(const Group &group, Operation &op) {
    if (auto fill = dyn_cast<linalg::FillOp>(op))
      return !BandPlanner::accesses(group.plan,
                                    findBuffer(fill.getOutputs()[0]));
    return isa<memref::AllocOp>(op) ||
           (isMemoryEffectFree(&op) && op.getNumRegions() == 0);
  }

  std::vector<Group> findGroups(Block &block) {
    BandPlanner planner(secondCacheBytes);
    std::vector<Group> found;
    Group group;
    // Ops behind the last stage belong to the group if another one follows.
    SmallVector<Operation *> behind;
    auto close = [&] {
      if (group.plan.stages.size() > 1)
        found.push_back(std::move(group));
      group = Group();
      behind.clear();
    };
    for (Operation &op : llvm::make_early_inc_range(block)) {
      // Bufferization leaves copies of a buffer to itself behind.
      auto copy = dyn_cast<memref::CopyOp>(op);
      if (copy && copy.getSource() == copy.getTarget()) {
        op.erase();
        continue;
      }
      auto kernel = dyn_cast<RowsOpInterface>(op);
      if (kernel && planner.extend(group.plan, kernel)) {
        group.between.append(behind);
        behind.clear();
        continue;
      }
      if (!kernel && canComeFirst(group, op)) {
        if (!group.plan.stages.empty())
          behind.push_back(&op);
        continue;
      }
      close();
      if (kernel)
        planner.extend(group.plan, kernel);
    }
    close();
    return found;
  }
};
} // namespace
