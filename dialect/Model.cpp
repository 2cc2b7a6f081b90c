//===- Model.cpp - Weights, state and the model around them
//------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/DimBounds.h"
#include "dialect/LatheDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Model.cpp.inc"

void LatheDialect::addModelOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Model.cpp.inc"
      >();
}

LogicalResult WeightOp::verify() {
  if (!getTensorType().hasStaticShape())
    return emitOpError("'")
           << getSymName() << "' must have a static shape, not "
           << formatShape(getTensorType()) << " [C1]";
  if (getValues() && getValues()->getType() != getType())
    return emitOpError("'")
           << getSymName() << "' is " << getType() << ", but its values are "
           << getValues()->getType() << " [C2]";
  return success();
}

/// Checks that `symbol` names a `SymbolOp` of the type of `value`.
template <typename SymbolOp>
static LogicalResult verifySymbolUse(Operation *op, FlatSymbolRefAttr symbol,
                                     Type type, SymbolTableCollection &tables) {
  auto target = tables.lookupNearestSymbolFrom<SymbolOp>(op, symbol);
  if (!target)
    return op->emitOpError("needs a ")
           << SymbolOp::getOperationName() << " named '" << symbol.getValue()
           << "' [C1]";
  if (target.getType() != type)
    return op->emitOpError("has the type ")
           << type << ", but '" << symbol.getValue() << "' is declared as "
           << target.getType() << " [C1]";
  return success();
}

LogicalResult ParameterOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifySymbolUse<WeightOp>(*this, getWeightAttr(), getType(), tables);
}

LogicalResult ChooseOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> location,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &results) {
  if (!getShape(op.getIndex()).empty())
    return emitOptionalError(location,
                             "'choose' needs a scalar as the number, got ",
                             formatShape(op.getIndex()), " [C1]");
  TypeRange types = op.getOptions().getTypes();
  if (types.empty() || !llvm::all_equal(types))
    return emitOptionalError(
        location, "'choose' needs parameters of one type to choose from [C2]");
  auto type = cast<RankedTensorType>(types.front());
  if (op.getStacked()) {
    if (types.size() != 1 || type.getRank() == 0)
      return emitOptionalError(
          location, "'choose' needs one stack of parameters, got ",
          types.size(), " of the shape ", formatShape(type), " [C3]");
    type = RankedTensorType::get(type.getShape().drop_front(),
                                 type.getElementType());
  }
  results.push_back(type);
  return success();
}

bool StateOp::canHold(RankedTensorType type) {
  auto own = cast<RankedTensorType>(getType());
  if (own == type)
    return true;
  Shape mine = getShape(own), wanted = getShape(type);
  if (own.getElementType() != type.getElementType() ||
      mine.size() != wanted.size())
    return false;
  DimBounds bounds((*this)->getParentOfType<ModuleOp>());
  return llvm::all_of(llvm::zip(mine, wanted), [&](auto sizes) {
    auto [whole, part] = sizes;
    auto range = bounds.of(whole);
    std::optional<int64_t> number = part.getConstant();
    return whole == part ||
           (number && range && !whole.getConstant() &&
            *number >= range->first && *number <= range->second);
  });
}

/// Checks that `symbol` names a state that can hold a tensor of `type`.
static LogicalResult verifyStateUse(Operation *op, FlatSymbolRefAttr symbol,
                                    Type type, SymbolTableCollection &tables) {
  auto state = tables.lookupNearestSymbolFrom<StateOp>(op, symbol);
  if (state && state.canHold(cast<RankedTensorType>(type)))
    return success();
  return verifySymbolUse<StateOp>(op, symbol, type, tables);
}

LogicalResult ReadStateOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifyStateUse(*this, getStateAttr(), getType(), tables);
}

LogicalResult WriteStateOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifyStateUse(*this, getStateAttr(), getValue().getType(), tables);
}
