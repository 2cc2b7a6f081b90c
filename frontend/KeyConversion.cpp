//===- KeyConversion.cpp - From values to attributes ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Diagnostics.h"
#include "frontend/StepKeys.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

/// Longer lists of numbers belong into a checkpoint.
static constexpr size_t mostItems = 4096;

namespace {
class Converter {
public:
  Converter(const KeyBinding &key, Location place, std::optional<int64_t> rank)
      : key(key), place(place), rank(rank) {}

  Datum convert(const Datum &value) {
    switch (key.type) {
    case KeyType::Int:
      return toInt(value);
    case KeyType::Pair:
      return toInts(value, {1, 2}, "a whole number or two, [height, width]");
    case KeyType::Padding:
      return toInts(value, {1, 2, 4},
                    "'same' or one, two or four whole numbers");
    case KeyType::Ints:
      return toList(value, "whole numbers", &Converter::toInt);
    case KeyType::Pairs:
      return toList(value, "pairs", &Converter::toWholePair);
    case KeyType::Shape:
      return toList(value, "sizes", &Converter::toSize);
    case KeyType::Axis:
      return toAxis(value);
    case KeyType::Axes:
      return toList(value, "dimensions", &Converter::toAxis);
    case KeyType::Float:
      return toFloat(value);
    case KeyType::Floats:
      return toList(value, "numbers", &Converter::toFloat);
    case KeyType::Bool:
      return toBool(value);
    case KeyType::String:
      return value.isString() ? value : fail("text", value);
    case KeyType::Enum:
      return toEnum(value);
    }
    llvm_unreachable("all types are handled");
  }

private:
  Datum fail(const Twine &wanted, const Datum &got) {
    InFlightDiagnostic diagnostic = emitError(place);
    diagnostic << "'" << key.name << "' must be " << wanted << ", not "
               << got.describe();
    if (got.isSize())
      diagnostic << ", which is known only when the program runs";
    return Datum::unknown();
  }

  Datum toInt(const Datum &value) {
    return value.isInt() ? value : fail("a whole number", value);
  }
  Datum toWholePair(const Datum &value) {
    auto isInt = [](const Datum &item) { return item.isInt(); };
    if (value.isList() && value.list().size() == 2 &&
        llvm::all_of(value.list(), isInt))
      return value;
    return fail("a list of pairs of whole numbers", value);
  }
  Datum toSize(const Datum &value) {
    return value.isInt() || value.isSize() ? value
                                           : fail("a list of sizes", value);
  }
  Datum toFloat(const Datum &value) {
    return value.isNumber() ? Datum::of(value.number())
                            : fail("a number", value);
  }
  Datum toBool(const Datum &value) {
    // A string or a tensor that is there is true, as in `bias: not norm`.
    return value.isBool() ? value : fail("true or false", value);
  }

  Datum toAxis(const Datum &value) {
    if (value.isInt())
      return value;
    if (!value.isString())
      return fail("a dimension's number or name", value);
    std::optional<int64_t> axis =
        getNamedAxis(value.string(), rank.value_or(4));
    if (!axis)
      return fail("a dimension's number or one of batch, channels, height, "
                  "width, tokens and features",
                  value);
    if (!rank || (*axis >= 0 && *axis < *rank))
      return Datum::of(*axis);
    emitError(place) << "a tensor of rank " << *rank << " has no "
                     << value.string();
    return Datum::unknown();
  }

  Datum toEnum(const Datum &value) {
    if (!value.isString())
      return fail("text", value);
    if (llvm::is_contained(key.cases, value.string()))
      return value;
    InFlightDiagnostic diagnostic = emitError(place);
    diagnostic << "'" << key.name << "' must be one of ";
    llvm::interleaveComma(key.cases, diagnostic);
    diagnostic << ", not " << value.describe()
               << suggest(value.string(), key.cases);
    return Datum::unknown();
  }

  /// One number stands for as many as are wanted, two for each of two sides.
  Datum toInts(const Datum &value, ArrayRef<size_t> counts, StringRef wanted) {
    if (value.isInt())
      return Datum::of(Datum::List(counts.back(), value));
    if (!value.isList() || !llvm::is_contained(counts, value.list().size()))
      return fail(wanted, value);
    for (const Datum &item : value.list())
      if (!item.isInt())
        return fail(wanted, item);
    Datum::List items = value.list();
    while (items.size() < counts.back())
      items.push_back(items[items.size() == 1 ? 0 : items.size() - 2]);
    return Datum::of(std::move(items));
  }

  Datum toList(const Datum &value, StringRef wanted,
               Datum (Converter::*convertItem)(const Datum &)) {
    Datum::List single;
    if (!value.isList())
      single.push_back(value);
    const Datum::List &items = value.isList() ? value.list() : single;
    if (items.size() > mostItems) {
      emitError(place) << "'" << key.name << "' takes at most " << mostItems
                       << " " << wanted << ", got " << items.size();
      return Datum::unknown();
    }
    Datum::List result;
    for (const Datum &item : items) {
      result.push_back((this->*convertItem)(item));
      if (result.back().isUnknown())
        return Datum::unknown();
    }
    return Datum::of(std::move(result));
  }

  const KeyBinding &key;
  Location place;
  std::optional<int64_t> rank;
};
} // namespace

Datum lathe::frontend::convertKey(const KeyBinding &key, const Datum &value,
                                  Location place, std::optional<int64_t> rank) {
  return Converter(key, place, rank).convert(value);
}

Attribute lathe::frontend::makeKeyAttribute(const KeyBinding &key,
                                            const Datum &value,
                                            MLIRContext *context) {
  Builder builder(context);
  switch (key.type) {
  case KeyType::Int:
  case KeyType::Axis:
    return builder.getI64IntegerAttr(value.integer());
  case KeyType::Pair:
  case KeyType::Padding:
  case KeyType::Ints:
  case KeyType::Axes: {
    SmallVector<int64_t> numbers;
    for (const Datum &item : value.list())
      numbers.push_back(item.integer());
    return builder.getDenseI64ArrayAttr(numbers);
  }
  case KeyType::Pairs:
    return builder.getArrayAttr(
        llvm::map_to_vector(value.list(), [&](const Datum &pair) -> Attribute {
          return builder.getDenseI64ArrayAttr(
              {pair.list()[0].integer(), pair.list()[1].integer()});
        }));
  case KeyType::Shape: {
    SmallVector<Attribute> sizes;
    for (const Datum &item : value.list())
      sizes.push_back(item.isInt()
                          ? Attribute(builder.getI64IntegerAttr(item.integer()))
                          : builder.getStringAttr(item.size().str()));
    return builder.getArrayAttr(sizes);
  }
  case KeyType::Float:
    return builder.getF64FloatAttr(value.number());
  case KeyType::Floats: {
    SmallVector<double> numbers;
    for (const Datum &item : value.list())
      numbers.push_back(item.number());
    return builder.getDenseF64ArrayAttr(numbers);
  }
  case KeyType::Bool:
    return builder.getBoolAttr(value.boolean());
  case KeyType::String:
    return builder.getStringAttr(value.string());
  case KeyType::Enum:
    return key.makeEnum(context, value.string());
  }
  llvm_unreachable("all types are handled");
}
