//===- ExpressionTest.cpp - Tests of the expression language --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/LatheDialect.h"
#include "dialect/SpecBinding.h"
#include "frontend/Evaluator.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

namespace {
/// `tokens` is a dynamic dimension of 4 to 64; `width` is 32, `none` null.
class TestScope : public Scope {
public:
  std::optional<Datum> lookup(StringRef name, bool) override {
    if (name == "tokens")
      return Datum::of(DimExpr::symbol("tokens"));
    if (name == "width")
      return Datum::of(int64_t(32));
    if (name == "none")
      return Datum::null();
    if (name == "body.0.conv")
      return Datum::of(std::string("a step"));
    return std::nullopt;
  }
  void forEachName(function_ref<void(StringRef)> visit) override {
    visit("tokens");
    visit("width");
  }
  std::optional<DimExpr::Bounds> boundsOf(StringRef) override {
    return DimExpr::Bounds(4, 64);
  }
};

class ExpressionTest : public testing::Test {
protected:
  Datum run(StringRef text, bool isTemplate) {
    message.clear();
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      if (message.empty())
        message = diagnostic.str();
    });
    TestScope scope;
    Budget budget;
    SourceText source(text, UnknownLoc::get(&context));
    return isTemplate ? evaluateTemplate(source, scope, budget)
                      : evaluateExpression(source, scope, budget);
  }
  /// The value's text, or the first mistake.
  std::string evaluate(StringRef text) {
    Datum value = run(text, /*isTemplate=*/false);
    return value.isUnknown() ? message : value.describe();
  }
  std::string substitute(StringRef text) {
    Datum value = run(text, /*isTemplate=*/true);
    return value.isUnknown() ? message : value.describe();
  }

  MLIRContext context;
  std::string message;
};
} // namespace

TEST_F(ExpressionTest, Arithmetic) {
  EXPECT_EQ(evaluate("1 + 2 * 3 - 4"), "3");
  EXPECT_EQ(evaluate("(1 + 2) * 3"), "9");
  EXPECT_EQ(evaluate("2 ** 3 ** 2"), "512");
  EXPECT_EQ(evaluate("-2 ** 2"), "-4");
  EXPECT_EQ(evaluate("7 // 2"), "3");
  EXPECT_EQ(evaluate("-7 // 2"), "-4");
  EXPECT_EQ(evaluate("-7 % 3"), "2");
  EXPECT_EQ(evaluate("1e-5 * 2"), "2e-05");
  EXPECT_EQ(evaluate("(-1) ** 1000000000000001"), "-1");
  EXPECT_EQ(evaluate("0 ** 0"), "1");
}

TEST_F(ExpressionTest, DivisionIsWholeWhereItCanBe) {
  EXPECT_EQ(evaluate("8 / 2"), "4");
  EXPECT_EQ(evaluate("9 / 2"), "4.5");
}

TEST_F(ExpressionTest, OverflowIsAMistake) {
  EXPECT_EQ(evaluate("9223372036854775807 + 1"),
            "9223372036854775807 + 1 overflows 64 bits");
  EXPECT_EQ(evaluate("(-9223372036854775807 - 1) // -1"),
            "-9223372036854775808 // -1 overflows 64 bits");
  EXPECT_EQ(evaluate("-(-9223372036854775807 - 1)"),
            "0 - -9223372036854775808 overflows 64 bits");
  EXPECT_EQ(evaluate("10 ** 19"), "10 ** 19 overflows 64 bits");
  EXPECT_EQ(evaluate("abs(-9223372036854775807 - 1)"),
            "'abs' overflows 64 bits");
  EXPECT_EQ(evaluate("1e308 * 10"), "1e+308 * 10 is no finite number");
  EXPECT_EQ(evaluate("int(1e300)"), "1e+300 is too large for 64 bits");
}

TEST_F(ExpressionTest, DivisionByZeroIsAMistake) {
  EXPECT_EQ(evaluate("1 / 0"), "division of 1 by zero");
  EXPECT_EQ(evaluate("1 % 0"), "division of 1 by zero");
  EXPECT_EQ(evaluate("1.5 / 0"), "division of 1.5 by zero");
}

TEST_F(ExpressionTest, TruthAndComparison) {
  EXPECT_EQ(evaluate("1 < 2 and 2 <= 2 and not 3 != 3"), "true");
  EXPECT_EQ(evaluate("false and 1 / 0 == 1"), "false");
  EXPECT_EQ(evaluate("not none"), "true");
  EXPECT_EQ(evaluate("not 'batch'"), "false");
  EXPECT_EQ(evaluate("1 == 1.0"), "true");
  EXPECT_EQ(evaluate("[1, [2]] == [1, [2]]"), "true");
  EXPECT_EQ(evaluate("'a' == 1"), "false");
  EXPECT_EQ(evaluate("not 3"),
            "expected a truth value, got 3; compare it with something");
}

