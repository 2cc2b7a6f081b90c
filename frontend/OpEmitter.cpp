//===- OpEmitter.cpp - Ops of the dialect from steps ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/OpEmitter.h"
#include "dialect/Locations.h"
#include "frontend/Diagnostics.h"
#include "frontend/TensorText.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

static constexpr size_t mostOrigins = 4;
static constexpr int64_t mostInFamily = 4096;
static constexpr int64_t mostParameterElements = int64_t(1) << 40;

static StringRef nameOf(BoundOp op) {
  return op.alias ? op.alias->name : op.op->name;
}

Datum OpEmitter::emit(
    BoundOp op, StepKeys &keys, ArrayRef<Datum> positional,
    function_ref<std::optional<Datum>(const OperandBinding &)> named,
    const StepSite &site) {
  pendingMistake.clear();
  bool isGood = keys.check();
  std::optional<SmallVector<Datum::List>> assigned =
      assignOperands(op, positional, named, site);
  if (!isGood || !assigned)
    return Datum::unknown();
  Datum::List all;
  for (auto [operand, values] : llvm::zip(op.op->operands, *assigned)) {
    llvm::append_range(all, values);
    if (operand.arity == OperandArity::Variadic)
      keys.addName(operand.name, Datum::of(values));
    else
      keys.addName(operand.name,
                   values.empty() ? Datum::null() : values.front());
  }
  keys.setInputs(all);
  OperandGroups groups;
  // A mistake in an earlier step: this one cannot be judged.
  if (llvm::any_of(all, [](const Datum &d) { return d.isUnknown(); }) ||
      !addOperands(op, *assigned, groups, site))
    return Datum::unknown();
  NamedAttrList attributes;
  for (const KeyBinding &key : op.op->keys) {
    isGood &= !keys.get(key).isUnknown();
    if (key.isAttribute)
      if (Attribute attribute = keys.getAttribute(key))
        attributes.append(key.name, attribute);
  }
  if (!isGood || !addParameters(op, keys, groups, site) ||
      !addStates(op, keys, attributes, site))
    return Datum::unknown();
  return build(op, groups, std::move(attributes), site);
}

std::optional<SmallVector<Datum::List>> OpEmitter::assignOperands(
    BoundOp op, ArrayRef<Datum> positional,
    function_ref<std::optional<Datum>(const OperandBinding &)> named,
    const StepSite &site) {
  ArrayRef<OperandBinding> bindings = op.op->operands;
  SmallVector<std::optional<Datum>> byName;
  size_t owed = 0; // Operands that must still be there.
  for (const OperandBinding &operand : bindings) {
    byName.push_back(named(operand));
    owed += !byName.back() && operand.arity == OperandArity::One;
  }
  SmallVector<Datum::List> assigned(bindings.size());
  size_t next = 0;
  for (auto [operand, value, values] : llvm::zip(bindings, byName, assigned)) {
    if (value) {
      values = value->isList() ? value->list() : Datum::List{*value};
      if (values.size() != 1 && operand.arity != OperandArity::Variadic) {
        emitError(site.location)
            << "'" << operand.name << "' of '" << nameOf(op)
            << "' is one tensor, got " << values.size();
        return std::nullopt;
      }
      continue;
    }
    size_t left = positional.size() - next;
    if (operand.arity == OperandArity::One) {
      --owed;
      if (left == 0) {
        emitError(site.location)
            << "'" << nameOf(op) << "' needs '" << operand.name << "', "
            << operand.description << "; name a step in 'from' or 'with'";
        return std::nullopt;
      }
    } else if (left <= owed) {
      continue;
    }
    size_t count = operand.arity == OperandArity::Variadic ? left - owed : 1;
    llvm::append_range(values, positional.slice(next, count));
    next += count;
  }
  if (next == positional.size())
    return assigned;
  emitError(site.location) << "'" << nameOf(op) << "' takes "
                           << (next ? "no more than " : "no ")
                           << (next ? Twine(next) : Twine("")) << " operand"
                           << (next == 1 ? "" : "s") << ", got "
                           << positional.size();
  return std::nullopt;
}

