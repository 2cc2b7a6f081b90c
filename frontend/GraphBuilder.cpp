//===- GraphBuilder.cpp - Steps and blocks --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/GraphBuilder.h"
#include "dialect/Locations.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

void GraphBuilder::runSteps(const YamlNode &graph, Frame &frame) {
  if (!graph.isSequence()) {
    emitError(frame.locate(graph.place))
        << "a graph must be a list of steps, not " << graph.describe();
    frame.current = Datum::unknown();
    return;
  }
  for (const YamlNode *step : graph.items) {
    if (sink.isFull())
      return;
    runStep(*step, frame);
  }
}

void GraphBuilder::runStep(const YamlNode &node, Frame &frame) {
  if (!node.isMapping()) {
    emitError(frame.locate(node.place))
        << "a step must be a mapping such as {op: relu}, not "
        << node.describe();
    frame.current = Datum::unknown();
    return;
  }
  Step step{node, frame, ""};
  if (std::optional<std::string> name = evaluateName(step))
    step.name = *name;
  if (const YamlNode *repeat = step.find("repeat"))
    repeatStep(step, *repeat);
  else
    runOnce(step);
}

void GraphBuilder::repeatStep(const Step &step, const YamlNode &repeat) {
  Frame &frame = step.frame;
  std::optional<int64_t> times =
      evaluateInteger(repeat, "'repeat'", frame, frame.model.getBudget(),
                      frame.site ? &*frame.site : nullptr);
  if (times && (*times < 0 || *times > stepBudget)) {
    InFlightDiagnostic diagnostic = emitError(frame.locate(repeat.place));
    if (*times < 0)
      diagnostic << "'repeat' must be at least 0, not " << *times;
    else
      diagnostic << "'repeat' of " << *times
                 << " is too much: a model has at most " << mostSteps
                 << " steps in all";
    times = std::nullopt;
  }
  // Once, to find the mistakes in what is repeated.
  bool isKnown = times.has_value();
  std::optional<Datum> outerIndex;
  if (auto it = frame.variables.find("index"); it != frame.variables.end())
    outerIndex = it->second;
  for (int64_t i = 0; i < times.value_or(1) && !sink.isFull(); ++i) {
    frame.variables.insert_or_assign("index",
                                     isKnown ? Datum::of(i) : Datum::unknown());
    runOnce({step.node, frame, joinPath(step.name, Twine(i))});
  }
  if (outerIndex)
    frame.variables.insert_or_assign("index", *outerIndex);
  else
    frame.variables.erase("index");
  if (!isKnown)
    frame.current = Datum::unknown();
  if (!step.name.empty())
    frame.results.define(frame.pathOf(step.name), frame.current,
                         frame.locate(step.node.place));
}

void GraphBuilder::runOnce(const Step &step) {
  Frame &frame = step.frame;
  Location place = frame.locate(step.node.place);
  if (--stepBudget < 0) {
    if (stepBudget == -1)
      emitError(place) << "a model has at most " << mostSteps
                       << " steps in all";
    frame.current = Datum::unknown();
    return;
  }
  Block &made = *builder.getInsertionBlock();
  Operation *before = made.empty() ? nullptr : &made.back();
  runUnlessLeftOut(step, place);
  if (!frame.site && !made.empty() && &made.back() != before)
    entrySteps.push_back({&step.node, step.name, place, before, &made.back()});
  // A step that its `if` leaves out gives what it would have taken.
  if (!step.name.empty())
    frame.results.define(frame.pathOf(step.name), frame.current, place);
}

void GraphBuilder::runUnlessLeftOut(const Step &step, Location place) {
  Frame &frame = step.frame;
  const YamlNode *op = step.find("op"), *block = step.find("block");
  std::optional<bool> condition = evaluateCondition(step);
  if (!condition) {
    frame.current = Datum::unknown();
  } else if (!op == !block) {
    emitError(place) << (op ? "a step has an 'op' or a 'block', not both"
                            : "a step needs an 'op' or a 'block'");
    frame.current = Datum::unknown();
  } else if (*condition) {
    frame.current = op ? runOp(step) : runBlock(step);
  }
}

