//===- Spectral.cpp - Filters in the frequency domain as linalg -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Fourier.h"
#include "codegen/KernelDialect.h"
#include "codegen/lower/Tensors.h"
#include "dialect/Fused.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;

// The reference for fast transforms: direct ones, as contractions with tables
// of cosines and sines computed in double precision. Zeros at quarter turns are
// exact: the inverse transform relies on them to ignore what it must.

namespace {

/// A tensor of complex numbers, its parts apart.
struct Complex {
  Value re, im;
};

/// The lowering of one op; images are [N, C, H, W] or [N, H, W, C].
class FrequencyFilter {
public:
  FrequencyFilter(FrequencyFilterOp op, Structured &b)
      : op(op), b(b), last(b.isChannelsLast()) {
    ArrayRef<int64_t> sizes = op.getInput().getType().getShape();
    channels = sizes[1], height = sizes[2], width = sizes[3];
    half = width / 2 + 1;
    blocks = op.getBlocks();
    images = b.getShape(op.getInput())[0];
  }

  /// One kernel, which has a part of the spectrum at a time.
  Value lowerFused() {
    Value x = widen(b, op.getInput());
    type = getElementTypeOrSelf(x);
    Value images = b.transpose(x, {0, 2, 3, 1});
    Value output = b.empty(b.getShape(images), type);
    auto wide = [&](Value parameter) {
      return convertTensor(b, parameter, type);
    };
    SmallVector<Value> inits = {output};
    int64_t channelsLast[] = {1, height, width, channels};
    if (int64_t floats =
            kernel::FrequencyFilterOp::countSpectra(channelsLast, blocks))
      inits.push_back(b.empty({this->images, floats}, type));
    auto filter = kernel::FrequencyFilterOp::create(
        b, ValueRange(inits).getTypes(), images, wide(op.getW1()),
        wide(op.getB1()), wide(op.getW2()), wide(op.getB2()), output,
        inits.size() > 1 ? inits.back() : Value());
    fillRegion(filter.getHidden(), op.getAct(), 0);
    fillRegion(filter.getMask(), ActivationKind::softshrink,
               op.getSoftshrink().convertToDouble());
    Value y = b.record(filter.getResult(0), b.getShape(images));
    y = convertTensor(b, y, getElementTypeOrSelf(op.getInput()));
    return b.transpose(y, {0, 3, 1, 2});
  }

  Value lower() {
    Value x = widen(b, op.getInput());
    type = getElementTypeOrSelf(x);
    if (last)
      x = b.transpose(x, {0, 2, 3, 1});
    Complex spectrum = transformHeight(transformWidth(x), /*inverse=*/false);
    Complex hidden =
        mapParts(mix(spectrum, op.getW1(), op.getB1()),
                 [&](Value part) { return activate(b, op.getAct(), 0, part); });
    double threshold = op.getSoftshrink().convertToDouble();
    Complex mask =
        mapParts(mix(hidden, op.getW2(), op.getB2()), [&](Value part) {
          return activate(b, ActivationKind::softshrink, threshold, part);
        });
    Complex filtered = transformHeight(multiply(mask, spectrum),
                                       /*inverse=*/true);
    Value y =
        combine(image(width), {invertWidth(filtered), x},
                [&](ValueRange args) { return add(b, args[0], args[1]); });
    y = convertTensor(b, y, getElementTypeOrSelf(op.getInput()));
    return last ? b.transpose(y, {0, 3, 1, 2}) : y;
  }

private:
  /// The shape of an image of `columns` columns.
  Shape image(int64_t columns) const {
    return last ? Shape{images, height, columns, channels}
                : Shape{images, channels, height, columns};
  }
  unsigned channelDim() const { return last ? 3 : 1; }
  unsigned heightDim() const { return last ? 1 : 2; }
  unsigned widthDim() const { return last ? 2 : 3; }