/// "f32, f64 or bf16": the element types that an operand takes.
static std::string listElements(const OperandBinding &operand,
                                MLIRContext *context) {
  SmallVector<StringRef> names;
  for (StringRef name : getElementNames())
    if (operand.accepts(
            RankedTensorType::get({}, frontend::getElementType(name, context))))
      names.push_back(name);
  if (names.empty())
    return operand.typeSummary.str();
  StringRef last = names.pop_back_val();
  return names.empty() ? last.str()
                       : llvm::join(names, ", ") + " or " + last.str();
}

bool OpEmitter::addOperands(BoundOp op, ArrayRef<Datum::List> assigned,
                            OperandGroups &groups, const StepSite &site) {
  for (auto [operand, values] : llvm::zip(op.op->operands, assigned)) {
    groups.emplace_back();
    for (const Datum &value : values) {
      if (!value.isTensor()) {
        emitError(site.location)
            << "'" << operand.name << "' of '" << nameOf(op)
            << "' must be a tensor, not " << value.describe();
        return false;
      }
      Type type = value.tensor().getType();
      if (!operand.accepts(type)) {
        InFlightDiagnostic diagnostic =
            emitError(site.location)
            << "'" << nameOf(op) << "' takes "
            << listElements(operand, type.getContext()) << " as '"
            << operand.name << "', got "
            << getElementName(cast<RankedTensorType>(type).getElementType())
            << formatShape(type);
        noteOrigin(diagnostic, value.tensor());
        return false;
      }
      groups.back().push_back(value.tensor());
    }
  }
  return true;
}

bool OpEmitter::addParameters(BoundOp op, StepKeys &keys, OperandGroups &groups,
                              const StepSite &site) {
  for (const ParameterBinding &parameter : op.op->parameters) {
    groups.emplace_back();
    if (!addParameter(op, parameter, keys, groups.back(), site))
      return false;
  }
  return true;
}

/// The place of the key that makes a shape of `expression` impossible: one
/// below 1 that the expression names.
static Location findCulprit(BoundOp op, StringRef expression, StepKeys &keys,
                            Location location) {
  auto isBelowOne = [](const Datum &d) { return d.isInt() && d.integer() < 1; };
  for (const KeyBinding &key : op.op->keys) {
    if (!expression.contains(key.name))
      continue;
    Datum value = keys.get(key);
    if (isBelowOne(value) ||
        (value.isList() && llvm::any_of(value.list(), isBelowOne)))
      return getKeyLocation(location, key.name);
  }
  return location;
}

std::optional<SmallVector<int64_t>>
OpEmitter::evaluateShape(BoundOp op, const ParameterBinding &parameter,
                         StepKeys &keys, const StepSite &site) {
  Datum sizes = keys.evaluateDefinition(parameter.shape);
  if (sizes.isUnknown())
    return std::nullopt;
  SmallVector<int64_t> shape;
  int64_t elements = 1;
  StringRef mistake;
  for (const Datum &size : sizes.list()) {
    if (size.isSize()) {
      InFlightDiagnostic diagnostic =
          emitError(site.location)
          << "the parameter '" << parameter.path << "' of '" << nameOf(op)
          << "' would have the shape " << sizes.str()
          << ": a parameter has no dynamic size";
      if (Datum in = keys.getFirstInput(); in.isTensor())
        noteOrigin(diagnostic, in.tensor());
      return std::nullopt;
    }
    bool isWhole = size.isInt();
    if (!isWhole)
      mistake = "every size must be a whole number";
    else if (size.integer() < 1)
      mistake = "every size must be at least 1";
    // What the inference gets to see instead, so that it can say what is wrong
    // in the op's own words.
    shape.push_back(isWhole ? std::max<int64_t>(size.integer(), 1) : 1);
    if (llvm::MulOverflow(elements, shape.back(), elements) ||
        elements > mostParameterElements) {
      mistake = "more than 2^40 elements";
      elements = 1;
      shape.back() = 1;
    }
  }
  if (!mistake.empty() && pendingMistake.empty()) {
    llvm::raw_string_ostream(pendingMistake)
        << "the parameter '" << parameter.path << "' of '" << nameOf(op)
        << "' would have the shape "
        << (parameter.shape.size() < 80 ? parameter.shape + " = " : Twine())
        << sizes.str() << ": " << mistake;
    pendingPlace = findCulprit(op, parameter.shape, keys, site.location);
  }
  return shape;
}

