//===- Datum.cpp - Values of the expression language ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Datum.h"
#include "dialect/Shape.h"
#include <charconv>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

// Lists may hold lists: the text of one is cut, not written in full.
static constexpr size_t mostText = 1000;

Datum Datum::of(const DimExpr &size) {
  if (std::optional<int64_t> constant = size.getConstant())
    return of(*constant);
  return Datum(Storage(std::in_place_index<6>, size));
}

StringRef Datum::kindName() const {
  switch (kind()) {
  case Kind::Unknown:
    return "an unknown value";
  case Kind::Null:
    return "null";
  case Kind::Bool:
    return "a truth value";
  case Kind::Int:
  case Kind::Float:
    return "a number";
  case Kind::String:
    return "a string";
  case Kind::Size:
    return "a dynamic size";
  case Kind::List:
    return "a list";
  case Kind::Tensor:
    return "a tensor";
  }
  llvm_unreachable("all kinds are handled");
}

static void print(const Datum &datum, std::string &text) {
  if (text.size() > mostText)
    return;
  switch (datum.kind()) {
  case Datum::Kind::Unknown:
    text += "?";
    break;
  case Datum::Kind::Null:
    text += "null";
    break;
  case Datum::Kind::Bool:
    text += datum.boolean() ? "true" : "false";
    break;
  case Datum::Kind::Int:
    text += std::to_string(datum.integer());
    break;
  case Datum::Kind::Float: {
    // The shortest text that reads back as the same number.
    char digits[32];
    text.append(
        digits,
        std::to_chars(digits, digits + sizeof(digits), datum.number()).ptr);
    break;
  }
  case Datum::Kind::String:
    text += datum.string();
    break;
  case Datum::Kind::Size:
    text += datum.size().str();
    break;
  case Datum::Kind::List:
    text += "[";
    for (const Datum &item : datum.list()) {
      if (&item != &datum.list().front())
        text += ", ";
      print(item, text);
      if (text.size() > mostText) {
        text += "…";
        return;
      }
    }
    text += "]";
    break;
  case Datum::Kind::Tensor:
    text += formatShape(datum.tensor());
    break;
  }
}

std::string Datum::str() const {
  std::string text;
  print(*this, text);
  return text;
}

std::string Datum::describe() const {
  std::string text = str();
  switch (kind()) {
  case Kind::String:
    return "'" + StringRef(text).take_front(60).str() + "'";
  case Kind::List:
    return "the list " + text;
  case Kind::Size:
    return "the dynamic size '" + text + "'";
  case Kind::Tensor:
    return "a tensor of shape " + text;
  default:
    return text;
  }
}
