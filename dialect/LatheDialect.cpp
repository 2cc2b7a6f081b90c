//===- LatheDialect.cpp - The dialect
//----------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/LatheDialect.h"
#include "dialect/ParameterCount.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lathe;

#include "dialect/LatheDialect.cpp.inc"
#include "dialect/LatheEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/CostInterface.cpp.inc"
#include "dialect/LatheAttrs.cpp.inc"
#include "dialect/MatrixInterface.cpp.inc"

void LatheDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/LatheAttrs.cpp.inc"
      >();
  addModelOps();
  addLayersOps();
  addNormOps();
  addActivationOps();
  addPoolOps();
  addElementwiseOps();
  addReductionOps();
  addRearrangementOps();
  addSpectralOps();
  addAttentionOps();
  addStateOps();
  addSequenceOps();
  addSparsityOps();
  addAdapterOps();
  addRoutingOps();
  addMatchingOps();
  addMultigridOps();
  addSlimOps();
  addDetectionOps();
  addLossOps();
  addQuantizedOps();
}

LogicalResult
DimsAttr::verifyEncoding(ArrayRef<int64_t> shape, Type,
                         function_ref<InFlightDiagnostic()> emitError) const {
  if (getNames().size() != shape.size())
    return emitError() << "#lathe.dims names " << getNames().size()
                       << " dimensions of a tensor of rank " << shape.size();
  for (auto [name, size] : llvm::zip(getNames(), shape)) {
    if (ShapedType::isDynamic(size) == name.empty())
      return emitError() << "#lathe.dims must name the dynamic dimensions and "
                            "no others";
    std::optional<DimExpr> parsed = DimExpr::parse(name.getValue());
    if (!name.empty() && (!parsed || parsed->str() != name.getValue()))
      return emitError() << "#lathe.dims: '" << name.getValue()
                         << "' is no size in canonical form"
                         << (parsed ? ", write '" + parsed->str() + "'" : "");
  }
  return success();
}

/// Whether `attribute` is a dictionary whose values all pass `isGood`.
static bool holdsOnly(Attribute attribute,
                      function_ref<bool(Attribute)> isGood) {
  auto dictionary = dyn_cast<DictionaryAttr>(attribute);
  return dictionary && llvm::all_of(dictionary, [&](NamedAttribute entry) {
           return isGood(entry.getValue());
         });
}

static bool isBounds(Attribute attribute) {
  auto bounds = dyn_cast<DenseI64ArrayAttr>(attribute);
  return bounds && bounds.size() == 2 && bounds[0] <= bounds[1];
}

static bool isSize(Attribute attribute) {
  auto text = dyn_cast<StringAttr>(attribute);
  return text && DimExpr::parse(text.getValue());
}

static bool isSource(Attribute attribute) {
  auto source = dyn_cast<DictionaryAttr>(attribute);
  if (!source || !source.getAs<StringAttr>("input"))
    return false;
  auto values = source.getAs<DenseI64ArrayAttr>("values");
  return source.contains("values") ? values && !values.empty() : true;
}

/// What `precision` says: types by name, patterns of weights with their types,
/// how many elements share a scale, and how scales are found.
static bool isPrecisionPart(NamedAttribute entry) {
  auto isPair = [](Attribute attribute) {
    auto pair = dyn_cast<ArrayAttr>(attribute);
    return pair && pair.size() == 2 && isa<StringAttr>(pair[0]) &&
           isa<StringAttr>(pair[1]);
  };
  if (entry.getName() == "group") {
    auto group = dyn_cast<IntegerAttr>(entry.getValue());
    return group && group.getType().isInteger(64) && group.getInt() > 0;
  }
  if (entry.getName() == "zero_point")
    return isa<BoolAttr>(entry.getValue());
  if (entry.getName() != "storage")
    return isa<StringAttr>(entry.getValue());
  auto storage = dyn_cast<ArrayAttr>(entry.getValue());
  return storage && llvm::all_of(storage, isPair);
}

static bool isPrecision(Attribute attribute) {
  auto dictionary = dyn_cast<DictionaryAttr>(attribute);
  return dictionary && llvm::all_of(dictionary, isPrecisionPart);
}

LogicalResult LatheDialect::verifyOperationAttribute(Operation *op,
                                                     NamedAttribute attribute) {
  StringRef name = attribute.getName(), wanted;
  if (name == "lathe.dims" && !holdsOnly(attribute.getValue(), isBounds))
    wanted = "{name = array<i64: least, most>, …}";
  else if (name == "lathe.dim_limits" &&
           !holdsOnly(attribute.getValue(), isSize))
    wanted = "{name = \"size\", …}";
  else if (name == "lathe.dim_sources" &&
           !holdsOnly(attribute.getValue(), isSource))
    wanted = "{name = {input = \"name\", values = array<i64: …>}, …}";
  else if (name == "lathe.precision" && !isPrecision(attribute.getValue()))
    wanted = "{compute = \"type\", storage = [[\"pattern\", \"type\"], …], "
             "group = 64 : i64}";
  if (wanted.empty())
    return success();
  return op->emitError("'")
         << name << "' must be " << wanted << ", not " << attribute.getValue();
}

DimExpr lathe::bytesOfOperandsAndResults(Operation *op) {
  DimExpr bytes = 0;
  auto add = [&](Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    bytes += getElementCount(getShape(type)) *
             DimExpr(getElementBytes(type.getElementType()));
  };
  llvm::for_each(op->getOperands(), add);
  llvm::for_each(op->getResults(), add);
  return bytes;
}

int64_t lathe::elementsOfParameters(Operation *op) {
  int64_t count = 0;
  for (Value operand : op->getOperands()) {
    if (auto parameter = operand.getDefiningOp<ParameterOp>())
      count += countParameters(parameter.getWeight(), operand.getType());
    else if (auto choice = operand.getDefiningOp<ChooseOp>())
      count += elementsOfParameters(choice);
  }
  return count;
}
