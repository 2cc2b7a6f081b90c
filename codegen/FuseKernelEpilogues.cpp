//===- FuseKernelEpilogues.cpp - Elementwise ops as a part of products
//-------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// As FormNests does with the epilogues of reductions. A kernel.dot_product has
// rows without further dimensions, so that a reshape stands between it and what
// reads it.
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_FUSEKERNELEPILOGUES
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using kernel::FinishOpInterface;

/// The op that alone uses a value.
static Operation *getOnlyUser(Value value) {
  if (value.use_empty() || !llvm::all_equal(value.getUsers()))
    return nullptr;
  return *value.getUsers().begin();
}

/// Whether an op is for the host where a device has no function of f64.
static bool isForHost(Operation &op) {
  return isa_and_present<math::MathDialect>(op.getDialect()) &&
         op.getResult(0).getType().isF64();
}

/// Whether the op gives each element of its result from one of each input, by
/// arithmetic alone that all devices have.
static bool isElementwise(linalg::GenericOp op) {
  if (!op.hasPureTensorSemantics() || op.getNumResults() != 1 ||
      op.getNumReductionLoops() > 0 ||
      !op.getIndexingMapsArray().back().isIdentity() ||
      op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)))
    return false;
  return llvm::all_of(op.getBlock()->without_terminator(), [](Operation &op) {
    return matchPattern(&op, m_Constant()) ||
           (OpTrait::hasElementwiseMappableTraits(&op) && !isForHost(op));
  });
}

/// Whether a map reads a tensor at 0 along dimensions that have one element.
static bool isUnit(AffineMap map, unsigned dim, Value tensor) {
  auto constant = dyn_cast<AffineConstantExpr>(map.getResult(dim));
  return constant && constant.getValue() == 0 &&
         cast<ShapedType>(tensor.getType()).getDimSize(dim) == 1;
}

/// How an operand's tensor is read without such dimensions.
static AffineMap getMapWithoutUnits(linalg::GenericOp op, OpOperand &input) {
  AffineMap map = op.getMatchingIndexingMap(&input);
  SmallVector<AffineExpr> read;
  for (auto [i, result] : llvm::enumerate(map.getResults()))
    if (!isUnit(map, i, input.get()))
      read.push_back(result);
  return AffineMap::get(map.getNumDims(), 0, read, map.getContext());
}

static Value dropUnits(OpBuilder &b, linalg::GenericOp op, OpOperand &input) {
  AffineMap map = op.getMatchingIndexingMap(&input);
  // Those before the first one that stays belong to its group.
  SmallVector<ReassociationIndices> groups;
  bool any = false, isFirst = true;
  for (unsigned i = 0; i < map.getNumResults(); ++i) {
    bool drops = isUnit(map, i, input.get());
    if (groups.empty() || (!drops && !isFirst))
      groups.emplace_back();
    groups.back().push_back(i);
    any |= drops;
    isFirst &= drops;
  }
  if (!any)
    return input.get();
  // Nothing but such dimensions: one element.
  if (isFirst)
    groups.clear();
  return tensor::CollapseShapeOp::create(b, op.getLoc(), input.get(), groups);
}

namespace {
/// A kernel and what it may apply: the only op that reads it, if need be
/// through a reshape of its rows, where it has rows and columns.
class Epilogue {
public:
  explicit Epilogue(FinishOpInterface product)
      : product(product), read(product->getResult(0)) {
    Operation *user = getOnlyUser(read);
    reshape = dyn_cast_or_null<tensor::ExpandShapeOp>(user);
    if (reshape) {
      read = reshape.getResult();
      user = getOnlyUser(read);
    }
    op = dyn_cast_or_null<linalg::GenericOp>(user);
  }

  bool canFuse() {
    if (!op || !isElementwise(op) || (reshape && !keepsColumns(reshape)) ||
        (!reshape && op.getNumLoops() != product.getFinishRank()) ||
        cast<ShapedType>(read.getType()).getShape() !=
            cast<ShapedType>(op.getResult(0).getType()).getShape())
      return false;
    for (OpOperand *input : op.getDpsInputOperands()) {
      bool isRead = input->get() == read
                        ? op.getMatchingIndexingMap(input).isIdentity()
                        : mapExtra(getMapWithoutUnits(op, *input)).has_value();
      if (!isRead)
        return false;
    }
    return true;
  }

