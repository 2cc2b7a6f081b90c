//===- DimExprTest.cpp - Sizes over a model's named dimensions ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/DimExpr.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// The canonical text of an expression; "error" if it is none.
std::string canonical(StringRef text) {
  std::optional<DimExpr> parsed = DimExpr::parse(text);
  return parsed ? parsed->str() : "error";
}

DimExpr parse(StringRef text) { return *DimExpr::parse(text); }

TEST(DimExpr, HasOneTextForEqualSizes) {
  EXPECT_EQ(canonical("batch * 2 + tokens * (batch + 1)"),
            "batch*tokens + 2*batch + tokens");
  EXPECT_EQ(canonical("1 + tokens - 1"), "tokens");
  EXPECT_EQ(canonical("-(tokens - 3)"), "-tokens + 3");
  EXPECT_EQ(canonical("tokens - tokens"), "0");
  EXPECT_EQ(canonical("3 * 4"), "12");
  EXPECT_EQ(parse("(a + b)*(a - b)"), parse("a*a - b*b"));
}

TEST(DimExpr, TextIsReadBack) {
  for (StringRef text :
       {"2*tokens + 1", "(height - 1)/2 + 1", "a*b*c - 7",
        "((height - 1)/2)/2 + 1", "0", "-3", "2*((h - 1)/2) + 1",
        "((h - 1)/2)*((w - 1)/2)*b", "-((h - 1)/2) + h", "h*w - (h - 1)/2",
        "-3*((h - 1)/2)"})
    EXPECT_EQ(parse(canonical(text)), parse(text)) << canonical(text);
  // Sizes of quotients come back as what they were, whatever the text.
  DimExpr h = parse("(h - 1)/2"), w = parse("(w + 2)/3");
  for (const DimExpr &size : {h * 2, h * w, h * -1, h * w * -5, h * h + w})
    EXPECT_EQ(parse(size.str()), size) << size.str();
}

TEST(DimExpr, RefusesWhatIsNoSize) {
  for (StringRef text : {"", "2 +", "a b", "(a", "a/b", "a/0", "1.5", "a//2",
                         "99999999999999999999"})
    EXPECT_EQ(canonical(text), "error") << text.str();
  // Hostile nesting ends in an error, not in a stack overflow.
  EXPECT_EQ(canonical(std::string(100000, '(') + "a"), "error");
}

TEST(DimExpr, FloorDivisionIsExactWhereItCanBe) {
  EXPECT_EQ(parse("4*a + 2").floorDiv(2).str(), "2*a + 1");
  EXPECT_EQ(parse("4*a + 3").floorDiv(2).str(), "2*a + 1");
  EXPECT_EQ(parse("4*a - 1").floorDiv(2).str(), "2*a - 1");
  EXPECT_EQ(parse("a + 4").floorDiv(2).str(), "(a)/2 + 2");
  EXPECT_EQ(DimExpr(-3).floorDiv(2).str(), "-2");
}

TEST(DimExpr, ExactDivisionFailsOnARest) {
  EXPECT_EQ(parse("6*a*b").exactDiv(parse("2*a"))->str(), "3*b");
  EXPECT_EQ(parse("6*a*b + 4*a").exactDiv(parse("2*a"))->str(), "3*b + 2");
  EXPECT_FALSE(parse("6*a + 3").exactDiv(2));
  EXPECT_FALSE(parse("a").exactDiv(parse("b")));
  EXPECT_FALSE(parse("a").exactDiv(DimExpr::unknown()));
}

TEST(DimExpr, UnknownSizesFitEverything) {
  DimExpr unknown = DimExpr::unknown();
  EXPECT_TRUE((unknown + 1).isUnknown());
  EXPECT_TRUE((unknown * 0).isUnknown());
  EXPECT_TRUE(unknown.isCompatible(parse("a")));
  EXPECT_FALSE(parse("a").isCompatible(parse("b")));
  EXPECT_FALSE(unknown.getConstant().has_value());
}

TEST(DimExpr, EvaluatesAndBounds) {
  auto valueOf = [](StringRef name) -> std::optional<int64_t> {
    if (name == "a")
      return 5;
    return std::nullopt;
  };
  EXPECT_EQ(parse("2*a + 1").evaluate(valueOf), 11);
  EXPECT_EQ(parse("(a - 1)/2 + 1").evaluate(valueOf), 3);
  EXPECT_FALSE(parse("a*b").evaluate(valueOf));
  auto boundsOf = [](StringRef) -> std::optional<DimExpr::Bounds> {
    return DimExpr::Bounds(1, 256);
  };
  EXPECT_EQ(parse("2*a - b").bounds(boundsOf), DimExpr::Bounds(-254, 511));
  EXPECT_EQ(parse("(a - 1)/2 + 1").bounds(boundsOf), DimExpr::Bounds(1, 128));
}

TEST(DimExpr, SaturatesInsteadOfOverflowing) {
  DimExpr huge = INT64_MAX;
  EXPECT_EQ((huge + 1).getConstant(), INT64_MAX);
  EXPECT_EQ((huge * huge).getConstant(), INT64_MAX);
  EXPECT_EQ((huge * -2).getConstant(), INT64_MIN);
}

TEST(DimExpr, VisitsEveryName) {
  std::string names;
  parse("(height - 1)/2*batch + 3").forEachName([&](StringRef name) {
    names += name.str() + " ";
  });
  EXPECT_EQ(names, "height batch ");
}

} // namespace
