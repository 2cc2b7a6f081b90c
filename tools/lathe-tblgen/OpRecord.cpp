//===- OpRecord.cpp - What TableGen says of an op -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/lathe-tblgen/OpRecord.h"
#include "mlir/TableGen/Format.h"
#include "mlir/TableGen/Operator.h"
#include "mlir/TableGen/Type.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/TableGen/Error.h"

using namespace lathe::tblgen;
using llvm::Record;

static StringRef text(const Record *def, StringRef field) {
  return def->getValueAsString(field).trim();
}

static OperandRecord readOperand(const Record *def) {
  OperandRecord operand;
  operand.name = text(def, "name");
  operand.arity = text(def, "arity");
  operand.description = text(def, "description");
  mlir::tblgen::TypeConstraint type(def->getValueAsDef("type"));
  operand.constraint = type.getDefName();
  operand.summary = type.getSummary();
  mlir::tblgen::FmtContext context;
  context.withSelf("type");
  operand.condition =
      mlir::tblgen::tgfmt(type.getConditionTemplate(), &context);
  return operand;
}

static KeyRecord readKey(const Record *def) {
  KeyRecord key;
  key.name = text(def, "name");
  key.type = text(def, "type");
  key.description = text(def, "description");
  key.defaultExpr = text(def, "default");
  key.isAttribute = def->getValueAsBit("inIR");
  key.isOptional = def->getValueAsBit("optional");
  if (const Record *cases = def->getValueAsOptionalDef("enum"))
    key.cases.emplace(*cases);
  static constexpr StringRef types[] = {"int",   "pair",    "ints",  "pairs",
                                        "shape", "padding", "float", "floats",
                                        "bool",  "string",  "enum"};
  if (!llvm::is_contained(types, key.type))
    llvm::PrintFatalError(def->getLoc(), "key '" + key.name +
                                             "' has the unknown type '" +
                                             key.type + "'");
  if ((key.type == "enum") != key.cases.has_value())
    llvm::PrintFatalError(def->getLoc(), "key '" + key.name +
                                             "': the type \"enum\" and `enum` "
                                             "need each other");
  return key;
}

static ParameterRecord readParameter(const Record *def) {
  ParameterRecord parameter;
  parameter.name = text(def, "name");
  parameter.path = text(def, "path");
  parameter.shape = text(def, "shape");
  parameter.count = text(def, "count");
  parameter.each = text(def, "each");
  parameter.when = text(def, "when");
  parameter.init = text(def, "init");
  parameter.description = text(def, "description");
  return parameter;
}

static AliasRecord readAlias(const Record *def) {
  AliasRecord alias;
  alias.name = text(def, "name");
  for (const llvm::Init *pair : *def->getValueAsListInit("settled")) {
    auto *list = llvm::cast<llvm::ListInit>(pair);
    if (list->size() != 2)
      llvm::PrintFatalError(def->getLoc(),
                            "alias '" + alias.name +
                                "' must settle [key, value] pairs");
    alias.settled.emplace_back(
        llvm::cast<llvm::StringInit>(list->getElement(0))->getValue(),
        llvm::cast<llvm::StringInit>(list->getElement(1))->getValue());
  }
  return alias;
}

OpRecord::OpRecord(const Record *def) {
  mlir::tblgen::Operator op(*def);
  name = text(def, "opName");
  operationName = op.getOperationName();
  defName = def->getName();
  family = text(def, "family");
  summary = text(def, "summary");
  description = def->getValueAsString("description");
  formula = text(def, "formula");
  source = text(def, "source");
  example = text(def, "example");
  for (const Record *operand : def->getValueAsListOfDefs("operands"))
    operands.push_back(readOperand(operand));
  for (const Record *key : def->getValueAsListOfDefs("keys"))
    keys.push_back(readKey(key));
  for (const Record *parameter : def->getValueAsListOfDefs("parameterList"))
    parameters.push_back(readParameter(parameter));
  for (const Record *state : def->getValueAsListOfDefs("stateBuffers"))
    states.push_back({text(state, "name"), text(state, "shape"),
                      text(state, "description")});
  for (const Record *alias : def->getValueAsListOfDefs("aliases"))
    aliases.push_back(readAlias(alias));
  takesEpilogue = def->getValueAsBit("takesEpilogue");
  hasOperandSegments = op.getTrait("::mlir::OpTrait::AttrSizedOperandSegments");
}

std::vector<OpRecord>
lathe::tblgen::readOps(const llvm::RecordKeeper &records) {
  std::vector<const Record *> defs =
      records.getAllDerivedDefinitions("Lathe_Op");
  // Records come sorted by name; a reader wants the order of the files.
  llvm::sort(defs, llvm::LessRecordByID());
  std::vector<OpRecord> ops;
  for (const Record *def : defs)
    ops.emplace_back(def);
  return ops;
}

std::vector<std::string> lathe::tblgen::dedent(StringRef text) {
  llvm::SmallVector<StringRef> lines;
  text.split(lines, '\n');
  size_t indentation = StringRef::npos;
  for (StringRef line : lines)
    if (!line.trim().empty())
      indentation = std::min(indentation, line.find_first_not_of(' '));
  std::vector<std::string> result;
  for (StringRef line : lines)
    result.push_back(
        line.drop_front(std::min(indentation, line.size())).rtrim().str());
  while (!result.empty() && result.back().empty())
    result.pop_back();
  while (!result.empty() && result.front().empty())
    result.erase(result.begin());
  return result;
}
