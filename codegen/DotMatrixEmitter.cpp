//===- DotMatrixEmitter.cpp - Products by instructions on matrices --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two registers of rows, 4 and 5, meet two of columns, 6 and 7, in four of
// sums, 0 to 3.
//
//===----------------------------------------------------------------------===//

#include "codegen/Bounds.h"
#include "codegen/DotProductEmitter.h"
#include "codegen/NestPlan.h"
#include "codegen/Target.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

static constexpr int64_t mostRows = MatrixRegisters::mostRows,
                         rowBytes = MatrixRegisters::rowBytes;
/// Registers of sums side by side in a tile; its columns, and its most rows.
static constexpr int64_t across = 2, tileColumns = 32, tileHeight = 32;
/// The registers of rows and of columns begin here.
static constexpr int64_t firstRows = 4, firstColumns = 6;
/// Rows that vectors multiply as fast.
static constexpr int64_t fewestRows = 4;
/// Where the second-level cache has room for fewer rows than these, sums of so
/// many rows and panels wait for blocks of so many steps, which it holds, and
/// of which the first-level cache holds a panel's.
static constexpr int64_t enoughRows = 192, waitingRows = 256, waitingPanels = 8,
                         blockSteps = 16;
/// Of two numbers a byte, a panel is unpacked once for all tiles, if a task's
/// stack has room for it.
static constexpr int64_t mostUnpackedBytes = 512 * 1024;

/// Lines of four bytes of each column that a step multiplies: as many as divide
/// those of a group.
static int64_t findDepth(DotProductOp op) {
  int64_t lines = op.getRowsType().getDimSize(1) / op.getDotLength();
  if (op.isInteger())
    lines /= op.getGroups();
  for (int64_t depth = mostRows; depth > 1; --depth)
    if (lines % depth == 0 && (!op.getPacked() || depth % 2 == 0))
      return depth;
  return 1;
}

bool DotMatrixEmitter::suits(DotProductOp op, const DotTarget &target) {
  // A step takes as long, however shallow it is.
  constexpr int64_t leastDepth = 8;
  int64_t rows =
      upperBoundOfDim(op.getRows(), 0).value_or(ShapedType::kDynamic);
  return !target.matrices.empty() && op.getPanelColumns() == tileColumns &&
         target.vectors.vectorBytes == rowBytes &&
         findDepth(op) >= leastDepth &&
         (ShapedType::isDynamic(rows) || rows >= fewestRows);
}

DotMatrixEmitter::DotMatrixEmitter(DotProductOp op, const DotTarget &target,
                                   OpBuilder &builder)
    : DotProductEmitter(op, target, builder), depth(findDepth(op)) {
  int64_t lines = op.getRowsType().getDimSize(1) / length;
  steps = lines / depth / (op.isInteger() ? op.getGroups() : 1);
  // All panels meet rows that fill half of the second-level cache. The rest is
  // the panels', and sums'.
  int64_t inCache = target.secondCacheBytes / 2 / (4 * lines);
  bool mayExceed = ShapedType::isDynamic(known) || known > inCache;
  waits = !op.isInteger() && steps > blockSteps && mayExceed &&
          inCache < enoughRows;
  blockRows = waits ? waitingRows
                    : std::max<int64_t>(inCache / tileHeight, 1) * tileHeight;
  taskPanels = waits ? std::min(waitingPanels, op.getPanels()) : 1;
  // A panel that comes ahead of time must not take the place of rows.
  prefetchesPanel = waits || blockRows * 4 * lines + 2 * countPanelBytes() <=
                                 target.secondCacheBytes;
  panelsInside = true;
  unpacksPanel = op.getPacked() && lines * 4 * tileColumns <= mostUnpackedBytes;
}

bool DotMatrixEmitter::mayLeave(int64_t least, int64_t most) const {
  int64_t left = known % tileHeight;
  return ShapedType::isDynamic(known) || (left >= least && left <= most);
}

/// A step takes 16 cycles for each of the four registers of sums; an integer is
/// loaded, scaled and stored for each group.
int64_t DotMatrixEmitter::countRowWork() {
  int64_t groups = op.isInteger() ? op.getGroups() : 1;
  return groups * (steps * across + (op.isInteger() ? 4 : 0)) + 4;
}

