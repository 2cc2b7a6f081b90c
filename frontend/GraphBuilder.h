//===- GraphBuilder.h - Steps and blocks ----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_GRAPHBUILDER_H
#define LATHE_FRONTEND_GRAPHBUILDER_H

#include "frontend/Diagnostics.h"
#include "frontend/OpEmitter.h"
#include "llvm/ADT/DenseSet.h"

namespace mlir::lathe::frontend {

/// Steps of a model in all, blocks expanded: more are a mistake.
inline constexpr int64_t mostSteps = 100'000;

/// Runs the steps of one entry's graph, expanding its blocks, and emits the
/// ops at the builder's insertion point.
class GraphBuilder {
public:
  GraphBuilder(const Spec &spec, const DiagnosticSink &sink, OpBuilder &builder,
               Weights &weights, Type weightType, int64_t &stepBudget)
      : spec(spec), sink(sink), builder(builder),
        emitter(builder, weights, weightType), stepBudget(stepBudget) {}

  /// Runs the steps of `graph` in `frame`.
  void runSteps(const YamlNode &graph, Frame &frame);

  /// Warns of steps of the entry's own graph that no output depends on. What a
  /// block makes for those of its users who want it is no mistake.
  void warnOfUnusedSteps();

  /// The tensors that a node names: a step, an expression, or a list of these.
  /// Appends unknown ones after a mistake.
  void resolve(const YamlNode &node, Frame &frame, Datum::List &tensors);

private:
  /// A step with what has been made out of it.
  struct Step {
    const YamlNode &node;
    Frame &frame;
    /// The step's name within the frame's scope, or "".
    std::string name;
    const YamlNode *find(StringRef key) const {
      const YamlNode::Entry *entry = node.find(key);
      return entry ? entry->value : nullptr;
    }
  };

  void runStep(const YamlNode &node, Frame &frame);
  void repeatStep(const Step &step, const YamlNode &repeat);
  void runOnce(const Step &step);
  void runUnlessLeftOut(const Step &step, Location place);
  Datum runOp(const Step &step);
  Datum runBlock(const Step &step);
  Datum expandBlock(const Step &step, StringRef name, const Definition &block);
  bool bindParameters(const Step &step, StringRef name, const Definition &block,
                      Frame &inner);
  Datum runStateAccess(const Step &step, StringRef op);

  std::optional<std::string> evaluateName(const Step &step);
  std::optional<bool> evaluateCondition(const Step &step);
  void shareWeights(const Step &step, std::string &weightPath, bool &shares);
  /// What the step called `name` gave; unknown after a message.
  Datum lookupStep(StringRef name, Frame &frame, Location place);
  Datum::List positionalOperands(const Step &step, bool takesCurrent);
  Location locationOf(const Step &step);
  StepSite siteOf(const Step &step);

  /// How `per` chooses the step's parameters: fills the site's choice; false
  /// after a mistake.
  bool readChoice(const Step &step, StepSite &site);

  /// The ops that `norm:` and `act:` append to the op of a step.
  Datum addEpilogue(const Step &step, StringRef key, Datum value);
  BoundOp findEpilogueOp(const Step &step, StringRef key, StringRef kind);
  /// What `norm:` or `act:` is, as a name; null if there is none.
  Datum evaluateEpilogueKind(const Step &step, StringRef key);

  const Spec &spec;
  const DiagnosticSink &sink;
  OpBuilder &builder;
  OpEmitter emitter;
  int64_t &stepBudget;
  /// A step of the entry's own graph, and the ops that it made: those behind
  /// `before` up to `last`.
  struct EntryStep {
    const YamlNode *node;
    std::string name;
    Location place;
    Operation *before, *last;
  };
  std::vector<EntryStep> entrySteps;
  /// The blocks being expanded, outermost first.
  SmallVector<StringRef> openBlocks;
  llvm::DenseSet<const YamlNode *> checkedBlocks;
};

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_GRAPHBUILDER_H
