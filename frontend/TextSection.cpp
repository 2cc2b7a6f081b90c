//===- TextSection.cpp - How a spec's entries write text ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/TextSection.h"
#include "dialect/LatheDialect.h"
#include "frontend/Diagnostics.h"
#include "frontend/TensorText.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

namespace {
/// What an entry has under a name: an input's or an output's type.
using Tensors = llvm::StringMap<RankedTensorType>;

class TextReader {
public:
  TextReader(const YamlNode &text, const Spec &spec, ModuleOp module,
             ModelScope &scope)
      : text(text), spec(spec), module(module), scope(scope),
        builder(module.getContext()) {}

  void read() {
    readEntries();
    if (!vocabulary)
      return;
    append("vocabulary", builder.getI64IntegerAttr(*vocabulary));
    readTokenizer();
    for (StringRef key : {"start", "end"})
      readTokens(key);
    readTemplate();
    module->setAttr("lathe.text",
                    attributes.getDictionary(builder.getContext()));
  }

private:
  const YamlNode *find(StringRef key) const {
    const YamlNode::Entry *entry = text.find(key);
    return entry && !entry->value->isNull() ? entry->value : nullptr;
  }
  void append(StringRef key, Attribute value) { attributes.append(key, value); }

  /// The value of `key`, if it is there and is text.
  std::optional<std::string> readString(StringRef key) {
    const YamlNode *node = find(key);
    if (!node)
      return std::nullopt;
    Datum value = evaluateNode(*node, scope, scope.getBudget());
    if (value.isString())
      return value.string();
    if (!value.isUnknown())
      emitError(node->place)
          << "'" << key << "' must be text, not " << value.describe();
    return std::nullopt;
  }

  void readEntries();
  func::FuncOp readEntry(StringRef key);
  bool checkEntry(func::FuncOp entry, StringRef key, Location place);
  void readTokenizer();
  void readTokens(StringRef key);
  void readTemplate();

  const YamlNode &text;
  const Spec &spec;
  ModuleOp module;
  ModelScope &scope;
  OpBuilder builder;
  NamedAttrList attributes;
  std::optional<int64_t> vocabulary;
  bool hasPosition = false;
};
} // namespace

/// The entry that `key` names, checked; null if the key is not there or wrong.
func::FuncOp TextReader::readEntry(StringRef key) {
  std::optional<std::string> name = readString(key);
  if (!name)
    return {};
  Location place = find(key)->place;
  auto entry = module.lookupSymbol<func::FuncOp>(*name);
  if (!entry) {
    Suggestion suggestion(*name);
    for (auto other : module.getOps<func::FuncOp>())
      suggestion.consider(other.getSymName());
    emitError(place) << "the spec has no entry '" << *name << "'"
                     << suggestion.str();
    return {};
  }
  if (!checkEntry(entry, key, place))
    return {};
  append(key, builder.getStringAttr(*name));
  return entry;
}

void TextReader::readEntries() {
  func::FuncOp prefill;
  if (find("prefill")) {
    prefill = readEntry("prefill");
  } else if (llvm::hasSingleElement(module.getOps<func::FuncOp>())) {
    prefill = *module.getOps<func::FuncOp>().begin();
    if (!checkEntry(prefill, "prefill", text.place))
      return;
    append("prefill", builder.getStringAttr(prefill.getSymName()));
  } else {
    emitError(text.place) << "'text' needs 'prefill', the entry that reads a "
                             "prompt: there are several";
  }
  if (!prefill || !find("decode"))
    return;
  if (!hasPosition)
    emitError(find("decode")->place)
        << "'" << prefill.getSymName()
        << "' has no input 'position' and so keeps nothing to go on from: it "
           "reads the whole text for each token, without 'decode'";
  else
    readEntry("decode");
}

/// Tensors by the names of a function's arguments or results.
template <typename Types, typename Attributes>
static Tensors byName(const Types &types, const Attributes &attributesOf) {
  Tensors tensors;
  for (auto [i, type] : llvm::enumerate(types))
    tensors[attributesOf(i).template getAs<StringAttr>("lathe.name")] =
        cast<RankedTensorType>(type);
  return tensors;
}

/// "f32[1, tokens]"
static std::string describeType(RankedTensorType type) {
  return getElementName(type.getElementType()) + formatShape(type);
}

static bool isWholeNumber(Type type) {
  return type.isInteger(32) || type.isInteger(64);
}

