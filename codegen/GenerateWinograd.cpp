//===- GenerateWinograd.cpp - Writes loops and vectors for kernel.winograd ===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Bounds.h"
#include "codegen/KnownFactors.h"
#include "codegen/NestPlan.h"
#include "codegen/Passes.h"
#include "codegen/VectorBuilder.h"
#include "codegen/Winograd.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

namespace mlir::lathe {
#define GEN_PASS_DEF_GENERATEWINOGRAD
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
/// Writes one convolution. A task is a block of tiles of one image and some
/// panels of filters. What it has on the stack: the tiles' transforms [points²,
/// tiles, channels], and their products with a panel [points², tiles, columns].
/// Plans are for all channels and features that the filters have; of a
/// slimmable layer, the image and the result have those of the present width.
class WinogradEmitter : VectorBuilder {
public:
  WinogradEmitter(WinogradOp op, const KernelTarget &target, OpBuilder &builder)
      : VectorBuilder(op, target, builder), op(op), method(op.getTileSide()) {
    ArrayRef<int64_t> output = op.getOutputType().getShape();
    ArrayRef<int64_t> filters = op.getFiltersType().getShape();
    height = output[1], width = output[2];
    // Of a part of an image, at most.
    if (ShapedType::isDynamic(height))
      height = upperBoundOfDim(op.getInitOutput(), 1).value_or(unknownHeight);
    heightFactor = getKnownFactor(op.getInitOutput(), 1);
    panels = filters[0], channels = filters[2], columns = filters[3];
    points = method.points(), results = method.results();
    tilesAcross = llvm::divideCeil(width, results);
    tiles = llvm::divideCeil(height, results) * tilesAcross;
    // Rows a power of two apart would share a few lines of the cache.
    padded = llvm::alignTo(channels, lanes);
    padded += padded % 256 == 0 ? lanes : 0;
    chooseBlock();
    choosePanels();
  }

  void emit(bool parallel) {
    channelsHere = size(op.getImage(), 3);
    featuresHere = size(op.getInitOutput(), 3);
    panelsHere = divide(add(featuresHere, columns - 1), columns);
    // Of panels that a width has not, tiles are not transformed, either.
    Value partsHere = divide(add(panelsHere, panelsEach - 1), panelsEach);
    Value down = divide(add(size(op.getInitOutput(), 1), results - 1), results);
    tilesHere = mul(down, tilesAcross);
    Value blocksHere = divide(add(tilesHere, tileCount - 1), tileCount);
    Value perImage = b.createOrFold<arith::MulIOp>(blocksHere, partsHere);
    Value count =
        b.createOrFold<arith::MulIOp>(size(op.getImage(), 0), perImage);
    int64_t work =
        points * points * tileCount * channels * columns * panelsEach;
    Value grain = constant(llvm::divideCeil(leastWorkPerThread, work));
    auto allocateAll = [&] {
      transformed = allocate(points * points * tileCount, padded);
      products = allocate(points * points * tileCount, columns);
    };
    forTasks(count, grain, parallel, allocateAll, [&](Value task) {
      n = task;
      Value rest = takeIndex(n, perImage);
      Value part = takeIndex(rest, partsHere);
      firstTile = mul(rest, tileCount);
      transformTiles();
      Value first = mul(part, panelsEach);
      loop(first, least(add(first, panelsEach), panelsHere), 1,
           [&](Value panel) {
             multiply(panel);
             writeTiles(panel);
           });
    });
  }

private:
  //===--- Sizes ----------------------------------------------------------===//

  /// Vectors of a panel's columns: their first columns and widths.
  SmallVector<std::pair<int64_t, int64_t>> getVectors() const {
    SmallVector<std::pair<int64_t, int64_t>> vectors;
    for (int64_t column = 0; column < columns;) {
      int64_t width = lanes;
      while (width > columns - column)
        width /= 2;
      vectors.push_back({column, width});
      column += width;
    }
    return vectors;
  }

  /// As many tiles as transforms fit into a part of the second-level cache, in
  /// blocks of about one size, of whole register tiles.
  void chooseBlock() {
    int64_t most = method.countTilesOfBlock(padded, columns);
    int64_t registerRows =
        std::max<int64_t>(1, (target.registers - 4) / getVectors().size());
    // Whole rows of tiles, of an image that comes in parts.
    if (op.getOutputType().isDynamicDim(1) && most >= tilesAcross)
      most = most / tilesAcross * tilesAcross;
    else
      most = std::max(std::min(most, tiles) / registerRows * registerRows,
                      std::min(most, registerRows));
    blocks = llvm::divideCeil(tiles, most);
    int64_t each = llvm::divideCeil(tiles, blocks);
    rows = llvm::divideCeil(each, llvm::divideCeil(each, registerRows));
    tileCount = llvm::alignTo(each, rows);
    blocks = llvm::divideCeil(tiles, tileCount);
  }

