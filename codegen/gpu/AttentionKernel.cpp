//===- AttentionKernel.cpp - Attention as a kernel for devices ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A workgroup has a tile of the rows of one head of keys and values:
//
//   image, head of keys, row tile = digits of group
//   m = -inf, l = 0, sums = 0
//   for blocks of keys that a row of the tile sees
//     scores = 0
//     for parts of the features
//       barrier; stage the part of queries and keys in shared memory; barrier
//       scores += queries · keys
//     m' = max(m, max of scores), the lanes' maxima combined in a tree
//     p = exp(scores - m'), in shared memory; barrier
//     a = exp(m - m'), l = a l + sum of p, sums = a sums + p · values
//   if several invocations share the keys of a sum, add theirs up
//   output = sums / l
//
// m and l of a row are the same in all of its lanes, but that lanes with parts
// of the keys of a block have parts of l. What lies beyond the last row is that
// row once more, and not stored; a key beyond the last has the score -inf.
// Workgroups that share the keys of a tile have a part of them each, and give
// m, l and sums, which another kernel combines (AttentionParts.cpp). Tiles of
// few rows have a kernel of their own where lanes exchange what they have
// (AttentionRowsKernel.cpp).
// Values are read once by each of `rowLanes` invocations, neighbours reading
// neighbours, and so are not staged.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/AttentionKernel.h"
#include "codegen/gpu/AttentionTile.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe::kernel;

namespace {
class AttentionWriter final : public AttentionTile {
public:
  using AttentionTile::AttentionTile;

private:
  void writeGroup(Value group) override;
  void findPlace();

  Values writeBlock(Value first, Value end, ValueRange carried);
  Values writeScores(Value first);
  void stage(Value first, Value feature);
  Values maskScores(Value first, ValueRange scores);
  Values combineMaxima(ValueRange maxima);
  void writeWeights(ValueRange scores, ValueRange maxima);
  Values writeSums(Value first, Value end, ValueRange carried);
  void writeResults(ValueRange maxima, ValueRange sums);
  void storeRows(ValueRange maxima, ValueRange sums);
  /// Calls `body` with the features of the invocation and their numbers.
  void forFeatures(function_ref<void(Value feature, int64_t j)> body);

  int64_t rowNumber(int64_t i) const { return i * plan.rowLanes; }
  Value lanePlace(const Row &row, Value lane) {
    return add(multiply(row.inTile, plan.keyLanes), lane);
  }
  Value queryPlace(Value feature, Value row) {
    return add(add(multiply(feature, plan.getRowStride()), row),
               plan.countLaneNumbers());
  }
  Value keyPlace(Value feature, Value key) {
    return add(add(multiply(feature, plan.getKeyStride()), key),
               plan.countLaneNumbers() + plan.depth * plan.getRowStride());
  }
  Value weightPlace(const Row &row, Value key) {
    return add(add(multiply(row.inTile, plan.getKeyStride()), key),
               plan.countLaneNumbers());
  }

  Value rowLane, keyLane, featureLane, keyPart;
  SmallVector<Row> rows; ///< Of the invocation.
};
} // namespace

void AttentionWriter::findPlace() {
  Value rest = thread;
  keyLane = takeIndex(rest, constant(plan.keyLanes));
  rowLane = rest;
  rest = keyLane;
  featureLane = takeIndex(rest, constant(plan.featureLanes));
  keyPart = rest;
  for (int64_t i = 0; i < plan.rowsEach; ++i)
    rows.push_back(rowAt(add(rowLane, rowNumber(i))));
}

void AttentionWriter::writeGroup(Value group) {
  findTile(group);
  findPlace();
  shared = addShared(plan.countShared(), b.getF32Type());
  Values carried(plan.rowsEach, number(-INFINITY));
  carried.append(plan.rowsEach * (1 + plan.featuresEach), number(0));
  Value end = endOfTile();
  carried = loop(firstKey, end, plan.getKeys(), carried,
                 [&](Value first, ValueRange carried) {
                   return writeBlock(first, end, carried);
                 });
  writeResults(ValueRange(carried).take_front(plan.rowsEach),
               ValueRange(carried).drop_front(plan.rowsEach));
}

//===----------------------------------------------------------------------===//
// A block of keys
//===----------------------------------------------------------------------===//

