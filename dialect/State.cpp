//===- State.cpp - State that ops own -------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/State.h"
#include "dialect/Checks.h"
#include "dialect/DimBounds.h"
#include "dialect/Locations.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/State.cpp.inc"

void LatheDialect::addStateOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/State.cpp.inc"
      >();
}

/// The positions that are filled after the call.
static DimExpr filledPositions(StringRef past, ArrayRef<DimExpr> input) {
  return DimExpr::symbol(past) + input[1];
}

/// Whether `text` is the name of one dimension and no expression.
static bool isDimName(StringRef text) {
  std::optional<DimExpr> size = DimExpr::parse(text);
  if (!size || size->getTerms().size() != 1)
    return false;
  const auto &[monomial, coefficient] = *size->getTerms().begin();
  return coefficient == 1 && monomial.size() == 1 && !monomial[0].dividend;
}

LogicalResult CacheOp::inferReturnTypes(MLIRContext *,
                                        std::optional<Location> location,
                                        Adaptor op,
                                        SmallVectorImpl<Type> &results) {
  Shape shape = getShape(op.getInput());
  if (shape.size() < 2 || shape.size() > 4)
    return emitOptionalError(
        location,
        "'cache' needs an input [batch, tokens, …] of rank 2 to 4, got ",
        formatShape(op.getInput()), " [C1]");
  int64_t capacity = op.getCapacity();
  if (capacity < 1)
    return emitOptionalError(atKey(location, "capacity"),
                             "'cache' needs a capacity of at least 1, got ",
                             capacity, " [C2]");
  if (!isDimName(op.getPast()))
    return emitOptionalError(atKey(location, "past"),
                             "'cache' needs the name of a dimension as 'past', "
                             "got '",
                             op.getPast(), "' [C3]");
  shape[1] = filledPositions(op.getPast(), shape);
  return inferTensor(location, "cache", shape,
                     getElementTypeOrSelf(op.getInput()), results);
}

LogicalResult CacheOp::verifySymbolUses(SymbolTableCollection &tables) {
  Shape shape = getShape(getInput());
  DimExpr filled = filledPositions(getPast(), shape);
  DimBounds bounds((*this)->getParentOfType<ModuleOp>());
  if (!bounds.of(DimExpr::symbol(getPast())))
    return mlir::emitError(getKeyLocation(getLoc(), "past"))
           << "'cache' counts the filled positions by '" << getPast()
           << "', which is no dimension of the model; declare it in 'dims' "
              "with the input that holds it as 'from' [C3]";
  auto range = bounds.of(filled);
  int64_t capacity = getCapacity();
  if (!range || range->second > capacity)
    return mlir::emitError(getKeyLocation(getLoc(), "capacity"))
           << "'cache' has room for " << capacity << " positions, but '"
           << filled.str() << "' can be "
           << (range ? std::to_string(range->second) : "anything")
           << "; bound the dimension by 'max: \""
           << (DimExpr(capacity) - shape[1]).str() << "\"' [C4]";
  shape[1] = capacity;
  RankedTensorType wanted =
      getTensorType(shape, getElementTypeOrSelf(getInput()));
  auto state = tables.lookupNearestSymbolFrom<StateOp>(*this, getBufferAttr());
  if (!state || !state.canHold(wanted))
    return emitOpError("needs a lathe.state named '")
           << getBuffer() << "' of the type " << wanted << " [C5]";
  return success();
}

Work CacheOp::getWork() { return workOf(0); }
