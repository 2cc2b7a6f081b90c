//===- AdapterChoice.h - In which form an adapter is cheaper --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PASSES_ADAPTERCHOICE_H
#define LATHE_PASSES_ADAPTERCHOICE_H

#include "dialect/KroneckerForms.h"
#include "passes/CostModel.h"

namespace mlir::lathe {

/// What users say of the forms of Kronecker adapters.
enum class AdapterChoice { automatic, merged, factored };

/// Seconds that the forms of an adapter take, and the better one of the two
/// factored ones.
struct AdapterCosts {
  double merged, factored;
  KroneckerForm bestFactored;

  KroneckerForm choose(AdapterChoice choice) const;
};

/// Writes the forms in front of `op` to see what they cost, and erases them.
/// What is computed of weights alone is done when compiling and costs nothing,
/// unless an input chooses the weights.
AdapterCosts estimateForms(KroneckerAdapterOp op, const CostModel &model);

} // namespace mlir::lathe

#endif // LATHE_PASSES_ADAPTERCHOICE_H