  /// Where one image has few blocks, the panels are shared out as well, in
  /// parts so large that transforming the tiles again for each costs little.
  void choosePanels() {
    constexpr int64_t tasksPerImage = 8, fewest = 4;
    parts = std::clamp<int64_t>(panels / fewest, 1,
                                llvm::divideCeil(tasksPerImage, blocks));
    panelsEach = llvm::divideCeil(panels, parts);
    parts = llvm::divideCeil(panels, panelsEach);
  }

  //===--- One dimension --------------------------------------------------===//

  Value splatLike(Value x, double value) {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(cast<VectorType>(x.getType()),
                                  static_cast<float>(value)));
  }
  /// c x + y
  Value addScaled(double c, Value x, Value y) {
    if (c == 1)
      return fadd(x, y);
    if (c == -1)
      return fsub(y, x);
    return fma(splatLike(x, c), x, y);
  }
  /// Σ_k coefficients[k] d[first + 2 k], the last coefficient being 1.
  Value combine(ArrayRef<double> coefficients, ArrayRef<Value> d,
                int64_t first) {
    Value sum = d[first + 2 * (coefficients.size() - 1)];
    for (auto [k, c] : llvm::enumerate(coefficients.drop_back()))
      sum = addScaled(c, d[first + 2 * k], sum);
    return sum;
  }

  /// Bᵀ d: at a point p, the coefficients of the product of (x − q) over all
  /// other points q. At ±a these are an even part and an odd one.
  Values transform(ArrayRef<Value> d) {
    SmallVector<double> all = method.getProduct();
    Values transformed = {combine(all, d, 0)};
    for (auto [i, a] : llvm::enumerate(method.getPairs())) {
      SmallVector<double> others = method.getProduct(i);
      Value even = combine(others, d, 2), odd = combine(others, d, 1);
      transformed.push_back(addScaled(a, odd, even));
      transformed.push_back(addScaled(-a, odd, even));
    }
    transformed.push_back(combine(all, d, 1));
    return transformed;
  }

  /// Aᵀ m: Σ_p pᵏ m[p], in which a pair's sum meets even powers and its
  /// difference odd ones.
  Values restore(ArrayRef<Value> m) {
    Values sums, differences, restored;
    for (size_t i = 1; i + 1 < m.size(); i += 2) {
      sums.push_back(fadd(m[i], m[i + 1]));
      differences.push_back(fsub(m[i], m[i + 1]));
    }
    for (int64_t k = 0; k < results; ++k) {
      ArrayRef<Value> parts = k % 2 ? differences : sums;
      Value sum = k == 0 ? m.front() : Value();
      if (k == results - 1)
        sum = m.back();
      for (auto [a, part] : llvm::zip(method.getPairs(), parts)) {
        double power = std::pow(a, k);
        if (!sum)
          sum = power == 1 ? part : fmul(splatLike(part, power), part);
        else
          sum = addScaled(power, part, sum);
      }
      restored.push_back(sum);
    }
    return restored;
  }

  /// Transforms the columns of a square of `side`² vectors, then its rows: the
  /// result is [row][column].
  Values inBothDimensions(int64_t side,
                          function_ref<Value(int64_t, int64_t)> at,
                          function_ref<Values(ArrayRef<Value>)> change) {
    SmallVector<Values> columns;
    for (int64_t column = 0; column < side; ++column) {
      Values line;
      for (int64_t row = 0; row < side; ++row)
        line.push_back(at(row, column));
      columns.push_back(change(line));
    }
    Values square;
    for (size_t row = 0; row < columns[0].size(); ++row) {
      Values line;
      for (const Values &column : columns)
        line.push_back(column[row]);
      llvm::append_range(square, change(line));
    }
    return square;
  }

  //===--- Steps of a task ------------------------------------------------===//

  /// The pixel [row, column] of the result where tile `t` of the block begins.
  /// What is left of the last block is the last tile again and again.
  std::pair<Value, Value> placeOf(Value t) {
    Value tile = least(add(firstTile, t), sub(tilesHere, constant(1)));
    Value down = divide(tile, tilesAcross);
    Value across = sub(tile, mul(down, tilesAcross));
    return {mul(down, results), mul(across, results)};
  }
  /// The row of the scratch buffers of a point and a tile.
  Value scratchRow(int64_t point, Value t) { return add(t, point * tileCount); }

  void transformTiles() {
    Value whole = mul(divide(channelsHere, lanes), lanes);
    Value left = sub(channelsHere, whole);
    loop(constant(0), constant(tileCount), 1, [&](Value t) {
      loop(constant(0), whole, lanes,
           [&](Value channel) { transformTile(t, channel, constant(lanes)); });
      ifAny(left, [&] { transformTile(t, whole, left); });
    });
  }

