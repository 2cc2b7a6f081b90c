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
/// parts apart, and every step leaves its result in place. Lanes of the
/// transforms are channels. Those of the mask are frequencies, which fill
/// vectors whatever the blocks' size: a tile of frequencies is transposed.
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
    blocks = kernel::FrequencyFilterOp::countTaskBlocks(shape, op.getBlocks(),
                                                        lanes);
    channels = blocks * each;
    padded = llvm::alignTo(channels, lanes);
    chooseTile();
  }

  void emit(bool parallel) {
    int64_t groups = op.getBlocks() / blocks;
    Value count = mul(size(op.getInput(), 0), groups);
    int64_t perElement = 4 * llvm::Log2_64_Ceil(height * width) + 16 * each;
    int64_t work = height * half * channels * perElement;
    Value grain = constant(llvm::divideCeil(leastWorkPerThread, work));
    auto allocateAll = [&] {
      if (!op.getInitSpectrum()) {
        re = allocate(height * half, padded);
        im = allocate(height * half, padded);
      }
      allocateLines({{FourierKind::realForward, width},
                     {FourierKind::forward, height},
                     {FourierKind::inverse, height},
                     {FourierKind::realInverse, width}});
      turned = allocate(2 * padded, tile.vectors * lanes);
      hidden = allocate(2 * each, tile.vectors * lanes);
    };
    forTasks(count, grain, parallel, allocateAll, [&](Value task) {
      n = divide(task, groups);
      Value group = sub(task, mul(n, groups));
      firstBlock = mul(group, blocks);
      firstChannel = mul(firstBlock, each);
      if (op.getInitSpectrum()) {
        re = takeSpectrum(group, 0);
        im = takeSpectrum(group, 1);
      }
      transformColumns();
      transformRows(/*inverse=*/false);
      filter();
      transformRows(/*inverse=*/true);
      invertColumns();
    });
  }

private:
  /// A part of the spectrum of the image's task `group`, in memory.
  Value takeSpectrum(Value group, int64_t part) {
    Value all = op.getInitSpectrum();
    int64_t size = height * half * padded;
    int64_t ofImage = cast<MemRefType>(all.getType()).getDimSize(1);
    OpFoldResult start =
        add(add(mul(n, ofImage), mul(group, 2 * size)), part * size);
    auto type =
        MemRefType::get({height * half, padded}, b.getF32Type(),
                        StridedLayoutAttr::get(
                            b.getContext(), ShapedType::kDynamic, {padded, 1}));
    OpFoldResult sizes[] = {b.getIndexAttr(height * half),
                            b.getIndexAttr(padded)};
    OpFoldResult strides[] = {b.getIndexAttr(padded), b.getIndexAttr(1)};
    return memref::ReinterpretCastOp::create(b, type, all, start, sizes,
                                             strides);
  }
  Value frequency(Value row, Value column) {
    return add(mul(row, half), column);
  }
  /// Calls `body` with the vectors of the task's channels, of which the last
  /// one may have fewer.
  void forVectors(function_ref<void(Value channel, int64_t count)> body);
  /// Calls `body` with the first of as many rows as are transformed at once.
  void forRows(FourierKind kind, function_ref<void(ArrayRef<Value>)> body);
  void transformColumns();
  void transformRows(bool inverse);
  void invertColumns();

  void chooseTile();
  void filter();
  void filterTile(Value position, int64_t count);
  void filterBlock(Value inTask, ArrayRef<int64_t> widths);
  /// Copies a tile of frequencies from the spectrum to `turned`, where rows are
  /// channels, or back.
  void turnTile(Value position, int64_t count, bool back);
  /// W x + b at a tile of frequencies, whose vectors have the given widths; x
  /// has a row an input from `first` on, and imaginary parts `parts` rows
  /// below.
  using StoreOutput =
      function_ref<void(Value output, int64_t column, Value re, Value im)>;
  void multiply(Value weight, Value bias, Value block, ArrayRef<int64_t> widths,
                Value x, Value first, int64_t parts, StoreOutput store);
  /// The same for some outputs.
  void multiplyTile(Value weight, Value bias, Value block,
                    ArrayRef<int64_t> widths, Value x, Value first,
                    int64_t parts, Value output, int64_t outputs,
                    StoreOutput store);
  Value loadRow(Value scratch, Value row, int64_t column, int64_t width) {
    return vector::LoadOp::create(b, vectorType(width), scratch,
                                  ValueRange{row, constant(column)});
  }

  kernel::FrequencyFilterOp op;
  int64_t height, width, half, each, blocks, channels, padded;
  /// Of both transforms and of their inverses: 1 / √(H W).
  double scale;
  Value re, im, turned, hidden;
  /// Outputs of a product, and vectors of frequencies, of which the sums are in
  /// registers.
  struct {
    int64_t outputs, vectors;
  } tile;
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

/// Two sums for each output and vector; a step of a product reads two parts of
/// each vector and two of each weight for four multiply-adds of all pairs.
void FilterEmitter::chooseTile() {
  tile = {1, 1};
  for (int64_t vectors = 1; vectors < target.registers; ++vectors) {
    int64_t room = target.registers - 3 - 2 * vectors;
    int64_t outputs = std::min(room / (2 * vectors), each);
    if (outputs * vectors * (tile.outputs + tile.vectors) >
        tile.outputs * tile.vectors * (outputs + vectors))
      tile = {outputs, vectors};
  }
  tile.outputs = llvm::divideCeil(each, llvm::divideCeil(each, tile.outputs));
}