  void fuse(RewriterBase &rewriter) {
    rewriter.setInsertionPoint(op);
    SmallVector<Value> extras;
    SmallVector<AffineMap> maps;
    for (OpOperand *input : op.getDpsInputOperands()) {
      if (input->get() == read)
        continue;
      AffineMap map = getMapWithoutUnits(op, *input);
      extras.push_back(flatten(rewriter, dropUnits(rewriter, op, *input), map));
      maps.push_back(*mapExtra(map));
    }
    Location location = product.getLoc();
    Type element = getElementTypeOrSelf(op.getResult(0));
    Value output = tensor::EmptyOp::create(
        rewriter, location,
        tensor::getMixedSizes(rewriter, location,
                              product.getInitOutputMutable().get()),
        element);
    rewriter.modifyOpInPlace(product, [&] {
      product.getExtrasMutable().assign(extras);
      product.setExtraMapsAttr(rewriter.getAffineMapArrayAttr(maps));
      product.getInitOutputMutable().assign(output);
      product->getResult(0).setType(cast<RankedTensorType>(output.getType()));
      fillFinish(rewriter);
    });
    // Behind what the extras are.
    rewriter.moveOpAfter(product, output.getDefiningOp());
    Value result = product->getResult(0);
    if (reshape)
      result = tensor::ExpandShapeOp::create(
          rewriter, reshape.getLoc(), op.getResult(0).getType(), result,
          groupRows(op.getNumLoops(), /*hasColumns=*/true),
          reshape.getMixedOutputShape());
    rewriter.replaceOp(op, result);
    if (reshape)
      rewriter.eraseOp(reshape);
  }

private:
  /// Whether the last dimension stays as it is. Sizes of 1 before it are as
  /// good as of the rows.
  static bool keepsColumns(tensor::ExpandShapeOp reshape) {
    return reshape.getSrcType().getRank() == 2 &&
           reshape.getSrcType().getShape().back() ==
               reshape.getResultType().getShape().back();
  }

  /// All dimensions but the last are those of rows.
  static SmallVector<ReassociationIndices> groupRows(int64_t rank,
                                                     bool hasColumns) {
    auto rows = llvm::to_vector<2>(llvm::seq(hasColumns ? rank - 1 : rank));
    SmallVector<ReassociationIndices> groups = {ReassociationIndices(rows)};
    if (hasColumns)
      groups.push_back({rank - 1});
    return groups;
  }

  /// How an operand that is read by `map` is read from the result's indices;
  /// from a row and a column, nothing if rows have no place of their own in it.
  std::optional<AffineMap> mapExtra(AffineMap map) const {
    if (!reshape) {
      bool isInOrder = map.isProjectedPermutation();
      for (unsigned i = 1; isInOrder && i < map.getNumResults(); ++i)
        isInOrder = map.getDimPosition(i - 1) < map.getDimPosition(i);
      return isInOrder ? std::optional(map) : std::nullopt;
    }
    unsigned last = map.getNumDims() - 1;
    MLIRContext *context = map.getContext();
    AffineMap identity = AffineMap::getMultiDimIdentityMap(last + 1, context);
    AffineExpr row = getAffineDimExpr(0, context);
    AffineExpr column = getAffineDimExpr(1, context);
    if (map == identity)
      return AffineMap::get(2, 0, {row, column}, context);
    if (map == identity.getMajorSubMap(last))
      return AffineMap::get(2, 0, row);
    if (map == identity.getMinorSubMap(1))
      return AffineMap::get(2, 0, column);
    if (map.getNumResults() == 0)
      return AffineMap::get(2, 0, context);
    return std::nullopt;
  }

  /// An extra with the rows in one dimension.
  Value flatten(OpBuilder &b, Value extra, AffineMap map) {
    if (!reshape || !map.isFunctionOfDim(0))
      return extra;
    int64_t rank = map.getNumResults();
    return tensor::CollapseShapeOp::create(
        b, op.getLoc(), extra, groupRows(rank, rank == op.getNumLoops()));
  }

  void fillFinish(RewriterBase &rewriter) {
    OpBuilder::InsertionGuard guard(rewriter);
    Block *block = rewriter.createBlock(&product.getFinish());
    Location location = op.getLoc();
    IRMapping mapping;
    for (auto [input, argument] :
         llvm::zip(op.getDpsInputs(), op.getBlock()->getArguments()))
      if (input != read)
        mapping.map(argument, block->addArgument(argument.getType(), location));
    Value sum = block->addArgument(rewriter.getF32Type(), location);
    for (auto [input, argument] :
         llvm::zip(op.getDpsInputs(), op.getBlock()->getArguments()))
      if (input == read)
        mapping.map(argument, sum);
    for (Operation &inner : op.getBlock()->without_terminator())
      rewriter.clone(inner, mapping);
    Value yielded = op.getBlock()->getTerminator()->getOperand(0);
    kernel::YieldOp::create(rewriter, location,
                            mapping.lookupOrDefault(yielded));
  }

  FinishOpInterface product;
  /// What the elementwise op reads of the product.
  Value read;
  tensor::ExpandShapeOp reshape;
  linalg::GenericOp op;
};

struct FuseKernelEpiloguesPass
    : lathe::impl::FuseKernelEpiloguesBase<FuseKernelEpiloguesPass> {
  void runOnOperation() override {
    SmallVector<FinishOpInterface> products;
    getOperation().walk([&](FinishOpInterface op) {
      if (op.getFinish().empty())
        products.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    // Of several products that an op reads the last one takes it, and none
    // moves past another.
    for (FinishOpInterface product : llvm::reverse(products)) {
      Epilogue epilogue(product);
      if (!epilogue.canFuse())
        continue;
      epilogue.fuse(rewriter);
      ++fused;
    }
  }
};
} // namespace