/// Whether the entry takes `tokens` and perhaps `position`, and gives logits.
bool TextReader::checkEntry(func::FuncOp entry, StringRef key, Location place) {
  auto fail = [&](const Twine &message) {
    emitError(place)
            .append("'", key, "' is '", entry.getSymName(), "', ", message)
            .attachNote(entry.getLoc())
        << "the entry is here";
    return false;
  };
  Tensors inputs = byName(entry.getArgumentTypes(),
                          [&](unsigned i) { return entry.getArgAttrDict(i); });
  RankedTensorType tokens = inputs.lookup("tokens");
  RankedTensorType position = inputs.lookup("position");
  if (!tokens)
    return fail("which has no input 'tokens'");
  for (StringRef name : inputs.keys())
    if (name != "tokens" && name != "position")
      return fail("which has an input '" + name +
                  "': text gives 'tokens' and 'position' alone");
  auto admitsOne = [&](const DimExpr &size) {
    return size.getConstant().value_or(1) == 1;
  };
  Shape shape = getShape(tokens);
  if (!isWholeNumber(tokens.getElementType()) || shape.empty() ||
      !llvm::all_of(shape, admitsOne))
    return fail("whose 'tokens' must be i32 or i64 and have sizes that may be "
                "1, not " +
                describeType(tokens));
  if (position &&
      (position.getRank() != 0 || !isWholeNumber(position.getElementType())))
    return fail("whose 'position' must be i32[] or i64[], not " +
                describeType(position));
  if (key == "decode" && !position)
    return fail("which has no input 'position'");
  hasPosition |= position != nullptr;

  Tensors outputs = byName(entry.getResultTypes(), [&](unsigned i) {
    return entry.getResultAttrDict(i);
  });
  RankedTensorType logits = outputs.lookup("logits");
  if (!logits)
    return fail("which has no output 'logits'");
  Shape logitsShape = getShape(logits);
  if (!logits.getElementType().isF32() || logitsShape.empty() ||
      !logitsShape.back().getConstant())
    return fail("whose 'logits' must be f32 of as many as there are tokens, "
                "not " +
                describeType(logits));
  int64_t own = *logitsShape.back().getConstant();
  if (vocabulary && own != *vocabulary)
    return fail("which gives " + Twine(own) + " logits, and 'prefill' " +
                Twine(*vocabulary));
  vocabulary = own;
  return true;
}

void TextReader::readTokenizer() {
  std::optional<std::string> name = readString("tokenizer");
  const YamlNode *offset = find("offset");
  if (offset && name.value_or("") != "bytes")
    emitError(offset->place) << "'offset' belongs to the tokenizer 'bytes'";
  if (!name)
    return;
  if (*name == "bytes") {
    std::optional<int64_t> least = 0;
    if (offset)
      least = evaluateInteger(*offset, "'offset'", scope, scope.getBudget());
    if (!least)
      return;
    if (*least < 0 || *least > *vocabulary - 256) {
      emitError(offset ? offset->place : find("tokenizer")->place)
          << "bytes are the tokens from " << *least << " to " << *least + 255
          << ", but the entries give " << *vocabulary << " logits";
      return;
    }
    append("offset", builder.getI64IntegerAttr(*least));
  } else if (StringRef(*name).ends_with(".json") ||
             StringRef(*name).ends_with(".model")) {
    llvm::SmallString<128> path;
    if (!llvm::sys::path::is_absolute(*name))
      path = llvm::sys::path::parent_path(
          cast<FileLineColLoc>(spec.place).getFilename().getValue());
    llvm::sys::path::append(path, *name);
    *name = path.str().str();
  } else {
    emitError(find("tokenizer")->place)
        << "'tokenizer' must be bytes, or a file that ends in .json or .model, "
           "not '"
        << *name << "'";
    return;
  }
  append("tokenizer", builder.getStringAttr(*name));
}

void TextReader::readTokens(StringRef key) {
  const YamlNode *node = find(key);
  if (!node)
    return;
  Datum value = evaluateNode(*node, scope, scope.getBudget());
  if (value.isUnknown())
    return;
  Datum::List list = value.isList() ? value.list() : Datum::List{value};
  SmallVector<int64_t> tokens;
  for (const Datum &token : list) {
    if (!token.isInt() || token.integer() < 0 ||
        token.integer() >= *vocabulary) {
      emitError(node->place) << "'" << key << "' holds tokens from 0 to "
                             << *vocabulary - 1 << ", not " << token.describe();
      return;
    }
    tokens.push_back(token.integer());
  }
  append(key, builder.getDenseI64ArrayAttr(tokens));
}

void TextReader::readTemplate() {
  std::optional<std::string> value = readString("template");
  if (!value)
    return;
  if (StringRef(*value).contains("{prompt}"))
    append("template", builder.getStringAttr(*value));
  else
    emitError(find("template")->place)
        << "'template' must say where the prompt goes, by {prompt}";
}

void lathe::frontend::setText(const YamlNode &text, const Spec &spec,
                              ModuleOp module, ModelScope &scope) {
  TextReader(text, spec, module, scope).read();
}