std::optional<std::string> GraphBuilder::evaluateName(const Step &step) {
  const YamlNode *id = step.find("id");
  if (!id)
    return std::nullopt;
  Frame &frame = step.frame;
  std::optional<StringRef> text = getText(*id, "'id'");
  if (!text)
    return std::nullopt;
  Datum value =
      evaluateTemplate(frame.sourceOf(*id), frame, frame.model.getBudget());
  if (value.isUnknown())
    return std::nullopt;
  std::string name = value.str();
  auto isPart = [](StringRef part) {
    return !part.empty() && llvm::all_of(part, [](char c) {
      return llvm::isAlnum(c) || c == '_' || c == '-';
    });
  };
  if (llvm::all_of(llvm::split(name, '.'), isPart))
    return name;
  emitError(frame.locate(id->place))
      << "an 'id' is made of letters, digits, '_' and '-', with dots between "
         "its parts, not '"
      << name << "'";
  return std::nullopt;
}

std::optional<bool> GraphBuilder::evaluateCondition(const Step &step) {
  const YamlNode *node = step.find("if");
  if (!node)
    return true;
  Frame &frame = step.frame;
  Location place = frame.locate(node->place);
  if (!node->isScalar()) {
    emitError(place) << "'if' must be a condition, not " << node->describe();
    return std::nullopt;
  }
  Datum value =
      evaluateExpression(frame.sourceOf(*node), frame, frame.model.getBudget());
  if (value.isBool())
    return value.boolean();
  if (value.isNull())
    return false;
  if (!value.isUnknown())
    emitError(place) << "'if' must be true or false, not " << value.describe();
  return std::nullopt;
}

Location GraphBuilder::locationOf(const Step &step) {
  Builder places(builder.getContext());
  SmallVector<NamedAttribute> keys;
  for (const YamlNode::Entry &entry : step.node.entries)
    keys.push_back(places.getNamedAttr(entry.key, entry.value->place));
  return step.frame.locate(makeStepLocation(step.frame.pathOf(step.name),
                                            step.node.place,
                                            places.getDictionaryAttr(keys)));
}

StepSite GraphBuilder::siteOf(const Step &step) {
  StepSite site{&step.node, step.frame, locationOf(step),
                joinPath(step.frame.weightPath, step.name),
                step.frame.sharesWeights};
  shareWeights(step, site.weightPath, site.sharesWeights);
  return site;
}

