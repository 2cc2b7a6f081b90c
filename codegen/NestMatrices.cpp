//===- NestMatrices.cpp - Sums of f32 products by matrices of bf16 --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parts of 32 rows, or columns, and a step of 32 numbers along k lie as six
// registers, 1 KiB each: first, second and third parts, two of each, 16 rows or
// columns high or wide. A word holds numbers k and k + 16 of a row or column,
// so that both are split and joined as whole vectors.
//
//===----------------------------------------------------------------------===//

#include "codegen/NestMatrices.h"
#include "codegen/Target.h"
#include "dialect/Shape.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

/// The registers of rows, and of columns, begin here; before are sums.
static constexpr int64_t rowRegisters = 4, columnRegisters = 6;
/// Vectors of the next panel that a tile splits in each step: all by the tiles
/// of a group.
static constexpr int64_t piecesPerStep =
    MatrixTile::across * MatrixRegisters::mostRows / MatrixTile::mostTiles;
/// Steps of a block, whose parts of rows and columns stay in the second-level
/// cache; and panels of a task whose sums wait for more blocks, or where there
/// would be too few tasks for a few threads. A task's memory is on the stack.
static constexpr int64_t mostSteps = 16, mostWaitingPanels = 8,
                         fewestPanels = 4, enoughTasks = 8;
static_assert(panelColumns % MatrixTile::width == 0,
              "a panel of columns lies in one of weights");

/// What scalar code of the nest computes of a value, as a region of its own.
static void takeFactor(NestOp nest, Value factor, Region &region) {
  IRMapping mapping;
  nest.getReduce().cloneInto(&region, mapping);
  Operation *yield = region.front().getTerminator();
  yield->setOperands(mapping.lookup(factor));
  for (Operation *op = yield->getPrevNode(); op;) {
    Operation *before = op->getPrevNode();
    if (op->use_empty())
      op->erase();
    op = before;
  }
}

/// Lanes of a nest along a dimension.
static NestPlan planLanes(unsigned dim, const VectorTarget &target) {
  NestPlan plan;
  plan.kind = NestPlan::Kind::parallelLanes;
  plan.lanes = target.vectorBytes / 4;
  plan.laneDim = dim;
  return plan;
}

MatrixNestEmitter::MatrixNestEmitter(NestOp nest, const MatrixPlan &plan,
                                     const VectorTarget &target,
                                     OpBuilder &builder)
    : VectorBuilder(nest, {target.vectorBytes, target.registers, 0}, builder),
      nest(nest), plan(plan), multiply(target.matrices),
      columnPlan(planLanes(plan.laneDim, target)),
      rowPlan(planLanes(plan.depthDim, target)),
      columnCode(nest, columnPlan, /*parallel=*/false, builder),
      rowCode(nest, rowPlan, /*parallel=*/false, builder), matrices(b),
      extents(nest.getStaticExtents()) {
  takeFactor(nest, plan.columns, columnRegion);
  takeFactor(nest, plan.rows, rowRegion);
}

Value MatrixNestEmitter::extent(unsigned dim) {
  if (!ShapedType::isDynamic(extents[dim]))
    return constant(extents[dim]);
  return createExtent(b, nest, dim);
}

Value MatrixNestEmitter::product(ArrayRef<unsigned> dims) {
  Value count = constant(1);
  for (unsigned dim : dims)
    count = b.createOrFold<arith::MulIOp>(count, extent(dim));
  return count;
}

int64_t MatrixNestEmitter::boundBy(Value count, int64_t most) {
  std::optional<int64_t> known = getConstantIntValue(count);
  return known ? std::clamp<int64_t>(*known, 1, most) : most;
}

/// Tiles take as long, however little of them is filled. What an image's pixels
/// become does not depend on how many images there are.
Value MatrixNestEmitter::isFaster() {
  int64_t ofImage = 1;
  for (unsigned dim : plan.rowDims)
    ofImage *= getExtentFactors(nest)[dim];
  if (auto imageRows = nest->getAttrOfType<IntegerAttr>(imageRowsAttr))
    ofImage *= imageRows.getInt();
  Value rows = ofImage > 1 ? constant(ofImage) : product(plan.rowDims);
  Value hasRows = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::uge, rows,
                                                constant(plan.leastRows));
  int64_t columns = extents[plan.laneDim], numbers = extents[plan.depthDim];
  if (!ShapedType::isDynamic(columns) && !ShapedType::isDynamic(numbers))
    return hasRows;
  // A quarter more than there is, at most.
  auto fill = [&](Value count, int64_t size) {
    return mul(divide(add(count, size - 1), size), size);
  };
  Value n = extent(plan.laneDim), k = extent(plan.depthDim);
  Value filled = b.createOrFold<arith::MulIOp>(fill(n, width), fill(k, depth));
  Value isFull = b.createOrFold<arith::CmpIOp>(
      arith::CmpIPredicate::ule, mul(filled, 4),
      mul(b.createOrFold<arith::MulIOp>(n, k), 5));
  return b.createOrFold<arith::AndIOp>(hasRows, isFull);
}

