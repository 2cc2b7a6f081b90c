//===- Diagnostics.h - Mistakes, shown at their places --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_DIAGNOSTICS_H
#define LATHE_FRONTEND_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::lathe::frontend {

/// Prints the diagnostics of a context while it lives:
///
///     digits.yaml:14:31: error: message
///       - {id: mix, op: frequency_filter, blocks: 8}
///                                                 ^
///     digits.yaml:30:5: note: in block 'body', expanded here
///
/// A mistake in a block that is expanded many times is printed once.
class DiagnosticSink {
public:
  DiagnosticSink(MLIRContext *context, raw_ostream &os);

  unsigned getErrorCount() const { return errorCount; }
  bool hasErrors() const { return errorCount != 0; }
  /// Whether so much was found that there is no use in looking further.
  bool isFull() const;

private:
  LogicalResult handle(Diagnostic &diagnostic);
  void print(Location location, StringRef severity, const Twine &message);
  void printSource(FileLineColLoc place);
  void printExpansions(Location location);

  raw_ostream &os;
  unsigned errorCount = 0;
  unsigned handled = 0;
  llvm::StringSet<> printed;
  llvm::StringMap<std::unique_ptr<llvm::MemoryBuffer>> sources;
  ScopedDiagnosticHandler handler;
};

/// "; did you mean 'NAME'?" with the name nearest to `wanted`, or "" where
/// none is near.
class Suggestion {
public:
  explicit Suggestion(StringRef wanted) : wanted(wanted) {}
  void consider(StringRef name);
  std::string str() const;

private:
  StringRef wanted;
  std::string nearest;
  unsigned distance = UINT_MAX;
  size_t common = 0;
};

template <typename Range>
std::string suggest(StringRef wanted, const Range &names) {
  Suggestion suggestion(wanted);
  for (const auto &name : names)
    suggestion.consider(name);
  return suggestion.str();
}

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_DIAGNOSTICS_H
