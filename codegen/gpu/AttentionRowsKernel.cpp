//===- AttentionRowsKernel.cpp - Attention of few rows on devices ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A token's queries are few rows, and what takes the time is how often memory
// is waited for. A workgroup has a tile of the rows, and its subgroups every so
// manieth key each, for which they need none of the others:
//
//   queries of the lane's features, in registers
//   m = -inf, l = 0, sums = 0
//   for blocks of keys that a row of the tile sees
//     load the lane's features of the subgroup's keys and of their values
//     products = queries · keys, added up over lanes: lane i gets score i
//     m' = max(m, max of the row's scores), among the lanes that have these
//     p = exp(score - m'), a = exp(m - m'), l = a l + p
//     sums = a sums + p · values, p and a from the lanes that have them
//   m, l and sums in shared memory; barrier
//   M = max of m, output = sum of exp(m - M) sums / sum of exp(m - M) l
//
// Score i is that of row i / keysEach and of key i % keysEach of the
// subgroup's; lanes beyond the last score have the same ones again. What lies
// beyond the last row, key or feature is as in AttentionKernel.cpp. Parts of
// the keys are combined by the same kernel, too (AttentionParts.cpp).
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/AttentionKernel.h"
#include "codegen/gpu/AttentionTile.h"
#include "codegen/gpu/KernelUses.h"
#include "codegen/gpu/Neighbours.h"
#include "dialect/Shape.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

static constexpr int64_t lanes = DeviceTarget::subgroupSize;

