//===- Neighbours.cpp - What lies in a piece of memory --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/Neighbours.h"
#include "codegen/NestPlan.h"
#include "codegen/gpu/KernelUses.h"
#include "dialect/Shape.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"
#include <numeric>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
/// A number of the form `multiple` z + `step` i for an integer z, where i is
/// the place in a run.
struct Progression {
  int64_t step = 0, multiple = 1;
};

/// Follows what subscripts are along runs of `count` elements of dimension
/// `dim`, each of which begins at a multiple of `count`.
class RunReader {
public:
  RunReader(unsigned dim, int64_t count) : dim(dim), count(count) {}

  std::optional<Progression> read(AffineExpr subscript) const {
    if (auto constant = dyn_cast<AffineConstantExpr>(subscript))
      return Progression{0, constant.getValue()};
    if (auto place = dyn_cast<AffineDimExpr>(subscript))
      return place.getPosition() == dim ? Progression{1, count} : Progression();
    auto both = dyn_cast<AffineBinaryOpExpr>(subscript);
    if (!both)
      return std::nullopt;
    std::optional<Progression> left = read(both.getLHS()),
                               right = read(both.getRHS());
    if (!left || !right)
      return std::nullopt;
    if (both.getKind() == AffineExprKind::Add)
      return Progression{left->step + right->step,
                         std::gcd(left->multiple, right->multiple)};
    auto constant = dyn_cast<AffineConstantExpr>(both.getRHS());
    return constant ? apply(both.getKind(), *left, constant.getValue())
                    : std::nullopt;
  }

private:
  std::optional<Progression> apply(AffineExprKind kind, Progression value,
                                   int64_t by) const {
    if (kind == AffineExprKind::Mul)
      return Progression{value.step * by, value.multiple * by};
    // A run that passes no multiple of the divisor has one quotient.
    int64_t common = std::gcd(value.multiple, by);
    if (by <= 0 || value.step < 0 || value.step * (count - 1) >= common)
      return std::nullopt;
    if (kind == AffineExprKind::Mod)
      return Progression{value.step, common};
    if (kind == AffineExprKind::FloorDiv)
      return Progression{0, common == by ? value.multiple / by : 1};
    return std::nullopt;
  }

  unsigned dim;
  int64_t count;
};
} // namespace

/// Whether runs of so many elements along `dim` are pieces of memory that begin
/// at multiples of their size from the buffer's first element.
static bool liesInPieces(NestOp nest, unsigned input, unsigned dim,
                         int64_t count) {
  auto type = cast<MemRefType>(nest.getInputs()[input].getType());
  int64_t offset;
  SmallVector<int64_t> strides;
  if (failed(type.getStridesAndOffset(strides, offset)))
    return false;
  RunReader reader(dim, count);
  Progression place{0, 0};
  for (auto [subscript, stride] :
       llvm::zip(nest.getMap(input).getResults(), strides)) {
    std::optional<Progression> along = reader.read(subscript);
    if (!along || (ShapedType::isDynamic(stride) && along->step != 0))
      return false;
    int64_t known = ShapedType::isDynamic(stride) ? 1 : stride;
    place = {place.step + along->step * known,
             std::gcd(place.multiple, along->multiple * known)};
  }
  return place.step == 1 && place.multiple % count == 0;
}

int64_t mlir::lathe::kernel::countCopied(NestOp nest, unsigned input,
                                         ArrayRef<unsigned> dims) {
  SmallVector<int64_t> extents = nest.getStaticExtents();
  auto isOne = [&](unsigned dim) { return extents[dim] == 1; };
  while (!dims.empty() && isOne(dims.back()))
    dims = dims.drop_back();
  if (dims.empty())
    return 0;
  unsigned dim = dims.back();
  // What is beyond the end of one dimension is not the next one's.
  bool isAlone = llvm::all_of(dims.drop_back(), isOne);
  int64_t factor = getExtentFactors(nest)[dim];
  Value buffer = nest.getInputs()[input];
  int64_t each = getElementBytes(getElementTypeOrSelf(buffer));
  auto alignment = static_cast<int64_t>(alignmentOf(buffer));
  for (int64_t bytes : copiedBytes) {
    int64_t count = bytes / each;
    if (count * each == bytes && alignment % bytes == 0 &&
        (isAlone || factor % count == 0) &&
        liesInPieces(nest, input, dim, count))
      return count;
  }
  return 0;
}
