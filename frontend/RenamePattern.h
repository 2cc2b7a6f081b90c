//===- RenamePattern.h - A line of the rename table -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_RENAMEPATTERN_H
#define LATHE_FRONTEND_RENAMEPATTERN_H

#include "frontend/Evaluator.h"

namespace mlir::lathe::frontend {

/// `body.{i}.weight: layers.{i + 1}.0.weight`: on the left, `{i}` stands for
/// one part of a dotted name and `{i*}` for any number of parts; on the right,
/// braces hold an expression over what these matched and the spec's lets.
class RenamePattern {
public:
  /// Reports what is wrong, and returns nothing then.
  static std::optional<RenamePattern> parse(StringRef text, Location place,
                                            const YamlNode &source);

  /// The checkpoint's name for `name`; nothing if the pattern does not match.
  std::optional<std::string> apply(StringRef name, Scope &scope) const;

  StringRef getText() const { return text; }
  Location getPlace() const { return place; }

private:
  /// Literal text (`isWild` false) or a wildcard's name.
  struct Piece {
    bool isWild;
    bool takesDots;
    std::string text;
  };
  RenamePattern(StringRef text, Location place, const YamlNode &source)
      : text(text), place(place), source(&source) {}
  bool split();
  bool match(StringRef name, ArrayRef<Piece> rest, int64_t &steps,
             llvm::function_ref<void(StringRef, StringRef)> bind) const;

  StringRef text;
  Location place;
  const YamlNode *source;
  std::vector<Piece> pieces;
};

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_RENAMEPATTERN_H