/// How many neighbouring features of a row of `width` a lane loads at once: as
/// many as leave none idle, where they lie in pieces of memory.
static int64_t countTogether(Value memref, int64_t width) {
  auto type = cast<MemRefType>(memref.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  int64_t each = getElementBytes(getElementTypeOrSelf(memref));
  for (int64_t bytes : copiedBytes) {
    int64_t count = bytes / each;
    // What is dynamic of a whole buffer's strides are multiples of a row.
    auto isPiece = [&](int64_t stride) {
      return ShapedType::isDynamic(stride) ? type.getLayout().isIdentity()
                                           : stride % count == 0;
    };
    if (strides.back() == 1 && width % (lanes * count) == 0 &&
        llvm::all_of(ArrayRef(strides).drop_back(), isPiece) &&
        alignmentOf(memref) % bytes == 0)
      return count;
  }
  return 1;
}

namespace {
class RowsWriter final : public AttentionTile {
public:
  RowsWriter(AttentionOp op, const AttentionPlan &plan, bool isPart,
             OpBuilder &builder)
      : AttentionTile(op, plan, isPart, builder),
        keyRun(countTogether(op.getKey(), d)),
        valueRun(countTogether(op.getValue(), e)) {}

private:
  void writeGroup(Value group) override;
  Values loadFeatures(Value memref, Value row, Value first, int64_t width,
                      int64_t run);
  Values loadQueries();
  Values writeBlock(Value first, Value end, ValueRange queryFeatures,
                    ValueRange carried);
  Value findScore(Value first, Value end, Values products);
  Values addUpValues(ArrayRef<Values> values, Value weight, Value factor,
                     ValueRange sums);
  void shareResults(Value maximum, Value total, ValueRange sums);
  void combineResults();

  Value exchange(Value x, int64_t by, gpu::ShuffleMode mode) {
    return gpu::ShuffleOp::create(b, x, static_cast<int32_t>(by),
                                  static_cast<int32_t>(lanes), mode)
        .getShuffleResult();
  }
  Value ofLane(Value x, int64_t other) {
    return exchange(x, other, gpu::ShuffleMode::IDX);
  }
  Value ofPartner(Value x, int64_t distance) {
    return exchange(x, distance, gpu::ShuffleMode::XOR);
  }
  Value addUpEach(Values values);

  /// Features of a row that a lane has, by `run` neighbours.
  static int64_t countFeatures(int64_t width, int64_t run) {
    return llvm::divideCeil(width, lanes * run) * run;
  }
  Value featureAt(int64_t i, int64_t run) {
    return add(multiply(lane, run), i / run * run * lanes + i % run);
  }
  int64_t countScores() const { return plan.rowsEach * plan.keysEach; }
  /// The subgroup's key number j in a block that begins at `first`.
  Value keyAt(Value first, Value j) {
    return add(first, add(multiply(j, plan.keyLanes), subgroup));
  }
  /// Where a subgroup shares a row's maximum and total, and its sums behind.
  Value totalPlace(Value subgroup, Value row) {
    return multiply(add(multiply(subgroup, plan.rowsEach), row), 2 + e);
  }

  int64_t keyRun, valueRun;
  Value lane, subgroup;
  Value keyOfScore; ///< Of the lane's score: which of the subgroup's keys,
  Value rowOfScore; ///< and which row of the tile.
};
} // namespace

void RowsWriter::writeGroup(Value workgroup) {
  findTile(workgroup);
  subgroup = thread;
  lane = takeIndex(subgroup, constant(lanes));
  rowOfScore = remainder(lane, constant(countScores()));
  keyOfScore = takeIndex(rowOfScore, constant(plan.keysEach));
  shared = addShared(plan.countShared(), b.getF32Type());
  Values queryFeatures = loadQueries();
  Values carried = {number(-INFINITY), number(0)};
  carried.append(plan.rowsEach * countFeatures(e, valueRun), number(0));
  Value end = endOfTile();
  carried = loop(firstKey, end, plan.getKeys(), carried,
                 [&](Value first, ValueRange carried) {
                   return writeBlock(first, end, queryFeatures, carried);
                 });
  shareResults(carried[0], carried[1], ValueRange(carried).drop_front(2));
  barrier();
  combineResults();
}

//===----------------------------------------------------------------------===//
// Loads
//===----------------------------------------------------------------------===//

/// The lane's features of a row, which begins at `first`, as f32: zeros beyond
/// the last.
SmallVector<Value> RowsWriter::loadFeatures(Value memref, Value row,
                                            Value first, int64_t width,
                                            int64_t run) {
  Values features;
  Type type = getElementTypeOrSelf(memref);
  int64_t together = std::min(run, countTogether(memref, width));
  for (int64_t i = 0; i < countFeatures(width, run); i += together) {
    Value feature = featureAt(i, run), isInside;
    if (width % (lanes * run)) {
      isInside = isLess(feature, constant(width));
      feature = least(feature, constant(width - 1));
    }
    const Buffer &buffer = bufferOf(memref);
    Values at = {n, row, add(first, feature)};
    Values some = together == 1
                      ? Values{load(buffer, at)}
                      : elementsOf(loadRun(buffer, at, together,
                                           together * getElementBytes(type)),
                                   type);
    for (Value x : some) {
      if (!type.isF32())
        x = arith::ExtFOp::create(b, b.getF32Type(), x);
      features.push_back(isInside ? select(isInside, x, number(0)) : x);
    }
  }
  return features;
}

/// Scaled, row by row.
SmallVector<Value> RowsWriter::loadQueries() {
  Values all;
  Value scale = number(op.getScale().convertToDouble());
  for (int64_t i = 0; i < plan.rowsEach; ++i) {
    Row row = rowAt(constant(i));
    for (Value x : loadFeatures(op.getQuery(), row.query, multiply(row.head, d),
                                d, keyRun))
      all.push_back(fmul(x, scale));
  }
  return all;
}

//===----------------------------------------------------------------------===//
// A block of keys
//===----------------------------------------------------------------------===//

/// Takes and gives the maximum of the row of the lane's score, the lane's part
/// of its total, and the sums of the lane's features, row by row.
SmallVector<Value> RowsWriter::writeBlock(Value first, Value end,
                                          ValueRange queryFeatures,
                                          ValueRange carried) {
  SmallVector<Values> ofKeys, values;
  for (int64_t j = 0; j < plan.keysEach; ++j) {
    // Beyond the last key that is seen, that one once more.
    Value key = least(keyAt(first, constant(j)), subtract(end, constant(1)));
    ofKeys.push_back(
        loadFeatures(op.getKey(), key, multiply(group, d), d, keyRun));
    values.push_back(
        loadFeatures(op.getValue(), key, multiply(group, e), e, valueRun));
  }
  int64_t each = countFeatures(d, keyRun);
  Values products;
  for (int64_t i = 0; i < plan.rowsEach; ++i)
    for (const Values &key : ofKeys) {
      Value sum = number(0);
      for (auto [x, y] : llvm::zip(queryFeatures.slice(i * each, each), key))
        sum = fma(x, y, sum);
      products.push_back(sum);
    }
  Value score = findScore(first, end, products);
  Value maximum = score;
  for (int64_t distance = 1; distance < plan.keysEach; distance *= 2)
    maximum = greater(ofPartner(maximum, distance), maximum);
  maximum = greater(maximum, carried[0]);
  Value weight = exponential(score, maximum);
  Value factor = exponential(carried[0], maximum);
  Values next = {maximum, fma(factor, carried[1], weight)};
  next.append(addUpValues(values, weight, factor, carried.drop_front(2)));
  return next;
}

/// The sum over all lanes of value i, in lane i and those that are as far apart
/// as there are values, a power of two. A step halves what each lane has left.
Value RowsWriter::addUpEach(Values values) {
  auto count = static_cast<int64_t>(values.size());
  for (int64_t half = count / 2; half > 0; half /= 2) {
    Value isUpper =
        isLess(constant(half - 1), remainder(lane, constant(2 * half)));
    for (int64_t i = 0; i < half; ++i) {
      Value kept = select(isUpper, values[i + half], values[i]);
      Value given = select(isUpper, values[i], values[i + half]);
      values[i] = fadd(kept, ofPartner(given, half));
    }
  }
  for (int64_t distance = count; distance < lanes; distance *= 2)
    values[0] = fadd(values[0], ofPartner(values[0], distance));
  return values[0];
}

/// The lane's score, with its bias; -inf of what its row does not see.
Value RowsWriter::findScore(Value first, Value end, Values products) {
  Value score = addUpEach(std::move(products));
  Row row = rowAt(rowOfScore);
  Value key = keyAt(first, keyOfScore);
  score = addBias(score, row, key);
  return select(isLess(key, least(row.end, end)), score, number(-INFINITY));
}

SmallVector<Value> RowsWriter::addUpValues(ArrayRef<Values> values,
                                           Value weight, Value factor,
                                           ValueRange sums) {
  Values next;
  for (int64_t i = 0; i < plan.rowsEach; ++i) {
    int64_t firstScore = i * plan.keysEach, each = countFeatures(e, valueRun);
    Value ofRow = ofLane(factor, firstScore);
    Values scaled;
    for (Value sum : sums.slice(i * each, each))
      scaled.push_back(fmul(ofRow, sum));
    for (auto [j, value] : llvm::enumerate(values)) {
      Value ofKey = ofLane(weight, firstScore + j);
      for (auto [sum, x] : llvm::zip(scaled, value))
        sum = fma(ofKey, x, sum);
    }
    next.append(scaled);
  }
  return next;
}

//===----------------------------------------------------------------------===//
// The result
//===----------------------------------------------------------------------===//

void RowsWriter::shareResults(Value maximum, Value total, ValueRange sums) {
  for (int64_t distance = 1; distance < plan.keysEach; distance *= 2)
    total = fadd(total, ofPartner(total, distance));
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, keyOfScore,
                                        constant(0));
  Value isOnly = isLess(lane, constant(countScores()));
  onlyIf(arith::AndIOp::create(b, isFirst, isOnly), [&] {
    Value place = totalPlace(subgroup, rowOfScore);
    storeShared(maximum, place);
    storeShared(total, add(place, 1));
  });
  int64_t each = countFeatures(e, valueRun);
  for (int64_t i = 0; i < plan.rowsEach; ++i)
    for (int64_t j = 0; j < each; ++j) {
      Value feature = featureAt(j, valueRun);
      auto store = [&] {
        Value place = totalPlace(subgroup, constant(i));
        storeShared(sums[i * each + j], add(add(place, 2), feature));
      };
      if (e % (lanes * valueRun) == 0)
        store();
      else
        onlyIf(isLess(feature, constant(e)), store);
    }
}