void DotMatrixEmitter::allocateScratch() {
  shapes = allocate(1, rowBytes, b.getI8Type());
  Type number = op.isInteger() ? Type(b.getI32Type()) : b.getF32Type();
  int64_t waiting = waits ? taskPanels * waitingRows : tileHeight;
  sums = allocate(waiting, tileColumns, number);
  if (op.isInteger())
    totals = allocate(tileHeight, tileColumns);
  if (op.getPacked())
    unpacked =
        allocate(unpacksPanel ? op.getGroups() * steps * depth : mostRows,
                 4 * tileColumns, b.getI8Type());
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// Tiles of 32 rows, and what is left as one unless it is too few.
void DotMatrixEmitter::emitRows() {
  Value left =
      b.createOrFold<arith::RemUIOp>(sub(last, first), constant(tileHeight));
  Value isFew = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult, left,
                                              constant(fewestRows));
  Value end = b.createOrFold<arith::SelectOp>(isFew, sub(last, left), last);
  firstPanel = panel;
  block = sumsRow = constant(0);
  if (unpacksPanel) {
    Value hasTiles =
        b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult, first, end);
    Value all = b.createOrFold<arith::SelectOp>(
        hasTiles, constant(op.getGroups() * steps), constant(0));
    loop(constant(0), all, 1,
         [&](Value step) { unpackStep(step, mul(step, depth)); });
  }
  auto forPanels = [&](function_ref<void()> body) {
    Value count =
        least(sub(constant(op.getPanels()), firstPanel), constant(taskPanels));
    loop(constant(0), count, 1, [&](Value i) {
      panel = add(firstPanel, i);
      body();
    });
  };
  if (waits)
    loop(constant(0), constant(llvm::divideCeil(steps, blockSteps)), 1,
         [&](Value next) {
           block = next;
           forPanels([&] { emitTiles(end); });
         });
  else
    emitTiles(end);
  // The registers' contents need not be kept any longer.
  matrices.release();
  if (!mayLeave(1, fewestRows - 1))
    return;
  if (waits)
    forPanels([&] { emitVectorRows(end, last); });
  else
    emitVectorRows(end, last);
}

/// Tiles of two registers of rows, and what is left as one of one or two. The
/// registers' shapes change for the last tile alone, since that takes as long
/// as some of their products.
void DotMatrixEmitter::emitTiles(Value end) {
  bool hasTall = ShapedType::isDynamic(known) || known > mostRows;
  bool hasLow = mayLeave(1, mostRows);
  Value left =
      b.createOrFold<arith::RemUIOp>(sub(end, first), constant(tileHeight));
  Value isLow = b.createOrFold<arith::CmpIOp>(
      arith::CmpIPredicate::ult, sub(left, constant(1)), constant(mostRows));
  Value endOfTall = b.createOrFold<arith::SelectOp>(isLow, sub(end, left), end);
  auto emitTall = [&](Value row) {
    Value count = least(sub(end, row), constant(tileHeight));
    if (mayLeave(mostRows + 1, tileHeight - 1)) {
      Value isPart = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult,
                                                   count, constant(tileHeight));
      auto part = scf::IfOp::create(b, isPart, /*withElseRegion=*/false);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(part.thenBlock());
      configure(count, 2);
    }
    emitTile(row, count, 2);
  };
  if (hasTall) {
    configure(constant(tileHeight), 2);
    loop(first, hasLow ? endOfTall : end, tileHeight, emitTall);
  }
  if (hasLow)
    loop(hasTall ? endOfTall : first, end, tileHeight, [&](Value row) {
      Value count = sub(end, row);
      configure(count, 1);
      emitTile(row, count, 1);
    });
}

void DotMatrixEmitter::emitTile(Value row, Value count, int64_t down) {
  if (waits)
    sumsRow = add(mul(sub(panel, firstPanel), waitingRows), sub(row, first));
  if (op.isInteger()) {
    loop(constant(0), count, 1, [&](Value r) {
      for (int64_t v = 0; v < across; ++v)
        storeScratch(splat(0), totals, r, constant(v * lanes));
    });
    loop(constant(0), constant(op.getGroups()), 1, [&](Value group) {
      Value begin = mul(group, steps);
      addSteps(row, begin, add(begin, steps), down);
      addGroup(row, count, group);
    });
  } else {
    Value begin = mul(block, blockSteps);
    Value end = waits ? least(add(begin, blockSteps), constant(steps))
                      : constant(steps);
    addSteps(row, begin, end, down);
  }
  if (!waits)
    return finishRows(row, count);
  int64_t lastBlock = llvm::divideCeil(steps, blockSteps) - 1;
  Value isLast = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, block,
                                               constant(lastBlock));
  auto choice = scf::IfOp::create(b, isLast, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  finishRows(row, count);
}