void MatrixNestEmitter::emit(bool parallel, int64_t leastThreadWork) {
  auto blocksOf = [&](Value count, int64_t size) {
    return divide(add(count, size - 1), size);
  };
  SmallVector<unsigned> windows;
  for (unsigned dim = 0; dim < plan.depthDim; ++dim)
    if (nest.getReductions()[dim])
      windows.push_back(dim);
  rowCount = product(plan.rowDims);
  steps = b.createOrFold<arith::MulIOp>(product(windows),
                                        blocksOf(extent(plan.depthDim), depth));
  panels = blocksOf(extent(plan.laneDim), width);
  groupTiles = boundBy(blocksOf(rowCount, height), mostTiles);
  isOneBlock = boundBy(steps, mostSteps + 1) <= mostSteps;
  blocks = isOneBlock ? constant(1) : blocksOf(steps, mostSteps);
  // Blocks are as long as each other, but for the last one.
  blockSteps =
      boundBy(b.createOrFold<arith::CeilDivUIOp>(steps, blocks), mostSteps);
  groups = blocksOf(rowCount, groupTiles * height);
  Value count = b.createOrFold<arith::MulIOp>(product(plan.taskDims), groups);
  chunkPanels = boundBy(panels, isOneBlock ? mostPanels : mostWaitingPanels);
  if (std::optional<int64_t> known = getConstantIntValue(panels)) {
    // A number that is not known may be small.
    int64_t tasks =
        std::max<int64_t>(getConstantIntValue(count).value_or(1), 1);
    int64_t wanted = std::max<int64_t>(llvm::divideCeil(*known, chunkPanels),
                                       llvm::divideCeil(enoughTasks, tasks));
    chunkPanels = std::max<int64_t>(llvm::divideCeil(*known, wanted),
                                    std::min(*known, fewestPanels));
  }
  chunks = blocksOf(panels, chunkPanels);
  count = b.createOrFold<arith::MulIOp>(count, chunks);
  int64_t work = countWork(nest) * groupTiles * height * chunkPanels * width;
  Value grain = b.createOrFold<arith::CeilDivUIOp>(
      constant(leastThreadWork), mul(most(steps, constant(1)), work * depth));
  forTasks(
      count, grain, parallel, [&] { allocateScratch(); },
      [&](Value task) { emitTask(task); });
}

void MatrixNestEmitter::allocateScratch() {
  int64_t linesOfStep = parts * across * lines;
  Type word = b.getI32Type();
  table = allocate(1, MatrixRegisters::rowBytes, b.getI8Type());
  rowParts = allocate(groupTiles * blockSteps * linesOfStep, lanes, word);
  columnParts = allocate(2 * blockSteps * linesOfStep, lanes, word);
  int64_t waiting = isOneBlock ? 1 : chunkPanels * groupTiles;
  sums = allocate(waiting * height, width);
}

void MatrixNestEmitter::emitTask(Value task) {
  Value rest = task;
  Value chunk = takeIndex(rest, chunks), group = takeIndex(rest, groups);
  taskIndices.assign(nest.getNumDims(), constant(0));
  for (unsigned dim : llvm::reverse(plan.taskDims))
    taskIndices[dim] = takeIndex(rest, extent(dim));
  firstRow = mul(group, groupTiles * height);
  rowsHere = least(sub(rowCount, firstRow), constant(groupTiles * height));
  tiles = divide(add(rowsHere, height - 1), height);
  firstPanel = mul(chunk, chunkPanels);
  panelsHere = least(sub(panels, firstPanel), constant(chunkPanels));
  matrices.fillTable(
      table, SmallVector<MatrixRegisters::Shape>(MatrixRegisters::count));
  matrices.configure(table);
  current = constant(1);
  nextPanel = nextStep = constant(0);
  loop(constant(0), least(constant(blockSteps), steps), 1, [&](Value step) {
    loop(constant(0), constant(lines), 1, [&](Value line) {
      for (int64_t v = 0; v < across; ++v)
        splitPiece(step, line, v);
    });
  });
  loop(constant(0), blocks, 1, [&](Value block) { emitBlock(block); });
  matrices.release();
}

