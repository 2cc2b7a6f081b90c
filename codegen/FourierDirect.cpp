//===- FourierDirect.cpp - Direct transforms, as sums over tables ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums x[i] + x[n−i] meet cosines and differences sines, which gives the
// frequencies u and n−u at once and takes half of the products of a direct
// transform for real numbers, a quarter for complex ones.
//
//===----------------------------------------------------------------------===//

#include "codegen/FourierEmitter.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

/// Whether index i of a sequence of n is its own mirror image.
static bool isMirrored(int64_t i, int64_t n) { return 2 * i % n == 0; }

int64_t FourierEmitter::tileOf(unsigned folds, int64_t count) const {
  int64_t most =
      std::max<int64_t>(1, (target.registers - 3 - 2 * folds) / (2 * folds));
  return llvm::divideCeil(count, llvm::divideCeil(count, most));
}

void FourierEmitter::fold(int64_t n, int64_t place,
                          function_ref<Value(Value)> at) {
  int64_t terms = n / 2 + 1;
  Value zero = constant(0);
  auto store = [&](Value i, Value even, Value odd) {
    storeScratch(even, folded, add(i, place), zero);
    storeScratch(odd, folded, add(i, place + terms), zero);
  };
  loop(constant(1), constant((n + 1) / 2), 1, [&](Value i) {
    Value x = at(i), y = at(sub(constant(n), i));
    store(i, fadd(x, y), fsub(x, y));
  });
  store(zero, at(zero), splat(0));
  if (n % 2 == 0)
    store(constant(n / 2), at(constant(n / 2)), splat(0));
}

FourierEmitter::Fold FourierEmitter::loadFold(int64_t n, Value i,
                                              int64_t part) {
  int64_t terms = n / 2 + 1;
  auto row = [&](int64_t which) {
    return loadScratch(folded, add(i, which * terms), constant(0));
  };
  return {row(2 * part), row(2 * part + 1)};
}

SmallVector<FourierEmitter::Fold>
FourierEmitter::sumUp(int64_t n, int64_t first, int64_t tile, bool countsTwice,
                      unsigned folds,
                      function_ref<SmallVector<Fold>(Value)> at) {
  int64_t terms = n / 2 + 1;
  auto weigh = [&](int64_t at, double (*turn)(int64_t, int64_t)) {
    int64_t i = at / terms, u = at % terms;
    return (countsTwice && !isMirrored(i, n) ? 2 : 1) * turn(i * u, n);
  };
  std::string name = (countsTwice ? "twice_" : "") + std::to_string(n);
  Value cosine = table("__cosines_" + name, {terms, terms},
                       [&](int64_t at) { return weigh(at, cosTurn); });
  Value sine = table("__sines_" + name, {terms, terms},
                     [&](int64_t at) { return weigh(at, sinTurn); });
  Values sums(2 * folds * tile, splat(0));
  sums = loop(constant(0), constant(terms), 1, sums,
              [&](Value i, ValueRange sums) {
                SmallVector<Fold> parts = at(i);
                Values next;
                for (int64_t u = first; u < first + tile; ++u) {
                  Value c = broadcast(load(cosine, {i, constant(u)}));
                  Value s = broadcast(load(sine, {i, constant(u)}));
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

void FourierEmitter::transformDirectly(FourierKind kind, int64_t n,
                                       const FourierLine &line) {
  switch (kind) {
  case FourierKind::forward:
  case FourierKind::inverse:
    return transformComplex(n, kind == FourierKind::inverse, line);
  case FourierKind::realForward:
    return transformReal(n, line);
  case FourierKind::realInverse:
    return invertReal(n, line);
  }
}

void FourierEmitter::transformReal(int64_t n, const FourierLine &line) {
  int64_t terms = n / 2 + 1, tile = tileOf(1, terms);
  fold(n, 0, [&](Value i) { return line.load(i, false); });
  for (int64_t u = 0; u < terms; u += tile) {
    SmallVector<Fold> sums =
        sumUp(n, u, std::min(tile, terms - u), /*countsTwice=*/false, 1,
              [&](Value i) { return SmallVector<Fold>{loadFold(n, i, 0)}; });
    for (auto [k, sum] : llvm::enumerate(sums)) {
      line.store(constant(u + k), false, sum.even);
      line.store(constant(u + k), true, arith::NegFOp::create(b, sum.odd));
    }
  }
}

void FourierEmitter::transformComplex(int64_t n, bool inverse,
                                      const FourierLine &line) {
  int64_t terms = n / 2 + 1, tile = tileOf(2, terms);
  for (bool part : {false, true})
    fold(n, part ? 2 * terms : 0, [&](Value i) { return line.load(i, part); });
  auto store = [&](int64_t u, Value real, Value imaginary) {
    line.store(constant(u), false, real);
    line.store(constant(u), true, imaginary);
  };
  for (int64_t u = 0; u < terms; u += tile) {
    SmallVector<Fold> sums =
        sumUp(n, u, std::min(tile, terms - u), /*countsTwice=*/false, 2,
              [&](Value i) {
                return SmallVector<Fold>{loadFold(n, i, 0), loadFold(n, i, 1)};
              });
    for (size_t k = 0; 2 * k < sums.size(); ++k) {
      Fold x = sums[2 * k], y = sums[2 * k + 1];
      Value less = fsub(x.even, y.odd);
      Value more = fadd(x.even, y.odd);
      Value below = fsub(y.even, x.odd);
      Value above = fadd(y.even, x.odd);
      int64_t at = u + k;
      store(at, inverse ? less : more, inverse ? above : below);
      if (!isMirrored(at, n))
        store(n - at, inverse ? more : less, inverse ? below : above);
    }
  }
}

/// y[w] = Σ_v α_v Re(X[v] e^(2πi v w / n)), α_v being how many frequencies of
/// all one of half of them stands for.
void FourierEmitter::invertReal(int64_t n, const FourierLine &line) {
  int64_t terms = n / 2 + 1, tile = tileOf(1, terms);
  for (int64_t w = 0; w < terms; w += tile) {
    SmallVector<Fold> sums = sumUp(
        n, w, std::min(tile, terms - w), /*countsTwice=*/true, 1, [&](Value v) {
          return SmallVector<Fold>{{line.load(v, false), line.load(v, true)}};
        });
    for (auto [k, sum] : llvm::enumerate(sums)) {
      int64_t at = w + k;
      line.store(constant(at), false, fsub(sum.even, sum.odd));
      if (!isMirrored(at, n))
        line.store(constant(n - at), false, fadd(sum.even, sum.odd));
    }
  }
}