  /// The tables [from][to] of scale·cos and scale·sin of from·to / period.
  Complex turns(int64_t from, int64_t to, int64_t period,
                function_ref<double(int64_t, int64_t)> scale) {
    SmallVector<double> cosines, sines;
    for (int64_t i = 0; i < from; ++i)
      for (int64_t j = 0; j < to; ++j) {
        cosines.push_back(scale(i, j) * cosTurn(i * j, period));
        sines.push_back(scale(i, j) * sinTurn(i * j, period));
      }
    return {b.table({from, to}, type, cosines),
            b.table({from, to}, type, sines)};
  }

  /// How many columns of a whole spectrum one of the half stands for.
  double countColumn(int64_t v) const { return 2 * v % width == 0 ? 1 : 2; }

  void fillRegion(Region &region, ActivationKind kind, double constant) {
    OpBuilder::InsertionGuard guard(b);
    Block *block = b.createBlock(&region, {}, type, op.getLoc());
    Value y = activate(b, kind, constant, block->getArgument(0));
    kernel::YieldOp::create(b, y);
  }

  /// result[…, j, …] = Σ_i body(inputs[…, i, …], tables[i, j]) along `dim`.
  Value transform(ArrayRef<DimExpr> shape, unsigned dim, ValueRange inputs,
                  ValueRange tables, function_ref<Value(ValueRange)> body) {
    SmallVector<AffineExpr> read = {b.d(0), b.d(1), b.d(2), b.d(3)};
    read[dim] = b.d(4);
    SmallVector<AffineMap> maps(inputs.size(), b.mapOf(5, read));
    maps.resize(inputs.size() + tables.size(), b.mapOf(5, {b.d(4), b.d(dim)}));
    SmallVector<Value> operands(inputs);
    llvm::append_range(operands, tables);
    return b.reduce(shape, 1, type, 0, operands, maps,
                    [&](Structured &b, ValueRange args) {
                      return add(b, args.back(), body(args));
                    });
  }

  /// X[v] = Σ_w x[w] e^(−2πi v w / W) / √W, for the columns of half a spectrum.
  Complex transformWidth(Value x) {
    double scale = 1 / std::sqrt(width);
    Complex forward =
        turns(width, half, width, [&](int64_t, int64_t) { return scale; });
    Complex backward =
        turns(width, half, width, [&](int64_t, int64_t) { return -scale; });
    auto product = [&](ValueRange args) { return mul(b, args[0], args[1]); };
    return {transform(image(half), widthDim(), x, forward.re, product),
            transform(image(half), widthDim(), x, backward.im, product)};
  }

  /// X[u] = Σ_h x[h] e^(∓2πi u h / H) / √H of complex numbers.
  Complex transformHeight(Complex x, bool inverse) {
    double scale = 1 / std::sqrt(height);
    Complex turn =
        turns(height, height, height, [&](int64_t, int64_t) { return scale; });
    // (re + i im) (cos ∓ i sin): args are re, im, cos, sin.
    auto realPart = [&](ValueRange args) {
      Value a = mul(b, args[0], args[2]), c = mul(b, args[1], args[3]);
      return inverse ? sub(b, a, c) : add(b, a, c);
    };
    auto imaginaryPart = [&](ValueRange args) {
      Value a = mul(b, args[1], args[2]), c = mul(b, args[0], args[3]);
      return inverse ? add(b, a, c) : sub(b, a, c);
    };
    SmallVector<Value> parts = {x.re, x.im}, tables = {turn.re, turn.im};
    return {transform(image(half), heightDim(), parts, tables, realPart),
            transform(image(half), heightDim(), parts, tables, imaginaryPart)};
  }

  /// y[w] = Σ_v α_v Re(X[v] e^(2πi v w / W)) / √W over half a spectrum: columns
  /// that stand for their mirror image too count twice. In the others, 0 and
  /// W/2, the sines are 0, so that imaginary parts do not enter.
  Value invertWidth(Complex x) {
    double scale = 1 / std::sqrt(width);
    Complex turn = turns(half, width, width, [&](int64_t v, int64_t) {
      return countColumn(v) * scale;
    });
    return transform(image(width), widthDim(), {x.re, x.im}, {turn.re, turn.im},
                     [&](ValueRange args) {
                       return sub(b, mul(b, args[0], args[2]),
                                  mul(b, args[1], args[3]));
                     });
  }

