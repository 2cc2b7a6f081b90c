//===- Winograd.cpp - Convolutions with fewer multiplications -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Winograd.h"
#include "llvm/Support/MathExtras.h"
#include <cassert>

using namespace mlir;
using namespace mlir::lathe::kernel;

Winograd::Winograd(int64_t results) {
  assert((results == 2 || results == 4) && "no points for so many results");
  if (results == 2)
    pairs = {1};
  else
    pairs = {llvm::numbers::inv_sqrt2, llvm::numbers::sqrt2};
}

SmallVector<double> Winograd::getProduct(int64_t without) const {
  SmallVector<double> product = {1};
  for (auto [i, a] : llvm::enumerate(pairs)) {
    if (static_cast<int64_t>(i) == without)
      continue;
    // Times x² − a².
    product.push_back(0);
    for (size_t k = product.size() - 1; k > 0; --k)
      product[k] = product[k - 1] - a * a * product[k];
    product[0] *= -a * a;
  }
  return product;
}

SmallVector<double> Winograd::getFilterMatrix() const {
  SmallVector<double> rows;
  // The value at a point over the product of its differences to the others.
  auto addRow = [&](double point, double differences) {
    for (double power : {1.0, point, point * point})
      rows.push_back(power / differences);
  };
  addRow(0, getProduct().front());
  for (auto [i, a] : llvm::enumerate(pairs)) {
    double others = 0, power = 1;
    for (double coefficient : getProduct(i)) {
      others += coefficient * power;
      power *= a * a;
    }
    addRow(a, 2 * a * a * others);
    addRow(-a, 2 * a * a * others);
  }
  llvm::append_values(rows, 0.0, 0.0, 1.0);
  return rows;
}

int64_t Winograd::countDataOps() const {
  int64_t count = pairs.size();
  return 2 * count + count * (2 * (count - 1) + 2);
}

int64_t Winograd::countResultOps() const {
  int64_t count = pairs.size();
  return 2 * count + results() * count + 1;
}
