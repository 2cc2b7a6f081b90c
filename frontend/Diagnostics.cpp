//===- Diagnostics.cpp - Mistakes, shown at their places ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/Diagnostics.h"
#include "dialect/Locations.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

// After so many a reader has enough to mend.
static constexpr unsigned mostErrors = 20;
static constexpr unsigned mostHandled = 200;
static constexpr unsigned mostExpansions = 8;

DiagnosticSink::DiagnosticSink(MLIRContext *context, raw_ostream &os)
    : os(os), handler(context, [this](Diagnostic &diagnostic) {
        return handle(diagnostic);
      }) {}

static StringRef nameOf(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Note:
    return "note";
  case DiagnosticSeverity::Remark:
    return "remark";
  }
  llvm_unreachable("all severities are handled");
}

bool DiagnosticSink::isFull() const {
  return errorCount > mostErrors || handled > mostHandled;
}

LogicalResult DiagnosticSink::handle(Diagnostic &diagnostic) {
  ++handled;
  std::string message = diagnostic.str();
  std::string identity = message;
  Location location = diagnostic.getLocation();
  if (FileLineColLoc place = getFilePlace(location))
    llvm::raw_string_ostream(identity) << place;
  if (!printed.insert(identity).second)
    return success();
  if (diagnostic.getSeverity() == DiagnosticSeverity::Error &&
      ++errorCount > mostErrors) {
    if (errorCount == mostErrors + 1)
      os << "error: more mistakes than these " << mostErrors
         << " were found; mend them first\n";
    return success();
  }
  print(location, nameOf(diagnostic.getSeverity()), message);
  printExpansions(location);
  for (Diagnostic &note : diagnostic.getNotes())
    print(note.getLocation(), "note", note.str());
  return success();
}

void DiagnosticSink::print(Location location, StringRef severity,
                           const Twine &message) {
  FileLineColLoc place = getFilePlace(location);
  if (place && place.getLine())
    os << place.getFilename().getValue() << ":" << place.getLine() << ":"
       << place.getColumn() << ": ";
  else if (place)
    os << place.getFilename().getValue() << ": ";
  os << severity << ": " << message << "\n";
  if (place && place.getLine())
    printSource(place);
}

void DiagnosticSink::printSource(FileLineColLoc place) {
  StringRef path = place.getFilename().getValue();
  auto [it, isNew] = sources.try_emplace(path);
  if (isNew && llvm::sys::fs::is_regular_file(path))
    if (auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true))
      it->second = std::move(*buffer);
  if (!it->second)
    return;
  StringRef rest = it->second->getBuffer();
  for (unsigned line = 1; line < place.getLine(); ++line)
    rest = rest.split('\n').second;
  StringRef line = rest.split('\n').first.rtrim("\r");
  size_t column = place.getColumn() ? place.getColumn() - 1 : 0;
  // A line of a generated file may be endless: show what is around the place.
  constexpr size_t mostBefore = 160, mostShown = 200;
  if (column > mostBefore) {
    line = line.drop_front(std::min(line.size(), column - mostBefore));
    column = mostBefore;
  }
  line = line.take_front(mostShown);
  os << line << "\n";
  for (char c : line.take_front(column))
    if (c == '\t' || (c & 0xC0) != 0x80) // One column a code point.
      os << (c == '\t' ? '\t' : ' ');
  os << "^\n";
}

void DiagnosticSink::printExpansions(Location location) {
  SmallVector<Expansion> expansions = getExpansions(location);
  for (const Expansion &expansion :
       ArrayRef(expansions).take_front(mostExpansions))
    print(expansion.place, "note",
          "in block '" + expansion.block + "', expanded here" +
              (expansion.path.empty() ? "" : " as '" + expansion.path + "'"));
  if (expansions.size() > mostExpansions)
    os << "note: and " << expansions.size() - mostExpansions
       << " more blocks around these\n";
}

void Suggestion::consider(StringRef name) {
  // One slip in a short name, three in a long one.
  unsigned most = std::clamp<size_t>((wanted.size() + 2) / 3, 1, 3);
  unsigned found = wanted.edit_distance(name, /*AllowReplacements=*/true, most);
  // Of two that are as near, the one that starts in the same way; short names
  // with two slips must.
  size_t start = llvm::mismatch(wanted, name).first - wanted.begin();
  if (found > most || (found > 1 && wanted.size() <= 5 && start == 0) ||
      std::pair(found, -start) >= std::pair(distance, -common))
    return;
  distance = found;
  common = start;
  nearest = name.str();
}

std::string Suggestion::str() const {
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}
