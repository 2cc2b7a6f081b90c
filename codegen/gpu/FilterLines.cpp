//===- FilterLines.cpp - Rows of images to spectra and back ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of a frequency filter whose spectrum a workgroup does not share: kernels of
// which an invocation transforms a row of one channel, from the image to the
// memory for spectra, or back and with the image added. Neighbours have
// neighbouring channels.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/FilterFrame.h"
#include "codegen/gpu/FilterKernel.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe::kernel;
using mlir::lathe::DeviceTarget;

FilterFrame::FilterFrame(FrequencyFilterOp op, int64_t workgroupSize,
                         std::string plan, OpBuilder &builder)
    : FusedKernel(op, workgroupSize, std::move(plan), builder), op(op) {
  ArrayRef<int64_t> shape =
      cast<ShapedType>(op.getInput().getType()).getShape();
  height = shape[1], width = shape[2], channels = shape[3];
  half = width / 2 + 1;
  each = channels / op.getBlocks();
  scale = 1 / std::sqrt(static_cast<double>(height * width));
}

void FilterFrame::transform(FourierKind kind, int64_t length, Load load,
                            Store store) {
  struct Code {
    FilterFrame &frame;
    Load loadPart;
    Store storePart;
    Value load(int64_t index, bool imaginary) {
      return loadPart(frame.constant(index), imaginary);
    }
    void store(int64_t index, bool imaginary, Value x) {
      storePart(frame.constant(index), imaginary, x);
    }
    Value zero() { return frame.number(0); }
    Value add(Value x, Value y) { return frame.fadd(x, y); }
    Value subtract(Value x, Value y) { return frame.fsub(x, y); }
    Value scale(double factor, Value x) {
      return frame.fmul(frame.number(factor), x);
    }
  };
  runSteps<Value>(writeFourier(kind, length), Code{*this, load, store});
}

SmallVector<Value> FilterFrame::spectrumAt(Value image, bool imaginary,
                                           Value row, Value column,
                                           Value channel) {
  Value line = add(row, imaginary ? height : 0);
  Value place = add(multiply(line, half), column);
  return {image, add(multiply(place, channels), channel)};
}

namespace {
class LineWriter final : public FilterFrame {
public:
  LineWriter(FrequencyFilterOp op, bool isInverse, const DeviceTarget &target,
             OpBuilder &builder)
      : FilterFrame(op, target.workgroupSize,
                    isInverse ? "rows of an image" : "rows of a spectrum",
                    builder),
        isInverse(isInverse), workgroupSize(target.workgroupSize) {}

private:
  void addBuffers() override {
    buffers.emplace_back().memref = op.getInput();
    buffers.emplace_back().memref = op.getInitSpectrum();
    if (isInverse)
      buffers.emplace_back().memref = op.getInitOutput();
  }

  Value countGroups() override {
    lines = multiplyHost(hostSize(op.getInput(), 0),
                         hostConstant(height * channels));
    return divideHostCeil(lines, workgroupSize);
  }

  void writeGroup(Value group) override {
    Value line = add(multiply(group, workgroupSize), thread);
    onlyIf(isLess(line, pass(lines)), [&] {
      Value n = line, channel = takeIndex(n, constant(channels));
      Value row = takeIndex(n, constant(height));
      if (isInverse)
        invert(n, row, channel);
      else
        transform(n, row, channel);
    });
  }

  using FilterFrame::transform;
  void transform(Value n, Value row, Value channel) {
    transform(
        FourierKind::realForward, width,
        [&](Value column, bool) {
          Value x = loadNumber(op.getInput(), {n, row, column, channel});
          return fmul(x, number(scale));
        },
        [&](Value column, bool imaginary, Value x) {
          storeNumber(x, op.getInitSpectrum(),
                      spectrumAt(n, imaginary, row, column, channel));
        });
  }

  void invert(Value n, Value row, Value channel) {
    transform(
        FourierKind::realInverse, width,
        [&](Value column, bool imaginary) {
          return loadNumber(op.getInitSpectrum(),
                            spectrumAt(n, imaginary, row, column, channel));
        },
        [&](Value column, bool, Value y) {
          Value at[] = {n, row, column, channel};
          Value x = loadNumber(op.getInput(), at);
          storeNumber(fma(y, number(scale), x), op.getInitOutput(), at);
        });
  }

  bool isInverse;
  int64_t workgroupSize;
  Value lines; ///< For the host.
};
} // namespace

std::unique_ptr<KernelFrame>
mlir::lathe::kernel::createLineWriter(FrequencyFilterOp op, bool isInverse,
                                      const DeviceTarget &target,
                                      OpBuilder &builder) {
  return std::make_unique<LineWriter>(op, isInverse, target, builder);
}
