//===- GenerateFilters.cpp - Writes loops and vectors for spectral filters ===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/NestPlan.h"
#include "codegen/Passes.h"
#include "codegen/VectorBuilder.h"
#include "llvm/Support/MathExtras.h"

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
class FilterEmitter : VectorBuilder {
public:
  FilterEmitter(kernel::FrequencyFilterOp op, const KernelTarget &target,
                OpBuilder &builder)
      : VectorBuilder(op, target, builder), op(op) {
    ArrayRef<int64_t> shape =
        cast<MemRefType>(op.getInput().getType()).getShape();
    height = shape[1], width = shape[2];
    half = width / 2 + 1, rowHalf = height / 2 + 1;
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
      folded = allocate(4 * std::max(half, rowHalf), lanes);
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
  /// Even and odd parts of a sequence, at the present index.
  struct Fold {
    Value even, odd;
  };
  enum Table { rowCos, rowSin, columnCos, columnSin, inverseCos, inverseSin };

  Value frequency(Value row, Value column) {
    return add(mul(row, half), column);
  }
  /// Whether index i of a sequence of `count` is its own mirror image.
  static bool isMirrored(int64_t i, int64_t count) {
    return 2 * i % count == 0;
  }

  void forVectors(function_ref<void(Value)> body) {
    loop(constant(0), constant(padded), lanes, body);
  }
  /// The lanes of a vector of channels that are channels of the task.
  Value channelMask(Value column) {
    return vector::CreateMaskOp::create(b,
                                        VectorType::get(lanes, b.getI1Type()),
                                        sub(constant(channels), column));
  }

  /// Calls `body` with i and n - i for all pairs, then with what stands alone.
  void forPairs(int64_t count, function_ref<void(Value, Value)> body);

  /// Stores the folds of a sequence into rows of `folded` from `place` on.
  void fold(int64_t count, int64_t place, function_ref<Value(Value)> at);

  /// For each of `tile` frequencies from `first` on, and each fold:
  /// Σ_i even_i cos and Σ_i odd_i sin.
  SmallVector<Fold> sumUp(int64_t terms, int64_t first, int64_t tile,
                          Table cosines, unsigned folds,
                          function_ref<SmallVector<Fold>(Value)> at);

  /// A tile of `count` frequencies, of which the sums fit into the registers
  /// beside what is read: tiles of about the same size.
  int64_t tileOf(unsigned folds, int64_t count) const {
    int64_t most =
        std::max<int64_t>(1, (target.registers - 3 - 2 * folds) / (2 * folds));
    return llvm::divideCeil(count, llvm::divideCeil(count, most));
  }
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
  int64_t height, width, half, rowHalf, each, blocks, channels, padded;
  Value re, im, folded, hidden;
  // Of the present task:
  Value n, firstBlock, firstChannel;
};
} // namespace

//===----------------------------------------------------------------------===//
// Transforms
//===----------------------------------------------------------------------===//

void FilterEmitter::forPairs(int64_t count,
                             function_ref<void(Value, Value)> body) {
  loop(constant(1), constant((count + 1) / 2), 1,
       [&](Value i) { body(i, sub(constant(count), i)); });
  body(constant(0), {});
  if (count % 2 == 0)
    body(constant(count / 2), {});
}

void FilterEmitter::fold(int64_t count, int64_t place,
                         function_ref<Value(Value)> at) {
  int64_t terms = count / 2 + 1;
  Value zero = constant(0);
  forPairs(count, [&](Value i, Value mirror) {
    Value x = at(i), even = x, odd = splat(0);
    if (mirror) {
      Value y = at(mirror);
      even = fadd(x, y);
      odd = fsub(x, y);
    }
    storeScratch(even, folded, add(i, place), zero);
    storeScratch(odd, folded, add(i, place + terms), zero);
  });
}

SmallVector<FilterEmitter::Fold>
FilterEmitter::sumUp(int64_t terms, int64_t first, int64_t tile, Table cosines,
                     unsigned folds,
                     function_ref<SmallVector<Fold>(Value)> at) {
  Values sums(2 * folds * tile, splat(0));
  sums = loop(
      constant(0), constant(terms), 1, sums, [&](Value i, ValueRange sums) {
        SmallVector<Fold> parts = at(i);
        Values next;
        for (int64_t u = first; u < first + tile; ++u) {
          Value c = broadcast(load(op.getTables()[cosines], {i, constant(u)}));
          Value s =
              broadcast(load(op.getTables()[cosines + 1], {i, constant(u)}));
          for (Fold part : parts) {
            next.push_back(fma(part.even, c, sums[next.size()]));
            next.push_back(fma(part.odd, s, sums[next.size()]));
          }
        }
        return next;
      });
  SmallVector<Fold> result;
  for (size_t i = 0; i < sums.size(); i += 2)
    result.push_back({sums[i], sums[i + 1]});
  return result;
}

