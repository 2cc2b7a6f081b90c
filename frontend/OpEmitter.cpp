//===- OpEmitter.cpp - Ops of the dialect from steps ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/OpEmitter.h"
#include "frontend/Diagnostics.h"
#include "frontend/TensorText.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

static constexpr int64_t mostInFamily = 4096;
static constexpr int64_t mostParameterElements = int64_t(1) << 40;

static StringRef nameOf(BoundOp op) {
  return op.alias ? op.alias->name : op.op->name;
}

Datum OpEmitter::emit(
    BoundOp op, StepKeys &keys, ArrayRef<Datum> positional,
    function_ref<std::optional<Datum>(const OperandBinding &)> named,
    const StepSite &site) {
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
  if (!isGood || !addParameters(op, keys, groups, site))
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
            << "'" << nameOf(op) << "' takes a " << operand.typeSummary
            << " as '" << operand.name << "', got "
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

/// The static shape that a parameter's expression gives; nothing after a
/// mistake.
static std::optional<SmallVector<int64_t>>
evaluateShape(BoundOp op, const ParameterBinding &parameter, const Datum &sizes,
              Location location) {
  if (sizes.isUnknown())
    return std::nullopt;
  auto fail = [&](const Twine &why) {
    emitError(location) << "the parameter '" << parameter.path << "' of '"
                        << nameOf(op) << "' would have the shape "
                        << parameter.shape << " = " << sizes.str() << ": "
                        << why;
    return std::nullopt;
  };
  SmallVector<int64_t> shape;
  int64_t elements = 1;
  for (const Datum &size : sizes.list()) {
    if (size.isSize())
      return fail("a parameter cannot have a dynamic size");
    if (!size.isInt())
      return fail("every size must be a whole number");
    if (size.integer() < 1)
      return fail("every size must be at least 1");
    if (llvm::MulOverflow(elements, size.integer(), elements) ||
        elements > mostParameterElements)
      return fail("more than 2^40 elements");
    shape.push_back(size.integer());
  }
  return shape;
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
  int64_t count = 1;
  if (!parameter.count.empty()) {
    Datum wanted = keys.evaluateDefinition(parameter.count);
    if (!wanted.isInt())
      return false;
    count = wanted.integer();
    if (count < 1 || count > mostInFamily) {
      emitError(site.location)
          << "'" << nameOf(op) << "' needs 1 to " << mostInFamily
          << " parameters '" << parameter.path << "', not " << count;
      return false;
    }
  }
  std::optional<SmallVector<int64_t>> shape = evaluateShape(
      op, parameter, keys.evaluateDefinition(parameter.shape), site.location);
  if (!shape)
    return false;
  auto type = RankedTensorType::get(*shape, weightType);
  for (int64_t i = 0; i < count; ++i) {
    std::string path = parameter.path.str();
    if (size_t hole = path.find("{i}"); hole != std::string::npos)
      path.replace(hole, 3, std::to_string(i));
    FlatSymbolRefAttr symbol =
        weights.declare(joinPath(site.weightPath, path), type, parameter.init,
                        site.location, site.sharesWeights);
    if (!symbol)
      return false;
    group.push_back(ParameterOp::create(builder, site.location, type, symbol));
  }
  return true;
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