  void transformTile(Value t, Value channel, Value count) {
    auto [row, column] = placeOf(t);
    Values square = inBothDimensions(
        points,
        [&, row = row, column = column](int64_t i, int64_t j) {
          return loadFirst(op.getImage(),
                           {n, add(row, i), add(column, j), channel}, count,
                           lanes);
        },
        [&](ArrayRef<Value> line) { return transform(line); });
    for (auto [point, x] : llvm::enumerate(square))
      storeScratch(x, transformed, scratchRow(point, t), channel);
  }

  /// For each point, the products of all tiles with a panel's filters.
  void multiply(Value panel) {
    auto vectors = getVectors();
    SmallVector<ReassociationIndices> one = {{0, 1, 2, 3}};
    Value all = memref::CollapseShapeOp::create(b, op.getFilters(), one);
    loop(constant(0), constant(points * points), 1, [&](Value point) {
      Value next = add(add(mul(panel, points * points), point), 1);
      Value fetched = least(next, constant(panels * points * points - 1));
      fetched = mul(fetched, channels * columns);
      Value firstRow = mul(point, tileCount);
      loop(constant(0), constant(tileCount), rows, [&](Value t) {
        Value row = add(firstRow, t);
        Values sums;
        for (int64_t r = 0; r < rows; ++r)
          for (auto [column, width] : vectors)
            sums.push_back(broadcastTo(scalar(0), width));
        sums = loop(constant(0), channelsHere, 1, sums,
                    [&](Value channel, ValueRange sums) {
                      prefetch(all, add(fetched, mul(channel, columns)));
                      return multiplyChannel(panel, point, row, channel, sums);
                    });
        for (int64_t r = 0, i = 0; r < rows; ++r)
          for (auto [column, width] : vectors)
            storeScratch(sums[i++], products, add(row, r), constant(column));
      });
    });
  }

  /// Fetches what the next point multiplies at the present channel: all filters
  /// pass through the second-level cache once, and few tiles meet each.
  void prefetch(Value filters, Value at) {
    constexpr int64_t line = 16;
    constexpr unsigned secondCache = 2;
    for (int64_t column = 0; column < columns; column += line)
      memref::PrefetchOp::create(b, filters, add(at, column),
                                 /*isWrite=*/false, secondCache,
                                 /*isDataCache=*/true);
  }

  Values multiplyChannel(Value panel, Value point, Value row, Value channel,
                         ValueRange sums) {
    Values filters, next;
    for (auto [column, width] : getVectors())
      filters.push_back(loadLanes(op.getFilters(),
                                  {panel, point, channel, constant(column)},
                                  width, width));
    for (int64_t r = 0; r < rows; ++r) {
      Value x = load(transformed, {add(row, r), channel});
      for (Value filter : filters)
        next.push_back(fma(
            broadcastTo(x, cast<VectorType>(filter.getType()).getDimSize(0)),
            filter, sums[next.size()]));
    }
    return next;
  }
  Value broadcastTo(Value x, int64_t width) {
    return vector::BroadcastOp::create(b, vectorType(width), x);
  }

  /// Stores the results of a panel; of the last one, the features there are.
  void writeTiles(Value panel) {
    Value before = sub(panelsHere, constant(1));
    Value last = sub(featuresHere, mul(before, columns));
    loop(constant(0), constant(tileCount), 1, [&](Value t) {
      if (getConstantIntValue(last) == columns)
        return writeTile(panel, t, constant(columns));
      Value isLast =
          arith::CmpIOp::create(b, arith::CmpIPredicate::eq, panel, before);
      branch(
          isLast, [&] { writeTile(panel, t, last); },
          [&] { writeTile(panel, t, constant(columns)); });
    });
  }

  /// Writes the first `used` columns of a panel.
  void writeTile(Value panel, Value t, Value used) {
    auto place = placeOf(t);
    for (auto [first, width] : getVectors()) {
      Value left = most(sub(used, constant(first)), constant(0));
      Value count = least(left, constant(width));
      ifAny(count, [&, first = first, width = width] {
        writeVector(panel, t, place, first, width, count);
      });
    }
  }

  /// Writes `count` features from a panel's column `first` on.
  void writeVector(Value panel, Value t, std::pair<Value, Value> place,
                   int64_t first, int64_t width, Value count) {
    Values square = inBothDimensions(
        points,
        [&](int64_t i, int64_t j) {
          return loadLanes(products,
                           {scratchRow(i * points + j, t), constant(first)},
                           width, width);
        },
        [&](ArrayRef<Value> line) { return restore(line); });
    Value feature = add(mul(panel, columns), first);
    loadShared(feature, count, width);
    for (int64_t i = 0; i < results; ++i)
      for (int64_t j = 0; j < results; ++j)
        writePixel(square[i * results + j], i, j, place.first, place.second,
                   feature, count);
  }