void DotMatrixEmitter::finishRows(Value row, Value count) {
  Value from = op.isInteger() ? totals : sums;
  loop(constant(0), count, 1, [&](Value r) {
    for (int64_t v = 0; v < across; ++v) {
      Value at = add(mul(panel, tileColumns), v * lanes);
      finishVector(add(row, r), at,
                   loadScratch(from, add(sumsRow, r), constant(v * lanes)));
    }
  });
}

void DotMatrixEmitter::configure(Value count, int64_t down) {
  SmallVector<MatrixRegisters::Shape> of(MatrixRegisters::count);
  for (int64_t i = firstRows; i < firstColumns; ++i)
    of[i].bytes = 4 * depth;
  for (int64_t i = firstColumns; i < MatrixRegisters::count; ++i)
    of[i].rows = depth;
  matrices.fillTable(shapes, of);
  // The last rows may be fewer.
  Value rows = count;
  if (down == 2)
    rows = sub(count, constant(mostRows));
  rows = b.createOrFold<arith::IndexCastOp>(b.getI8Type(), rows);
  int64_t lower = down - 1;
  for (int64_t i : {lower * across, lower * across + 1, firstRows + lower})
    matrices.setRows(shapes, i, rows);
  matrices.configure(shapes);
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// Sums of a group, of a block, or of all.
void DotMatrixEmitter::addSteps(Value row, Value begin, Value end,
                                int64_t down) {
  startSums(down);
  loop(begin, end, 1, [&](Value step) { addStep(row, step, down); });
  storeSums(down);
}

/// From zero, or from where the block before left them.
void DotMatrixEmitter::startSums(int64_t down) {
  for (int64_t i = 0; i < down * across; ++i)
    matrices.zero(i);
  if (!waits)
    return;
  Value goesOn = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ne, block,
                                               constant(0));
  auto choice = scf::IfOp::create(b, goesOn, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  for (int64_t i = 0; i < down * across; ++i)
    matrices.load(i, sums, placeOfSums(i), constant(4 * tileColumns));
}

void DotMatrixEmitter::addStep(Value row, Value step, int64_t down) {
  Value line = mul(step, depth);
  if (op.getPacked() && !unpacksPanel) {
    line = constant(0);
    unpackStep(step, line);
  }
  auto loadColumns = [&](int64_t v) {
    Value byte = constant(length * v * mostRows);
    Value distance = constant(4 * tileColumns);
    if (op.getPacked())
      matrices.load(firstColumns + v, unpacked, {line, byte}, distance);
    else
      matrices.load(firstColumns + v, op.getCodes(), {panel, line, byte},
                    distance);
  };
  auto loadRows = [&](int64_t r) {
    Value place = mul(step, depth * length);
    matrices.load(firstRows + r, op.getRows(), {add(row, r * mostRows), place},
                  rowDistance());
  };
  auto multiply = [&](int64_t r, int64_t v) {
    matrices.multiply(target.matrices, r * across + v, firstRows + r,
                      firstColumns + v);
  };
  loadRows(0);
  for (int64_t v = 0; v < across; ++v) {
    loadColumns(v);
    multiply(0, v);
  }
  if (down == 2) {
    loadRows(1);
    for (int64_t v = 0; v < across; ++v)
      multiply(1, v);
  }
  if (prefetchesPanel)
    prefetchStep(row, step);
}

/// Two numbers of a byte are four places of a column apart. They lose the shift
/// here, where there are fewer of them than there are sums. The step's lines go
/// to those from `line` on.
void DotMatrixEmitter::unpackStep(Value step, Value line) {
  Value begin = mul(step, depth / 2);
  Value shift = arith::ConstantOp::create(
      b,
      DenseElementsAttr::get(codesType(), static_cast<int8_t>(op.getShift())));
  auto lower = [&](Value numbers) {
    return b.createOrFold<arith::SubIOp>(numbers, shift);
  };
  for (int64_t pair = 0; pair < depth / 2; ++pair)
    for (int64_t v = 0; v < across; ++v) {
      Value byte = constant(v * rowBytes);
      Value codes = vector::LoadOp::create(b, codesType(), op.getCodes(),
                                           {panel, add(begin, pair), byte});
      auto [low, high] = unpack(codes);
      Value even = add(line, 2 * pair), odd = add(line, 2 * pair + 1);
      vector::StoreOp::create(b, lower(low), unpacked, {even, byte});
      vector::StoreOp::create(b, lower(high), unpacked, {odd, byte});
    }
}

/// Rows that meet a panel leave memory time to deliver the next one: each tile
/// fetches a part of it.
void DotMatrixEmitter::prefetchStep(Value row, Value step) {
  constexpr int64_t tiles = 4;
  Value next = add(panel, 1);
  if (waits) {
    // Behind the task's last panel, the first one goes on.
    Value isLast = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, next,
                                                 add(firstPanel, taskPanels));
    next = b.createOrFold<arith::SelectOp>(isLast, firstPanel, next);
    Value later = least(add(step, blockSteps), constant(steps - 1));
    step = b.createOrFold<arith::SelectOp>(isLast, later, step);
  }
  next = least(next, constant(op.getPanels() - 1));
  Value tile = b.createOrFold<arith::RemUIOp>(
      divide(sub(row, first), tileHeight), constant(tiles));
  int64_t lines = depth * length / op.getUnit();
  int64_t each = std::max<int64_t>(lines / tiles, 1);
  Value line = add(mul(step, lines), mul(tile, each));
  for (int64_t i = 0; i < each; ++i)
    for (int64_t v = 0; v < across; ++v)
      memref::PrefetchOp::create(
          b, op.getCodes(),
          ValueRange{next, add(line, i), constant(length * v * mostRows)},
          /*isWrite=*/false, /*localityHint=*/2, /*isDataCache=*/true);
}

