//===- AttentionManyQueries.cpp - Attention with lanes along the queries --===//
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
/// A task is a tile of `vectors` x `lanes` queries of one head. Lanes beyond
/// the last query repeat it, and store it again: no lane needs a mask.
class ManyQueries : public AttentionEmitter {
public:
  ManyQueries(AttentionOp op, const KernelTarget &target, OpBuilder &builder)
      : AttentionEmitter(op, target, builder) {
    int64_t known = cast<MemRefType>(op.getQuery().getType()).getDimSize(1);
    bool isOne = !ShapedType::isDynamic(known) && known <= lanes;
    vectors = isOne ? 1 : 2;
    width = vectors * lanes;
    // One register for the broadcast element, one for each vector read.
    mostRows = (target.registers - 1 - vectors) / vectors;
    // A block of scores takes half of the first-level cache.
    block = std::max(lanes, target.cacheBytes / 2 / (width * 4));
  }

private:
  Value countTasks() override {
    tiles = b.createOrFold<arith::CeilDivUIOp>(queries, constant(width));
    return b.createOrFold<arith::MulIOp>(mul(batch, heads), tiles);
  }
  int64_t workPerKey() override { return width * (d + e); }

  void allocateAll() override {
    turned = allocate(d, width);
    // The last rows of keys are reached from the end, so that rows before the
    // block's first are written too, and biases by whole vectors.
    scores = allocate(mostRows + block + lanes, width);
    sums = allocate(e, width);
  }

  void emitTask(Value task) override;
  void turnQueries();
  Values emitBlock(Value start, Value end, ValueRange m, ValueRange l);
  void emitScores(Value start, Value count);
  void emitScoreRows(Value first, Value row, int64_t rows);
  void addBias(Value start, Value count);
  void addTurnedBias(Value start, Value count);
  Values emitMaximum(Value start, Value count, ValueRange m);
  Values emitExponentials(Value count, ValueRange m, ValueRange l);
  void emitSums(Value start, Value count, ValueRange factors);
  void emitSumRows(Value start, Value count, Value first, int64_t rows,
                   ValueRange factors);
  void finish(ValueRange l);

  /// The lane's query: the last one in lanes beyond it.
  Value query(int64_t lane) {
    return least(add(firstQuery, lane), sub(queries, constant(1)));
  }
  Value column(int64_t vector) { return constant(vector * lanes); }
  /// The scores' row of a block's key.
  Value row(Value key) { return add(key, mostRows); }

  int64_t vectors, width, mostRows, block;
  Value tiles, turned, scores, sums;
  // Of the present task:
  Value n, head, keyFeature, valueFeature, firstQuery;
  /// In each lane the last key that its query sees, where attention is causal.
  Values limits;
};
} // namespace

void ManyQueries::emitTask(Value task) {
  Value rest = task;
  firstQuery = mul(takeIndex(rest, tiles), width);
  head = takeIndex(rest, constant(heads));
  n = rest;
  Value group = divide(head, heads / groups);
  keyFeature = mul(group, d);
  valueFeature = mul(group, e);
  turnQueries();
  loop(constant(0), constant(e), 1, [&](Value i) {
    for (int64_t v = 0; v < vectors; ++v)
      storeScratch(splat(0), sums, i, column(v));
  });
  limits.clear();
  if (op.getCausal()) {
    auto type = VectorType::get(lanes, b.getI32Type());
    Value ahead = sub(keys, queries);
    for (int64_t v = 0; v < vectors; ++v) {
      Values places;
      for (int64_t i = 0; i < lanes; ++i)
        places.push_back(arith::IndexCastOp::create(
            b, b.getI32Type(), add(query(v * lanes + i), ahead)));
      limits.push_back(vector::FromElementsOp::create(b, type, places));
    }
  }
  Value end = endOfKeys(query(width - 1));
  Values carried(vectors, splat(-INFINITY));
  carried.append(vectors, splat(0));
  carried = loop(constant(0), end, block, carried,
                 [&](Value start, ValueRange carried) {
                   return emitBlock(start, end, carried.take_front(vectors),
                                    carried.drop_front(vectors));
                 });
  finish(ValueRange(carried).drop_front(vectors));
}