  /// Of all pixels: no index of a pixel names these extras' elements.
  static bool isShared(AffineMap map) {
    return !map.isFunctionOfDim(1) && !map.isFunctionOfDim(2);
  }
  Value loadExtra(unsigned extra, ValueRange place, Value count,
                  int64_t width) {
    bool isWhole = getConstantIntValue(count) == width;
    Value mask = isWhole ? Value() : maskOf(count, width);
    return VectorBuilder::loadExtra(op.getExtras()[extra],
                                    op.getExtraMap(extra), place, mask, width);
  }
  void loadShared(Value feature, Value count, int64_t width) {
    Value zero = constant(0);
    shared.assign(op.getExtras().size(), Value());
    for (unsigned i = 0; i < shared.size(); ++i)
      if (isShared(op.getExtraMap(i)))
        shared[i] = loadExtra(i, {n, zero, zero, feature}, count, width);
  }
  /// What is stored of a vector of sums.
  Value finish(Value x, ValueRange place, Value count) {
    if (op.getFinish().empty())
      return x;
    int64_t width = cast<VectorType>(x.getType()).getDimSize(0);
    Values arguments;
    for (unsigned i = 0; i < shared.size(); ++i)
      arguments.push_back(shared[i] ? shared[i]
                                    : loadExtra(i, place, count, width));
    arguments.push_back(x);
    return apply(op.getFinish(), arguments);
  }

  /// Stores a vector of pixel (i, j) of a tile, if it lies in the result.
  void writePixel(Value x, int64_t i, int64_t j, Value row, Value column,
                  Value feature, Value count) {
    Value y = add(row, i), z = add(column, j);
    auto store = [&] {
      Values place = {n, y, z, feature};
      storeFirst(finish(x, place, count), op.getInitOutput(), place, count);
    };
    auto isInside = [&](Value index, int64_t dim) -> Value {
      return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index,
                                   size(op.getInitOutput(), dim));
    };
    // Rows that there are in any case: those of a known number that are left,
    // or the first one of a tile.
    int64_t leastRows =
        op.getOutputType().isDynamicDim(1) ? 1 : height % results;
    Value inside;
    if (heightFactor % results > 0 && i >= leastRows)
      inside = isInside(y, 1);
    if (width % results > 0 && j >= width % results) {
      Value across = isInside(z, 2);
      inside = inside ? arith::AndIOp::create(b, inside, across) : across;
    }
    if (inside)
      branch(inside, store);
    else
      store();
  }

  /// Runs `then` if a number is not 0.
  void ifAny(Value count, function_ref<void()> then) {
    if (std::optional<int64_t> known = getConstantIntValue(count)) {
      if (*known > 0)
        then();
      return;
    }
    branch(
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, count, constant(0)),
        then);
  }

  void branch(Value condition, function_ref<void()> then,
              function_ref<void()> otherwise = nullptr) {
    auto choice = scf::IfOp::create(b, condition, static_cast<bool>(otherwise));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    then();
    if (!otherwise)
      return;
    b.setInsertionPointToStart(choice.elseBlock());
    otherwise();
  }

  WinogradOp op;
  Winograd method;
  /// Where nothing is known of how many rows there are.
  static constexpr int64_t unknownHeight = 256;

  /// The rows of the result, at most, and what divides their number.
  int64_t height, heightFactor;
  int64_t width, channels, columns, panels;
  int64_t points, results, tilesAcross, tiles, padded;
  /// Tiles of a block, in steps of `rows` that a register tile has.
  int64_t blocks, tileCount, rows;
  /// Parts of the panels, and panels of a part.
  int64_t parts, panelsEach;
  Value channelsHere, featuresHere, panelsHere;
  Value tilesHere, transformed, products;
  // Of the present task:
  Value n, firstTile;
  /// Extras that all pixels of the present vector of features have.
  Values shared;
};

struct GenerateWinogradPass
    : lathe::impl::GenerateWinogradBase<GenerateWinogradPass> {
  using GenerateWinogradBase::GenerateWinogradBase;

  void runOnOperation() override {
    SmallVector<WinogradOp> ops;
    getOperation().walk([&](WinogradOp op) { ops.push_back(op); });
    for (WinogradOp op : ops) {
      OpBuilder outer(op);
      WinogradEmitter(op, {vectorBytes, registers, /*cacheBytes=*/0}, outer)
          .emit(parallel);
      op.erase();
      ++generated;
    }
  }
};
} // namespace
