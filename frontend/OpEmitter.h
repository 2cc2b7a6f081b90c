//===- OpEmitter.h - Ops of the dialect from steps ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_OPEMITTER_H
#define LATHE_FRONTEND_OPEMITTER_H

#include "frontend/StepKeys.h"
#include "frontend/Weights.h"

namespace mlir::lathe::frontend {

/// How a step's parameters are chosen when the program runs: by the number in
/// `index`, of `count` sets that the checkpoint has apart, or stacked along a
/// first axis.
struct ParameterChoice {
  Value index;
  int64_t count;
  bool isStacked;
};

/// Where a step stands.
struct StepSite {
  const YamlNode *node;
  Frame &frame;
  Location location;
  /// The scope of its parameters, and whether another step made them.
  std::string weightPath;
  bool sharesWeights;
  std::optional<ParameterChoice> choice = std::nullopt;
};

/// Builds any op of the dialect from its binding.
class OpEmitter {
public:
  OpEmitter(OpBuilder &builder, Weights &weights, Type weightType)
      : builder(builder), weights(weights), weightType(weightType) {}

  /// What the op gives: a tensor or a list of them; unknown after a mistake.
  /// `positional` are the operands without a name; `named` looks up others.
  Datum emit(BoundOp op, StepKeys &keys, ArrayRef<Datum> positional,
             function_ref<std::optional<Datum>(const OperandBinding &)> named,
             const StepSite &site);

private:
  /// Values of the operands in the op's order, one list for each binding.
  using OperandGroups = SmallVector<SmallVector<Value>>;
  std::optional<SmallVector<Datum::List>> assignOperands(
      BoundOp op, ArrayRef<Datum> positional,
      function_ref<std::optional<Datum>(const OperandBinding &)> named,
      const StepSite &site);
  bool addOperands(BoundOp op, ArrayRef<Datum::List> assigned,
                   OperandGroups &groups, const StepSite &site);
  bool addParameters(BoundOp op, StepKeys &keys, OperandGroups &groups,
                     const StepSite &site);
  bool addParameter(BoundOp op, const ParameterBinding &parameter,
                    StepKeys &keys, SmallVector<Value> &group,
                    const StepSite &site);
  /// Declares one parameter of a family, or the one that there is.
  bool declareParameter(BoundOp op, const ParameterBinding &parameter,
                        StepKeys &keys, SmallVector<Value> &group,
                        const StepSite &site);
  /// A parameter of the step as a value, chosen among several where the site
  /// says so; null after a mistake.
  Value readParameter(StringRef name, ArrayRef<int64_t> shape, StringRef init,
                      const StepSite &site);
  /// The weight `name` as a value; null after a mistake.
  Value readWeight(const Twine &name, ArrayRef<int64_t> shape, StringRef init,
                   const StepSite &site);
  /// How many parameters a family has; nothing after a mistake.
  std::optional<int64_t> countFamily(BoundOp op,
                                     const ParameterBinding &parameter,
                                     StringRef expression, int64_t least,
                                     StepKeys &keys, const StepSite &site);
  /// Declares the op's states and appends their symbols.
  bool addStates(BoundOp op, StepKeys &keys, NamedAttrList &attributes,
                 const StepSite &site);
  /// The static shape of a parameter; nothing after a mistake. An impossible
  /// size becomes 1 and `pendingMistake`: the op's inference speaks first.
  std::optional<SmallVector<int64_t>>
  evaluateShape(BoundOp op, const ParameterBinding &parameter, StepKeys &keys,
                const StepSite &site);
  Datum build(BoundOp op, const OperandGroups &groups, NamedAttrList attributes,
              const StepSite &site);

  OpBuilder &builder;
  Weights &weights;
  Type weightType;
  std::string pendingMistake;
  std::optional<Location> pendingPlace;
};

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_OPEMITTER_H
