//===- FilterKernel.cpp - Frequency filters as kernels for devices --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A workgroup has a block of channels of an image, and its spectrum in shared
// memory:
//
//   image, block = digits of group
//   for rows and channels: transform a row of the image; barrier
//   for columns of frequencies and channels: transform a column; barrier
//   for frequencies, as many at a time as there is room for
//     hidden = act(W₁ X + b₁), in shared memory; barrier
//     X = shrink(W₂ hidden + b₂) X; barrier
//   for columns of frequencies and channels: transform back; barrier
//   for rows and channels: transform back, and add the image
//
// Where a block's spectrum is larger, spectra are in memory: other kernels
// transform the rows (FilterLines.cpp), and a workgroup has one column.
//
// An invocation transforms a line at a time, in registers: straight-line code
// (codegen/Fourier.h) reads all numbers before it stores any, and so works in
// place. Neighbours have neighbouring channels.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/FilterKernel.h"
#include "codegen/gpu/FilterFrame.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe::kernel;
using mlir::lathe::DeviceTarget;

namespace {
/// What a workgroup has at once.
struct FilterPlan {
  int64_t workgroupSize;
  /// Rows and columns of the spectrum, and channels of a block.
  int64_t rows, columns, channels;
  /// Frequencies that an invocation filters together, so that it reads weights
  /// once for all, and those that a workgroup filters between two barriers.
  int64_t frequenciesEach, frequenciesAtOnce;

  int64_t countFrequencies() const { return rows * columns; }
  int64_t countSpectrum() const { return 2 * countFrequencies() * channels; }
  std::string str() const {
    std::string text;
    llvm::raw_string_ostream(text)
        << "filter of " << rows << "x" << columns << " frequencies by "
        << channels << " channels, " << frequenciesAtOnce << " at once";
    return text;
  }
};

class FilterWriter final : public FilterFrame {
public:
  FilterWriter(FrequencyFilterOp op, const FilterPlan &plan, OpBuilder &builder)
      : FilterFrame(op, plan.workgroupSize, plan.str(), builder), plan(plan),
        hasAll(!op.getInitSpectrum()) {}

private:
  void addBuffers() override {
    if (hasAll)
      buffers.emplace_back().memref = op.getInput();
    for (Value parameter : {op.getW1(), op.getB1(), op.getW2(), op.getB2()})
      buffers.emplace_back().memref = parameter;
    buffers.emplace_back().memref =
        hasAll ? op.getInitOutput() : op.getInitSpectrum();
  }

  Value countGroups() override {
    return multiplyHost(hostSize(op.getInput(), 0),
                        hostConstant(op.getBlocks() * half / plan.columns));
  }

  void writeGroup(Value group) override {
    n = group;
    column = takeIndex(n, constant(half / plan.columns));
    block = takeIndex(n, constant(op.getBlocks()));
    int64_t hidden = 2 * plan.frequenciesAtOnce * plan.channels;
    shared = addShared(plan.countSpectrum() + hidden, b.getF32Type());
    if (!hasAll) {
      loadColumn();
      barrier();
      filter();
      return storeColumn();
    }
    transformRows();
    barrier();
    transformColumns(FourierKind::forward);
    barrier();
    filter();
    transformColumns(FourierKind::inverse);
    barrier();
    invertRows();
  }

  /// The place of a part of a frequency of a channel of the block.
  Value placeAt(bool imaginary, Value frequency, Value channel) {
    Value place = add(multiply(frequency, plan.channels), channel);
    return imaginary ? add(place, plan.countSpectrum() / 2) : place;
  }
  Value frequencyAt(Value row, Value column) {
    return add(multiply(row, plan.columns), column);
  }
  Value imageChannel(Value channel) {
    return add(multiply(block, plan.channels), channel);
  }

  //===--- Transforms -----------------------------------------------------===//

  /// Calls `body` with each number below `lines` and each channel.
  void forLines(int64_t lines, function_ref<void(Value, Value)> body) {
    share(lines * plan.channels, plan.workgroupSize, [&](Value i) {
      Value line = i, channel = takeIndex(line, constant(plan.channels));
      body(line, channel);
    });
  }
  void transformRows();
  void transformColumns(FourierKind kind);
  void invertRows();
  void loadColumn();
  void storeColumn();

  //===--- The mask -------------------------------------------------------===//

  void filter();
  /// Calls `body` with the frequencies from `first` on and the channel that an
  /// invocation computes, in several rounds.
  void forTiles(Value first,
                function_ref<void(ArrayRef<Value>, Value channel)> body);
  /// W x + b for a channel of the result at some frequencies: real and
  /// imaginary parts in turn. `load` reads x.
  Values multiplyBlock(
      Value weight, Value bias, Value channel, int64_t frequencies,
      function_ref<Value(int64_t frequency, bool imaginary, Value channel)>
          load);
  Value applyRegion(Region &region, Value x);

