//===- FourierPlan.cpp - Which transform takes the least ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Fourier.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

SmallVector<int64_t, 2> FourierStep::operands() const {
  switch (kind) {
  case Kind::load:
  case Kind::zero:
    return {};
  case Kind::store:
  case Kind::scale:
    return {x};
  case Kind::add:
  case Kind::subtract:
    return {x, y};
  }
  llvm_unreachable("a step of no kind");
}

int64_t kernel::countOperations(ArrayRef<FourierStep> steps) {
  using Kind = FourierStep::Kind;
  SmallVector<int64_t> uses(steps.size());
  for (const FourierStep &step : steps)
    for (int64_t operand : step.operands())
      ++uses[operand];
  auto isOnlyTerm = [&](int64_t step) {
    return steps[step].kind == Kind::scale && uses[step] == 1;
  };
  int64_t count = 0;
  for (const FourierStep &step : steps) {
    bool isSum = step.kind == Kind::add || step.kind == Kind::subtract;
    count += isSum || step.kind == Kind::scale;
    count -= isSum && (isOnlyTerm(step.x) || isOnlyTerm(step.y));
  }
  return count;
}

int64_t kernel::countReloads(ArrayRef<FourierStep> steps, int64_t registers) {
  int64_t end = steps.size(), reloads = 0;
  // The later uses of each value, the soonest last.
  SmallVector<SmallVector<int64_t>> uses(end);
  for (int64_t i = end; i-- > 0;)
    for (int64_t operand : steps[i].operands())
      uses[operand].push_back(i);
  SmallVector<int64_t> held;
  auto nextUse = [&](int64_t value) {
    return uses[value].empty() ? end : uses[value].back();
  };
  auto hold = [&](int64_t value) {
    if (static_cast<int64_t>(held.size()) == registers)
      held.erase(llvm::max_element(
          held, [&](int64_t x, int64_t y) { return nextUse(x) < nextUse(y); }));
    held.push_back(value);
  };
  for (int64_t i = 0; i < end; ++i) {
    for (int64_t operand : steps[i].operands()) {
      if (!llvm::is_contained(held, operand)) {
        ++reloads;
        hold(operand);
      }
      uses[operand].pop_back();
    }
    llvm::erase_if(held, [&](int64_t value) { return uses[value].empty(); });
    if (!uses[i].empty())
      hold(i);
  }
  return reloads;
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

/// The longest lengths of which straight-line code is tried, and whose lines
/// may be on a stack.
static constexpr int64_t mostStraight = 128, mostStaged = 2048;

/// Splits a length into as few radices as can be, of about the same size;
/// nothing if a prime factor is larger than a radix may be.
static SmallVector<int64_t> splitLength(int64_t n) {
  SmallVector<int64_t> radices;
  while (n > 1) {
    double stages = std::ceil(std::log2(n) / std::log2(mostRadix) - 1e-9);
    double wanted = std::pow(n, 1 / stages);
    auto distance = [&](int64_t radix) {
      return std::abs(std::log2(radix / wanted));
    };
    int64_t best = 1;
    for (int64_t radix = 2; radix <= std::min(n, mostRadix); ++radix)
      if (n % radix == 0 && (best == 1 || distance(radix) < distance(best)))
        best = radix;
    if (best == 1)
      return {};
    radices.push_back(best);
    n /= best;
  }
  return radices;
}

/// A direct transform of half as many terms and frequencies: products with a
/// cosine and a sine, which are a broadcast each, and the sums and differences
/// before and after, in memory.
static int64_t costDirect(int64_t n, int64_t parts) {
  int64_t terms = n / 2 + 1;
  return terms * terms * (2 * parts + 2) + 8 * parts * terms;
}

/// Complex code: twiddles are two broadcasts and four products, and each stage
/// reads and writes the line.
static int64_t costStaged(int64_t n, ArrayRef<int64_t> radices,
                          int64_t registers) {
  int64_t cost = 0;
  for (int64_t radix : radices) {
    SmallVector<FourierStep> steps = writeFourier(FourierKind::forward, radix);
    cost +=
        n / radix *
        (countOperations(steps) + countReloads(steps, registers) + 10 * radix);
  }
  return cost;
}

FourierPlan kernel::planFourier(FourierKind kind, int64_t n,
                                int64_t registers) {
  using Method = FourierPlan::Method;
  bool isReal =
      kind == FourierKind::realForward || kind == FourierKind::realInverse;
  FourierPlan plan = {Method::direct, {}};
  int64_t cost = costDirect(n, isReal ? 1 : 2);
  auto offer = [&](FourierPlan other, int64_t otherCost) {
    if (otherCost < cost) {
      plan = other;
      cost = otherCost;
    }
  };
  if (n <= mostStraight) {
    SmallVector<FourierStep> steps = writeFourier(kind, n);
    if (static_cast<int64_t>(steps.size()) <= mostStraightSteps)
      offer({Method::straight, {}},
            countOperations(steps) + countReloads(steps, registers));
  }
  SmallVector<int64_t> radices = splitLength(n);
  if (radices.size() > 1 && n <= mostStaged) {
    int64_t staged = costStaged(n, radices, registers);
    // Two real lines are one complex one, taken apart behind.
    offer({Method::staged, radices}, isReal ? staged / 2 + 4 * n : staged);
  }
  return plan;
}
