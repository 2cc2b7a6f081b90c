//===- TensorText.cpp - Tensor types as specs write them ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/TensorText.h"
#include "dialect/Shape.h"
#include "frontend/Diagnostics.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

static constexpr int64_t mostElements = int64_t(1) << 48;
static constexpr size_t mostRank = 8;
static constexpr size_t mostSizeText = 1000;

ArrayRef<StringRef> lathe::frontend::getElementNames() {
  static constexpr StringRef names[] = {"f32", "f64", "f16", "bf16", "i8",
                                        "u8",  "i16", "i32", "i64",  "bool"};
  return names;
}

Type lathe::frontend::getElementType(StringRef name, MLIRContext *context) {
  Builder builder(context);
  if (name == "f32")
    return builder.getF32Type();
  if (name == "f64")
    return builder.getF64Type();
  if (name == "f16")
    return builder.getF16Type();
  if (name == "bf16")
    return builder.getBF16Type();
  if (name == "bool")
    return builder.getI1Type();
  if (name == "u8")
    return builder.getIntegerType(8, /*isSigned=*/false);
  unsigned width;
  if (name.consume_front("i") && !name.getAsInteger(10, width) &&
      llvm::is_contained({8u, 16u, 32u, 64u}, width))
    return builder.getIntegerType(width);
  return {};
}

std::string lathe::frontend::getElementName(Type type) {
  if (type.isInteger(1))
    return "bool";
  if (type.isUnsignedInteger(8))
    return "u8";
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

RankedTensorType lathe::frontend::evaluateTensorType(const YamlNode &node,
                                                     Scope &scope,
                                                     Budget &budget) {
  std::optional<StringRef> text = getText(node, "a tensor's type");
  if (!text)
    return {};
  StringRef name = text->take_until([](char c) { return c == '['; });
  Type element = getElementType(name.trim(), node.place.getContext());
  if (!element) {
    emitError(node.place) << "expected a type such as f32[batch, 10], got '"
                          << *text << "'"
                          << suggest(name.trim(), getElementNames());
    return {};
  }
  SourceText source(node, nullptr);
  source.text = text->drop_front(name.size());
  if (source.offset)
    *source.offset += name.size();
  Datum sizes = Datum::of(Datum::List());
  if (!source.text.trim().empty())
    sizes = evaluateExpression(source, scope, budget);
  if (sizes.isUnknown())
    return {};
  if (!sizes.isList() || sizes.list().size() > mostRank) {
    emitError(source.at(0)) << "expected a list of at most " << mostRank
                            << " sizes, got " << sizes.describe();
    return {};
  }
  Shape shape;
  for (const Datum &size : sizes.list()) {
    if (!size.isInt() && !size.isSize()) {
      emitError(source.at(0))
          << "a size must be a whole number, not " << size.describe();
      return {};
    }
    shape.push_back(size.size());
  }
  // A type cannot hold these.
  for (const DimExpr &size : shape)
    if (std::optional<int64_t> number = size.getConstant();
        number && *number < 1) {
      emitError(source.at(0))
          << "every size must be at least 1, not " << *number;
      return {};
    }
  RankedTensorType type = getTensorType(shape, element);
  return checkBounds(type, source.at(0), scope) ? type : RankedTensorType();
}

bool lathe::frontend::checkBounds(RankedTensorType type, Location location,
                                  Scope &scope) {
  auto boundsOf = [&](StringRef dim) { return scope.boundsOf(dim); };
  DimExpr most = 1;
  for (const DimExpr &size : getShape(type)) {
    std::string text = size.str();
    if (text.size() > mostSizeText || size.isUnknown()) {
      emitError(location)
          << "this would have a dynamic size of more terms than supported";
      return false;
    }
    DimExpr::Bounds bounds =
        size.bounds(boundsOf).value_or(DimExpr::Bounds(1, 1));
    // Only what the spec allows to be empty may be.
    int64_t least = 1;
    size.forEachName([&](StringRef dim) {
      if (scope.boundsOf(dim).value_or(DimExpr::Bounds(1, 1)).first == 0)
        least = 0;
    });
    if (bounds.first < least) {
      emitError(location) << "the size '" << text << "' of "
                          << formatShape(type) << " can be " << bounds.first
                          << "; raise the 'min' of the dimension";
      return false;
    }
    most *= bounds.second;
  }
  if (most.getConstant().value_or(0) <= mostElements)
    return true;
  emitError(location) << formatShape(type)
                      << " can have more than 2^48 elements";
  return false;
}