  FilterPlan plan;
  bool hasAll; ///< Columns, and the image.
  Value n, block;
  Value column; ///< Of the workgroup, if it has only one.
};
} // namespace

//===----------------------------------------------------------------------===//
// Transforms
//===----------------------------------------------------------------------===//

void FilterWriter::transformRows() {
  forLines(height, [&](Value row, Value channel) {
    transform(
        FourierKind::realForward, width,
        [&](Value column, bool) {
          Value x = loadNumber(op.getInput(),
                               {n, row, column, imageChannel(channel)});
          return fmul(x, number(scale));
        },
        [&](Value column, bool imaginary, Value x) {
          storeShared(x, placeAt(imaginary, frequencyAt(row, column), channel));
        });
  });
}

void FilterWriter::transformColumns(FourierKind kind) {
  forLines(half, [&](Value column, Value channel) {
    auto place = [&](Value row, bool imaginary) {
      return placeAt(imaginary, frequencyAt(row, column), channel);
    };
    transform(
        kind, height,
        [&](Value row, bool imaginary) {
          return loadShared(place(row, imaginary));
        },
        [&](Value row, bool imaginary, Value x) {
          storeShared(x, place(row, imaginary));
        });
  });
}

void FilterWriter::invertRows() {
  forLines(height, [&](Value row, Value channel) {
    transform(
        FourierKind::realInverse, width,
        [&](Value column, bool imaginary) {
          return loadShared(
              placeAt(imaginary, frequencyAt(row, column), channel));
        },
        [&](Value column, bool, Value y) {
          Value at[] = {n, row, column, imageChannel(channel)};
          Value x = loadNumber(op.getInput(), at);
          storeNumber(fma(y, number(scale), x), op.getInitOutput(), at);
        });
  });
}

void FilterWriter::loadColumn() {
  forLines(1, [&](Value, Value channel) {
    transform(
        FourierKind::forward, height,
        [&](Value row, bool imaginary) {
          return loadNumber(
              op.getInitSpectrum(),
              spectrumAt(n, imaginary, row, column, imageChannel(channel)));
        },
        [&](Value row, bool imaginary, Value x) {
          storeShared(x, placeAt(imaginary, row, channel));
        });
  });
}

/// In the place of what was loaded, which the same invocation read.
void FilterWriter::storeColumn() {
  forLines(1, [&](Value, Value channel) {
    transform(
        FourierKind::inverse, height,
        [&](Value row, bool imaginary) {
          return loadShared(placeAt(imaginary, row, channel));
        },
        [&](Value row, bool imaginary, Value x) {
          storeNumber(
              x, op.getInitSpectrum(),
              spectrumAt(n, imaginary, row, column, imageChannel(channel)));
        });
  });
}

//===----------------------------------------------------------------------===//
// The mask
//===----------------------------------------------------------------------===//

void FilterWriter::forTiles(
    Value first, function_ref<void(ArrayRef<Value>, Value channel)> body) {
  int64_t tiles = plan.frequenciesAtOnce / plan.frequenciesEach;
  forLines(tiles, [&](Value tile, Value channel) {
    Values frequencies;
    for (int64_t i = 0; i < plan.frequenciesEach; ++i)
      frequencies.push_back(add(add(first, tile), i * tiles));
    body(frequencies, channel);
  });
}

SmallVector<Value> FilterWriter::multiplyBlock(
    Value weight, Value bias, Value channel, int64_t frequencies,
    function_ref<Value(int64_t frequency, bool imaginary, Value channel)>
        load) {
  Values sums;
  for (int64_t i = 0; i < frequencies; ++i)
    for (int64_t part : {0, 1})
      sums.push_back(loadNumber(bias, {constant(part), block, channel}));
  return loop(
      constant(0), constant(plan.channels), 1, sums,
      [&](Value input, ValueRange sums) {
        Value real = loadNumber(weight, {constant(0), block, input, channel});
        Value imaginary =
            loadNumber(weight, {constant(1), block, input, channel});
        Values next;
        for (int64_t i = 0; i < frequencies; ++i) {
          Value re = load(i, false, input), im = load(i, true, input);
          next.push_back(fsub(fma(re, real, sums[2 * i]), fmul(im, imaginary)));
          next.push_back(fma(im, real, fma(re, imaginary, sums[2 * i + 1])));
        }
        return next;
      });
}