std::optional<int64_t> OpEmitter::countFamily(BoundOp op,
                                              const ParameterBinding &parameter,
                                              StringRef expression,
                                              int64_t least, StepKeys &keys,
                                              const StepSite &site) {
  Datum wanted = keys.evaluateDefinition(expression);
  if (!wanted.isInt())
    return std::nullopt;
  int64_t count = wanted.integer();
  if (count >= least && count <= mostInFamily)
    return count;
  emitError(site.location) << "'" << nameOf(op) << "' needs " << least << " to "
                           << mostInFamily << " parameters '" << parameter.path
                           << "', not " << count;
  return std::nullopt;
}

/// `text` with the values of the expressions in braces.
static std::string fillBraces(StringRef text, StepKeys &keys) {
  std::string result;
  while (!text.empty()) {
    auto [literal, rest] = text.split('{');
    auto [expression, tail] = rest.split('}');
    result += literal;
    if (!expression.empty())
      result += keys.evaluateDefinition(expression).str();
    text = tail;
  }
  return result;
}

bool OpEmitter::addParameter(BoundOp op, const ParameterBinding &parameter,
                             StepKeys &keys, SmallVector<Value> &group,
                             const StepSite &site) {
  if (!parameter.when.empty()) {
    Datum exists = keys.evaluateDefinition(parameter.when);
    if (!exists.isBool())
      return false;
    if (!exists.boolean())
      return true;
  }
  if (parameter.count.empty())
    return declareParameter(op, parameter, keys, group, site);
  std::optional<int64_t> count =
      countFamily(op, parameter, parameter.count, 1, keys, site);
  for (int64_t i = 0; count && i < *count; ++i) {
    keys.addName("i", Datum::of(i));
    std::optional<int64_t> each = 1;
    if (!parameter.each.empty())
      each = countFamily(op, parameter, parameter.each, 0, keys, site);
    if (!each)
      return false;
    for (int64_t j = 0; j < *each; ++j) {
      keys.addName("j", Datum::of(j));
      if (!declareParameter(op, parameter, keys, group, site))
        return false;
    }
  }
  return count.has_value();
}

bool OpEmitter::declareParameter(BoundOp op, const ParameterBinding &parameter,
                                 StepKeys &keys, SmallVector<Value> &group,
                                 const StepSite &site) {
  std::optional<SmallVector<int64_t>> shape =
      evaluateShape(op, parameter, keys, site);
  if (!shape)
    return false;
  Value value = readParameter(fillBraces(parameter.path, keys), *shape,
                              fillBraces(parameter.init, keys), site);
  if (value)
    group.push_back(value);
  return value != nullptr;
}

Value OpEmitter::readParameter(StringRef name, ArrayRef<int64_t> shape,
                               StringRef init, const StepSite &site) {
  if (!site.choice)
    return readWeight(joinPath(site.weightPath, name), shape, init, site);
  SmallVector<Value> options;
  if (site.choice->isStacked) {
    SmallVector<int64_t> stack = {site.choice->count};
    llvm::append_range(stack, shape);
    options.push_back(
        readWeight(joinPath(site.weightPath, name), stack, init, site));
  } else {
    for (int64_t i = 0; i < site.choice->count; ++i)
      options.push_back(readWeight(
          joinPath(site.weightPath, Twine(i) + "." + name), shape, init, site));
  }
  if (llvm::is_contained(options, Value()))
    return {};
  return ChooseOp::create(builder, site.location, site.choice->index, options,
                          site.choice->isStacked);
}

Value OpEmitter::readWeight(const Twine &name, ArrayRef<int64_t> shape,
                            StringRef init, const StepSite &site) {
  auto type = RankedTensorType::get(shape, weightType);
  FlatSymbolRefAttr symbol = weights.declare(name.str(), type, init,
                                             site.location, site.sharesWeights);
  if (!symbol)
    return {};
  return ParameterOp::create(builder, site.location, type, symbol);
}

