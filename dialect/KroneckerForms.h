//===- KroneckerForms.h - Ways to compute a Kronecker adapter -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// y = x H + b with H = Σ_i A_i ⊗ B_i. Merged, H is one matrix. Factored, x is a
// matrix [n, in / n] a token, of which two small products make y: H is never
// there. The A_i join one of the two, which leaves two ways:
//
//   rank r, with the left factors:  v[p i r] = Σ_{a c} x[a c] (A_i[a p] s_i[c
//   r])
//                                   y[p, q]  = Σ_{i r} v[p, i r] t_i[r q]
//   rank r, with the right ones:    u[a, i r] = Σ_c x[a, c] s_i[c r]
//                                   y[p q] = Σ_{a i r} u[a i r] (A_i[a p] t_i[r
//                                   q])
//   whole B_i, rule first:          w[p i, c] = Σ_a A_i[a p] x[a, c]
//                                   y[p, q] = Σ_{i c} w[p, i c] B_i[c q]
//   whole B_i, rule last:           z[a, i q] = Σ_c x[a, c] B_i[c q]
//                                   y[p, q] = Σ_{a i} A_i[a p] z[a i, q]
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_KRONECKERFORMS_H
#define LATHE_DIALECT_KRONECKERFORMS_H

#include "dialect/Adapter.h"
#include "dialect/Composer.h"

namespace mlir::lathe {

enum class KroneckerForm {
  /// One product with H, which is computed of weights.
  merged,
  /// Two small products, the A_i being applied in the first one.
  ruleFirst,
  /// The same, the A_i being applied in the second one.
  ruleLast
};

/// Writes what `op` computes, in the given form.
Value writeKroneckerForm(KroneckerAdapterOp op, KroneckerForm form,
                         Composer &c);

} // namespace mlir::lathe

#endif // LATHE_DIALECT_KRONECKERFORMS_H