void FilterWriter::filter() {
  Value last = constant(plan.countFrequencies() - 1);
  loop(constant(0), constant(plan.countFrequencies()), plan.frequenciesAtOnce,
       [&](Value first) {
         auto hiddenPlace = [&](bool imaginary, Value frequency,
                                Value channel) {
           int64_t part = imaginary ? plan.frequenciesAtOnce : 0;
           Value row = add(subtract(frequency, first), part);
           return add(add(multiply(row, plan.channels), channel),
                      plan.countSpectrum());
         };
         forTiles(first, [&](ArrayRef<Value> frequencies, Value channel) {
           // What is beyond the last frequency is the last one once more.
           Values products = multiplyBlock(
               op.getW1(), op.getB1(), channel, frequencies.size(),
               [&](int64_t i, bool imaginary, Value input) {
                 return loadShared(
                     placeAt(imaginary, least(frequencies[i], last), input));
               });
           for (auto [i, x] : llvm::enumerate(products))
             storeShared(applyRegion(op.getHidden(), x),
                         hiddenPlace(i % 2, frequencies[i / 2], channel));
         });
         barrier();
         forTiles(first, [&](ArrayRef<Value> frequencies, Value channel) {
           Values products = multiplyBlock(
               op.getW2(), op.getB2(), channel, frequencies.size(),
               [&](int64_t i, bool imaginary, Value input) {
                 return loadShared(
                     hiddenPlace(imaginary, frequencies[i], input));
               });
           for (auto [i, frequency] : llvm::enumerate(frequencies))
             onlyIf(isLess(frequency, constant(plan.countFrequencies())), [&] {
               Value a = applyRegion(op.getMask(), products[2 * i]);
               Value c = applyRegion(op.getMask(), products[2 * i + 1]);
               Value atRe = placeAt(false, frequency, channel);
               Value atIm = placeAt(true, frequency, channel);
               Value re = loadShared(atRe), im = loadShared(atIm);
               storeShared(fsub(fmul(a, re), fmul(c, im)), atRe);
               storeShared(fma(a, im, fmul(c, re)), atIm);
             });
         });
         barrier();
       });
}

Value FilterWriter::applyRegion(Region &region, Value x) {
  Block &code = region.front();
  IRMapping mapping;
  mapping.map(code.getArgument(0), x);
  for (Operation &inner : code.without_terminator()) {
    for (Value operand : inner.getOperands())
      if (!mapping.contains(operand))
        mapping.map(operand, pass(operand));
    b.clone(inner, mapping);
  }
  return mapping.lookupOrDefault(code.getTerminator()->getOperand(0));
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

/// A plan for some columns of the spectrum of a block, if a workgroup shares
/// them.
static std::optional<FilterPlan>
planFilter(FrequencyFilterOp op, const DeviceTarget &target, int64_t columns) {
  constexpr int64_t mostEach = 4;
  ArrayRef<int64_t> shape =
      cast<ShapedType>(op.getInput().getType()).getShape();
  FilterPlan plan;
  plan.workgroupSize = target.workgroupSize;
  plan.rows = shape[1], plan.columns = columns;
  plan.channels = shape[3] / op.getBlocks();
  int64_t room =
      (target.sharedBytes / 4 - plan.countSpectrum()) / (2 * plan.channels);
  int64_t most = std::min(room, plan.countFrequencies());
  if (most < 1)
    return std::nullopt;
  // More at a time than occupy the workgroup share weights.
  int64_t perRound = llvm::divideCeil(plan.workgroupSize, plan.channels);
  plan.frequenciesEach = std::clamp<int64_t>(most / perRound, 1, mostEach);
  plan.frequenciesAtOnce = llvm::alignDown(most, plan.frequenciesEach);
  return plan;
}

static int64_t countColumns(FrequencyFilterOp op) {
  return cast<ShapedType>(op.getInput().getType()).getDimSize(2) / 2 + 1;
}

int64_t mlir::lathe::kernel::countSpectrumNumbers(FrequencyFilterOp op,
                                                  const DeviceTarget &target) {
  if (planFilter(op, target, countColumns(op)))
    return 0;
  ArrayRef<int64_t> shape =
      cast<ShapedType>(op.getInput().getType()).getShape();
  return 2 * shape[1] * countColumns(op) * shape[3];
}

std::unique_ptr<KernelFrame> mlir::lathe::kernel::createFilterWriter(
    FrequencyFilterOp op, const DeviceTarget &target, OpBuilder &builder) {
  std::optional<FilterPlan> plan =
      planFilter(op, target, op.getInitSpectrum() ? 1 : countColumns(op));
  if (!plan)
    return nullptr;
  return std::make_unique<FilterWriter>(op, *plan, builder);
}