void GraphBuilder::shareWeights(const Step &step, std::string &weightPath,
                                bool &shares) {
  const YamlNode *node = step.find("weights_of");
  if (!node)
    return;
  Frame &frame = step.frame;
  Datum name = frame.evaluate(*node);
  if (name.isUnknown())
    return;
  for (const std::string &path : {frame.pathOf(name.str()), name.str()})
    if (name.isString() && frame.results.find(path)) {
      weightPath = path;
      shares = true;
      return;
    }
  std::string wanted = name.str();
  Suggestion suggestion(wanted);
  frame.results.forEachBelow("", [&](StringRef n) { suggestion.consider(n); });
  emitError(frame.locate(node->place))
      << "'weights_of' names no step before this one: " << name.describe()
      << suggestion.str();
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

Datum GraphBuilder::lookupStep(StringRef name, Frame &frame, Location place) {
  if (std::optional<Datum> named = frame.lookupTensors(name))
    return *named;
  Suggestion suggestion(name);
  frame.forEachTensorName([&](StringRef n) { suggestion.consider(n); });
  emitError(place) << "no step before this one is called '" << name << "'"
                   << suggestion.str();
  return Datum::unknown();
}

void GraphBuilder::resolve(const YamlNode &node, Frame &frame,
                           Datum::List &tensors) {
  if (node.isSequence()) {
    for (const YamlNode *item : node.items)
      resolve(*item, frame, tensors);
    return;
  }
  Location place = frame.locate(node.place);
  if (!node.isScalar()) {
    emitError(place) << "expected the name of a step, got " << node.describe();
    tensors.push_back(Datum::unknown());
    return;
  }
  Datum value =
      evaluateTemplate(frame.sourceOf(node), frame, frame.model.getBudget());
  // Names, written or computed; or tensors that an expression gives.
  auto add = [&](const Datum &item) {
    Datum found =
        item.isString() ? lookupStep(item.string(), frame, place) : item;
    if (found.isList())
      llvm::append_range(tensors, found.list());
    else
      tensors.push_back(found);
  };
  if (value.isList())
    llvm::for_each(value.list(), add);
  else
    add(value);
  if (llvm::all_of(tensors, [](const Datum &t) {
        return t.isTensor() || t.isUnknown();
      }))
    return;
  emitError(place) << "expected a step or a tensor, got " << value.describe();
  tensors.assign(1, Datum::unknown());
}

Datum::List GraphBuilder::positionalOperands(const Step &step,
                                             bool takesCurrent) {
  Datum::List operands;
  if (const YamlNode *from = step.find("from"))
    resolve(*from, step.frame, operands);
  else if (takesCurrent && step.frame.current.isList())
    llvm::append_range(operands, step.frame.current.list());
  else if (takesCurrent && !step.frame.current.isNull())
    operands.push_back(step.frame.current);
  return operands;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

Datum GraphBuilder::runOp(const Step &step) {
  Frame &frame = step.frame;
  const YamlNode &node = *step.find("op");
  std::optional<StringRef> text = getText(node, "'op'");
  if (!text)
    return Datum::unknown();
  Datum name =
      evaluateTemplate(frame.sourceOf(node), frame, frame.model.getBudget());
  if (!name.isString())
    return Datum::unknown();
  if (name.string() == "read_state" || name.string() == "write_state")
    return runStateAccess(step, name.string());
  BoundOp op = findOpBinding(name.string());
  if (!op) {
    Suggestion suggestion(name.string());
    forEachOpName([&](StringRef known) { suggestion.consider(known); });
    emitError(frame.locate(node.place))
        << "there is no op '" << name.string() << "'" << suggestion.str();
    return Datum::unknown();
  }
  SmallVector<StringRef> foreign = {"id", "op",     "from",       "with",
                                    "if", "repeat", "weights_of", "per"};
  if (op.op->takesEpilogue)
    foreign.append({"norm", "act"});
  StepSite site = siteOf(step);
  if (!readChoice(step, site))
    return Datum::unknown();
  StepKeys keys(op, &step.node, foreign, frame, site.location);
  if (op.op->takesEpilogue)
    for (StringRef key : {"norm", "act"})
      keys.addName(key, evaluateEpilogueKind(step, key));
  auto named = [&](const OperandBinding &operand) -> std::optional<Datum> {
    const YamlNode *given = keys.findNode(operand.name);
    if (!given || op.op->findKey(operand.name))
      return std::nullopt;
    Datum::List tensors;
    resolve(*given, frame, tensors);
    return tensors.size() == 1 ? tensors.front()
                               : Datum::of(std::move(tensors));
  };
  bool isFirstNamed = !op.op->operands.empty() &&
                      keys.findNode(op.op->operands.front().name) &&
                      !op.op->findKey(op.op->operands.front().name);
  Datum::List operands =
      positionalOperands(step, !op.op->operands.empty() && !isFirstNamed);
  if (const YamlNode *with = step.find("with"))
    resolve(*with, frame, operands);
  Datum value = emitter.emit(op, keys, operands, named, site);
  if (op.op->takesEpilogue) {
    value = addEpilogue(step, "norm", value);
    value = addEpilogue(step, "act", value);
  }
  return value;
}

Datum GraphBuilder::runStateAccess(const Step &step, StringRef op) {
  Frame &frame = step.frame;
  checkMapping(step.node, ("'" + op + "'").str(),
               {"id", "op", "from", "if", "repeat", "state"});
  const YamlNode *node = step.find("state");
  if (!node) {
    emitError(frame.locate(step.node.place))
        << "'" << op << "' needs the key 'state', the name of a state";
    return Datum::unknown();
  }
  Datum name = frame.evaluate(*node);
  if (name.isUnknown())
    return name;
  StateOp state;
  if (name.isString() && spec.state.contains(name.string()))
    state = SymbolTable::lookupNearestSymbolFrom<StateOp>(
        builder.getInsertionBlock()->getParentOp(),
        builder.getStringAttr(name.string()));
  else
    emitError(frame.locate(node->place))
        << "the spec declares no state " << name.describe()
        << suggest(name.str(), llvm::make_first_range(spec.state));
  if (!state)
    return Datum::unknown(); // Its declaration has a mistake, or is missing.
  Location location = locationOf(step);
  auto symbol = FlatSymbolRefAttr::get(state.getSymNameAttr());
  if (op == "read_state")
    return Datum::of(
        Value(ReadStateOp::create(builder, location, state.getType(), symbol)));
  Datum::List operands = positionalOperands(step, /*takesCurrent=*/true);
  if (operands.size() != 1) {
    emitError(location) << "'write_state' takes 1 operand, got "
                        << operands.size();
    return Datum::unknown();
  }
  if (!operands.front().isTensor())
    return Datum::unknown();
  Value value = operands.front().tensor();
  if (value.getType() != state.getType()) {
    InFlightDiagnostic diagnostic = emitError(location)
                                    << "the state '" << name.string() << "' is "
                                    << formatShape(state.getType())
                                    << ", but this is " << formatShape(value);
    noteOrigin(diagnostic, value);
    return Datum::unknown();
  }
  WriteStateOp::create(builder, location, symbol, value);
  return operands.front();
}

//===----------------------------------------------------------------------===//
// Epilogues
//===----------------------------------------------------------------------===//

Datum GraphBuilder::evaluateEpilogueKind(const Step &step, StringRef key) {
  const YamlNode *node = step.find(key);
  if (!node || node->isNull())
    return Datum::null();
  Frame &frame = step.frame;
  const YamlNode::Entry *kind =
      node->isMapping() ? node->find("kind") : nullptr;
  if (node->isSequence() || (node->isMapping() && !kind)) {
    emitError(frame.locate(node->place))
        << "'" << key << "' must be a name or a mapping with a 'kind', not "
        << node->describe();
    return Datum::unknown();
  }
  const YamlNode &name = kind ? *kind->value : *node;
  if (!getText(name, "'kind'"))
    return Datum::unknown();
  Datum value =
      evaluateTemplate(frame.sourceOf(name), frame, frame.model.getBudget());
  if (value.isUnknown() || value.isNull() || value.isString())
    return value;
  emitError(frame.locate(name.place))
      << "'" << key << "' must be a name, not " << value.describe();
  return Datum::unknown();
}

BoundOp GraphBuilder::findEpilogueOp(const Step &step, StringRef key,
                                     StringRef kind) {
  // `norm: batch` is the op batch_norm; `act: relu` what the alias relu of
  // activation is.
  bool isNorm = key == "norm";
  BoundOp op = findOpBinding(isNorm ? (kind + "_norm").str() : kind.str());
  if (op && (isNorm || (op.op->name == "activation" && op.alias)))
    return op;
  Suggestion suggestion(kind);
  forEachOpName([&](StringRef name) {
    if (isNorm ? name.consume_back("_norm")
               : findOpBinding(name).op->name == "activation")
      suggestion.consider(name);
  });
  emitError(step.frame.locate(step.find(key)->place))
      << "there is no " << (isNorm ? "norm" : "activation") << " '" << kind
      << "'" << suggestion.str();
  return {};
}

Datum GraphBuilder::addEpilogue(const Step &step, StringRef key, Datum value) {
  Datum kind = evaluateEpilogueKind(step, key);
  if (kind.isNull())
    return value;
  BoundOp op;
  if (kind.isString())
    op = findEpilogueOp(step, key, kind.string());
  if (!op)
    return Datum::unknown();
  // Norms own parameters below the step's name; activations own none.
  const YamlNode &node = *step.find(key);
  Step inner{node, step.frame, joinPath(step.name, key)};
  StepSite site{&node, step.frame,
                step.frame.locate(makeStepLocation(
                    step.frame.pathOf(inner.name), node.place, {})),
                "", false};
  StepSite outer = siteOf(step);
  site.weightPath = joinPath(outer.weightPath, key);
  site.sharesWeights = outer.sharesWeights;
  if (node.isMapping())
    site.location = locationOf(inner);
  if (!readChoice(inner, site))
    return Datum::unknown();
  StepKeys keys(op, node.isMapping() ? &node : nullptr, {"kind", "per"},
                step.frame, site.location);
  auto none = [](const OperandBinding &) { return std::nullopt; };
  return emitter.emit(op, keys, value.isList() ? ArrayRef(value.list()) : value,
                      none, site);
}
