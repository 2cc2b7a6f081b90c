//===- Functions.cpp - Functions of the expression language ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Evaluator.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

namespace {
/// A call; a function reports by setting `error`.
struct Call {
  StringRef name;
  ArrayRef<Datum> arguments;
  Budget &budget;
  std::string &error;

  Datum fail(const Twine &message) {
    error = message.str();
    return Datum::unknown();
  }
  Datum wrongArgument(StringRef wanted, const Datum &got) {
    return fail("'" + name + "' needs " + wanted + ", got " + got.describe());
  }
  Datum finite(double value) {
    if (std::isfinite(value))
      return Datum::of(value);
    return fail("'" + name + "' of " + arguments[0].describe() +
                " is no finite number");
  }
  bool charge(int64_t elements) {
    if (elements <= budget.elements) {
      budget.elements -= elements;
      return true;
    }
    fail("the lists and strings of this spec are too long in all");
    return false;
  }
};

struct Function {
  StringRef name;
  /// Least and greatest number of arguments.
  size_t least, most;
  Datum (*apply)(Call &call);
};
} // namespace

/// The arguments, or the items of the one list that is the argument.
static ArrayRef<Datum> getItems(const Call &call) {
  if (call.arguments.size() == 1 && call.arguments[0].isList())
    return call.arguments[0].list();
  return call.arguments;
}

static Datum extremum(Call &call) {
  ArrayRef<Datum> items = getItems(call);
  if (items.empty())
    return call.fail("'" + call.name + "' of an empty list");
  for (const Datum &item : items)
    if (!item.isNumber())
      return call.wrongArgument("numbers", item);
  bool wantsLeast = call.name == "min";
  const Datum *best = &items.front();
  for (const Datum &item : items.drop_front()) {
    bool less = item.isInt() && best->isInt() ? item.integer() < best->integer()
                                              : item.number() < best->number();
    bool greater = item.isInt() && best->isInt()
                       ? item.integer() > best->integer()
                       : item.number() > best->number();
    if (wantsLeast ? less : greater)
      best = &item;
  }
  return *best;
}

static Datum sum(Call &call) {
  if (!call.arguments[0].isList())
    return call.wrongArgument("a list", call.arguments[0]);
  int64_t integers = 0;
  double floats = 0;
  bool isWhole = true;
  for (const Datum &item : call.arguments[0].list()) {
    if (!item.isNumber())
      return call.wrongArgument("numbers", item);
    isWhole &= item.isInt();
    floats += item.number();
    if (item.isInt() && isWhole &&
        llvm::AddOverflow(integers, item.integer(), integers))
      return call.fail("'sum' overflows 64 bits");
  }
  return isWhole ? Datum::of(integers) : call.finite(floats);
}

/// ceil, floor, round (halves away from zero) and int (towards zero).
static Datum toInteger(Call &call) {
  const Datum &argument = call.arguments[0];
  if (argument.isInt())
    return argument;
  if (argument.isBool() && call.name == "int")
    return Datum::of(int64_t(argument.boolean()));
  if (!argument.isFloat())
    return call.wrongArgument("a number", argument);
  double value = argument.number();
  double whole = call.name == "ceil"    ? std::ceil(value)
                 : call.name == "floor" ? std::floor(value)
                 : call.name == "round" ? std::round(value)
                                        : std::trunc(value);
  if (std::abs(whole) >= 0x1p63)
    return call.fail(argument.describe() + " is too large for 64 bits");
  return Datum::of(static_cast<int64_t>(whole));
}

static Datum realFunction(Call &call) {
  const Datum &argument = call.arguments[0];
  if (!argument.isNumber())
    return call.wrongArgument("a number", argument);
  double value = argument.number();
  if (call.name == "float")
    return Datum::of(value);
  if (call.name == "sqrt")
    return call.finite(std::sqrt(value));
  if (call.name == "exp")
    return call.finite(std::exp(value));
  return call.finite(call.name == "log" ? std::log(value) : std::log2(value));
}