void MatrixNestEmitter::emitBlock(Value block) {
  firstStep = mul(block, blockSteps);
  stepsHere = least(sub(steps, firstStep), constant(blockSteps));
  splitRows();
  loop(constant(0), panelsHere, 1,
       [&](Value panel) { emitPanel(block, panel); });
}

std::pair<Value, Value> MatrixNestEmitter::follow(Value panel, Value first) {
  Value following = add(panel, 1);
  Value isLast = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq,
                                               following, panelsHere);
  return {
      b.createOrFold<arith::SelectOp>(isLast, constant(0), following),
      b.createOrFold<arith::SelectOp>(isLast, add(first, blockSteps), first)};
}

void MatrixNestEmitter::emitPanel(Value block, Value panel) {
  // What comes behind this panel of this block, whose parts take turns in two
  // places. Behind the last one, something is split in vain.
  Value index = add(b.createOrFold<arith::MulIOp>(block, panelsHere), panel);
  current = b.createOrFold<arith::RemUIOp>(index, constant(2));
  std::tie(nextPanel, nextStep) = follow(panel, firstStep);
  std::tie(laterPanel, laterStep) = follow(nextPanel, nextStep);
  // Whole tiles, and what is left: a few rows take one register.
  auto isLow = [&](Value rows) {
    Value left = b.createOrFold<arith::RemUIOp>(rows, constant(height));
    return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult,
                                         sub(left, constant(1)),
                                         constant(MatrixRegisters::mostRows));
  };
  bool mayBeLow = !isConstantIntValue(isLow(rowCount), 0);
  Value lowTiles = constant(0);
  if (mayBeLow)
    lowTiles =
        b.createOrFold<arith::IndexCastUIOp>(b.getIndexType(), isLow(rowsHere));
  Value tallTiles = sub(tiles, lowTiles);
  loop(constant(0), tallTiles, 1,
       [&](Value tile) { emitTile(block, panel, tile, 2); });
  if (mayBeLow)
    loop(tallTiles, tiles, 1,
         [&](Value tile) { emitTile(block, panel, tile, 1); });
  // Tiles that there are not would have split these.
  loop(tallTiles, constant(mostTiles), 1, [&](Value tile) {
    loop(constant(0), stepsHere, 1, [&](Value step) {
      fetchPanel(tile, step);
      loop(constant(0), constant(piecesPerStep / across), 1, [&](Value line) {
        for (int64_t v = 0; v < across; ++v)
          splitPiece(step, add(mul(tile, piecesPerStep / across), line), v);
      });
    });
  });
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

void MatrixNestEmitter::emitTile(Value block, Value panel, Value tile,
                                 int64_t down) {
  Value sumsRow =
      isOneBlock ? constant(0) : mul(add(mul(panel, groupTiles), tile), height);
  startSums(block, sumsRow, down);
  loop(constant(0), stepsHere, 1,
       [&](Value step) { emitStep(tile, step, down); });
  for (int64_t i = 0; i < down * across; ++i)
    matrices.store(
        i, sums,
        {add(sumsRow, i / across * lines), constant(i % across * lanes)},
        constant(4 * width));
  if (isOneBlock)
    return finishTile(panel, tile, sumsRow);
  Value isLast = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq,
                                               add(block, 1), blocks);
  auto choice = scf::IfOp::create(b, isLast, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  finishTile(panel, tile, sumsRow);
}

void MatrixNestEmitter::startSums(Value block, Value sumsRow, int64_t down) {
  for (int64_t i = 0; i < down * across; ++i)
    matrices.zero(i);
  if (isOneBlock)
    return;
  auto goOn =
      scf::IfOp::create(b,
                        b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ne,
                                                      block, constant(0)),
                        /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(goOn.thenBlock());
  for (int64_t i = 0; i < down * across; ++i)
    matrices.load(
        i, sums,
        {add(sumsRow, i / across * lines), constant(i % across * lanes)},
        constant(4 * width));
}

