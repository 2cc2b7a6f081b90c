//===- FourierStages.cpp - Long transforms, stage by stage ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stockham's algorithm: each stage is a loop over straight-line code of one
// radix and writes its numbers where the next one, and at last the reader,
// wants them in order.
//
//===----------------------------------------------------------------------===//

#include "codegen/FourierEmitter.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

FourierLine FourierEmitter::scratchLine(int64_t n, int64_t which) {
  auto row = [=, this](Value index, bool imaginary) {
    return add(index, (2 * which + imaginary) * n);
  };
  return {[=, this](Value index, bool imaginary) {
            return loadScratch(scratch, row(index, imaginary), constant(0));
          },
          [=, this](Value index, bool imaginary, Value x) {
            storeScratch(x, scratch, row(index, imaginary), constant(0));
          }};
}

/// With l = n / stride and m = l / radix, p < m and q < stride:
/// y[q + stride (radix p + k)] =
///     e^(−2πi p k / l) Σ_j x[q + stride (p + m j)] e^(−2πi j k / radix).
void FourierEmitter::runStage(int64_t n, int64_t radix, int64_t stride,
                              const FourierLine &source,
                              const FourierLine &target) {
  int64_t count = n / stride / radix;
  SmallVector<FourierStep> steps = writeFourier(FourierKind::forward, radix);
  Value cosine = table("__turns_cos_" + Twine(n), {n},
                       [&](int64_t k) { return cosTurn(k, n); });
  Value sine = table("__turns_sin_" + Twine(n), {n},
                     [&](int64_t k) { return sinTurn(k, n); });
  loop(constant(0), constant(count), 1, [&](Value p) {
    SmallVector<std::pair<Value, Value>> twiddles(radix);
    for (int64_t k = 1; k < radix && count > 1; ++k) {
      Value at = mul(p, k * stride);
      twiddles[k] = {broadcast(load(cosine, at)), broadcast(load(sine, at))};
    }
    loop(constant(0), constant(stride), 1, [&](Value q) {
      SmallVector<std::pair<Value, Value>> results(radix);
      FourierLine butterfly = {
          [&](Value j, bool imaginary) {
            Value at =
                add(p, b.createOrFold<arith::MulIOp>(j, constant(count)));
            return source.load(add(q, mul(at, stride)), imaginary);
          },
          [&](Value k, bool imaginary, Value x) {
            auto &[re, im] = results[*getConstantIntValue(k)];
            (imaginary ? im : re) = x;
          }};
      writeStraight(steps, butterfly);
      for (auto [k, result] : llvm::enumerate(results)) {
        auto [re, im] = result;
        if (auto [c, s] = twiddles[k]; c) {
          Value turned = fma(re, c, fmul(im, s));
          im = fsub(fmul(im, c), fmul(re, s));
          re = turned;
        }
        Value at = add(q, mul(add(mul(p, radix), k), stride));
        target.store(at, false, re);
        target.store(at, true, im);
      }
    });
  });
}

/// The transform of a complex line; the inverse is that of the number with its
/// parts exchanged.
void FourierEmitter::runStages(int64_t n, ArrayRef<int64_t> radices,
                               bool inverse, const FourierLine &line) {
  FourierLine outside = {[&](Value index, bool imaginary) {
                           return line.load(index, imaginary != inverse);
                         },
                         [&](Value index, bool imaginary, Value x) {
                           line.store(index, imaginary != inverse, x);
                         }};
  int64_t stride = 1;
  for (auto [i, radix] : llvm::enumerate(radices)) {
    FourierLine source = i == 0 ? outside : scratchLine(n, (i - 1) % 2);
    bool isLast = i + 1 == radices.size();
    runStage(n, radix, stride, source,
             isLast ? outside : scratchLine(n, i % 2));
    stride *= radix;
  }
}

void FourierEmitter::transformStaged(FourierKind kind, int64_t n,
                                     ArrayRef<int64_t> radices,
                                     ArrayRef<FourierLine> lines) {
  if (kind == FourierKind::forward || kind == FourierKind::inverse)
    return runStages(n, radices, kind == FourierKind::inverse, lines.front());
  FourierLine pair = scratchLine(n, 2);
  if (kind == FourierKind::realForward) {
    // x + i y of the two lines.
    FourierLine joined = {[&](Value index, bool imaginary) {
                            return lines[imaginary].load(index, false);
                          },
                          pair.store};
    runStages(n, radices, /*inverse=*/false, joined);
    return splitPair(n, pair, lines);
  }
  joinPair(n, pair, lines);
  FourierLine joined = {pair.load, [&](Value index, bool imaginary, Value x) {
                          lines[imaginary].store(index, false, x);
                        }};
  runStages(n, radices, /*inverse=*/true, joined);
}

/// X[k] = (Z[k] + Z*[n−k]) / 2 and Y[k] = (Z[k] − Z*[n−k]) / 2i, where Z is the
/// transform of x + i y and * conjugates.
void FourierEmitter::splitPair(int64_t n, const FourierLine &pair,
                               ArrayRef<FourierLine> lines) {
  auto split = [&](Value k, Value mirror) {
    Value re = pair.load(k, false), im = pair.load(k, true);
    Value mirrorRe = pair.load(mirror, false);
    Value mirrorIm = pair.load(mirror, true);
    Value half = splat(0.5);
    lines[0].store(k, false, fmul(fadd(re, mirrorRe), half));
    lines[0].store(k, true, fmul(fsub(im, mirrorIm), half));
    lines[1].store(k, false, fmul(fadd(im, mirrorIm), half));
    lines[1].store(k, true, fmul(fsub(mirrorRe, re), half));
  };
  split(constant(0), constant(0));
  loop(constant(1), constant(n / 2 + 1), 1,
       [&](Value k) { split(k, sub(constant(n), k)); });
}

/// Z[k] = X[k] + i Y[k] and Z[n−k] = X*[k] + i Y*[k]; where k is its own mirror
/// image, X and Y are real.
void FourierEmitter::joinPair(int64_t n, const FourierLine &pair,
                              ArrayRef<FourierLine> lines) {
  auto joinReal = [&](Value k) {
    pair.store(k, false, lines[0].load(k, false));
    pair.store(k, true, lines[1].load(k, false));
  };
  joinReal(constant(0));
  if (n % 2 == 0)
    joinReal(constant(n / 2));
  loop(constant(1), constant((n + 1) / 2), 1, [&](Value k) {
    Value re = lines[0].load(k, false), im = lines[0].load(k, true);
    Value otherRe = lines[1].load(k, false), otherIm = lines[1].load(k, true);
    Value mirror = sub(constant(n), k);
    pair.store(k, false, fsub(re, otherIm));
    pair.store(k, true, fadd(im, otherRe));
    pair.store(mirror, false, fadd(re, otherIm));
    pair.store(mirror, true, fsub(otherRe, im));
  });
}
