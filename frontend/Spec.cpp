//===- Spec.cpp - The parts of a spec -------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Spec.h"
#include "frontend/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::lathe::frontend;

static constexpr size_t mostFiles = 100;

bool lathe::frontend::checkMapping(const YamlNode &node, StringRef what,
                                   ArrayRef<StringRef> known) {
  if (!node.isMapping()) {
    emitError(node.place) << what << " must be a mapping, not "
                          << node.describe();
    return false;
  }
  for (const YamlNode::Entry &entry : node.entries)
    if (!llvm::is_contained(known, entry.key))
      emitError(entry.keyPlace) << what << " has no key '" << entry.key << "'"
                                << suggest(entry.key, known);
  return true;
}

std::optional<StringRef> lathe::frontend::getText(const YamlNode &node,
                                                  StringRef what) {
  if (node.isScalar())
    return StringRef(node.text);
  emitError(node.place) << what << " must be text, not " << node.describe();
  return std::nullopt;
}

bool lathe::frontend::isIdentifier(StringRef name) {
  static constexpr StringRef words[] = {"if",   "else",  "and",  "or", "not",
                                        "true", "false", "null", "for"};
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; }) &&
         !llvm::is_contained(words, name);
}

namespace {
class SpecReader {
public:
  SpecReader(StringRef path, MLIRContext *context)
      : spec(new Spec(FileLineColLoc::get(context, path, 1, 1))),
        context(context) {}

  std::unique_ptr<Spec> read(StringRef path) {
    // Line 0: the file itself cannot be opened.
    const YamlNode *root = open(path, FileLineColLoc::get(context, path, 0, 0));
    if (!root || !checkMapping(*root, "a spec",
                               {"lathe", "model", "summary", "include", "dims",
                                "let", "inputs", "state", "blocks", "graph",
                                "outputs", "entries", "specialize", "precision",
                                "weights", "text"}))
      return nullptr;
    checkVersion(*root);
    readNames(*root);
    readDefinitions(*root, "dims", "a dimension", spec->dims);
    readDefinitions(*root, "state", "a state", spec->state);
    readShared(*root);
    readIncludes(*root, path);
    readEntries(*root);
    readWeights(*root);
    if (const YamlNode::Entry *precision = root->find("precision"))
      if (checkMapping(*precision->value, "'precision'",
                       {"compute", "weights", "activations", "group",
                        "zero_point", "scales"}))
        spec->precision = precision->value;
    if (const YamlNode::Entry *text = root->find("text"))
      if (checkMapping(*text->value, "'text'",
                       {"tokenizer", "offset", "prefill", "decode", "start",
                        "end", "template"}))
        spec->text = text->value;
    return std::move(spec);
  }

private:
  const YamlNode *open(StringRef path, Location place) {
    std::unique_ptr<YamlDocument> document = readYaml(path, place);
    if (!document)
      return nullptr;
    spec->documents.push_back(std::move(document));
    return spec->documents.back()->root;
  }

  void checkVersion(const YamlNode &root) {
    const YamlNode::Entry *version = root.find("lathe");
    if (!version)
      emitError(root.place) << "a spec starts with its version, 'lathe: 1'";
    else if (version->value->text != "1")
      emitError(version->value->place)
          << "this compiler reads specs of version 1, not "
          << version->value->describe();
  }

  void readNames(const YamlNode &root) {
    if (const YamlNode::Entry *summary = root.find("summary"))
      spec->summary = getText(*summary->value, "'summary'").value_or("");
    const YamlNode::Entry *model = root.find("model");
    if (!model) {
      emitError(root.place) << "a spec needs a name, such as 'model: digits'";
      return;
    }
    spec->model = getText(*model->value, "'model'").value_or("model");
    if (!isIdentifier(spec->model))
      emitError(model->value->place)
          << "the model's name becomes one of C: letters, digits and '_', not "
          << model->value->describe();
  }

  /// The entries of the mapping `key`, which must have names of variables.
  void readDefinitions(const YamlNode &root, StringRef key, StringRef what,
                       Definitions &definitions) {
    const YamlNode::Entry *mapping = root.find(key);
    if (!mapping || mapping->value->isNull())
      return;
    if (!mapping->value->isMapping()) {
      emitError(mapping->value->place)
          << "'" << key << "' must be a mapping, not "
          << mapping->value->describe();
      return;
    }
    for (const YamlNode::Entry &entry : mapping->value->entries) {
      // A dimension may be a family: what its name must be is known later.
      if (key != "dims" && !isIdentifier(entry.key))
        emitError(entry.keyPlace)
            << what << " is named by letters, digits and '_', not '"
            << entry.key << "'";
      auto [it, isNew] = definitions.insert(
          {entry.key, Definition{entry.keyPlace, entry.value}});
      // An included file's `let` is a default that the includer overrides.
      bool overrides = key == "let" && getFile(it->second.place) == mainFile();
      if (!isNew && !overrides)
        emitError(entry.keyPlace)
                .append(what, " '", entry.key, "' is defined twice")
                .attachNote(it->second.place)
            << "it is defined here too";
    }
  }

