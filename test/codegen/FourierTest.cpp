//===- FourierTest.cpp - Straight-line transforms and their choice --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Fourier.h"
#include <cmath>
#include <complex>
#include <gtest/gtest.h>
#include <numbers>
#include <vector>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

using Kind = FourierStep::Kind;
using Method = FourierPlan::Method;
using Complex = std::complex<double>;
using Line = std::vector<Complex>;

static constexpr FourierKind allKinds[] = {
    FourierKind::forward, FourierKind::inverse, FourierKind::realForward,
    FourierKind::realInverse};

namespace {

/// What the transform reads: the parts that it must not read are 1e9.
Line makeInput(FourierKind kind, int64_t n) {
  Line x(n);
  for (int64_t i = 0; i < n; ++i) {
    x[i] = {std::sin(1.7 * i + 0.3), std::cos(2.9 * i + 1)};
    bool isReal = kind == FourierKind::realForward ||
                  (kind == FourierKind::realInverse && 2 * i % n == 0);
    if (isReal)
      x[i].imag(1e9);
    if (kind == FourierKind::realInverse && 2 * i > n)
      x[i] = {1e9, 1e9};
  }
  return x;
}

/// The sums that define the transform, of all n numbers.
Line transformDirectly(FourierKind kind, Line x) {
  int64_t n = x.size();
  for (int64_t i = 0; i < n; ++i) {
    if (kind == FourierKind::realInverse && 2 * i > n)
      x[i] = std::conj(x[n - i]);
    else if (x[i].imag() == 1e9)
      x[i].imag(0);
  }
  bool inverse =
      kind == FourierKind::inverse || kind == FourierKind::realInverse;
  Line result(n);
  for (int64_t u = 0; u < n; ++u)
    for (int64_t i = 0; i < n; ++i)
      result[u] +=
          x[i] * std::polar(1.0, (inverse ? 2 : -2) * M_PI * (u * i % n) / n);
  return result;
}

/// Runs the steps in place.
void run(ArrayRef<FourierStep> steps, Line &line) {
  std::vector<double> values;
  auto part = [&](const FourierStep &step) -> double & {
    return reinterpret_cast<double *>(&line[step.index])[step.imaginary];
  };
  for (const FourierStep &step : steps) {
    double value = 0;
    switch (step.kind) {
    case Kind::load:
      value = part(step);
      break;
    case Kind::store:
      part(step) = values[step.x];
      break;
    case Kind::zero:
      break;
    case Kind::add:
      value = values[step.x] + values[step.y];
      break;
    case Kind::subtract:
      value = values[step.x] - values[step.y];
      break;
    case Kind::scale:
      value = step.factor * values[step.x];
      break;
    }
    values.push_back(value);
  }
}

/// "sums and products" of straight-line code.
std::string count(FourierKind kind, int64_t n) {
  int64_t sums = 0, products = 0;
  for (const FourierStep &step : writeFourier(kind, n)) {
    sums += step.kind == Kind::add || step.kind == Kind::subtract;
    // A change of sign is none.
    products += step.kind == Kind::scale && step.factor != -1;
  }
  return std::to_string(sums) + " and " + std::to_string(products);
}

TEST(Fourier, TransformsLinesOfEveryLengthInPlace) {
  for (FourierKind kind : allKinds)
    for (int64_t n = 1; n <= 130; ++n) {
      Line line = makeInput(kind, n);
      Line wanted = transformDirectly(kind, line);
      run(writeFourier(kind, n), line);
      int64_t written = kind == FourierKind::realForward ? n / 2 + 1 : n;
      double error = 0;
      for (int64_t i = 0; i < written; ++i) {
        error = std::max(error, std::abs(line[i].real() - wanted[i].real()));
        if (kind != FourierKind::realInverse)
          error = std::max(error, std::abs(line[i].imag() - wanted[i].imag()));
      }
      EXPECT_LT(error, 1e-12 * n) << "length " << n << ", kind " << int(kind);
    }
}

TEST(Fourier, TakesFewSumsAndProducts) {
  // The counts of the split radix, 4 n log n − 6 n + 8 for powers of two, and
  // of real transforms half of it and less.
  EXPECT_EQ(count(FourierKind::forward, 8), "52 and 4");
  EXPECT_EQ(count(FourierKind::forward, 16), "144 and 24");
  EXPECT_EQ(count(FourierKind::forward, 32), "372 and 84");
  EXPECT_EQ(count(FourierKind::inverse, 32), "372 and 84");
  EXPECT_EQ(count(FourierKind::realForward, 32), "156 and 42");
  EXPECT_EQ(count(FourierKind::realInverse, 32), "156 and 50");
  EXPECT_EQ(count(FourierKind::forward, 1), "0 and 0");
  // Without twiddles: 5 of length 3, 3 of length 5.
  EXPECT_EQ(count(FourierKind::forward, 3), "12 and 4");
  EXPECT_EQ(count(FourierKind::forward, 5), "32 and 16");
  EXPECT_EQ(count(FourierKind::forward, 15), "156 and 68");
}

TEST(Fourier, CountsFusedProductsOnce) {
  // x + 2 y is one operation; 2 y for two sums is three.
  SmallVector<FourierStep> steps = {{Kind::load},
                                    {Kind::load, 0, 0, 0, 1},
                                    {Kind::scale, 1, 0, 2},
                                    {Kind::add, 0, 2},
                                    {Kind::store, 3}};
  EXPECT_EQ(countOperations(steps), 1);
  steps.push_back({Kind::subtract, 0, 2});
  EXPECT_EQ(countOperations(steps), 3);
}

TEST(Fourier, CountsReloads) {
  // Three numbers in two registers: the one needed last is read again.
  SmallVector<FourierStep> steps = {
      {Kind::load},      {Kind::load, 0, 0, 0, 1}, {Kind::load, 0, 0, 0, 2},
      {Kind::add, 1, 2}, {Kind::add, 3, 0},        {Kind::store, 4}};
  EXPECT_EQ(countReloads(steps, 3), 0);
  EXPECT_EQ(countReloads(steps, 2), 1);
}

TEST(Fourier, ChoosesWhatTakesLeast) {
  auto method = [](int64_t n, int64_t registers,
                   FourierKind kind = FourierKind::forward) {
    return planFourier(kind, n, registers).method;
  };
  for (int64_t n : {1, 2, 3, 7, 8, 12, 30, 32, 56, 64}) {
    EXPECT_EQ(method(n, 16), Method::straight) << n;
    EXPECT_EQ(method(n, 32), Method::straight) << n;
  }
  // A prime's numbers all meet: registers decide.
  EXPECT_EQ(method(29, 32), Method::straight);
  EXPECT_EQ(method(29, 16), Method::direct);
  EXPECT_EQ(method(37, 32), Method::direct);
  EXPECT_EQ(method(37, 32, FourierKind::realForward), Method::straight);
  EXPECT_EQ(method(127, 32), Method::direct);
  EXPECT_EQ(method(251, 32), Method::direct);
  EXPECT_EQ(method(2 * 101, 32), Method::direct);
  // Code is bounded.
  EXPECT_EQ(method(128, 32), Method::staged);
  EXPECT_EQ(planFourier(FourierKind::forward, 144, 32).radices,
            (SmallVector<int64_t>{12, 12}));
  EXPECT_EQ(planFourier(FourierKind::forward, 1000, 32).radices,
            (SmallVector<int64_t>{10, 10, 10}));
}

TEST(Fourier, TurnsAreSymmetric) {
  for (int64_t n = 1; n <= 130; ++n)
    for (int64_t k = 0; k < n; ++k) {
      EXPECT_EQ(cosTurn(k, n), cosTurn(n - k, n));
      EXPECT_EQ(sinTurn(k, n), -sinTurn(n - k, n));
      EXPECT_EQ(cosTurn(k, n), sinTurn(4 * k + n, 4 * n));
      long double angle = 2 * std::numbers::pi_v<long double> * k / n;
      EXPECT_NEAR(cosTurn(k, n), std::cos(angle), 2.5e-16);
      EXPECT_NEAR(sinTurn(k, n), std::sin(angle), 2.5e-16);
    }
  EXPECT_EQ(cosTurn(1, 4), 0);
  EXPECT_EQ(sinTurn(1, 2), 0);
  EXPECT_EQ(sinTurn(-1, 4), -1);
}

} // namespace
