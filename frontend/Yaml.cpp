//===- Yaml.cpp - YAML documents with the places of everything ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one source that meets yaml-cpp, which throws: nothing leaves this file
// but nodes and diagnostics.
//
//===----------------------------------------------------------------------===//

#include "frontend/Yaml.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <sstream>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

using namespace mlir;
using namespace mlir::lathe::frontend;

// Far more than any model needs.
static constexpr uint64_t mostBytes = 4 << 20;
static constexpr uint64_t mostNodes = 1'000'000;
static constexpr unsigned mostDepth = 100;

const YamlNode::Entry *YamlNode::find(StringRef key) const {
  for (const Entry &entry : entries)
    if (entry.key == key)
      return &entry;
  return nullptr;
}

std::string YamlNode::describe() const {
  switch (kind) {
  case Kind::Null:
    return "nothing";
  case Kind::Scalar:
    return "'" + StringRef(text).take_front(60).str() + "'";
  case Kind::Sequence:
    return "a list";
  case Kind::Mapping:
    return "a mapping";
  }
  llvm_unreachable("all kinds are handled");
}

namespace {
/// What ends a parse after a mistake that was reported.
class ReportedError {};

/// Builds the nodes of a document from the parser's events.
class DocumentBuilder : public YAML::EventHandler {
public:
  DocumentBuilder(StringRef path, StringRef source, MLIRContext *context)
      : path(StringAttr::get(context, path)), document(new YamlDocument) {
    source.split(lines, '\n');
  }

  std::unique_ptr<YamlDocument> take() { return std::move(document); }
  Location placeOf(const YAML::Mark &mark) const {
    return FileLineColLoc::get(path, std::max(mark.line, 0) + 1,
                               std::max(mark.column, 0) + 1);
  }

  void OnDocumentStart(const YAML::Mark &) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override {
    finish(open(YamlNode::Kind::Null, mark, anchor));
  }

  void OnScalar(const YAML::Mark &mark, const std::string &tag,
                YAML::anchor_t anchor, const std::string &text) override {
    Pending pending = open(YamlNode::Kind::Scalar, mark, anchor);
    pending.node->text = text;
    // yaml-cpp's tags of untagged scalars: "?" plain, "!" quoted.
    pending.node->isPlain = tag == "?";
    if (pending.node->isPlain && (text == "~" || text == "null"))
      pending.node->kind = YamlNode::Kind::Null;
    for (unsigned offset : {0, 1})
      if (mark.line >= 0 && size_t(mark.line) < lines.size() &&
          lines[mark.line].substr(mark.column + offset).starts_with(text)) {
        pending.node->textOffset = offset;
        break;
      }
    finish(pending);
  }

  void OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor) override {
    auto it = anchors.find(anchor);
    if (it == anchors.end())
      fail(placeOf(mark), "an alias may not stand inside the node that "
                          "it names");
    add(it->second.node, it->second.weight, it->second.height, placeOf(mark));
  }

  void OnSequenceStart(const YAML::Mark &mark, const std::string &,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    stack.push_back(open(YamlNode::Kind::Sequence, mark, anchor));
  }
  void OnMapStart(const YAML::Mark &mark, const std::string &,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    stack.push_back(open(YamlNode::Kind::Mapping, mark, anchor));
  }
  void OnSequenceEnd() override { finish(stack.pop_back_val()); }
  void OnMapEnd() override { finish(stack.pop_back_val()); }

private:
  /// A node with its size and height, aliases expanded.
  struct Pending {
    YamlNode *node;
    YAML::anchor_t anchor;
    uint64_t weight = 1;
    unsigned height = 1;
    /// In a mapping, the key that waits for its value.
    const YamlNode *key = nullptr;
    llvm::StringSet<> keys = {};
  };

  /// Ends the parse: a hostile document costs no more than it must.
  [[noreturn]] void fail(Location place, const Twine &message) {
    emitError(place) << message;
    throw ReportedError();
  }

  Pending open(YamlNode::Kind kind, const YAML::Mark &mark,
               YAML::anchor_t anchor) {
    document->nodes.emplace_back(kind, placeOf(mark));
    return {&document->nodes.back(), anchor};
  }

  void finish(const Pending &pending) {
    if (pending.anchor)
      anchors[pending.anchor] = {pending.node, pending.weight, pending.height};
    add(pending.node, pending.weight, pending.height, pending.node->place);
  }

  void add(const YamlNode *node, uint64_t weight, unsigned height,
           Location place) {
    if (stack.empty()) {
      document->root = node;
      return;
    }
    Pending &parent = stack.back();
    parent.weight += weight;
    parent.height = std::max(parent.height, height + 1);
    if (parent.weight > mostNodes)
      fail(place, "the document holds more than " + Twine(mostNodes) +
                      " values, aliases counted as often as they stand");
    if (parent.height > mostDepth || stack.size() > mostDepth)
      fail(place, "values are nested more than " + Twine(mostDepth) + " deep");
    if (parent.node->isSequence()) {
      parent.node->items.push_back(node);
    } else if (!parent.key) {
      addKey(parent, node, place);
    } else {
      parent.node->entries.push_back(
          {parent.key->text, parent.key->place, node});
      parent.key = nullptr;
    }
  }

  void addKey(Pending &mapping, const YamlNode *key, Location place) {
    if (!key->isScalar() || key->text.empty())
      fail(place, "a key must be text, not " + key->describe());
    if (!mapping.keys.insert(key->text).second)
      fail(place, "the key '" + key->text + "' is given twice");
    mapping.key = key;
  }

  StringAttr path;
  SmallVector<StringRef> lines;
  std::unique_ptr<YamlDocument> document;
  struct Anchored {
    const YamlNode *node;
    uint64_t weight;
    unsigned height;
  };
  llvm::DenseMap<YAML::anchor_t, Anchored> anchors;
  SmallVector<Pending> stack;
};
} // namespace

static std::unique_ptr<YamlDocument>
parseDocument(StringRef path, StringRef source, MLIRContext *context) {
  DocumentBuilder builder(path, source, context);
  try {
    std::istringstream stream(source.str());
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      emitError(builder.placeOf(YAML::Mark())) << "the file is empty";
      return nullptr;
    }
  } catch (const ReportedError &) {
    return nullptr;
  } catch (const YAML::DeepRecursion &error) {
    emitError(builder.placeOf(error.mark))
        << "values are nested more than " << mostDepth << " deep";
    return nullptr;
  } catch (const YAML::Exception &error) {
    emitError(builder.placeOf(error.mark)) << "malformed YAML: " << error.msg;
    return nullptr;
  } catch (const std::exception &error) {
    emitError(builder.placeOf(YAML::Mark()))
        << "malformed YAML: " << error.what();
    return nullptr;
  }
  return builder.take();
}

std::unique_ptr<YamlDocument> lathe::frontend::readYaml(StringRef path,
                                                        Location includedAt) {
  llvm::sys::fs::file_status status;
  std::error_code error = llvm::sys::fs::status(path, status);
  if (!error && status.type() != llvm::sys::fs::file_type::regular_file) {
    emitError(includedAt) << "'" << path << "' is no regular file";
    return nullptr;
  }
  if (!error && status.getSize() > mostBytes) {
    emitError(includedAt) << "'" << path << "' has " << status.getSize()
                          << " bytes; a spec has at most " << mostBytes;
    return nullptr;
  }
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!error)
    error = buffer.getError();
  if (error) {
    emitError(includedAt) << "cannot read '" << path
                          << "': " << error.message();
    return nullptr;
  }
  return parseDocument(path, (*buffer)->getBuffer(), includedAt.getContext());
}