/// Takes and gives the maximum of each row, then the sum of weights of each
/// row, then the sums of values, row by row.
SmallVector<Value> AttentionWriter::writeBlock(Value first, Value end,
                                               ValueRange carried) {
  ValueRange before = carried.take_front(plan.rowsEach);
  Values scores = maskScores(first, writeScores(first)), maxima;
  for (int64_t i = 0; i < plan.rowsEach; ++i) {
    Value most = scores[i * plan.keysEach];
    for (int64_t j = 1; j < plan.keysEach; ++j)
      most = greater(scores[i * plan.keysEach + j], most);
    maxima.push_back(most);
  }
  maxima = combineMaxima(maxima);
  for (auto [maximum, old] : llvm::zip(maxima, before))
    maximum = greater(maximum, old);
  writeWeights(scores, maxima);
  Values next = maxima, scaled;
  for (auto [i, x] : llvm::enumerate(carried.drop_front(plan.rowsEach))) {
    int64_t row =
        i < size_t(plan.rowsEach) ? i : (i - plan.rowsEach) / plan.featuresEach;
    scaled.push_back(fmul(x, exponential(before[row], maxima[row])));
  }
  barrier();
  next.append(writeSums(first, end, scaled));
  return next;
}

SmallVector<Value> AttentionWriter::writeScores(Value first) {
  Values scores(plan.rowsEach * plan.keysEach, number(0));
  return loop(
      constant(0), constant(d), plan.depth, scores,
      [&](Value feature, ValueRange scores) {
        barrier();
        stage(first, feature);
        barrier();
        Value count = constant(plan.depth);
        if (d % plan.depth)
          count = least(count, subtract(constant(d), feature));
        return loop(
            constant(0), count, 1, scores, [&](Value step, ValueRange scores) {
              Values ofRows, ofKeys, next;
              Value query = queryPlace(step, rowLane);
              for (int64_t i = 0; i < plan.rowsEach; ++i)
                ofRows.push_back(loadShared(add(query, rowNumber(i))));
              Value key = keyPlace(step, keyLane);
              for (int64_t j = 0; j < plan.keysEach; ++j)
                ofKeys.push_back(loadShared(add(key, j * plan.keyLanes)));
              for (Value x : ofRows)
                for (Value y : ofKeys)
                  next.push_back(fma(x, y, scores[next.size()]));
              return next;
            });
      });
}

/// Stores a part of the features of all rows, scaled, and of the block's keys.
/// Those beyond the last are the last one once more, and not read.
void AttentionWriter::stage(Value first, Value feature) {
  auto featureAt = [&](Value step) {
    Value at = add(feature, step);
    return d % plan.depth ? least(at, constant(d - 1)) : at;
  };
  Value depth = constant(plan.depth);
  share(plan.getRows() * plan.depth, plan.getWorkgroupSize(), [&](Value i) {
    Value rest = i, step = takeIndex(rest, depth);
    Row row = rowAt(rest);
    Value at = add(multiply(row.head, d), featureAt(step));
    Value x = loadNumber(op.getQuery(), {n, row.query, at});
    x = fmul(x, number(op.getScale().convertToDouble()));
    storeShared(x, queryPlace(step, rest));
  });
  share(plan.getKeys() * plan.depth, plan.getWorkgroupSize(), [&](Value i) {
    Value rest = i, step = takeIndex(rest, depth);
    Value key = least(add(first, rest), lastKey());
    Value at = add(multiply(group, d), featureAt(step));
    storeShared(loadNumber(op.getKey(), {n, key, at}), keyPlace(step, rest));
  });
}

/// Adds the bias, and makes -inf of what a row does not see.
SmallVector<Value> AttentionWriter::maskScores(Value first, ValueRange scores) {
  Values masked;
  for (const Row &row : rows)
    for (int64_t j = 0; j < plan.keysEach; ++j) {
      Value score = scores[masked.size()];
      Value key = add(add(first, keyLane), j * plan.keyLanes);
      score = addBias(score, row, key);
      masked.push_back(select(isLess(key, row.end), score, number(-INFINITY)));
    }
  return masked;
}

/// The greatest of each row, in all of its lanes.
SmallVector<Value> AttentionWriter::combineMaxima(ValueRange maxima) {
  // So many an invocation reads without waiting for others.
  constexpr int64_t together = 8;
  for (auto [row, maximum] : llvm::zip(rows, maxima))
    storeShared(maximum, lanePlace(row, keyLane));
  int64_t left = plan.keyLanes;
  for (; left > together; left /= 2) {
    barrier();
    onlyIf(isLess(keyLane, constant(left / 2)), [&] {
      for (const Row &row : rows) {
        Value place = lanePlace(row, keyLane);
        storeShared(
            greater(loadShared(add(place, left / 2)), loadShared(place)),
            place);
      }
    });
  }
  barrier();
  Values greatest;
  for (const Row &row : rows) {
    Value most = loadShared(lanePlace(row, constant(0)));
    for (int64_t lane = 1; lane < left; ++lane)
      most = greater(loadShared(lanePlace(row, constant(lane))), most);
    greatest.push_back(most);
  }
  return greatest;
}