/// X[v] = Σ_w x[w] e^(−2πi v w / W) / √W, row by row.
void FilterEmitter::transformColumns() {
  loop(constant(0), constant(height), 1, [&](Value row) {
    forVectors([&](Value channel) {
      Value mask = channelMask(channel);
      fold(width, 0, [&](Value w) {
        return loadLanes(op.getInput(), {n, row, w, add(firstChannel, channel)},
                         mask);
      });
      int64_t tile = tileOf(1, half);
      for (int64_t v = 0; v < half; v += tile) {
        SmallVector<Fold> sums = sumUp(
            half, v, std::min(tile, half - v), columnCos, 1, [&](Value i) {
              return SmallVector<Fold>{
                  {loadScratch(folded, i, constant(0)),
                   loadScratch(folded, add(i, half), constant(0))}};
            });
        for (auto [k, sum] : llvm::enumerate(sums)) {
          Value at = frequency(row, constant(v + k));
          storeScratch(sum.even, re, at, channel);
          storeScratch(arith::NegFOp::create(b, sum.odd), im, at, channel);
        }
      }
    });
  });
}

/// X[u] = Σ_h x[h] e^(∓2πi u h / H) / √H of complex numbers, column by column.
void FilterEmitter::transformRows(bool inverse) {
  loop(constant(0), constant(half), 1, [&](Value column) {
    forVectors([&](Value channel) {
      auto at = [&](Value part) {
        return [=, this](Value h) {
          return loadScratch(part, frequency(h, column), channel);
        };
      };
      fold(height, 0, at(re));
      fold(height, 2 * rowHalf, at(im));
      auto store = [&](int64_t u, Value real, Value imaginary) {
        Value place = frequency(constant(u), column);
        storeScratch(real, re, place, channel);
        storeScratch(imaginary, im, place, channel);
      };
      int64_t tile = tileOf(2, rowHalf);
      for (int64_t u = 0; u < rowHalf; u += tile) {
        SmallVector<Fold> sums = sumUp(
            rowHalf, u, std::min(tile, rowHalf - u), rowCos, 2, [&](Value i) {
              auto part = [&](int64_t which) {
                return loadScratch(folded, add(i, which * rowHalf),
                                   constant(0));
              };
              return SmallVector<Fold>{{part(0), part(1)}, {part(2), part(3)}};
            });
        for (size_t k = 0; 2 * k < sums.size(); ++k) {
          Fold x = sums[2 * k], y = sums[2 * k + 1];
          Value less = fsub(x.even, y.odd);
          Value more = fadd(x.even, y.odd);
          Value below = fsub(y.even, x.odd);
          Value above = fadd(y.even, x.odd);
          int64_t at = u + k;
          store(at, inverse ? less : more, inverse ? above : below);
          if (!isMirrored(at, height))
            store(height - at, inverse ? more : less, inverse ? below : above);
        }
      }
    });
  });
}

/// y[w] = x[w] + Σ_v α_v Re(X[v] e^(2πi v w / W)) / √W, row by row.
void FilterEmitter::invertColumns() {
  loop(constant(0), constant(height), 1, [&](Value row) {
    auto emit = [&](Value channel, int64_t count) {
      auto store = [&](int64_t w, Value y) {
        Values place = {n, row, constant(w), add(firstChannel, channel)};
        Value x = loadLanes(op.getInput(), place, count);
        storeLanes(fadd(y, x), op.getInitOutput(), place, count);
      };
      int64_t tile = tileOf(1, half);
      for (int64_t w = 0; w < half; w += tile) {
        SmallVector<Fold> sums = sumUp(
            half, w, std::min(tile, half - w), inverseCos, 1, [&](Value v) {
              Value at = frequency(row, v);
              return SmallVector<Fold>{
                  {loadScratch(re, at, channel), loadScratch(im, at, channel)}};
            });
        for (auto [k, sum] : llvm::enumerate(sums)) {
          int64_t at = w + k;
          store(at, fsub(sum.even, sum.odd));
          if (!isMirrored(at, width))
            store(width - at, fadd(sum.even, sum.odd));
        }
      }
    };
    int64_t whole = channels / lanes * lanes;
    loop(constant(0), constant(whole), lanes,
         [&](Value channel) { emit(channel, lanes); });
    if (whole < channels)
      emit(constant(whole), channels - whole);
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
    for (kernel::FrequencyFilterOp op : ops) {
      OpBuilder outer(op);
      FilterEmitter(op, {vectorBytes, registers, /*cacheBytes=*/0}, outer)
          .emit(parallel);
      op.erase();
      ++generated;
    }
  }
};
} // namespace