TEST_F(ExpressionTest, Conditional) {
  EXPECT_EQ(evaluate("1 if width == 32 else 1 / 0"), "1");
  EXPECT_EQ(evaluate("1 if false else 2 if false else 3"), "3");
}

TEST_F(ExpressionTest, ListsAndFunctions) {
  EXPECT_EQ(evaluate("[1, 2] + [3] * 2"), "the list [1, 2, 3, 3]");
  EXPECT_EQ(evaluate("[1, 2, 3][-1]"), "3");
  EXPECT_EQ(evaluate("range(3)"), "the list [0, 1, 2]");
  EXPECT_EQ(evaluate("range(5, 0, -2)"), "the list [5, 3, 1]");
  EXPECT_EQ(evaluate("sum(range(101))"), "5050");
  EXPECT_EQ(evaluate("max([1, 7, 3]) - min(4, 2)"), "5");
  EXPECT_EQ(evaluate("ceil(7 / 2) + floor(7 / 2) + round(2.5)"), "10");
  EXPECT_EQ(evaluate("int(sqrt(float(16)))"), "4");
  EXPECT_EQ(evaluate("log2(8)"), "3");
  EXPECT_EQ(evaluate("contains([1, 2], 2) and len('abc') == 3"), "true");
  EXPECT_EQ(evaluate("mx(1)"), "unknown function 'mx'; did you mean 'max'?");
}

TEST_F(ExpressionTest, DynamicSizes) {
  EXPECT_EQ(evaluate("tokens * 2 + 1"), "the dynamic size '2*tokens + 1'");
  EXPECT_EQ(evaluate("tokens * 2 / 2"), "the dynamic size 'tokens'");
  EXPECT_EQ(evaluate("tokens - tokens"), "0");
  EXPECT_EQ(evaluate("tokens > 3"), "true");
  EXPECT_EQ(evaluate("tokens == 65"), "false");
  EXPECT_EQ(evaluate("tokens == 5"),
            "the dynamic size 'tokens' == 5 is not known when compiling");
  EXPECT_EQ(evaluate("tokens < 64"),
            "the dynamic size 'tokens' < 64 is not known when compiling");
}

TEST_F(ExpressionTest, DottedNamesAreSteps) {
  EXPECT_EQ(evaluate("body.0.conv"), "'a step'");
}

TEST_F(ExpressionTest, Templates) {
  EXPECT_EQ(substitute("${width}"), "32");
  EXPECT_EQ(substitute("layer_${width // 8}.x"), "'layer_4.x'");
  EXPECT_EQ(substitute("$${width}"), "'${width}'");
  EXPECT_EQ(substitute("plain"), "'plain'");
  EXPECT_EQ(substitute("${width"), "expected '}', got the end");
}

TEST_F(ExpressionTest, NothingGrowsWithoutBound) {
  EXPECT_EQ(evaluate("range(1000000000)"),
            "the lists and strings of this spec are too long in all");
  EXPECT_EQ(evaluate("[0] * 1000000000000"),
            "the lists and strings of this spec are too long in all");
  EXPECT_EQ(evaluate(std::string(1000000, '(')),
            "expected less than 100 levels of nesting, got '('");
  EXPECT_EQ(evaluate(std::string(1000000, '-')),
            "expected less than 100 levels of nesting, got '-'");
  std::string chain = "1";
  for (int i = 0; i < 100000; ++i)
    chain += " + 1";
  EXPECT_EQ(evaluate(chain),
            "the expression has more than 500 operators in a chain");
  std::string sizes = "tokens";
  for (int i = 0; i < 95; ++i)
    sizes = "(" + sizes + " // 3 + tokens)";
  EXPECT_EQ(evaluate(sizes),
            "a dynamic size of so many terms is not supported");
}

/// Every expression that an op's definition holds must parse.
TEST_F(ExpressionTest, DefinitionsOfOpsParse) {
  context.loadDialect<LatheDialect>();
  auto parses = [&](StringRef text) {
    return parseExpression(SourceText(text, UnknownLoc::get(&context))) !=
           nullptr;
  };
  for (const OpBinding &op : getOpBindings()) {
    for (const KeyBinding &key : op.keys) {
      bool isLiteral = key.type == KeyType::Enum || key.type == KeyType::String;
      EXPECT_TRUE(key.defaultExpr.empty() || isLiteral ||
                  parses(key.defaultExpr))
          << op.name.str() << "." << key.name.str();
      if (key.type == KeyType::Enum && !key.defaultExpr.empty())
        EXPECT_TRUE(key.makeEnum(&context, key.defaultExpr))
            << op.name.str() << "." << key.name.str();
    }
    for (const ParameterBinding &parameter : op.parameters)
      EXPECT_TRUE(parses(parameter.shape) &&
                  (parameter.when.empty() || parses(parameter.when)) &&
                  (parameter.count.empty() || parses(parameter.count)))
          << op.name.str() << "." << parameter.name.str();
  }
}
