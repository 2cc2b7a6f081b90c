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
// An invocation transforms a line at a time, in registers: straight-line code
// (codegen/Fourier.h) reads all numbers before it stores any, and so works in
// place. Neighbours have neighbouring channels.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/FilterKernel.h"
#include "codegen/Fourier.h"
#include "codegen/gpu/FusedKernel.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe::kernel;

namespace {
/// What a workgroup has at once.
struct FilterPlan {
  int64_t workgroupSize;
  int64_t height, width, half; ///< Of images; columns of the half spectrum.
  int64_t channels;            ///< Of a block.
  /// Frequencies that an invocation filters together, so that it reads weights
  /// once for all, and those that a workgroup filters between two barriers.
  int64_t frequenciesEach, frequenciesAtOnce;

  int64_t countFrequencies() const { return height * half; }
  int64_t countSpectrum() const { return 2 * countFrequencies() * channels; }
  std::string str() const {
    std::string text;
    llvm::raw_string_ostream(text)
        << "filter of " << height << "x" << width << " by " << channels
        << " channels, " << frequenciesAtOnce << " frequencies at once";
    return text;
  }
};

class FilterWriter final : public FusedKernel {
public:
  FilterWriter(FrequencyFilterOp op, const FilterPlan &plan, OpBuilder &builder)
      : FusedKernel(op, plan.workgroupSize, plan.str(), builder), op(op),
        plan(plan),
        scale(1 / std::sqrt(static_cast<double>(plan.height * plan.width))) {}

private:
  void addBuffers() override {
    for (Value operand : op->getOperands())
      buffers.emplace_back().memref = operand;
  }

  Value countGroups() override {
    return multiplyHost(hostSize(op.getInput(), 0),
                        hostConstant(op.getBlocks()));
  }

  void writeGroup(Value group) override {
    n = group;
    block = takeIndex(n, constant(op.getBlocks()));
    int64_t hidden = 2 * plan.frequenciesAtOnce * plan.channels;
    shared = addShared(plan.countSpectrum() + hidden, b.getF32Type());
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
    return add(multiply(row, plan.half), column);
  }
  Value imageChannel(Value channel) {
    return add(multiply(block, plan.channels), channel);
  }

  //===--- Transforms -----------------------------------------------------===//

  using Load = function_ref<Value(Value index, bool imaginary)>;
  using Store = function_ref<void(Value index, bool imaginary, Value x)>;
  void transform(FourierKind kind, int64_t length, Load load, Store store);
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

  FrequencyFilterOp op;
  FilterPlan plan;
  /// Of both transforms and of their inverses.
  double scale;
  Value n, block; ///< Of the workgroup.
};
} // namespace

//===----------------------------------------------------------------------===//
// Transforms
//===----------------------------------------------------------------------===//

void FilterWriter::transform(FourierKind kind, int64_t length, Load load,
                             Store store) {
  Values values;
  for (const FourierStep &step : writeFourier(kind, length)) {
    Value value;
    switch (step.kind) {
    case FourierStep::Kind::load:
      value = load(constant(step.index), step.imaginary);
      break;
    case FourierStep::Kind::store:
      store(constant(step.index), step.imaginary, values[step.x]);
      break;
    case FourierStep::Kind::zero:
      value = number(0);
      break;
    case FourierStep::Kind::add:
      value = fadd(values[step.x], values[step.y]);
      break;
    case FourierStep::Kind::subtract:
      value = fsub(values[step.x], values[step.y]);
      break;
    case FourierStep::Kind::scale:
      value = fmul(number(step.factor), values[step.x]);
      break;
    }
    values.push_back(value);
  }
}

void FilterWriter::transformRows() {
  forLines(plan.height, [&](Value row, Value channel) {
    transform(
        FourierKind::realForward, plan.width,
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
  forLines(plan.half, [&](Value column, Value channel) {
    auto place = [&](Value row, bool imaginary) {
      return placeAt(imaginary, frequencyAt(row, column), channel);
    };
    transform(
        kind, plan.height,
        [&](Value row, bool imaginary) {
          return loadShared(place(row, imaginary));
        },
        [&](Value row, bool imaginary, Value x) {
          storeShared(x, place(row, imaginary));
        });
  });
}

void FilterWriter::invertRows() {
  forLines(plan.height, [&](Value row, Value channel) {
    transform(
        FourierKind::realInverse, plan.width,
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

std::unique_ptr<KernelFrame> mlir::lathe::kernel::createFilterWriter(
    FrequencyFilterOp op, const DeviceTarget &target, OpBuilder &builder) {
  constexpr int64_t mostEach = 4;
  ArrayRef<int64_t> shape =
      cast<ShapedType>(op.getInput().getType()).getShape();
  FilterPlan plan;
  plan.workgroupSize = target.workgroupSize;
  plan.height = shape[1], plan.width = shape[2];
  plan.half = plan.width / 2 + 1;
  plan.channels = shape[3] / op.getBlocks();
  int64_t room =
      (target.sharedBytes / 4 - plan.countSpectrum()) / (2 * plan.channels);
  int64_t most = std::min(room, plan.countFrequencies());
  if (op.getInitSpectrum() || most < 1)
    return nullptr;
  // More at a time than occupy the workgroup share weights.
  int64_t perRound = llvm::divideCeil(plan.workgroupSize, plan.channels);
  plan.frequenciesEach = std::clamp<int64_t>(most / perRound, 1, mostEach);
  plan.frequenciesAtOnce = llvm::alignDown(most, plan.frequenciesEach);
  return std::make_unique<FilterWriter>(op, plan, builder);
}