  /// One half of a parameter [2, ...]: its real or its imaginary part.
  Value part(Value parameter, int64_t which) {
    Value wide = convertTensor(b, parameter, type);
    Shape shape = b.getShape(parameter);
    shape[0] = 1;
    Value half = slice(b, wide, 0, which, shape);
    return b.reshape(half, ArrayRef<DimExpr>(shape).drop_front());
  }

  /// W x + bias with complex W, each block of channels by itself, at every
  /// frequency.
  Complex mix(Complex x, Value weight, Value bias) {
    DimExpr inBlock = channels / blocks;
    Shape grouped = image(half);
    grouped[channelDim()] = blocks;
    grouped.insert(grouped.begin() + channelDim() + 1, inBlock);
    AffineExpr block = b.d(channelDim()), out = b.d(channelDim() + 1);
    AffineExpr in = b.d(5);
    SmallVector<AffineExpr> read;
    for (unsigned i = 0; i < 5; ++i)
      read.push_back(i == channelDim() + 1 ? in : b.d(i));
    AffineMap inputMap = b.mapOf(6, read);
    AffineMap weightMap = b.mapOf(6, {block, in, out});
    SmallVector<Value> inputs = {b.reshape(x.re, grouped),
                                 b.reshape(x.im, grouped), part(weight, 0),
                                 part(weight, 1)};
    SmallVector<AffineMap> maps = {inputMap, inputMap, weightMap, weightMap};
    auto sumOf = [&](Structured::Body product) {
      return b.reduce(grouped, 1, type, 0, inputs, maps, product);
    };
    // args are re, im of x, re, im of the weight, and the accumulator.
    Value re = sumOf([](Structured &b, ValueRange args) {
      Value product =
          sub(b, mul(b, args[0], args[2]), mul(b, args[1], args[3]));
      return add(b, args[4], product);
    });
    Value im = sumOf([](Structured &b, ValueRange args) {
      Value product =
          add(b, mul(b, args[0], args[3]), mul(b, args[1], args[2]));
      return add(b, args[4], product);
    });
    AffineMap biasMap = b.mapOf(5, {block, out});
    auto shifted = [&](Value sum, int64_t which) {
      Value result = b.map(grouped, type, {sum, part(bias, which)},
                           {b.getMultiDimIdentityMap(5), biasMap},
                           [](Structured &b, ValueRange args) {
                             return add(b, args[0], args[1]);
                           });
      return b.reshape(result, image(half));
    };
    return {shifted(re, 0), shifted(im, 1)};
  }

  Value combine(ArrayRef<DimExpr> shape, ValueRange inputs,
                function_ref<Value(ValueRange)> body) {
    return b.map(shape, type, inputs,
                 [&](Structured &, ValueRange args) { return body(args); });
  }

  Complex mapParts(Complex x, function_ref<Value(Value)> body) {
    auto apply = [&](ValueRange args) { return body(args[0]); };
    return {combine(image(half), x.re, apply),
            combine(image(half), x.im, apply)};
  }

  Complex multiply(Complex x, Complex y) {
    SmallVector<Value> parts = {x.re, x.im, y.re, y.im};
    return {combine(image(half), parts,
                    [&](ValueRange args) {
                      return sub(b, mul(b, args[0], args[2]),
                                 mul(b, args[1], args[3]));
                    }),
            combine(image(half), parts, [&](ValueRange args) {
              return add(b, mul(b, args[0], args[3]), mul(b, args[1], args[2]));
            })};
  }

  FrequencyFilterOp op;
  Structured &b;
  bool last;
  DimExpr images;
  int64_t channels, height, width, blocks;
  /// Columns of half a spectrum.
  int64_t half;
  Type type;
};

struct FrequencyFilterLowering : Lowering<FrequencyFilterOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(FrequencyFilterOp op,
                                      Structured &b) const override {
    FrequencyFilter filter(op, b);
    return SmallVector<Value>{isFused(op) ? filter.lowerFused()
                                          : filter.lower()};
  }
};

} // namespace

void lathe::populateSpectralLowerings(RewritePatternSet &patterns,
                                      LoweringState &state) {
  patterns.add<FrequencyFilterLowering>(patterns.getContext(), state);
}
