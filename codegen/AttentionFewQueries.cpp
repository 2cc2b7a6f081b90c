//===- AttentionFewQueries.cpp - Attention with lanes along features ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/AttentionEmitter.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

namespace {
/// A task is one query in some of the heads that share keys and values, the
/// rows. Decoding is limited by memory: what counts is that all rows are served
/// by one reading of the keys and values.
class FewQueries : public AttentionEmitter {
public:
  FewQueries(AttentionOp op, const KernelTarget &target, OpBuilder &builder)
      : AttentionEmitter(op, target, builder) {
    each = heads / groups;
    // Half of the registers hold accumulators.
    accumulators = target.registers / 2;
    int64_t most = std::min<int64_t>(each, accumulators / 2);
    rows = llvm::divideCeil(each, llvm::divideCeil(each, most));
    // A block of scores takes a quarter of the first-level cache.
    block = llvm::alignDown(target.cacheBytes / 4 / (rows * 4), lanes);
  }

private:
  Value countTasks() override {
    tiles = llvm::divideCeil(each, rows);
    Value count = mul(batch, groups * tiles);
    return b.createOrFold<arith::MulIOp>(count, queries);
  }
  int64_t workPerKey() override { return rows * (d + e); }

  void allocateAll() override {
    scaled = allocate(rows, llvm::alignTo(d, lanes));
    // The last keys are reached from the end: scores before the block's first
    // are written too, and whole vectors at its end.
    scores = allocate(rows, ahead() + block + lanes);
    sums = allocate(rows, llvm::alignTo(e, lanes));
  }

  void emitTask(Value task) override;
  void scaleQueries();
  Values emitBlock(Value start, Value end, ValueRange carried);
  void emitScores(Value start, Value count);
  void emitScoreTile(Value first, Value column, int64_t count);
  Values dot(Value first, int64_t count, Value feature, int64_t width,
             ValueRange products);
  Value emitMaximum(Value start, Value count, int64_t row, Value m);
  Value emitExponentials(Value count, int64_t row, Value m, Value l);
  void emitSums(Value start, Value count, ValueRange factors);
  void emitSumTile(Value start, Value count, int64_t first, int64_t vectors,
                   ValueRange factors);
  void finish(ValueRange l);

  /// Keys of a tile of scores.
  int64_t tileKeys() const { return std::max<int64_t>(1, accumulators / rows); }
  /// Scores before a block's first, in whole vectors.
  int64_t ahead() const { return llvm::alignTo(tileKeys(), lanes); }
  Value column(Value key) { return add(key, ahead()); }
  /// A row's head; rows beyond the group's last repeat it, and store it again.
  Value head(int64_t row) {
    return add(firstHead, least(add(firstRow, row), constant(each - 1)));
  }
  int64_t widthAt(int64_t feature, int64_t size) const {
    return std::min(lanes, size - feature);
  }
  /// Folds the lanes by halves.
  Value across(Value x, function_ref<Value(Value, Value)> combine);

  int64_t each, rows, tiles, accumulators, block;
  Value scaled, scores, sums;
  // Of the present task:
  Value n, group, query, firstHead, firstRow;
};
} // namespace

void FewQueries::emitTask(Value task) {
  Value rest = task;
  query = takeIndex(rest, queries);
  firstRow = mul(takeIndex(rest, constant(tiles)), rows);
  group = takeIndex(rest, constant(groups));
  n = rest;
  firstHead = mul(group, each);
  scaleQueries();
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < e; i += lanes)
      storeScratch(splat(0), sums, constant(r), constant(i));
  Value end = endOfKeys(query);
  Values carried(rows, scalar(-INFINITY));
  carried.append(rows, scalar(0));
  carried = loop(constant(0), end, block, carried,
                 [&](Value start, ValueRange carried) {
                   return emitBlock(start, end, carried);
                 });
  finish(ValueRange(carried).drop_front(rows));
}