static Datum absolute(Call &call) {
  const Datum &argument = call.arguments[0];
  if (argument.isFloat())
    return Datum::of(std::abs(argument.number()));
  if (!argument.isInt())
    return call.wrongArgument("a number", argument);
  if (argument.integer() == INT64_MIN)
    return call.fail("'abs' overflows 64 bits");
  return Datum::of(std::abs(argument.integer()));
}

static Datum length(Call &call) {
  const Datum &argument = call.arguments[0];
  if (argument.isString())
    return Datum::of(int64_t(argument.string().size()));
  if (argument.isList())
    return Datum::of(int64_t(argument.list().size()));
  return call.wrongArgument("a list or a string", argument);
}

/// range(end), range(start, end) and range(start, end, step).
static Datum range(Call &call) {
  int64_t bounds[] = {0, 0, 1};
  for (auto [i, argument] : llvm::enumerate(call.arguments)) {
    if (!argument.isInt())
      return call.wrongArgument("whole numbers", argument);
    bounds[call.arguments.size() == 1 ? 1 : i] = argument.integer();
  }
  auto [start, end, step] = bounds;
  if (step == 0)
    return call.fail("'range' needs a step other than 0");
  Datum::List items;
  for (int64_t i = start; step > 0 ? i < end : i > end;) {
    if (!call.charge(1))
      return Datum::unknown();
    items.push_back(Datum::of(i));
    if (llvm::AddOverflow(i, step, i))
      break;
  }
  return Datum::of(std::move(items));
}

static Datum contains(Call &call) {
  const Datum &list = call.arguments[0], &wanted = call.arguments[1];
  if (!list.isList())
    return call.wrongArgument("a list", list);
  if (!wanted.isInt() && !wanted.isString())
    return call.wrongArgument("a whole number or a string to look for", wanted);
  return Datum::of(llvm::any_of(list.list(), [&](const Datum &item) {
    return wanted.isInt() ? item.isInt() && item.integer() == wanted.integer()
                          : item.isString() && item.string() == wanted.string();
  }));
}

static Datum toString(Call &call) {
  std::string text = call.arguments[0].str();
  return call.charge(text.size()) ? Datum::of(std::move(text))
                                  : Datum::unknown();
}

static constexpr size_t anyNumber = SIZE_MAX;
static const Function functions[] = {
    {"min", 1, anyNumber, extremum},
    {"max", 1, anyNumber, extremum},
    {"sum", 1, 1, sum},
    {"ceil", 1, 1, toInteger},
    {"floor", 1, 1, toInteger},
    {"round", 1, 1, toInteger},
    {"int", 1, 1, toInteger},
    {"float", 1, 1, realFunction},
    {"sqrt", 1, 1, realFunction},
    {"exp", 1, 1, realFunction},
    {"log", 1, 1, realFunction},
    {"log2", 1, 1, realFunction},
    {"abs", 1, 1, absolute},
    {"len", 1, 1, length},
    {"range", 1, 3, range},
    {"contains", 2, 2, contains},
    {"str", 1, 1, toString},
};

ArrayRef<StringRef> lathe::frontend::getFunctionNames() {
  static const SmallVector<StringRef> names = llvm::to_vector(
      llvm::map_range(functions, [](const Function &f) { return f.name; }));
  return names;
}

Datum lathe::frontend::applyFunction(StringRef name, ArrayRef<Datum> arguments,
                                     Budget &budget, std::string &error) {
  Call call{name, arguments, budget, error};
  for (const Datum &argument : arguments)
    if (argument.isList())
      budget.operations -= argument.list().size();
  if (budget.operations < 0)
    return call.fail("the expressions of this spec cost too much in all");
  const Function *function = llvm::find_if(
      functions, [&](const Function &f) { return f.name == name; });
  if (arguments.size() >= function->least && arguments.size() <= function->most)
    return function->apply(call);
  std::string wanted = std::to_string(function->least);
  if (function->most == anyNumber)
    wanted = "at least " + wanted;
  else if (function->most != function->least)
    wanted += " to " + std::to_string(function->most);
  return call.fail("'" + name + "' takes " + wanted +
                   (wanted == "1" ? " argument, got " : " arguments, got ") +
                   Twine(arguments.size()));
}
