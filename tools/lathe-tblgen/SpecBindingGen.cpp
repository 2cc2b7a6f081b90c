//===- SpecBindingGen.cpp - Tables that bind steps to ops -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes the tables declared in dialect/SpecBinding.h as constant data.
//
//===----------------------------------------------------------------------===//

#include "tools/lathe-tblgen/OpRecord.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/TableGen/Error.h"
#include <set>

using namespace lathe::tblgen;
using llvm::raw_ostream;

static std::string quoted(StringRef text) {
  std::string result = "\"";
  llvm::raw_string_ostream os(result);
  // UTF-8 passes: the file is read as UTF-8.
  for (char c : text)
    if (c == '"' || c == '\\')
      os << '\\' << c;
    else if (c == '\n')
      os << "\\n";
    else
      os << c;
  return result + "\"";
}

static StringRef keyType(const KeyRecord &key) {
  if (key.name == "axis" && key.type == "int")
    return "Axis";
  if (key.name == "axes" && key.type == "ints")
    return "Axes";
  static constexpr std::pair<StringRef, StringRef> names[] = {
      {"int", "Int"},       {"shape", "Shape"},     {"pair", "Pair"},
      {"ints", "Ints"},     {"padding", "Padding"}, {"float", "Float"},
      {"floats", "Floats"}, {"bool", "Bool"},       {"string", "String"},
      {"enum", "Enum"},     {"pairs", "Pairs"}};
  return llvm::find_if(names, [&](auto &n) { return n.first == key.type; })
      ->second;
}

static StringRef arity(const OperandRecord &operand) {
  if (operand.arity == "variadic")
    return "Variadic";
  return operand.arity == "optional" ? "Optional" : "One";
}

/// Writes `static const TYPE NAME[] = {...};` unless there are no rows, and
/// returns how a row of the table above refers to it.
template <typename Range, typename Emit>
static std::string emitTable(raw_ostream &os, StringRef type, std::string name,
                             const Range &rows, Emit emitRow) {
  if (rows.empty())
    return "{}";
  os << "static const " << type << " " << name << "[] = {\n";
  for (const auto &row : rows) {
    os << "    {";
    emitRow(row);
    os << "},\n";
  }
  os << "};\n";
  return name;
}

/// One predicate for each type constraint in use.
static void emitPredicates(const std::vector<OpRecord> &ops, raw_ostream &os) {
  std::set<std::string> seen;
  for (const OpRecord &op : ops)
    for (const OperandRecord &operand : op.operands)
      if (seen.insert(operand.constraint).second)
        os << "static bool accepts_" << operand.constraint
           << "(::mlir::Type type) {\n  return " << operand.condition
           << ";\n}\n";
}

/// The cases of each enum in use, and a function from a case's name to the
/// attribute.
static void emitEnums(const std::vector<OpRecord> &ops, raw_ostream &os) {
  std::set<std::string> seen;
  for (const OpRecord &op : ops)
    for (const KeyRecord &key : op.keys) {
      if (!key.cases ||
          !seen.insert(key.cases->getEnumClassName().str()).second)
        continue;
      StringRef name = key.cases->getEnumClassName();
      std::string scoped = (key.cases->getCppNamespace() + "::").str();
      os << "static const ::llvm::StringRef casesOf" << name << "[] = {";
      for (const mlir::tblgen::EnumCase &enumCase : key.cases->getAllCases())
        os << quoted(enumCase.getStr()) << ", ";
      os << "};\nstatic ::mlir::Attribute make" << name
         << "(::mlir::MLIRContext *context, ::llvm::StringRef value) {\n"
         << "  if (auto symbol = " << scoped
         << key.cases->getStringToSymbolFnName() << "(value))\n    return "
         << scoped << name << "Attr::get(context, *symbol);\n  return {};\n}\n";
    }
}

/// The tables of one op; returns its row of the table of ops.
static std::string emitOp(const OpRecord &op, raw_ostream &os) {
  std::string operands = emitTable(
      os, "OperandBinding", ("operandsOf" + op.defName).str(), op.operands,
      [&](const OperandRecord &operand) {
        os << quoted(operand.name) << ", OperandArity::" << arity(operand)
           << ", " << quoted(operand.description) << ", "
           << quoted(operand.summary) << ", accepts_" << operand.constraint;
      });
  std::string keys =
      emitTable(os, "KeyBinding", ("keysOf" + op.defName).str(), op.keys,
                [&](const KeyRecord &key) {
                  os << quoted(key.name) << ", KeyType::" << keyType(key)
                     << ", " << quoted(key.description) << ", "
                     << quoted(key.defaultExpr) << ", "
                     << (key.isOptional ? "true" : "false") << ", "
                     << (key.isAttribute ? "true" : "false") << ", ";
                  if (key.cases)
                    os << "casesOf" << key.cases->getEnumClassName() << ", make"
                       << key.cases->getEnumClassName();
                  else
                    os << "{}, nullptr";
                });
  std::string parameters = emitTable(
      os, "ParameterBinding", ("parametersOf" + op.defName).str(),
      op.parameters, [&](const ParameterRecord &parameter) {
        os << quoted(parameter.name) << ", " << quoted(parameter.path) << ", "
           << quoted(parameter.shape) << ", " << quoted(parameter.count) << ", "
           << quoted(parameter.each) << ", " << quoted(parameter.when) << ", "
           << quoted(parameter.init) << ", " << quoted(parameter.description);
      });
  std::string states =
      emitTable(os, "StateBinding", ("statesOf" + op.defName).str(), op.states,
                [&](const StateRecord &state) {
                  os << quoted(state.name) << ", " << quoted(state.shape)
                     << ", " << quoted(state.description);
                });
  std::vector<std::string> settled;
  for (const AliasRecord &alias : op.aliases)
    settled.push_back(emitTable(
        os, "std::pair<::llvm::StringRef, ::llvm::StringRef>",
        ("settledBy_" + alias.name).str(), alias.settled, [&](auto &pair) {
          os << quoted(pair.first) << ", " << quoted(pair.second);
        }));
  size_t next = 0;
  std::string aliases =
      emitTable(os, "AliasBinding", ("aliasesOf" + op.defName).str(),
                op.aliases, [&](const AliasRecord &alias) {
                  os << quoted(alias.name) << ", " << settled[next++];
                });
  std::string row;
  llvm::raw_string_ostream(row)
      << quoted(op.name) << ", " << quoted(op.operationName) << ",\n     "
      << quoted(op.summary) << ",\n     " << operands << ", " << keys << ", "
      << parameters << ", " << states << ", " << aliases << ", "
      << (op.takesEpilogue ? "true" : "false") << ", "
      << (op.hasOperandSegments ? "true" : "false");
  return row;
}

void lathe::tblgen::emitSpecBinding(const std::vector<OpRecord> &ops,
                                    raw_ostream &os) {
  std::set<StringRef> names;
  auto claim = [&](StringRef name) {
    if (!names.insert(name).second)
      llvm::PrintFatalError("two ops are called '" + name + "' in specs");
  };
  for (const OpRecord &op : ops) {
    claim(op.name);
    for (const AliasRecord &alias : op.aliases)
      claim(alias.name);
  }
  os << "// Generated by lathe-tblgen -gen-spec-binding.\n";
  emitPredicates(ops, os);
  emitEnums(ops, os);
  std::vector<std::string> rows;
  for (const OpRecord &op : ops)
    rows.push_back(emitOp(op, os));
  emitTable(os, "OpBinding", "opBindings", rows,
            [&](const std::string &row) { os << row; });
}
