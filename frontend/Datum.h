//===- Datum.h - Values of the expression language ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_DATUM_H
#define LATHE_FRONTEND_DATUM_H

#include "dialect/DimExpr.h"
#include "mlir/IR/Value.h"
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace mlir::lathe::frontend {

/// A value of the expression language. `Unknown` is what a mistake leaves
/// behind: everything made from it is unknown too, and nothing more is said.
class Datum {
public:
  enum class Kind {
    Unknown,
    Null,
    Bool,
    Int,
    Float,
    String,
    Size,
    List,
    Tensor
  };
  using List = std::vector<Datum>;

  static Datum unknown() { return Datum(Storage(std::in_place_index<0>)); }
  static Datum null() { return Datum(Storage(std::in_place_index<1>)); }
  static Datum of(bool value) {
    return Datum(Storage(std::in_place_index<2>, value));
  }
  static Datum of(int64_t value) {
    return Datum(Storage(std::in_place_index<3>, value));
  }
  static Datum of(double value) {
    return Datum(Storage(std::in_place_index<4>, value));
  }
  static Datum of(std::string value) {
    return Datum(Storage(std::in_place_index<5>, std::move(value)));
  }
  /// An integer where the size is constant.
  static Datum of(const DimExpr &size);
  static Datum of(List items) {
    return Datum(Storage(std::in_place_index<7>,
                         std::make_shared<const List>(std::move(items))));
  }
  static Datum of(mlir::Value tensor) {
    return Datum(Storage(std::in_place_index<8>, tensor));
  }

  Kind kind() const { return static_cast<Kind>(storage.index()); }
  bool isUnknown() const { return kind() == Kind::Unknown; }
  bool isNull() const { return kind() == Kind::Null; }
  bool isBool() const { return kind() == Kind::Bool; }
  bool isInt() const { return kind() == Kind::Int; }
  bool isFloat() const { return kind() == Kind::Float; }
  bool isNumber() const { return isInt() || isFloat(); }
  bool isString() const { return kind() == Kind::String; }
  /// A size over dynamic dimensions.
  bool isSize() const { return kind() == Kind::Size; }
  bool isList() const { return kind() == Kind::List; }
  bool isTensor() const { return kind() == Kind::Tensor; }

  bool boolean() const { return std::get<2>(storage); }
  int64_t integer() const { return std::get<3>(storage); }
  /// Of a float or an int.
  double number() const {
    return isInt() ? static_cast<double>(integer()) : std::get<4>(storage);
  }
  const std::string &string() const { return std::get<5>(storage); }
  /// Of a size or an int.
  DimExpr size() const {
    return isInt() ? DimExpr(integer()) : std::get<6>(storage);
  }
  const List &list() const { return *std::get<7>(storage); }
  mlir::Value tensor() const { return std::get<8>(storage); }

  /// "a number", "a list", …
  StringRef kindName() const;
  /// The text that the value stands for inside a string; long ones are cut.
  std::string str() const;
  /// For messages: "'text'", "3", "the list [1, 2]", "a tensor of shape […]".
  std::string describe() const;

private:
  using Storage = std::variant<std::monostate, std::nullptr_t, bool, int64_t,
                               double, std::string, DimExpr,
                               std::shared_ptr<const List>, mlir::Value>;
  explicit Datum(Storage storage) : storage(std::move(storage)) {}
  Storage storage;
};

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_DATUM_H