/// The parts meet in an order in which but one of the factors is loaded anew
/// each time, the small products first. Vectors split the next panel meanwhile,
/// in tiles of both registers.
void MatrixNestEmitter::emitStep(Value tile, Value step, int64_t down) {
  constexpr std::pair<int64_t, int64_t> order[products] = {
      {2, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 2}, {0, 0}};
  int64_t all = products * down * across, done = 0, piece = 0;
  Value rowBase = mul(add(mul(tile, blockSteps), step), parts * across * lines);
  Value columnBase =
      mul(add(mul(current, blockSteps), step), parts * across * lines);
  auto loadPart = [&](int64_t matrix, Value buffer, Value base, int64_t line) {
    matrices.load(matrix, buffer, {add(base, line * lines), constant(0)},
                  constant(MatrixRegisters::rowBytes));
  };
  fetchPanel(tile, step);
  int64_t row = -1, column = -1;
  for (auto [ofRow, ofColumn] : order) {
    for (int64_t r = 0; r < down && ofRow != row; ++r)
      loadPart(rowRegisters + r, rowParts, rowBase, ofRow * across + r);
    for (int64_t v = 0; v < across && ofColumn != column; ++v)
      loadPart(columnRegisters + v, columnParts, columnBase,
               ofColumn * across + v);
    row = ofRow;
    column = ofColumn;
    for (int64_t i = 0; i < down * across; ++i) {
      matrices.multiply(multiply, i, rowRegisters + i / across,
                        columnRegisters + i % across);
      if (down < across)
        continue;
      for (++done; piece * all < done * piecesPerStep; ++piece)
        splitPiece(step, add(mul(tile, piecesPerStep / across), piece / across),
                   piece % across);
    }
  }
}

void MatrixNestEmitter::finishTile(Value panel, Value tile, Value sumsRow) {
  Value first = mul(tile, height);
  Value count = least(sub(rowsHere, first), constant(height));
  loop(constant(0), count, 1, [&](Value r) {
    SmallVector<Value> indices = taskIndices;
    setRow(indices, add(first, r));
    for (int64_t v = 0; v < across; ++v) {
      Value lane = add(mul(add(firstPanel, panel), width), v * lanes);
      indices[plan.laneDim] = lane;
      Value sum = loadScratch(sums, add(sumsRow, r), constant(v * lanes));
      columnCode.finish(b, indices, laneMask(lane), sum);
    }
  });
}