bool OpEmitter::addStates(BoundOp op, StepKeys &keys, NamedAttrList &attributes,
                          const StepSite &site) {
  for (const StateBinding &state : op.op->states) {
    Datum sizes = keys.evaluateDefinition(state.shape);
    Datum in = keys.getFirstInput();
    if (!sizes.isList() || !in.isTensor())
      return false;
    Shape shape;
    for (const Datum &size : sizes.list()) {
      if (!size.isInt() && !size.isSize())
        return false;
      // The inference speaks of impossible sizes in the op's own words.
      shape.push_back(size.isInt() ? std::max<int64_t>(size.integer(), 1)
                                   : size.size());
    }
    RankedTensorType type =
        getTensorType(shape, getElementTypeOrSelf(in.tensor()));
    FlatSymbolRefAttr symbol = weights.declareState(
        joinPath(getStepPath(site.location), state.name), type, site.location);
    if (!symbol)
      return false;
    attributes.append(state.name, symbol);
  }
  return true;
}

static std::string describeOrigin(Value value) {
  StringRef path = getStepPath(value.getLoc());
  return "the shape " + formatShape(value) + " comes from " +
         (path.empty() ? "here" : "'" + path.str() + "' here");
}

/// Infers the op's results into `state`; reports what stands against it.
static LogicalResult inferResults(OperationState &state) {
  RegisteredOperationName info = *state.name.getRegisteredInfo();
  auto *interface = info.getInterface<InferTypeOpInterface>();
  DictionaryAttr attributes =
      state.attributes.getDictionary(state.getContext());
  if (!interface)
    return emitError(state.location)
           << "'" << info.getStringRef() << "' does not infer its results";
  // Say where the shapes come from that do not fit.
  ScopedDiagnosticHandler addOrigins(
      state.getContext(), [&](Diagnostic &diagnostic) {
        for (Value operand : ArrayRef(state.operands).take_front(mostOrigins))
          if (!isa_and_present<ParameterOp, ChooseOp>(operand.getDefiningOp()))
            diagnostic.attachNote(operand.getLoc()) << describeOrigin(operand);
        return failure(); // Others print it.
      });
  size_t size = info.getOpPropertyByteSize();
  auto infer = [&](OpaqueProperties properties) {
    return interface->inferReturnTypes(state.getContext(), state.location,
                                       state.operands, attributes, properties,
                                       state.regions, state.types);
  };
  if (size == 0)
    return infer(nullptr);
  // Properties as the op will have them.
  std::vector<std::max_align_t> storage(size / sizeof(std::max_align_t) + 1);
  OpaqueProperties properties(storage.data());
  info.initOpProperties(properties, nullptr);
  auto report = [&] { return emitError(state.location); };
  LogicalResult result = info.setOpPropertiesFromAttribute(
      state.name, properties, attributes, report);
  if (succeeded(result))
    result = infer(properties);
  info.destroyOpProperties(properties);
  return result;
}

Datum OpEmitter::build(BoundOp op, const OperandGroups &groups,
                       NamedAttrList attributes, const StepSite &site) {
  OperationState state(site.location, op.op->operationName);
  SmallVector<int32_t> segments;
  for (const SmallVector<Value> &group : groups) {
    state.addOperands(group);
    segments.push_back(group.size());
  }
  if (op.op->hasOperandSegments)
    attributes.append("operandSegmentSizes",
                      builder.getDenseI32ArrayAttr(segments));
  state.attributes = std::move(attributes);
  if (failed(inferResults(state)))
    return Datum::unknown();
  if (!pendingMistake.empty()) {
    emitError(*pendingPlace) << pendingMistake;
    return Datum::unknown();
  }
  Operation *operation = builder.create(state);
  Datum::List results;
  for (Value result : operation->getResults()) {
    if (!checkBounds(cast<RankedTensorType>(result.getType()), site.location,
                     site.frame))
      return Datum::unknown();
    results.push_back(Datum::of(result));
  }
  return results.size() == 1 ? results.front() : Datum::of(std::move(results));
}
