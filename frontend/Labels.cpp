//===- Labels.cpp - The names of classes ----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Labels.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::lathe::frontend;

using Names = std::vector<std::string>;

static constexpr uint64_t mostBytes = 16 << 20;

/// Whether a name can be printed in a line; reports what is wrong otherwise.
static bool checkName(StringRef name, Location place, const Twine &which) {
  bool isPrintable =
      llvm::json::isUTF8(name) &&
      llvm::none_of(name, [](unsigned char c) { return c < ' ' || c == 0x7f; });
  if (!name.empty() && isPrintable)
    return true;
  emitError(place) << which
                   << (name.empty() ? " is empty" : " is no text in UTF-8");
  return false;
}

static std::optional<Names> readFile(StringRef name, Location place) {
  SmallString<128> path;
  if (auto file = dyn_cast<FileLineColLoc>(place);
      file && !llvm::sys::path::is_absolute(name))
    path = llvm::sys::path::parent_path(file.getFilename().getValue());
  llvm::sys::path::append(path, name);
  auto fail = [&](const Twine &why) {
    emitError(place) << "cannot read the labels in '" << path << "': " << why;
    return std::nullopt;
  };
  llvm::sys::fs::file_status status;
  if (std::error_code error = llvm::sys::fs::status(path, status))
    return fail(error.message());
  if (status.type() != llvm::sys::fs::file_type::regular_file)
    return fail("it is no regular file");
  if (status.getSize() > mostBytes)
    return fail("it has " + Twine(status.getSize()) + " bytes, and at most " +
                Twine(mostBytes) + " are read");
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return fail(buffer.getError().message());
  SmallVector<StringRef> lines;
  (*buffer)->getBuffer().split(lines, '\n');
  if (lines.back().empty())
    lines.pop_back();
  if (lines.empty())
    return fail("it is empty");
  Names names;
  for (auto [i, line] : llvm::enumerate(lines)) {
    line.consume_back("\r");
    if (!checkName(line, place, "line " + Twine(i + 1) + " of '" + path + "'"))
      return std::nullopt;
    names.push_back(line.str());
  }
  return names;
}

std::optional<Names> lathe::frontend::readLabels(const YamlNode &node,
                                                 Scope &scope, Budget &budget) {
  Datum value = evaluateNode(node, scope, budget);
  if (value.isUnknown())
    return std::nullopt;
  if (value.isString())
    return readFile(value.string(), node.place);
  if (!value.isList() || value.list().empty() ||
      !llvm::all_of(value.list(), [](const Datum &item) {
        return item.isString() || item.isNumber() || item.isUnknown();
      })) {
    emitError(node.place) << "'labels' must be a list of names, or a file with "
                             "one a line, not "
                          << value.describe();
    return std::nullopt;
  }
  Names names;
  for (auto [i, item] : llvm::enumerate(value.list())) {
    if (item.isUnknown())
      return std::nullopt;
    std::string name = item.isString() ? item.string() : item.str();
    if (!checkName(name, node.place, "label " + Twine(i)))
      return std::nullopt;
    names.push_back(std::move(name));
  }
  return names;
}
