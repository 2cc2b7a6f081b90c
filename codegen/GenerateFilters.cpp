//===- GenerateFilters.cpp - Writes loops and vectors for spectral filters ===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/FourierEmitter.h"
#include "codegen/NestPlan.h"
#include "codegen/Passes.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

namespace mlir::lathe {
#define GEN_PASS_DEF_GENERATEFILTERS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
/// Writes one filter. A task is an image's channels of a few blocks: its
/// spectrum has a row a frequency, [H · (W/2+1), channels], real and imaginary
/// parts apart, and every step leaves its result in place.
class FilterEmitter : FourierEmitter {
public:
  FilterEmitter(kernel::FrequencyFilterOp op, const KernelTarget &target,
                SymbolTable &symbols, OpBuilder &builder)
      : FourierEmitter(op, target, symbols, builder), op(op) {
    ArrayRef<int64_t> shape =
        cast<MemRefType>(op.getInput().getType()).getShape();
    height = shape[1], width = shape[2];
    half = width / 2 + 1;
    scale = 1 / std::sqrt(static_cast<double>(height * width));
    each = shape[3] / op.getBlocks();
    blocks = op.countTaskBlocks(lanes);
    channels = blocks * each;
    padded = llvm::alignTo(channels, lanes);
  }

  void emit(bool parallel) {
    int64_t groups = op.getBlocks() / blocks;
    Value count = mul(size(op.getInput(), 0), groups);
    int64_t work = height * half * channels * (height + width + 8 * each);
    Value grain = constant(llvm::divideCeil(leastWorkPerThread, work));
    auto allocateAll = [&] {
      re = allocate(height * half, padded);
      im = allocate(height * half, padded);
      allocateLines({{FourierKind::realForward, width},
                     {FourierKind::forward, height},
                     {FourierKind::inverse, height},
                     {FourierKind::realInverse, width}});
      hidden = allocate(2 * tilePositions(), llvm::alignTo(each, lanes));
    };
    forTasks(count, grain, parallel, allocateAll, [&](Value task) {
      n = divide(task, groups);
      firstBlock = mul(sub(task, mul(n, groups)), blocks);
      firstChannel = mul(firstBlock, each);
      transformColumns();
      transformRows(/*inverse=*/false);
      filter();
      transformRows(/*inverse=*/true);
      invertColumns();
    });
  }

private:
  Value frequency(Value row, Value column) {
    return add(mul(row, half), column);
  }
  /// Calls `body` with the vectors of the task's channels, of which the last
  /// one may have fewer.
  void forVectors(function_ref<void(Value channel, int64_t count)> body);
  /// Calls `body` with the first of as many rows as are transformed at once.
  void forRows(FourierKind kind, function_ref<void(ArrayRef<Value>)> body);
  int64_t tilePositions() const { return (target.registers - 4) / 2; }

  void transformColumns();
  void transformRows(bool inverse);
  void invertColumns();

  void filter();
  void filterTile(Value position, int64_t count);
  /// One vector of outputs of a product at some frequencies, its bias added:
  /// `x` gives the parts of an input.
  SmallVector<std::pair<Value, Value>>
  mix(int64_t count, Value block, int64_t output, Value weight, Value bias,
      function_ref<std::pair<Value, Value>(int64_t, Value)> x);
  /// The outputs of a block from `output` on that share a vector, and its
  /// width: the last ones have a narrow one, which costs less on some machines.
  int64_t usedLanes(int64_t output) const {
    return std::min(lanes, each - output);
  }
  int64_t widthOf(int64_t output) const {
    return llvm::PowerOf2Ceil(std::max<int64_t>(2, usedLanes(output)));
  }

  kernel::FrequencyFilterOp op;
  int64_t height, width, half, each, blocks, channels, padded;
  /// Of both transforms and of their inverses: 1 / √(H W).
  double scale;
  Value re, im, hidden;
  // Of the present task:
  Value n, firstBlock, firstChannel;
};
} // namespace