void ManyQueries::turnQueries() {
  Value scale = splat(op.getScale().convertToDouble());
  Value feature = mul(head, d);
  auto turnPart = [&](Value first, int64_t count) {
    for (int64_t v = 0; v < vectors; ++v) {
      Values rows;
      for (int64_t i = 0; i < lanes; ++i)
        rows.push_back(fmul(
            loadLanes(op.getQuery(),
                      {n, query(v * lanes + i), add(feature, first)}, count),
            scale));
      rows = transpose(rows);
      for (int64_t i = 0; i < count; ++i)
        storeScratch(rows[i], turned, add(first, i), column(v));
    }
  };
  int64_t whole = d / lanes * lanes;
  if (whole)
    loop(constant(0), constant(whole), lanes,
         [&](Value first) { turnPart(first, lanes); });
  if (whole < d)
    turnPart(constant(whole), d - whole);
}

SmallVector<Value> ManyQueries::emitBlock(Value start, Value end, ValueRange m,
                                          ValueRange l) {
  Value count = least(sub(end, start), constant(block));
  emitScores(start, count);
  if (op.getBias())
    addBias(start, count);
  Values greatest = emitMaximum(start, count, m), factors, scaled;
  for (int64_t v = 0; v < vectors; ++v) {
    factors.push_back(
        math::ExpOp::create(b, subtractMaximum(m[v], greatest[v])));
    scaled.push_back(fmul(l[v], factors[v]));
  }
  Values next = greatest;
  next.append(emitExponentials(count, greatest, scaled));
  emitSums(start, count, factors);
  return next;
}

void ManyQueries::emitScores(Value start, Value count) {
  // The last rows of keys are reached from the end: some twice, none beyond.
  auto emitTiles = [&](int64_t rows) {
    Value last = sub(keys, constant(rows));
    loop(constant(0), count, rows, [&](Value i) {
      Value first = least(add(start, i), last);
      emitScoreRows(first, row(sub(first, start)), rows);
    });
  };
  int64_t known = cast<MemRefType>(op.getKey().getType()).getDimSize(1);
  if (!ShapedType::isDynamic(known))
    return emitTiles(std::min(known, mostRows));
  Value isEnough = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, keys,
                                         constant(mostRows));
  auto choice = scf::IfOp::create(b, isEnough, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  emitTiles(mostRows);
  b.setInsertionPointToStart(choice.elseBlock());
  emitTiles(1);
}

void ManyQueries::emitScoreRows(Value first, Value row, int64_t rows) {
  Values products(rows * vectors, splat(0));
  products = loop(
      constant(0), constant(d), 1, products, [&](Value i, ValueRange products) {
        Values elements, next;
        for (int64_t v = 0; v < vectors; ++v)
          elements.push_back(loadScratch(turned, i, column(v)));
        for (int64_t r = 0; r < rows; ++r) {
          Value key = broadcast(
              load(op.getKey(), {n, add(first, r), add(keyFeature, i)}));
          for (Value element : elements)
            next.push_back(fma(element, key, products[next.size()]));
        }
        return next;
      });
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t v = 0; v < vectors; ++v)
      storeScratch(products[r * vectors + v], scores, add(row, r), column(v));
}

void ManyQueries::addBias(Value start, Value count) {
  Value bias = op.getBias();
  Value atBatch = stretch(0, n), atHead = stretch(1, head);
  if (!stretches(2) && !stretches(3))
    return addTurnedBias(start, count);
  Values perQuery;
  if (!stretches(2))
    for (int64_t v = 0; v < vectors; ++v) {
      Values elements;
      for (int64_t i = 0; i < lanes; ++i)
        elements.push_back(
            load(bias, {atBatch, atHead, query(v * lanes + i), constant(0)}));
      perQuery.push_back(
          vector::FromElementsOp::create(b, vectorType(), elements));
    }
  loop(constant(0), count, 1, [&](Value i) {
    Value shared;
    if (perQuery.empty())
      shared = broadcast(load(
          bias, {atBatch, atHead, constant(0), stretch(3, add(start, i))}));
    for (int64_t v = 0; v < vectors; ++v) {
      Value x = loadScratch(scores, row(i), column(v));
      x = fadd(x, perQuery.empty() ? shared : perQuery[v]);
      storeScratch(x, scores, row(i), column(v));
    }
  });
}

/// A bias of its own for each query and key: squares of it are transposed.
void ManyQueries::addTurnedBias(Value start, Value count) {
  auto maskType = VectorType::get(lanes, b.getI1Type());
  loop(constant(0), count, lanes, [&](Value i) {
    Value mask = vector::CreateMaskOp::create(b, maskType, sub(count, i));
    for (int64_t v = 0; v < vectors; ++v) {
      Values rows;
      for (int64_t lane = 0; lane < lanes; ++lane)
        rows.push_back(loadLanes(op.getBias(),
                                 {stretch(0, n), stretch(1, head),
                                  query(v * lanes + lane), add(start, i)},
                                 mask));
      for (auto [at, x] : llvm::enumerate(transpose(rows))) {
        Value place = row(add(i, at));
        Value sum = fadd(loadScratch(scores, place, column(v)), x);
        storeScratch(sum, scores, place, column(v));
      }
    }
  });
}

