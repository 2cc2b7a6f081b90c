//===- RenamePattern.cpp - A line of the rename table ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/RenamePattern.h"
#include "frontend/Spec.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

static constexpr size_t mostWildcards = 8;
// What matching one name may cost; wildcards that take dots backtrack.
static constexpr int64_t mostSteps = 10'000;

namespace {
/// What the wildcards matched, and the spec's lets.
class MatchScope : public Scope {
public:
  explicit MatchScope(Scope &outer) : outer(outer) {}
  std::optional<Datum> lookup(StringRef name, bool embedded) override {
    auto it = matched.find(name);
    return it == matched.end() ? outer.lookup(name, embedded)
                               : std::optional(it->second);
  }
  void forEachName(function_ref<void(StringRef)> visit) override {
    llvm::for_each(matched.keys(), visit);
    outer.forEachName(visit);
  }
  std::optional<DimExpr::Bounds> boundsOf(StringRef dim) override {
    return outer.boundsOf(dim);
  }
  llvm::StringMap<Datum> matched;

private:
  Scope &outer;
};
} // namespace

std::optional<RenamePattern>
RenamePattern::parse(StringRef text, Location place, const YamlNode &source) {
  RenamePattern pattern(text, place, source);
  if (!pattern.split() ||
      !frontend::getText(source, "a name in the checkpoint"))
    return std::nullopt;
  return pattern;
}

bool RenamePattern::split() {
  StringRef rest = text;
  size_t wildcards = 0;
  while (!rest.empty()) {
    StringRef literal = rest.take_until([](char c) { return c == '{'; });
    rest = rest.drop_front(literal.size());
    if (!literal.empty())
      pieces.push_back({false, false, literal.str()});
    if (rest.empty())
      break;
    auto [name, tail] = rest.drop_front().split('}');
    bool isClosed = rest.contains('}');
    bool takesDots = name.consume_back("*");
    if (!isClosed || !isIdentifier(name)) {
      emitError(place)
          << "a wildcard is a name in braces, such as {i} or {rest*}";
      return false;
    }
    if (++wildcards > mostWildcards) {
      emitError(place) << "a name takes at most " << mostWildcards
                       << " wildcards";
      return false;
    }
    pieces.push_back({true, takesDots, name.str()});
    rest = tail;
  }
  return true;
}

bool RenamePattern::match(
    StringRef name, ArrayRef<Piece> rest, int64_t &steps,
    llvm::function_ref<void(StringRef, StringRef)> bind) const {
  if (rest.empty())
    return name.empty();
  const Piece &piece = rest.front();
  if (!piece.isWild)
    return name.consume_front(piece.text) &&
           match(name, rest.drop_front(), steps, bind);
  size_t most =
      piece.takesDots ? name.size() : std::min(name.find('.'), name.size());
  for (size_t length = most; length > 0; --length) {
    if (--steps < 0)
      return false;
    if (!match(name.drop_front(length), rest.drop_front(), steps, bind))
      continue;
    bind(piece.text, name.take_front(length));
    return true;
  }
  return false;
}

std::optional<std::string> RenamePattern::apply(StringRef name,
                                                Scope &scope) const {
  MatchScope matched(scope);
  int64_t steps = mostSteps;
  bool matches =
      match(name, pieces, steps, [&](StringRef wildcard, StringRef text) {
        int64_t number;
        matched.matched.insert_or_assign(wildcard, text.getAsInteger(10, number)
                                                       ? Datum::of(text.str())
                                                       : Datum::of(number));
      });
  if (!matches)
    return std::nullopt;
  // `{…}` on the right is an expression, as `${…}` is elsewhere.
  std::string result;
  StringRef rest = source->text;
  while (!rest.empty()) {
    auto [literal, tail] = rest.split('{');
    result += literal;
    if (literal.size() == rest.size())
      break;
    auto [expression, after] = tail.split('}');
    SourceText text(expression, source->place);
    if (source->textOffset)
      text.offset =
          *source->textOffset + (expression.data() - source->text.data());
    Budget budget{1000, 10'000};
    Datum value = evaluateExpression(text, matched, budget);
    if (value.isUnknown())
      return name.str();
    result += value.str();
    rest = after;
  }
  return result;
}