//===----------------------------------------------------------------------===//
// Transforms
//===----------------------------------------------------------------------===//

void FilterEmitter::forVectors(
    function_ref<void(Value channel, int64_t count)> body) {
  int64_t whole = channels / lanes * lanes;
  loop(constant(0), constant(whole), lanes,
       [&](Value channel) { body(channel, lanes); });
  if (whole < channels)
    body(constant(whole), channels - whole);
}

void FilterEmitter::forRows(FourierKind kind,
                            function_ref<void(ArrayRef<Value>)> body) {
  int64_t step = countLines(kind, width);
  loop(constant(0), constant(height), step, [&](Value row) {
    // The last of an odd number is its own partner.
    Values rows = {row};
    if (step == 2)
      rows.push_back(least(add(row, 1), constant(height - 1)));
    body(rows);
  });
}

/// X[v] = Σ_w x[w] e^(−2πi v w / W) / √(H W), row by row.
void FilterEmitter::transformColumns() {
  forRows(FourierKind::realForward, [&](ArrayRef<Value> rows) {
    forVectors([&](Value channel, int64_t count) {
      SmallVector<FourierLine> lines;
      for (Value row : rows)
        lines.push_back(
            {[=, this](Value w, bool) {
               Values at = {n, row, w, add(firstChannel, channel)};
               return fmul(loadLanes(op.getInput(), at, count), splat(scale));
             },
             [=, this](Value v, bool imaginary, Value x) {
               storeScratch(x, imaginary ? im : re, frequency(row, v), channel);
             }});
      transform(FourierKind::realForward, width, lines);
    });
  });
}

/// X[u] = Σ_h x[h] e^(∓2πi u h / H) of complex numbers, column by column.
void FilterEmitter::transformRows(bool inverse) {
  loop(constant(0), constant(half), 1, [&](Value column) {
    loop(constant(0), constant(padded), lanes, [&](Value channel) {
      FourierLine line = {[&](Value h, bool imaginary) {
                            return loadScratch(imaginary ? im : re,
                                               frequency(h, column), channel);
                          },
                          [&](Value u, bool imaginary, Value x) {
                            storeScratch(x, imaginary ? im : re,
                                         frequency(u, column), channel);
                          }};
      transform(inverse ? FourierKind::inverse : FourierKind::forward, height,
                line);
    });
  });
}

/// y[w] = x[w] + Σ_v α_v Re(X[v] e^(2πi v w / W)) / √(H W), row by row.
void FilterEmitter::invertColumns() {
  forRows(FourierKind::realInverse, [&](ArrayRef<Value> rows) {
    forVectors([&](Value channel, int64_t count) {
      SmallVector<FourierLine> lines;
      for (Value row : rows)
        lines.push_back({[=, this](Value v, bool imaginary) {
                           return loadScratch(imaginary ? im : re,
                                              frequency(row, v), channel);
                         },
                         [=, this](Value w, bool, Value y) {
                           Values at = {n, row, w, add(firstChannel, channel)};
                           Value x = loadLanes(op.getInput(), at, count);
                           storeLanes(fma(y, splat(scale), x),
                                      op.getInitOutput(), at, count);
                         }});
      transform(FourierKind::realInverse, width, lines);
    });
  });
}

//===----------------------------------------------------------------------===//
// The mask
//===----------------------------------------------------------------------===//

void FilterEmitter::filter() {
  int64_t positions = height * half, tile = tilePositions();
  int64_t whole = positions / tile * tile;
  loop(constant(0), constant(whole), tile,
       [&](Value position) { filterTile(position, tile); });
  if (whole < positions)
    filterTile(constant(whole), positions - whole);
}