/// The lanes from `first` on that there are, or null for all of them.
Value MatrixNestEmitter::laneMask(Value first) {
  int64_t known = extents[plan.laneDim];
  if (!ShapedType::isDynamic(known) && known % width == 0)
    return {};
  return vector::CreateMaskOp::create(b, VectorType::get(lanes, b.getI1Type()),
                                      sub(extent(plan.laneDim), first));
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

/// The first, second and third eight bits of the significands of two vectors:
/// what is left of a number when its first ones are taken off is exact.
SmallVector<Value, 3> MatrixNestEmitter::split(Value low, Value high) {
  auto words = VectorType::get(lanes, b.getI32Type());
  auto splatWord = [&](int32_t value) -> Value {
    return arith::ConstantOp::create(b, DenseElementsAttr::get(words, value));
  };
  Value upper = splatWord(int32_t(0xffff0000)), half = splatWord(16);
  SmallVector<Value, parts> split;
  for (int64_t part = 0; part < parts; ++part) {
    Value lowBits = arith::BitcastOp::create(b, words, low);
    Value highBits = arith::BitcastOp::create(b, words, high);
    Value highUpper = arith::AndIOp::create(b, highBits, upper);
    split.push_back(arith::OrIOp::create(
        b, arith::ShRUIOp::create(b, lowBits, half), highUpper));
    auto takeOff = [&](Value &x, Value bits) {
      x = arith::SubFOp::create(
          b, x, arith::BitcastOp::create(b, vectorType(), bits));
    };
    takeOff(low, arith::AndIOp::create(b, lowBits, upper));
    takeOff(high, highUpper);
  }
  return split;
}

/// The step's place in each reduction; returns its first number.
Value MatrixNestEmitter::setStep(SmallVectorImpl<Value> &indices, Value step) {
  Value rest = step;
  Value inner = divide(add(extent(plan.depthDim), depth - 1), depth);
  Value first = mul(takeIndex(rest, inner), depth);
  indices[plan.depthDim] = first;
  for (unsigned dim = plan.depthDim; dim-- > 0;)
    if (nest.getReductions()[dim])
      indices[dim] = takeIndex(rest, extent(dim));
  return first;
}

void MatrixNestEmitter::setRow(SmallVectorImpl<Value> &indices, Value row) {
  Value rest = add(firstRow, row);
  for (unsigned dim : llvm::reverse(ArrayRef(plan.rowDims).drop_front()))
    indices[dim] = takeIndex(rest, extent(dim));
  indices[plan.rowDims.front()] = rest;
}

void MatrixNestEmitter::splitRows() {
  loop(constant(0), rowsHere, 1, [&](Value row) {
    loop(constant(0), stepsHere, 1, [&](Value step) { splitRow(row, step); });
  });
}

/// Behind the last number of a row come zeros.
void MatrixNestEmitter::splitRow(Value row, Value step) {
  SmallVector<Value> indices = taskIndices;
  setRow(indices, row);
  Value first = setStep(indices, add(firstStep, step));
  int64_t known = extents[plan.depthDim];
  bool isWhole = !ShapedType::isDynamic(known) && known % depth == 0;
  auto load = [&](int64_t from) {
    indices[plan.depthDim] = add(first, from);
    Value mask;
    if (!isWhole)
      mask = vector::CreateMaskOp::create(
          b, VectorType::get(lanes, b.getI1Type()),
          sub(extent(plan.depthDim), indices[plan.depthDim]));
    Value numbers = rowCode.evaluate(b, rowRegion, indices, mask, Value());
    return isWhole ? numbers
                   : arith::SelectOp::create(b, mask, numbers, splat(0))
                         .getResult();
  };
  Value low = load(0), high = load(lanes);
  Value tile = divide(row, height);
  Value inTile = b.createOrFold<arith::RemUIOp>(row, constant(height));
  Value upper = divide(inTile, lines);
  Value line = b.createOrFold<arith::RemUIOp>(inTile, constant(lines));
  Value base = mul(add(mul(tile, blockSteps), step), parts * across * lines);
  Value place = add(add(base, mul(upper, lines)), line);
  for (auto [part, words] : llvm::enumerate(split(low, high)))
    vector::StoreOp::create(
        b, words, rowParts,
        ValueRange{add(place, part * across * lines), constant(0)});
}

void MatrixNestEmitter::fetchPanel(Value tile, Value step) {
  SmallVector<Value> indices = taskIndices;
  Value first =
      setStep(indices, least(add(laterStep, step), sub(steps, constant(1))));
  Value last = sub(extent(plan.depthDim), constant(1));
  for (unsigned input : plan.streamed) {
    int64_t bytes = getElementBytes(
        cast<MemRefType>(nest.getInputs()[input].getType()).getElementType());
    int64_t lanesOfLine = lineBytes / bytes;
    for (int64_t line = 0; line < depth / mostTiles; ++line) {
      Value k = add(first, add(mul(tile, depth / mostTiles), line));
      indices[plan.depthDim] = least(k, last);
      for (int64_t lane = 0; lane < width; lane += lanesOfLine) {
        indices[plan.laneDim] =
            add(mul(add(firstPanel, laterPanel), width), lane);
        columnCode.fetch(b, input, indices);
      }
    }
  }
}

/// Behind a column's last number anything finite does, which meets zeros.
void MatrixNestEmitter::splitPiece(Value step, Value line, int64_t vector) {
  SmallVector<Value> indices = taskIndices;
  Value lastStep = sub(steps, constant(1));
  Value first = setStep(indices, least(add(nextStep, step), lastStep));
  Value lane = add(mul(add(firstPanel, nextPanel), width), vector * lanes);
  indices[plan.laneDim] = lane;
  int64_t known = extents[plan.depthDim];
  auto load = [&](int64_t from) {
    Value k = add(add(first, line), from);
    if (ShapedType::isDynamic(known) || known % depth != 0)
      k = least(k, sub(extent(plan.depthDim), constant(1)));
    indices[plan.depthDim] = k;
    return columnCode.evaluate(b, columnRegion, indices, laneMask(lane),
                               Value());
  };
  Value low = load(0), high = load(lines);
  Value other = sub(constant(1), current);
  Value base = mul(add(mul(other, blockSteps), step), parts * across * lines);
  Value place = add(add(base, vector * lines), line);
  for (auto [part, words] : llvm::enumerate(split(low, high)))
    vector::StoreOp::create(
        b, words, columnParts,
        ValueRange{add(place, part * across * lines), constant(0)});
}
