//===- OpRecord.h - What TableGen says of an op ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A reader of `Lathe_Op` defs (dialect/LatheBase.td) that all backends share.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_TBLGEN_OPRECORD_H
#define LATHE_TOOLS_LATHE_TBLGEN_OPRECORD_H

#include "mlir/TableGen/EnumInfo.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TableGen/Record.h"
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lathe::tblgen {

using llvm::StringRef;

struct OperandRecord {
  StringRef name, arity, description;
  /// The TableGen name of the type constraint, its summary, and its condition
  /// as C++ on a `mlir::Type type`.
  std::string constraint, summary, condition;
};

struct KeyRecord {
  StringRef name, type, description, defaultExpr;
  bool isAttribute, isOptional;
  std::optional<mlir::tblgen::EnumInfo> cases;
  /// Whether a step must give the key.
  bool isRequired() const { return defaultExpr.empty() && !isOptional; }
};

struct ParameterRecord {
  StringRef name, path, shape, count, each, when, init, description;
};

struct StateRecord {
  StringRef name, shape, description;
};

struct AliasRecord {
  StringRef name;
  std::vector<std::pair<StringRef, StringRef>> settled;
};

/// One `Lathe_Op`, in the order of its def.
struct OpRecord {
  explicit OpRecord(const llvm::Record *def);

  /// The name in specs ("conv2d") and in the IR ("lathe.conv2d").
  std::string name, operationName;
  /// The def's name, unique among C++ identifiers.
  StringRef defName;
  StringRef family, summary, description, formula, source, example;
  std::vector<OperandRecord> operands;
  std::vector<KeyRecord> keys;
  std::vector<ParameterRecord> parameters;
  std::vector<StateRecord> states;
  std::vector<AliasRecord> aliases;
  bool takesEpilogue, hasOperandSegments;
};

/// All ops that a spec can name, in the order of the .td files.
std::vector<OpRecord> readOps(const llvm::RecordKeeper &records);

/// Lines of `text` without the indentation that all of them share.
std::vector<std::string> dedent(StringRef text);

void emitSpecBinding(const std::vector<OpRecord> &ops, llvm::raw_ostream &os);
void emitJsonSchema(const std::vector<OpRecord> &ops, llvm::raw_ostream &os);
void emitSpecReference(const std::vector<OpRecord> &ops, llvm::raw_ostream &os);

} // namespace lathe::tblgen

#endif // LATHE_TOOLS_LATHE_TBLGEN_OPRECORD_H
