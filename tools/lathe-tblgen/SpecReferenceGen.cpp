//===- SpecReferenceGen.cpp - The spec reference in Markdown --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/lathe-tblgen/OpRecord.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace lathe::tblgen;
using llvm::raw_ostream;

/// Text of a table's cell: a bar would end the cell.
static std::string cell(StringRef text) {
  std::string result;
  for (char c : text)
    result +=
        c == '|' ? std::string("\\|") : std::string(1, c == '\n' ? ' ' : c);
  return result;
}

static std::string code(StringRef text) {
  return text.empty() ? "" : "`" + cell(text) + "`";
}

static std::string typeOf(const KeyRecord &key) {
  if (!key.cases)
    return key.type.str();
  return llvm::join(llvm::map_range(key.cases->getAllCases(),
                                    [](const mlir::tblgen::EnumCase &enumCase) {
                                      return code(enumCase.getStr());
                                    }),
                    ", ");
}

static std::string defaultOf(const KeyRecord &key) {
  if (key.isRequired())
    return "*required*";
  return key.defaultExpr.empty() ? "*absent*" : code(key.defaultExpr);
}

static void emitOperands(const OpRecord &op, raw_ostream &os) {
  os << "\n| operand | |\n| --- | --- |\n";
  for (const OperandRecord &operand : op.operands)
    os << "| " << code(operand.name)
       << (operand.arity == "one" ? "" : " (" + operand.arity.str() + ")")
       << " | " << cell(operand.description) << " |\n";
}

static void emitKeys(const OpRecord &op, raw_ostream &os) {
  os << "\n| key | type | default | |\n| --- | --- | --- | --- |\n";
  for (const KeyRecord &key : op.keys)
    os << "| " << code(key.name) << " | " << typeOf(key) << " | "
       << defaultOf(key) << " | " << cell(key.description) << " |\n";
}

static void emitParameters(const OpRecord &op, raw_ostream &os) {
  os << "\n| parameter | shape | exists | starts as | |\n"
        "| --- | --- | --- | --- | --- |\n";
  for (const ParameterRecord &parameter : op.parameters) {
    os << "| " << code(parameter.path) << " | " << code(parameter.shape)
       << " | ";
    if (!parameter.count.empty())
      os << "for `i` below " << code(parameter.count);
    if (!parameter.each.empty())
      os << " and `j` below " << code(parameter.each);
    if (!parameter.when.empty())
      os << (parameter.count.empty() ? "if " : ", if ") << code(parameter.when);
    else if (parameter.count.empty())
      os << "always";
    os << " | " << code(parameter.init) << " | " << cell(parameter.description)
       << " |\n";
  }
}

static void emitStates(const OpRecord &op, raw_ostream &os) {
  os << "\n| state | shape | |\n| --- | --- | --- |\n";
  for (const StateRecord &state : op.states)
    os << "| " << code(state.name) << " | " << code(state.shape) << " | "
       << cell(state.description) << " |\n";
}

static void emitOp(const OpRecord &op, raw_ostream &os) {
  os << "\n### `" << op.name << "`\n\n" << op.summary << "\n";
  if (!op.formula.empty())
    os << "\n    " << op.formula << "\n";
  if (!op.source.empty())
    os << "\nSource: " << op.source << "\n";
  if (!op.example.empty())
    os << "\n```yaml\n- " << op.example << "\n```\n";
  if (op.takesEpilogue)
    os << "\nTakes `norm` and `act`.\n";
  if (!op.operands.empty())
    emitOperands(op, os);
  if (!op.keys.empty())
    emitKeys(op, os);
  if (!op.parameters.empty())
    emitParameters(op, os);
  if (!op.states.empty())
    emitStates(op, os);
  if (!op.aliases.empty()) {
    os << "\nAlso as";
    for (const AliasRecord &alias : op.aliases) {
      os << (&alias == &op.aliases.front() ? " " : ", ") << code(alias.name)
         << " (";
      llvm::interleaveComma(alias.settled, os, [&](const auto &pair) {
        os << code((pair.first + ": " + pair.second).str());
      });
      os << ")";
    }
    os << ".\n";
  }
  os << "\n";
  for (const std::string &line : dedent(op.description))
    os << line << "\n";
}

void lathe::tblgen::emitSpecReference(const std::vector<OpRecord> &ops,
                                      raw_ostream &os) {
  os << R"(# Spec reference: ops

<!-- Generated from dialect/*.td by lathe-tblgen; `ninja update-spec-reference` writes it anew. -->

Every op that a step can name by `op`. Defaults and shapes are expressions of the spec language over the step's other
keys; in them, `in` is the op's first operand. An operand may also be given under its name, as a key of the step.
)";
  std::vector<StringRef> families;
  for (const OpRecord &op : ops)
    if (!llvm::is_contained(families, op.family))
      families.push_back(op.family);
  for (StringRef family : families) {
    os << "\n## " << (family.empty() ? "Other ops" : family) << "\n";
    for (const OpRecord &op : ops)
      if (op.family == family)
        emitOp(op, os);
  }
}