/// While sums are scaled, what the next group's steps load comes closer: row
/// `r` of a tile, and a line of the panel's for each of the tile's rows.
void DotMatrixEmitter::prefetchGroup(Value row, Value r, Value group) {
  auto fetch = [&](Value buffer, ValueRange place) {
    memref::PrefetchOp::create(b, buffer, place, /*isWrite=*/false,
                               /*localityHint=*/3, /*isDataCache=*/true);
  };
  Value next = least(add(group, 1), constant(op.getGroups() - 1));
  int64_t rowLength = steps * depth * length;
  for (int64_t at = 0; at < rowLength; at += lineBytes)
    fetch(op.getRows(), {add(row, r), add(mul(next, rowLength), at)});
  int64_t units = unpacksPanel ? steps * depth : rowLength / op.getUnit();
  int64_t unitBytes =
      unpacksPanel ? 4 * tileColumns : op.getCodesType().getDimSize(2);
  for (int64_t from = 0; from < units;
       from += tileHeight * lineBytes / unitBytes) {
    Value at = mul(r, lineBytes);
    Value unit = add(divide(at, unitBytes), from);
    if (from + tileHeight * lineBytes / unitBytes > units)
      unit = least(unit, constant(units - 1));
    unit = add(mul(next, units), unit);
    Value byte = b.createOrFold<arith::RemUIOp>(at, constant(unitBytes));
    if (unpacksPanel)
      fetch(unpacked, {unit, byte});
    else
      fetch(op.getCodes(), {panel, unit, byte});
  }
}

void DotMatrixEmitter::storeSums(int64_t down) {
  for (int64_t i = 0; i < down * across; ++i)
    matrices.store(i, sums, placeOfSums(i), constant(4 * tileColumns));
}

SmallVector<Value> DotMatrixEmitter::placeOfSums(int64_t matrix) {
  return {add(sumsRow, matrix / across * mostRows),
          constant(matrix % across * mostRows)};
}

/// totals += what the sums of a group stand for
void DotMatrixEmitter::addGroup(Value row, Value count, Value group) {
  Values scales, offsets(across);
  for (int64_t v = 0; v < across; ++v) {
    Values place = {panel, group, constant(v * lanes)};
    scales.push_back(loadLanes(op.getScales(), place, lanes));
    if (op.getOffsets())
      offsets[v] = loadLanes(op.getOffsets(), place, lanes);
  }
  loop(constant(0), count, 1, [&](Value r) {
    prefetchGroup(row, r, group);
    Values place = {add(row, r), group};
    Value step = load(op.getSteps(), place);
    Value rowSum = memref::LoadOp::create(b, op.getSums(), place);
    for (int64_t v = 0; v < across; ++v) {
      Value column = constant(v * lanes);
      Value sum = vector::LoadOp::create(b, wordsType(), sums, {r, column});
      Value total = loadScratch(totals, r, column);
      total = addScaled(total, sum, step, rowSum, scales[v], offsets[v]);
      storeScratch(total, totals, r, column);
    }
  });
}

/// The bytes between rows that follow each other.
Value DotMatrixEmitter::rowDistance() {
  auto layout = memref::ExtractStridedMetadataOp::create(b, op.getRows());
  return mul(b.createOrFold<arith::AddIOp>(layout.getStrides()[0], constant(0)),
             4 / length);
}