void FilterEmitter::filterTile(Value position, int64_t count) {
  loop(constant(0), constant(blocks), 1, [&](Value inTask) {
    Value block = add(firstBlock, inTask), first = mul(inTask, each);
    auto partsOf = [&](Value real, Value imaginary, Value row, Value column) {
      return std::pair(load(real, {row, column}),
                       load(imaginary, {row, column}));
    };
    for (int64_t o = 0; o < each; o += lanes) {
      auto sums =
          mix(count, block, o, op.getW1(), op.getB1(), [&](int64_t p, Value i) {
            return partsOf(re, im, add(position, p), add(first, i));
          });
      for (auto [p, sum] : llvm::enumerate(sums)) {
        storeScratch(apply(op.getHidden(), sum.first), hidden, constant(2 * p),
                     constant(o));
        storeScratch(apply(op.getHidden(), sum.second), hidden,
                     constant(2 * p + 1), constant(o));
      }
    }
    for (int64_t o = 0; o < each; o += lanes) {
      auto sums =
          mix(count, block, o, op.getW2(), op.getB2(), [&](int64_t p, Value i) {
            return std::pair(load(hidden, {constant(2 * p), i}),
                             load(hidden, {constant(2 * p + 1), i}));
          });
      int64_t used = usedLanes(o), wide = widthOf(o);
      for (auto [p, sum] : llvm::enumerate(sums)) {
        Values place = {add(position, p), add(first, o)};
        Value real = loadLanes(re, place, used, wide);
        Value imaginary = loadLanes(im, place, used, wide);
        Value a = apply(op.getMask(), sum.first);
        Value c = apply(op.getMask(), sum.second);
        storeLanes(fsub(fmul(a, real), fmul(c, imaginary)), re, place, used);
        storeLanes(fma(a, imaginary, fmul(c, real)), im, place, used);
      }
    }
  });
}

SmallVector<std::pair<Value, Value>>
FilterEmitter::mix(int64_t count, Value block, int64_t output, Value weight,
                   Value bias,
                   function_ref<std::pair<Value, Value>(int64_t, Value)> x) {
  int64_t used = usedLanes(output), wide = widthOf(output);
  auto parameter = [&](Value from, int64_t part, Values rest) {
    Values place = {constant(part), block};
    place.append(rest);
    place.push_back(constant(output));
    return loadLanes(from, place, used, wide);
  };
  auto spread = [&](Value x) -> Value {
    return vector::BroadcastOp::create(b, vectorType(wide), x);
  };
  Values sums;
  for (int64_t p = 0; p < count; ++p) {
    sums.push_back(parameter(bias, 0, {}));
    sums.push_back(parameter(bias, 1, {}));
  }
  sums =
      loop(constant(0), constant(each), 1, sums, [&](Value i, ValueRange sums) {
        Value real = parameter(weight, 0, {i});
        Value imaginary = parameter(weight, 1, {i});
        Values next;
        for (int64_t p = 0; p < count; ++p) {
          auto [a, c] = x(p, i);
          Value xr = spread(a), xi = spread(c);
          next.push_back(
              fsub(fma(xr, real, sums[next.size()]), fmul(xi, imaginary)));
          next.push_back(fma(xi, real, fma(xr, imaginary, sums[next.size()])));
        }
        return next;
      });
  SmallVector<std::pair<Value, Value>> result;
  for (size_t i = 0; i < sums.size(); i += 2)
    result.push_back({sums[i], sums[i + 1]});
  return result;
}

namespace {
struct GenerateFiltersPass
    : lathe::impl::GenerateFiltersBase<GenerateFiltersPass> {
  using GenerateFiltersBase::GenerateFiltersBase;

  void runOnOperation() override {
    SmallVector<kernel::FrequencyFilterOp> ops;
    getOperation().walk(
        [&](kernel::FrequencyFilterOp op) { ops.push_back(op); });
    SymbolTable symbols(getOperation());
    for (kernel::FrequencyFilterOp op : ops) {
      OpBuilder outer(op);
      FilterEmitter(op, {vectorBytes, registers, /*cacheBytes=*/0}, symbols,
                    outer)
          .emit(parallel);
      op.erase();
      ++generated;
    }
  }
};
} // namespace