void FewQueries::scaleQueries() {
  Value scale = splat(op.getScale().convertToDouble());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < d; i += lanes) {
      Value x = loadLanes(op.getQuery(), {n, query, add(mul(head(r), d), i)},
                          widthAt(i, d));
      storeScratch(fmul(x, scale), scaled, constant(r), constant(i));
    }
}

SmallVector<Value> FewQueries::emitBlock(Value start, Value end,
                                         ValueRange carried) {
  Value count = least(sub(end, start), constant(block));
  emitScores(start, count);
  Values m, l, factors;
  for (int64_t r = 0; r < rows; ++r) {
    Value before = carried[r], greatest = emitMaximum(start, count, r, before);
    Value factor = math::ExpOp::create(b, subtractMaximum(before, greatest));
    m.push_back(greatest);
    factors.push_back(factor);
    l.push_back(
        emitExponentials(count, r, greatest, fmul(carried[rows + r], factor)));
  }
  emitSums(start, count, factors);
  m.append(l);
  return m;
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

void FewQueries::emitScores(Value start, Value count) {
  // The last keys are reached from the end: some twice, none beyond.
  auto emitTiles = [&](int64_t tile) {
    Value last = sub(keys, constant(tile));
    loop(constant(0), count, tile, [&](Value i) {
      Value first = least(add(start, i), last);
      emitScoreTile(first, column(sub(first, start)), tile);
    });
  };
  int64_t known = cast<MemRefType>(op.getKey().getType()).getDimSize(1);
  if (!ShapedType::isDynamic(known))
    return emitTiles(std::min(known, tileKeys()));
  Value isEnough = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, keys,
                                         constant(tileKeys()));
  auto choice = scf::IfOp::create(b, isEnough, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  emitTiles(tileKeys());
  b.setInsertionPointToStart(choice.elseBlock());
  emitTiles(1);
}

/// Adds the products of one vector of features to those of the tile.
SmallVector<Value> FewQueries::dot(Value first, int64_t count, Value feature,
                                   int64_t width, ValueRange products) {
  Values key, next;
  for (int64_t k = 0; k < count; ++k)
    key.push_back(loadLanes(
        op.getKey(), {n, add(first, k), add(mul(group, d), feature)}, width));
  for (int64_t r = 0; r < rows; ++r) {
    Value x = loadScratch(scaled, constant(r), feature);
    for (Value y : key)
      next.push_back(fma(x, y, products[next.size()]));
  }
  return next;
}

void FewQueries::emitScoreTile(Value first, Value column, int64_t count) {
  Values products(rows * count, splat(0));
  int64_t whole = d / lanes * lanes;
  if (whole)
    products = loop(constant(0), constant(whole), lanes, products,
                    [&](Value feature, ValueRange products) {
                      return dot(first, count, feature, lanes, products);
                    });
  if (whole < d)
    products = dot(first, count, constant(whole), d - whole, products);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t k = 0; k < count; ++k) {
      Value sum = across(products[r * count + k],
                         [&](Value x, Value y) { return fadd(x, y); });
      memref::StoreOp::create(b, sum, scores,
                              ValueRange{constant(r), add(column, k)});
    }
}

