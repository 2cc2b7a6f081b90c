//===- BandPlan.cpp - Which kernels are computed band of rows by band -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/BandPlan.h"
#include "dialect/Shape.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

/// Fewer rows at a time are not worth the loops, and fewer bands gain little.
static constexpr int64_t fewestRows = 4, fewestBands = 4;

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

/// Whether a view has all there is along dimensions of unknown size.
static bool isWholeWhereDynamic(memref::SubViewOp view) {
  auto alloc = view.getSource().getDefiningOp<memref::AllocOp>();
  SmallVector<OpFoldResult> all;
  if (alloc)
    all = alloc.getMixedSizes();
  for (auto [dim, size] : llvm::enumerate(view.getMixedSizes()))
    if (isa<Value>(size) && (!alloc || size != all[dim]))
      return false;
  return true;
}

BufferPart mlir::lathe::kernel::findPart(Value operand) {
  BufferPart part = {
      operand,
      SmallVector<int64_t>(cast<MemRefType>(operand.getType()).getRank(), 0)};
  while (auto view = part.buffer.getDefiningOp<memref::SubViewOp>()) {
    if (!view.hasUnitStride() || view.getDroppedDims().any() ||
        ShapedType::isDynamicShape(view.getStaticOffsets()) ||
        !isWholeWhereDynamic(view))
      break;
    for (auto [offset, more] : llvm::zip(part.offsets, view.getStaticOffsets()))
      offset += more;
    part.buffer = view.getSource();
  }
  return part;
}

Value mlir::lathe::kernel::findBuffer(Value view) {
  while (auto op = view.getDefiningOp<ViewLikeOpInterface>())
    view = op.getViewSource();
  return view;
}

/// The bytes of a row of one image, all of what is behind the rows; or of all
/// where there are no rows.
static int64_t countRowBytes(Value buffer, const RowAccess &access) {
  auto type = cast<MemRefType>(buffer.getType());
  int64_t bytes = getElementBytes(type.getElementType());
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (static_cast<int64_t>(dim) != access.rowDim &&
        static_cast<int64_t>(dim) != access.imageDim)
      bytes *= ShapedType::isDynamic(size) ? 1 : size;
  return bytes;
}

