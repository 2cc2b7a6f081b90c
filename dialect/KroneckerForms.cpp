//===- KroneckerForms.cpp - Ways to compute a Kronecker adapter -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/KroneckerForms.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

class KroneckerWriter {
public:
  KroneckerWriter(KroneckerAdapterOp op, Composer &c) : op(op), c(c) {
    rule = op.getPhmRule()
               ? op.getPhmRule()
               : c.matmul(op.getPhmRuleLeft(), op.getPhmRuleRight());
    n = getDim(rule, 0);
    Shape left = getShape(op.getW() ? op.getW() : op.getWLeft());
    Shape right = getShape(op.getW() ? op.getW() : op.getWRight());
    in = left[1];
    out = right[2];
    rank = op.getW() ? DimExpr(0) : left[2];
  }

  Value write(KroneckerForm form) {
    if (form == KroneckerForm::merged)
      return writeMerged();
    bool isFirst = form == KroneckerForm::ruleFirst;
    if (op.getW())
      return isFirst ? writeWholeRuleFirst() : writeWholeRuleLast();
    return isFirst ? writeRuleWithLeft() : writeRuleWithRight();
  }

private:
  /// H[(a c), (p q)] = Σ_i A_i[a, p] B_i[c, q], then its transpose.
  Value writeMerged() {
    Value terms =
        op.getW() ? op.getW() : c.matmul(op.getWLeft(), op.getWRight());
    Value h = c.matmul(c.reshape(rule, {n, n * n}),
                       c.reshape(terms, {n, in * out}), true, false);
    h = c.transpose(c.reshape(h, {n, n, in, out}), {1, 3, 0, 2});
    return c.linear(op.getInput(), c.reshape(h, {n * out, n * in}), op.getB());
  }

  Value writeRuleWithLeft() {
    // [(p i r), (a c)]: A_i[a, p] s_i[c, r].
    Value a = c.unsqueeze(c.transpose(rule, {2, 0, 1}), {2, 4});
    Value s = c.unsqueeze(c.transpose(op.getWLeft(), {0, 2, 1}), {0, 3});
    Value first = c.reshape(c.mul(a, s), {n * n * rank, n * in});
    Value v = withTail(c.linear(op.getInput(), first), {n, n * rank});
    // [q, (i r)]: t_i[r, q].
    Value second = c.transpose(op.getWRight(), {2, 0, 1});
    return finish(c.linear(v, c.reshape(second, {out, n * rank})));
  }

  Value writeRuleWithRight() {
    // [(i r), c]: s_i[c, r].
    Value first = c.transpose(op.getWLeft(), {0, 2, 1});
    Value u = c.linear(withTail(op.getInput(), {n, in}),
                       c.reshape(first, {n * rank, in}));
    // [(p q), (a i r)]: A_i[a, p] t_i[r, q].
    Value a = c.unsqueeze(c.transpose(rule, {2, 1, 0}), {1, 4});
    Value t = c.unsqueeze(c.transpose(op.getWRight(), {2, 0, 1}), {0, 2});
    Value second = c.reshape(c.mul(a, t), {n * out, n * n * rank});
    return c.linear(withTail(u, {n * n * rank}, 2), second, op.getB());
  }

  Value writeWholeRuleFirst() {
    // [(p i), a]: A_i[a, p].
    Value first = c.reshape(c.transpose(rule, {2, 0, 1}), {n * n, n});
    Value w = c.matmul(first, withTail(op.getInput(), {n, in}));
    // [q, (i c)]: B_i[c, q].
    Value second = c.reshape(c.transpose(op.getW(), {2, 0, 1}), {out, n * in});
    return finish(c.linear(withTail(w, {n, n * in}, 2), second));
  }

  Value writeWholeRuleLast() {
    // [(i q), c]: B_i[c, q].
    Value first = c.reshape(c.transpose(op.getW(), {0, 2, 1}), {n * out, in});
    Value z = c.linear(withTail(op.getInput(), {n, in}), first);
    // [p, (a i)]: A_i[a, p].
    Value second = c.reshape(c.transpose(rule, {2, 1, 0}), {n, n * n});
    return finish(c.matmul(second, withTail(z, {n * n, out}, 2)));
  }

  /// `x` with other last dimensions, in place of so many.
  Value withTail(Value x, ArrayRef<DimExpr> tail, unsigned replaced = 1) {
    Shape shape = getShape(x);
    shape.truncate(shape.size() - replaced);
    llvm::append_range(shape, tail);
    return c.reshape(x, shape);
  }

  /// [..., n, out / n] with the bias, as the result. The bias comes first: then
  /// it is added to the product's accumulators.
  Value finish(Value y) {
    if (op.getB())
      y = c.add(y, c.reshape(op.getB(), {n, out}));
    return withTail(y, {n * out}, 2);
  }

  KroneckerAdapterOp op;
  Composer &c;
  Value rule;
  /// Terms; rows and columns of a B_i, and its rank, 0 where B_i is whole.
  DimExpr n, in, out, rank;
};

} // namespace

Value lathe::writeKroneckerForm(KroneckerAdapterOp op, KroneckerForm form,
                                Composer &c) {
  return KroneckerWriter(op, c).write(form);
}