/// Stores the weights over what was staged, which all have read before they
/// told their maxima.
void AttentionWriter::writeWeights(ValueRange scores, ValueRange maxima) {
  for (auto [i, row] : llvm::enumerate(rows))
    for (int64_t j = 0; j < plan.keysEach; ++j)
      storeShared(exponential(scores[i * plan.keysEach + j], maxima[i]),
                  weightPlace(row, add(keyLane, j * plan.keyLanes)));
}

/// Adds the weights of the invocation's part of the block, and the values by
/// them.
SmallVector<Value> AttentionWriter::writeSums(Value first, Value end,
                                              ValueRange carried) {
  int64_t parts = plan.getKeyParts();
  Value count = least(subtract(end, first), constant(plan.getKeys()));
  Value rounds = divide(add(count, parts - 1), constant(parts));
  return loop(constant(0), rounds, 1, carried,
              [&](Value round, ValueRange carried) {
                Value inBlock = add(multiply(round, parts), keyPart);
                Value key = least(add(first, inBlock), lastKey());
                Values weights, values, next;
                for (const Row &row : rows)
                  weights.push_back(loadShared(weightPlace(row, inBlock)));
                for (int64_t j = 0; j < plan.featuresEach; ++j) {
                  Value feature = add(featureLane, j * plan.featureLanes);
                  if (e % plan.featureLanes)
                    feature = least(feature, constant(e - 1));
                  Value at = add(multiply(group, e), feature);
                  values.push_back(loadNumber(op.getValue(), {n, key, at}));
                }
                for (Value weight : weights)
                  next.push_back(fadd(carried[next.size()], weight));
                for (Value weight : weights)
                  for (Value value : values)
                    next.push_back(fma(weight, value, carried[next.size()]));
                return next;
              });
}

//===----------------------------------------------------------------------===//
// The result
//===----------------------------------------------------------------------===//

/// `sums` has the sum of weights of each row, then the sums of values, row by
/// row.
void AttentionWriter::writeResults(ValueRange maxima, ValueRange sums) {
  int64_t keyParts = plan.getKeyParts();
  if (keyParts == 1)
    return storeRows(maxima, sums);
  auto place = [&](int64_t i, int64_t part) {
    return add(thread, plan.countLaneNumbers() + i * plan.getWorkgroupSize() +
                           part * plan.featureLanes);
  };
  barrier();
  for (auto [i, sum] : llvm::enumerate(sums))
    storeShared(sum, place(i, 0));
  barrier();
  onlyIf(isLess(keyPart, constant(1)), [&] {
    Values totals;
    for (int64_t i = 0; i < int64_t(sums.size()); ++i) {
      Value total = loadShared(place(i, 0));
      for (int64_t part = 1; part < keyParts; ++part)
        total = fadd(total, loadShared(place(i, part)));
      totals.push_back(total);
    }
    storeRows(maxima, totals);
  });
}

void AttentionWriter::storeRows(ValueRange maxima, ValueRange sums) {
  Value count = multiply(queries, each);
  for (auto [i, row] : llvm::enumerate(rows))
    onlyIf(isLess(row.number, count), [&] {
      ValueRange ofRow =
          sums.slice(plan.rowsEach + i * plan.featuresEach, plan.featuresEach);
      if (isPart)
        onlyIf(isLess(featureLane, constant(1)),
               [&] { storePart(row, maxima[i], sums[i]); });
      Value inverse = isPart ? Value() : invert(sums[i]);
      forFeatures([&](Value feature, int64_t j) {
        if (isPart)
          storePartSum(row, feature, ofRow[j]);
        else
          storeResult(row, feature, ofRow[j], inverse);
      });
    });
}

void AttentionWriter::forFeatures(
    function_ref<void(Value feature, int64_t j)> body) {
  for (int64_t j = 0; j < plan.featuresEach; ++j) {
    Value feature = add(featureLane, j * plan.featureLanes);
    onlyIf(isLess(feature, constant(e)), [&] { body(feature, j); });
  }
}

static std::unique_ptr<KernelFrame> createWriter(AttentionOp op,
                                                 const AttentionPlan &plan,
                                                 bool isPart,
                                                 OpBuilder &builder) {
  if (plan.lanes > 1)
    return createAttentionRowsWriter(op, plan, isPart, builder);
  return std::make_unique<AttentionWriter>(op, plan, isPart, builder);
}

std::unique_ptr<KernelFrame> mlir::lathe::kernel::createAttentionWriter(
    AttentionOp op, const AttentionPlan &plan, OpBuilder &builder) {
  return createWriter(op, plan, /*isPart=*/false, builder);
}

std::unique_ptr<KernelFrame> mlir::lathe::kernel::createPartsWriter(
    AttentionOp op, const AttentionPlan &plan, OpBuilder &builder) {
  return createWriter(op, plan, /*isPart=*/true, builder);
}