static int64_t countBufferRows(Value buffer, const RowAccess &access) {
  return cast<MemRefType>(buffer.getType()).getDimSize(access.rowDim);
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

int64_t BandStage::needs(unsigned operand, int64_t end) const {
  const RowAccess &access = plan.operands[operand];
  if (end == 0)
    return 0;
  return std::min(parts[operand].offsets[access.rowDim] + access.first +
                      plan.countRows(operand, end),
                  countBufferRows(parts[operand].buffer, access));
}

int64_t BandStage::needsFrom(unsigned operand, int64_t begin) const {
  const RowAccess &access = plan.operands[operand];
  return parts[operand].offsets[access.rowDim] + access.first +
         begin / plan.unit * access.step;
}

int64_t BandPlan::end(const BandStage &stage, int64_t band) const {
  if (band == bands - 1)
    return stage.rows;
  return std::clamp<int64_t>(stage.each * (band + 1) - stage.lag, 0,
                             stage.rows);
}

int64_t BandPlan::stored(const BandStage &stage, int64_t band) const {
  unsigned result = stage.getResult();
  const RowAccess &access = stage.plan.operands[result];
  if (band == bands - 1)
    return countBufferRows(stage.getStored(), access);
  return stage.parts[result].offsets[access.rowDim] + end(stage, band);
}

const BandStage *BandPlan::findWriter(Value buffer) const {
  for (const BandStage &stage : stages)
    if (stage.getStored() == buffer)
      return &stage;
  return nullptr;
}

std::optional<BandStage> BandPlanner::makeStage(RowsOpInterface op) const {
  std::optional<RowPlan> plan = op.planRows();
  if (!plan)
    return {};
  BandStage stage = {op, *plan, {}, 0};
  for (Value operand : op->getOperands())
    stage.parts.push_back(findPart(operand));
  unsigned result = stage.getResult();
  auto type = cast<MemRefType>(op->getOperand(result).getType());
  const RowAccess &access = plan->operands[result];
  if (access.rowDim < 0 || type.isDynamicDim(access.rowDim) ||
      !plan->isPlain(result) ||
      findBuffer(stage.getStored()) != stage.getStored())
    return {};
  stage.rows = type.getDimSize(access.rowDim);
  for (auto [i, part] : llvm::enumerate(stage.parts)) {
    auto buffer = cast<MemRefType>(part.buffer.getType());
    for (auto [dim, size] : llvm::enumerate(buffer.getShape()))
      if (ShapedType::isDynamic(size) &&
          static_cast<int64_t>(dim) != plan->operands[i].imageDim)
        return {};
    // What it stores it must not read.
    if (i != result && findBuffer(part.buffer) == stage.getStored())
      return {};
  }
  return stage;
}

bool BandPlanner::accesses(const BandPlan &plan, Value buffer) {
  return llvm::any_of(plan.stages, [&](const BandStage &stage) {
    return llvm::any_of(stage.parts, [&](const BufferPart &part) {
      return findBuffer(part.buffer) == buffer;
    });
  });
}

/// Whether the stage reads or stores what others of the group access in another
/// way than row by row behind them.
bool BandPlanner::conflicts(const BandPlan &plan, const BandStage &stage) {
  if (accesses(plan, stage.getStored()))
    return true;
  for (auto [i, part] : llvm::enumerate(ArrayRef(stage.parts).drop_back())) {
    const BandStage *writer = plan.findWriter(findBuffer(part.buffer));
    if (!writer)
      continue;
    const RowAccess &read = stage.plan.operands[i],
                    &stored = writer->plan.operands[writer->getResult()];
    if (part.buffer != writer->getStored() || read.rowDim != stored.rowDim ||
        read.imageDim != stored.imageDim)
      return true;
  }
  return false;
}

/// Whether the stage reads what another one stores or reads, and no cache would
/// hold until it is read again.
bool BandPlanner::sharesMuch(const BandPlan &plan,
                             const BandStage &stage) const {
  for (auto [i, part] : llvm::enumerate(ArrayRef(stage.parts).drop_back())) {
    const RowAccess &access = stage.plan.operands[i];
    // As many images as the others have: those of what they share.
    if (access.rowDim >= 0 && access.imageDim >= 0 &&
        accesses(plan, findBuffer(part.buffer)) &&
        countRowBytes(part.buffer, access) *
                countBufferRows(part.buffer, access) >
            secondCacheBytes / 2)
      return true;
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Schedules
//===----------------------------------------------------------------------===//

/// For each row of the first stage, the rows of each: those of which it reads
/// as many as others of the group store.
bool BandPlanner::setRates(
    BandPlan &plan, SmallVectorImpl<std::pair<int64_t, int64_t>> &rates) const {
  for (auto [number, stage] : llvm::enumerate(plan.stages)) {
    int64_t rows = stage.rows, ofFirst = plan.stages[0].rows;
    for (unsigned i = 0; i < stage.getResult(); ++i) {
      const BandStage *writer = plan.findWriter(stage.parts[i].buffer);
      if (!writer)
        continue;
      auto [writerRows, writerFirst] = rates[writer - plan.stages.begin()];
      rows = writerRows * stage.plan.unit;
      ofFirst = writerFirst * stage.plan.operands[i].step;
      if (ofFirst == 0)
        return false;
    }
    int64_t common = std::gcd(rows, ofFirst);
    rates.push_back({rows / common, ofFirst / common});
  }
  return true;
}

/// The bytes that pass through the cache in a band, and those that all bands
/// read.
int64_t BandPlanner::countBytes(const BandPlan &plan) {
  llvm::MapVector<Value, int64_t> bytes;
  for (const BandStage &stage : plan.stages)
    for (auto [i, part] : llvm::enumerate(stage.parts)) {
      const RowAccess &access = stage.plan.operands[i];
      int64_t rows =
          access.rowDim < 0 ? 1 : stage.plan.countRows(i, stage.each);
      int64_t &of = bytes[part.buffer];
      of = std::max(of, rows * countRowBytes(part.buffer, access));
    }
  int64_t sum = 0;
  for (auto [buffer, of] : bytes)
    sum += of;
  return sum;
}

/// Finds lags, `each` rows of the first stage being a band.
bool BandPlanner::schedule(BandPlan &plan, int64_t each) {
  plan.bands = llvm::divideCeil(plan.stages[0].rows, each);
  for (BandStage &stage : plan.stages) {
    auto isReady = [&] {
      for (unsigned i = 0; i < stage.getResult(); ++i) {
        const BandStage *writer = plan.findWriter(stage.parts[i].buffer);
        for (int64_t band = 0; writer && band < plan.bands; ++band)
          if (stage.needs(i, plan.end(stage, band)) >
              plan.stored(*writer, band))
            return false;
      }
      return true;
    };
    for (stage.lag = 0; !isReady(); stage.lag += stage.plan.unit)
      if (stage.lag > stage.each)
        return false;
  }
  return true;
}

/// Chooses the fewest bands of which each stays in half of the second-level
/// cache, as even as they can be.
bool BandPlanner::schedule(BandPlan &plan) const {
  SmallVector<std::pair<int64_t, int64_t>> rates;
  if (!setRates(plan, rates))
    return false;
  // Whether so many rows of the first stage are whole units of all.
  auto setRows = [&](int64_t each) {
    bool isWhole = true;
    for (auto [stage, rate] : llvm::zip(plan.stages, rates)) {
      stage.each = each * rate.first / rate.second;
      isWhole &= stage.each > 0 && each * rate.first % rate.second == 0 &&
                 stage.each % stage.plan.unit == 0;
    }
    return isWhole;
  };
  int64_t rows = plan.stages[0].rows, best = 0;
  for (int64_t each = rows / fewestBands; each >= fewestRows; --each) {
    if (best > 0 && llvm::divideCeil(rows, each) > llvm::divideCeil(rows, best))
      break;
    if (setRows(each) && countBytes(plan) <= secondCacheBytes / 2)
      best = each;
  }
  return best > 0 && setRows(best) && schedule(plan, best);
}

bool BandPlanner::extend(BandPlan &plan, RowsOpInterface op) const {
  std::optional<BandStage> stage = makeStage(op);
  if (!stage)
    return false;
  if (plan.stages.empty()) {
    plan.stages.push_back(*stage);
    return true;
  }
  const RowAccess &first =
      plan.stages[0].plan.operands[plan.stages[0].getResult()];
  const RowAccess &result = stage->plan.operands[stage->getResult()];
  auto countImages = [](const BandStage &stage, const RowAccess &access) {
    return cast<MemRefType>(stage.getStored().getType())
        .getDimSize(access.imageDim);
  };
  if (conflicts(plan, *stage) || !sharesMuch(plan, *stage) ||
      countImages(*stage, result) != countImages(plan.stages[0], first))
    return false;
  BandPlan extended = plan;
  extended.stages.push_back(*stage);
  if (!schedule(extended))
    return false;
  plan = std::move(extended);
  return true;
}

//===----------------------------------------------------------------------===//
// Parts of buffers
//===----------------------------------------------------------------------===//

/// Whether stages alone use a buffer or views of it, and fills of its border,
/// which come first.
static bool isUsedByStages(Value buffer, const BandPlan &plan) {
  return llvm::all_of(buffer.getUsers(), [&](Operation *user) {
    if (isa<ViewLikeOpInterface>(user))
      return llvm::all_of(user->getResults(), [&](Value view) {
        return isUsedByStages(view, plan);
      });
    auto isThis = [&](const BandStage &stage) { return stage.op == user; };
    return llvm::any_of(plan.stages, isThis) ||
           (isa<linalg::FillOp>(user) &&
            user->getBlock() == plan.stages[0].op->getBlock() &&
            user->isBeforeInBlock(plan.findWriter(findBuffer(buffer))->op));
  });
}

/// The rows to keep of what `writer` stores; nothing if nearly all would be.
static std::optional<BandBuffer> keepPart(const BandPlan &plan,
                                          const BandStage &writer) {
  Value buffer = writer.getStored();
  BandBuffer kept = {writer.each, 0, 0};
  // Neither what is read nor what is stored next lies before the first row.
  for (int64_t band = 1; band < plan.bands; ++band)
    kept.lag =
        std::max(kept.lag, kept.each * band - plan.stored(writer, band - 1));
  for (const BandStage &stage : plan.stages)
    for (unsigned i = 0; i < stage.getResult(); ++i)
      for (int64_t band = 1; band < plan.bands; ++band) {
        int64_t begin = plan.end(stage, band - 1);
        if (stage.parts[i].buffer == buffer && begin < stage.rows)
          kept.lag =
              std::max(kept.lag, kept.each * band - stage.needsFrom(i, begin));
      }
  for (int64_t band = 0; band < plan.bands; ++band) {
    int64_t base = kept.base(band);
    kept.rows = std::max(kept.rows, plan.stored(writer, band) - base);
    if (band + 1 == plan.bands)
      break;
    // What moves to the front must not lie there.
    int64_t moved = kept.base(band + 1) - base;
    int64_t held = plan.stored(writer, band) - kept.base(band + 1);
    if (moved > 0 && held > moved)
      return {};
  }
  const RowAccess &access = writer.plan.operands[writer.getResult()];
  if (kept.rows * 2 > countBufferRows(buffer, access))
    return {};
  return kept;
}

void BandPlanner::keepParts(BandPlan &plan) const {
  for (const BandStage &stage : plan.stages)
    if (stage.getStored().getDefiningOp<memref::AllocOp>() &&
        isUsedByStages(stage.getStored(), plan))
      if (auto kept = keepPart(plan, stage))
        plan.buffers[stage.getStored()] = *kept;
}