  StringRef getFile(Location place) {
    return cast<FileLineColLoc>(place).getFilename().getValue();
  }
  StringRef mainFile() { return getFile(spec->place); }

  void readShared(const YamlNode &root) {
    readDefinitions(root, "let", "a let", spec->lets);
    readDefinitions(root, "blocks", "a block", spec->blocks);
  }

  void readIncludes(const YamlNode &root, StringRef path) {
    SmallString<128> real;
    if (llvm::sys::fs::real_path(path, real))
      real = path;
    openFiles.push_back(real.str().str());
    if (const YamlNode::Entry *include = root.find("include")) {
      if (include->value->isSequence())
        for (const YamlNode *item : include->value->items)
          readInclude(*item, path);
      else
        readInclude(*include->value, path);
    }
    openFiles.pop_back();
  }

  void readInclude(const YamlNode &node, StringRef includer) {
    std::optional<StringRef> name = getText(node, "'include'");
    if (!name)
      return;
    SmallString<128> path;
    if (!llvm::sys::path::is_absolute(*name))
      path = llvm::sys::path::parent_path(includer);
    llvm::sys::path::append(path, *name);
    llvm::sys::path::remove_dots(path, /*remove_dot_dot=*/false);
    SmallString<128> real;
    if (llvm::sys::fs::real_path(path, real))
      real = path;
    if (llvm::is_contained(openFiles, real.str())) {
      emitError(node.place)
          << "'" << *name << "' includes itself"
          << (real.str() == openFiles.back() ? ""
                                             : ", by way of the files between");
      return;
    }
    if (!seenFiles.insert(real).second)
      return;
    if (spec->documents.size() == mostFiles) {
      emitError(node.place)
          << "a spec includes at most " << mostFiles << " files";
      return;
    }
    const YamlNode *root = open(path, node.place);
    if (!root ||
        !checkMapping(*root, "an included file",
                      {"lathe", "summary", "include", "let", "blocks"}))
      return;
    checkVersion(*root);
    readShared(*root);
    readIncludes(*root, path);
  }

  void readEntries(const YamlNode &root) {
    const YamlNode::Entry *entries = root.find("entries");
    if (!entries) {
      EntryParts main{"main", spec->place};
      readEntry(root, main);
      return;
    }
    for (StringRef key : {"inputs", "graph", "outputs", "specialize"})
      if (const YamlNode::Entry *part = root.find(key))
        emitError(part->keyPlace)
            << "with 'entries', each entry has '" << key << "' of its own";
    if (!entries->value->isMapping() || entries->value->entries.empty()) {
      emitError(entries->value->place)
          << "'entries' must be a mapping of names to graphs, not "
          << entries->value->describe();
      return;
    }
    for (const YamlNode::Entry &entry : entries->value->entries) {
      if (!isIdentifier(entry.key))
        emitError(entry.keyPlace)
            << "an entry is named by letters, digits and '_', "
               "not '"
            << entry.key << "'";
      EntryParts parts{entry.key, entry.keyPlace};
      if (checkMapping(*entry.value, "an entry",
                       {"summary", "inputs", "graph", "outputs", "specialize"}))
        readEntry(*entry.value, parts);
    }
  }

  void readEntry(const YamlNode &node, EntryParts &parts) {
    auto part = [&](StringRef key, bool isRequired) -> const YamlNode * {
      const YamlNode::Entry *entry = node.find(key);
      if (entry && !entry->value->isNull())
        return entry->value;
      if (isRequired)
        emitError(parts.place) << "'" << key << "' is missing";
      return nullptr;
    };
    parts.inputs = part("inputs", true);
    parts.graph = part("graph", true);
    parts.outputs = part("outputs", true);
    parts.specialize = part("specialize", false);
    spec->entries.push_back(parts);
  }

  void readWeights(const YamlNode &root) {
    const YamlNode::Entry *weights = root.find("weights");
    if (!weights ||
        !checkMapping(*weights->value, "'weights'", {"rename", "ignore"}))
      return;
    if (const YamlNode::Entry *rename = weights->value->find("rename"))
      spec->rename = rename->value;
    if (const YamlNode::Entry *ignore = weights->value->find("ignore"))
      spec->ignore = ignore->value;
  }

  std::unique_ptr<Spec> spec;
  MLIRContext *context;
  /// Real paths: of the file being read and its includers, and of all.
  std::vector<std::string> openFiles;
  llvm::StringSet<> seenFiles;
};
} // namespace

std::unique_ptr<Spec> lathe::frontend::readSpec(StringRef path,
                                                MLIRContext *context) {
  return SpecReader(path, context).read(path);
}