void RowsWriter::combineResults() {
  Value count = multiply(queries, each);
  share(plan.rowsEach * e, plan.getWorkgroupSize(), [&](Value id) {
    Value inTile = id, feature = takeIndex(inTile, constant(e));
    Row row = rowAt(inTile);
    Values maxima, totals, sums;
    for (int64_t i = 0; i < plan.keyLanes; ++i) {
      Value place = totalPlace(constant(i), inTile);
      maxima.push_back(loadShared(place));
      totals.push_back(loadShared(add(place, 1)));
      sums.push_back(loadShared(add(add(place, 2), feature)));
    }
    Value maximum = maxima.front(), total = number(0), sum = number(0);
    for (Value other : ArrayRef(maxima).drop_front())
      maximum = greater(other, maximum);
    for (auto [m, l, x] : llvm::zip(maxima, totals, sums)) {
      Value factor = exponential(m, maximum);
      total = fma(factor, l, total);
      sum = fma(factor, x, sum);
    }
    onlyIf(isLess(row.number, count), [&] {
      if (!isPart)
        return storeResult(row, feature, sum, invert(total));
      onlyIf(isLess(feature, constant(1)),
             [&] { storePart(row, maximum, total); });
      storePartSum(row, feature, sum);
    });
  });
}

std::unique_ptr<KernelFrame> mlir::lathe::kernel::createAttentionRowsWriter(
    AttentionOp op, const AttentionPlan &plan, bool isPart,
    OpBuilder &builder) {
  return std::make_unique<RowsWriter>(op, plan, isPart, builder);
}