void FilterEmitter::filter() {
  int64_t positions = height * half, many = tile.vectors * lanes;
  int64_t whole = positions / many * many;
  loop(constant(0), constant(whole), many,
       [&](Value position) { filterTile(position, many); });
  if (whole < positions)
    filterTile(constant(whole), positions - whole);
}

void FilterEmitter::filterTile(Value position, int64_t count) {
  // The last vector may be a narrow one, which costs less on some machines.
  constexpr int64_t least = 4;
  SmallVector<int64_t> widths(count / lanes, lanes);
  if (int64_t rest = count % lanes)
    widths.push_back(
        std::max<int64_t>(std::min(least, lanes), llvm::PowerOf2Ceil(rest)));
  turnTile(position, count, /*back=*/false);
  loop(constant(0), constant(blocks), 1,
       [&](Value inTask) { filterBlock(inTask, widths); });
  turnTile(position, count, /*back=*/true);
}

void FilterEmitter::turnTile(Value position, int64_t count, bool back) {
  auto turnSquare = [&](Value first, int64_t rows) {
    loop(constant(0), constant(padded), lanes, [&](Value channel) {
      for (bool isImaginary : {false, true}) {
        Value part = isImaginary ? im : re;
        Value start = add(channel, isImaginary ? padded : 0);
        Values square;
        for (int64_t i = 0; i < lanes; ++i) {
          Value at = add(add(position, first), i);
          if (back)
            square.push_back(loadScratch(turned, add(start, i), first));
          else
            square.push_back(i < rows ? loadScratch(part, at, channel)
                                      : splat(0));
        }
        square = transpose(square);
        for (int64_t i = 0; i < (back ? rows : lanes); ++i)
          if (back)
            storeScratch(square[i], part, add(add(position, first), i),
                         channel);
          else
            storeScratch(square[i], turned, add(start, i), first);
      }
    });
  };
  int64_t whole = count / lanes * lanes;
  loop(constant(0), constant(whole), lanes,
       [&](Value first) { turnSquare(first, lanes); });
  if (whole < count)
    turnSquare(constant(whole), count - whole);
}

void FilterEmitter::filterBlock(Value inTask, ArrayRef<int64_t> widths) {
  Value block = add(firstBlock, inTask), first = mul(inTask, each);
  multiply(op.getW1(), op.getB1(), block, widths, turned, first, padded,
           [&](Value output, int64_t column, Value real, Value imaginary) {
             Value at = constant(column);
             storeScratch(apply(op.getHidden(), real), hidden, output, at);
             storeScratch(apply(op.getHidden(), imaginary), hidden,
                          add(output, each), at);
           });
  multiply(op.getW2(), op.getB2(), block, widths, hidden, constant(0), each,
           [&](Value output, int64_t column, Value a, Value c) {
             int64_t width = cast<VectorType>(a.getType()).getNumElements();
             Value row = add(first, output), below = add(row, padded);
             Value real = loadRow(turned, row, column, width);
             Value imaginary = loadRow(turned, below, column, width);
             a = apply(op.getMask(), a);
             c = apply(op.getMask(), c);
             Value at = constant(column);
             storeScratch(fsub(fmul(a, real), fmul(c, imaginary)), turned, row,
                          at);
             storeScratch(fma(a, imaginary, fmul(c, real)), turned, below, at);
           });
}

void FilterEmitter::multiply(Value weight, Value bias, Value block,
                             ArrayRef<int64_t> widths, Value x, Value first,
                             int64_t parts, StoreOutput store) {
  int64_t whole = each / tile.outputs * tile.outputs;
  auto emit = [&](Value output, int64_t outputs) {
    multiplyTile(weight, bias, block, widths, x, first, parts, output, outputs,
                 store);
  };
  loop(constant(0), constant(whole), tile.outputs,
       [&](Value output) { emit(output, tile.outputs); });
  if (whole < each)
    emit(constant(whole), each - whole);
}

void FilterEmitter::multiplyTile(Value weight, Value bias, Value block,
                                 ArrayRef<int64_t> widths, Value x, Value first,
                                 int64_t parts, Value output, int64_t outputs,
                                 StoreOutput store) {
  auto spread = [&](Value x, int64_t width) -> Value {
    return vector::BroadcastOp::create(b, vectorType(width), x);
  };
  Values sums;
  for (int64_t o = 0; o < outputs; ++o)
    for (int64_t width : widths)
      for (int64_t part : {0, 1})
        sums.push_back(
            spread(load(bias, {constant(part), block, add(output, o)}), width));
  sums =
      loop(constant(0), constant(each), 1, sums, [&](Value i, ValueRange sums) {
        SmallVector<std::pair<Value, Value>> inputs;
        Value row = add(first, i);
        for (auto [v, width] : llvm::enumerate(widths))
          inputs.push_back({loadRow(x, row, v * lanes, width),
                            loadRow(x, add(row, parts), v * lanes, width)});
        Values next;
        for (int64_t o = 0; o < outputs; ++o) {
          auto weightPart = [&](int64_t part) {
            return load(weight, {constant(part), block, i, add(output, o)});
          };
          Value real = weightPart(0), imaginary = weightPart(1);
          for (auto [input, width] : llvm::zip(inputs, widths)) {
            auto [re, im] = input;
            Value a = spread(real, width), c = spread(imaginary, width);
            next.push_back(fsub(fma(re, a, sums[next.size()]), fmul(im, c)));
            next.push_back(fma(im, a, fma(re, c, sums[next.size()])));
          }
        }
        return next;
      });
  for (size_t i = 0; i < sums.size(); i += 2)
    store(add(output, i / 2 / widths.size()), i / 2 % widths.size() * lanes,
          sums[i], sums[i + 1]);
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
