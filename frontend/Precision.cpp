//===- Precision.cpp - How a model's weights are stored -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Precision.h"
#include "dialect/LatheDialect.h"
#include "frontend/Diagnostics.h"
#include "frontend/TensorText.h"
#include "llvm/Support/GlobPattern.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

namespace {
class PrecisionReader {
public:
  PrecisionReader(ModuleOp module, ModelScope &scope)
      : module(module), scope(scope), builder(module.getContext()) {}

  void read(const YamlNode &precision) {
    for (const YamlNode::Entry &entry : precision.entries) {
      const YamlNode &node = *entry.value;
      if (entry.key == "group")
        readGroup(node);
      else if (entry.key == "zero_point")
        readZeroPoint(node);
      else if (entry.key == "scales")
        readText(entry.key, node, scaleKinds);
      else if (entry.key == "activations")
        readText(entry.key, node, activationTypes);
      else if (entry.key == "compute")
        readText(entry.key, node, computeTypes);
      else if (entry.key == "weights" && node.isMapping())
        readPatterns(node);
      else if (entry.key == "weights")
        if (auto type = readText(entry.key, node, weightTypes))
          store("*", *type);
    }
    if (!storage.empty())
      attributes.append("storage", builder.getArrayAttr(storage));
    module->setAttr("lathe.precision",
                    attributes.getDictionary(builder.getContext()));
  }

private:
  static constexpr StringRef computeTypes[] = {"f32", "f64", "f16", "bf16"};
  static constexpr StringRef weightTypes[] = {"f32",  "f64",  "f16",
                                              "bf16", "int8", "int4"};
  static constexpr StringRef activationTypes[] = {"f32", "bf16", "int8"};
  static constexpr StringRef scaleKinds[] = {"extremes", "least_error"};

  void store(StringRef pattern, StringRef type) {
    storage.push_back(builder.getStrArrayAttr({pattern, type}));
  }

  /// One of `known`; nothing after a message.
  std::optional<StringRef> evaluate(StringRef key, const YamlNode &node,
                                    ArrayRef<StringRef> known) {
    Datum value = evaluateNode(node, scope, scope.getBudget());
    if (value.isUnknown())
      return std::nullopt;
    const StringRef *found =
        value.isString() ? llvm::find(known, value.string()) : known.end();
    if (found != known.end())
      return *found;
    InFlightDiagnostic diagnostic = emitError(node.place);
    diagnostic << "'" << key << "' must be one of ";
    llvm::interleaveComma(known, diagnostic);
    diagnostic << ", not " << value.describe() << suggest(value.str(), known);
    return std::nullopt;
  }

  std::optional<StringRef> readText(StringRef key, const YamlNode &node,
                                    ArrayRef<StringRef> known) {
    std::optional<StringRef> value = evaluate(key, node, known);
    if (value)
      attributes.append(key, builder.getStringAttr(*value));
    return value;
  }

  void readGroup(const YamlNode &node) {
    Datum value = evaluateNode(node, scope, scope.getBudget());
    if (value.isUnknown())
      return;
    if (value.isInt() && llvm::is_contained({32, 64, 128}, value.integer()))
      attributes.append("group", builder.getI64IntegerAttr(value.integer()));
    else
      emitError(node.place)
          << "'group' must be 32, 64 or 128 elements of a row, not "
          << value.describe();
  }

  void readZeroPoint(const YamlNode &node) {
    Datum value = evaluateNode(node, scope, scope.getBudget());
    if (value.isBool())
      attributes.append("zero_point", builder.getBoolAttr(value.boolean()));
    else if (!value.isUnknown())
      emitError(node.place)
          << "'zero_point' must be true or false, not " << value.describe();
  }

  void readPatterns(const YamlNode &node) {
    for (const YamlNode::Entry &part : node.entries) {
      if (auto pattern = llvm::GlobPattern::create(part.key); !pattern)
        emitError(part.keyPlace)
            << "'" << part.key
            << "' is no pattern: " << llvm::toString(pattern.takeError());
      else if (auto type = evaluate(part.key, *part.value, weightTypes))
        store(part.key, *type);
    }
  }

  ModuleOp module;
  ModelScope &scope;
  Builder builder;
  NamedAttrList attributes;
  SmallVector<Attribute> storage;
};
} // namespace

void frontend::setPrecision(const YamlNode &precision, ModuleOp module,
                            ModelScope &scope) {
  PrecisionReader(module, scope).read(precision);
}

Type frontend::getComputeType(ModuleOp module) {
  auto precision = module->getAttrOfType<DictionaryAttr>("lathe.precision");
  auto type = precision ? precision.getAs<StringAttr>("compute") : StringAttr();
  return getElementType(type ? type.getValue() : "f32", module.getContext());
}