Value FewQueries::across(Value x, function_ref<Value(Value, Value)> combine) {
  for (int64_t half = lanes / 2; half > 0; half /= 2) {
    auto low = llvm::to_vector(llvm::seq<int64_t>(0, half));
    auto high = llvm::to_vector(llvm::seq<int64_t>(half, 2 * half));
    x = combine(vector::ShuffleOp::create(b, x, x, low),
                vector::ShuffleOp::create(b, x, x, high));
  }
  return vector::ExtractOp::create(b, x, 0);
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// Adds the bias to a row's scores, sets those beyond the block's keys to -inf,
/// and returns the greatest.
Value FewQueries::emitMaximum(Value start, Value count, int64_t row, Value m) {
  auto maskType = VectorType::get(lanes, b.getI1Type());
  Value none = splat(-INFINITY), bias = op.getBias(), at = constant(row);
  Values place;
  if (bias)
    place = {stretch(0, n), stretch(1, head(row)), stretch(2, query)};
  Values folded =
      loop(constant(0), count, lanes, {none}, [&](Value i, ValueRange folded) {
        Value mask = vector::CreateMaskOp::create(b, maskType, sub(count, i));
        Value x = loadScratch(scores, at, column(i));
        if (bias) {
          Values from = place;
          from.push_back(stretch(3, add(start, i)));
          x = fadd(x, stretches(3) ? broadcast(load(bias, from))
                                   : loadLanes(bias, from, mask));
        }
        x = arith::SelectOp::create(b, mask, x, none);
        storeScratch(x, scores, at, column(i));
        return Values{greater(x, folded[0])};
      });
  Value greatest =
      across(folded[0], [&](Value x, Value y) { return greater(x, y); });
  return greater(greatest, m);
}

Value FewQueries::emitExponentials(Value count, int64_t row, Value m, Value l) {
  Value maximum = broadcast(m), at = constant(row);
  Values folded = loop(
      constant(0), count, lanes, {splat(0)}, [&](Value i, ValueRange folded) {
        Value x = loadScratch(scores, at, column(i));
        Value p = math::ExpOp::create(b, subtractMaximum(x, maximum));
        storeScratch(p, scores, at, column(i));
        return Values{fadd(folded[0], p)};
      });
  return fadd(l,
              across(folded[0], [&](Value x, Value y) { return fadd(x, y); }));
}

//===----------------------------------------------------------------------===//
// Weighted values
//===----------------------------------------------------------------------===//

void FewQueries::emitSums(Value start, Value count, ValueRange factors) {
  int64_t vectors = llvm::divideCeil(e, lanes), most = tileKeys();
  for (int64_t i = 0; i < vectors; i += most)
    emitSumTile(start, count, i * lanes, std::min(most, vectors - i), factors);
}

void FewQueries::emitSumTile(Value start, Value count, int64_t first,
                             int64_t vectors, ValueRange factors) {
  auto featureOf = [&](int64_t v) { return first + v * lanes; };
  Values carried;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t v = 0; v < vectors; ++v)
      carried.push_back(
          fmul(loadScratch(sums, constant(r), constant(featureOf(v))),
               broadcast(factors[r])));
  carried =
      loop(constant(0), count, 1, carried, [&](Value i, ValueRange carried) {
        Values values, next;
        for (int64_t v = 0; v < vectors; ++v)
          values.push_back(
              loadLanes(op.getValue(),
                        {n, add(start, i), add(mul(group, e), featureOf(v))},
                        widthAt(featureOf(v), e)));
        for (int64_t r = 0; r < rows; ++r) {
          Value weight = broadcast(memref::LoadOp::create(
              b, scores, ValueRange{constant(r), column(i)}));
          for (Value value : values)
            next.push_back(fma(weight, value, carried[next.size()]));
        }
        return next;
      });
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t v = 0; v < vectors; ++v)
      storeScratch(carried[r * vectors + v], sums, constant(r),
                   constant(featureOf(v)));
}

void FewQueries::finish(ValueRange l) {
  for (int64_t r = 0; r < rows; ++r) {
    Value inverse = broadcast(invert(l[r]));
    for (int64_t i = 0; i < e; i += lanes)
      storeLanes(fmul(loadScratch(sums, constant(r), constant(i)), inverse),
                 op.getInitOutput(), {n, query, add(mul(head(r), e), i)},
                 widthAt(i, e));
  }
}

void mlir::lathe::kernel::emitFewQueries(AttentionOp op,
                                         const KernelTarget &target,
                                         bool parallel, OpBuilder &builder) {
  FewQueries(op, target, builder).emit(parallel);
}