SmallVector<Value> ManyQueries::emitMaximum(Value start, Value count,
                                            ValueRange m) {
  return loop(constant(0), count, 1, m, [&](Value i, ValueRange m) {
    Value key;
    if (op.getCausal())
      key = vector::BroadcastOp::create(
          b, limits[0].getType(),
          arith::IndexCastOp::create(b, b.getI32Type(), add(start, i)));
    Values next;
    for (int64_t v = 0; v < vectors; ++v) {
      Value x = loadScratch(scores, row(i), column(v));
      if (key) {
        Value isSeen =
            arith::CmpIOp::create(b, arith::CmpIPredicate::sle, key, limits[v]);
        x = arith::SelectOp::create(b, isSeen, x, splat(-INFINITY));
        storeScratch(x, scores, row(i), column(v));
      }
      next.push_back(greater(x, m[v]));
    }
    return next;
  });
}

SmallVector<Value> ManyQueries::emitExponentials(Value count, ValueRange m,
                                                 ValueRange l) {
  return loop(constant(0), count, 1, l, [&](Value i, ValueRange l) {
    Values next;
    for (int64_t v = 0; v < vectors; ++v) {
      Value x = loadScratch(scores, row(i), column(v));
      Value p = math::ExpOp::create(b, subtractMaximum(x, m[v]));
      storeScratch(p, scores, row(i), column(v));
      next.push_back(fadd(l[v], p));
    }
    return next;
  });
}

void ManyQueries::emitSums(Value start, Value count, ValueRange factors) {
  // Tiles of about the same number of rows.
  int64_t rows = llvm::divideCeil(e, llvm::divideCeil(e, mostRows));
  int64_t whole = e / rows * rows;
  loop(constant(0), constant(whole), rows,
       [&](Value first) { emitSumRows(start, count, first, rows, factors); });
  if (whole < e)
    emitSumRows(start, count, constant(whole), e - whole, factors);
}

void ManyQueries::emitSumRows(Value start, Value count, Value first,
                              int64_t rows, ValueRange factors) {
  Values accumulators;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t v = 0; v < vectors; ++v)
      accumulators.push_back(
          fmul(loadScratch(sums, add(first, r), column(v)), factors[v]));
  accumulators =
      loop(constant(0), count, 1, accumulators,
           [&](Value i, ValueRange accumulators) {
             Values weights, next;
             for (int64_t v = 0; v < vectors; ++v)
               weights.push_back(loadScratch(scores, row(i), column(v)));
             for (int64_t r = 0; r < rows; ++r) {
               Value value = broadcast(
                   load(op.getValue(),
                        {n, add(start, i), add(add(valueFeature, first), r)}));
               for (Value weight : weights)
                 next.push_back(fma(weight, value, accumulators[next.size()]));
             }
             return next;
           });
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t v = 0; v < vectors; ++v)
      storeScratch(accumulators[r * vectors + v], sums, add(first, r),
                   column(v));
}

void ManyQueries::finish(ValueRange l) {
  Values inverses = llvm::map_to_vector(l, [&](Value l) { return invert(l); });
  Value feature = mul(head, e);
  auto storePart = [&](Value first, int64_t count) {
    for (int64_t v = 0; v < vectors; ++v) {
      Values rows(lanes, splat(0));
      for (int64_t i = 0; i < count; ++i)
        rows[i] =
            fmul(loadScratch(sums, add(first, i), column(v)), inverses[v]);
      for (auto [i, x] : llvm::enumerate(transpose(rows)))
        storeLanes(x, op.getInitOutput(),
                   {n, query(v * lanes + i), add(feature, first)}, count);
    }
  };
  int64_t whole = e / lanes * lanes;
  if (whole)
    loop(constant(0), constant(whole), lanes,
         [&](Value first) { storePart(first, lanes); });
  if (whole < e)
    storePart(constant(whole), e - whole);
}

void mlir::lathe::kernel::emitManyQueries(AttentionOp op,
                                          const KernelTarget &target,
                                          bool parallel, OpBuilder &builder) {
  ManyQueries(op, target, builder).emit(parallel);
}
