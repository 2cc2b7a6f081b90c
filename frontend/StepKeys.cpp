//===- StepKeys.cpp - The keys of one step --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/StepKeys.h"
#include "dialect/Locations.h"
#include "frontend/Diagnostics.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

/// What names mean within a step's keys (`ofSpec`), or within the defaults and
/// shapes of an op's definition.
class StepKeys::KeyScope : public Scope {
public:
  KeyScope(StepKeys &keys, bool ofSpec, const KeyBinding *own)
      : keys(keys), ofSpec(ofSpec), own(own) {}

  std::optional<Datum> lookup(StringRef name, bool embedded) override {
    if (!ofSpec)
      return name == "in" ? keys.in : lookupKey(name);
    // `axes: [height]` means the dimension, whatever else is called height;
    // `groups: channels` the key, `groups: ${channels}` the let.
    if (isAxis() && !embedded && getNamedAxis(name, 0))
      return Datum::of(name.str());
    if (embedded) {
      std::optional<Datum> value = lookupAround(name);
      return value ? value : lookupKey(name);
    }
    std::optional<Datum> value = lookupKey(name);
    return value ? value : lookupAround(name);
  }

  void forEachName(function_ref<void(StringRef)> visit) override {
    for (const KeyBinding &key : keys.op.op->keys)
      visit(key.name);
    if (ofSpec)
      keys.frame.forEachName(visit);
    if (isAxis())
      llvm::for_each(getAxisNames(), visit);
  }

  std::optional<DimExpr::Bounds> boundsOf(StringRef dim) override {
    return keys.frame.boundsOf(dim);
  }

private:
  bool isAxis() const {
    return own && (own->type == KeyType::Axis || own->type == KeyType::Axes);
  }
  std::optional<Datum> lookupKey(StringRef name) {
    const KeyBinding *key = keys.op.op->findKey(name);
    if (key && key != own)
      return keys.get(*key);
    auto it = keys.names.find(name);
    return it == keys.names.end() ? std::nullopt : std::optional(it->second);
  }
  std::optional<Datum> lookupAround(StringRef name) {
    std::optional<Datum> value = keys.frame.lookup(name, true);
    return !value && name == "x" ? std::optional(keys.x) : value;
  }

  StepKeys &keys;
  bool ofSpec;
  /// The key whose value is evaluated: it does not see itself.
  const KeyBinding *own;
};

StepKeys::StepKeys(BoundOp op, const YamlNode *step,
                   ArrayRef<StringRef> foreign, Frame &frame, Location location)
    : op(op), step(step), foreign(foreign), frame(frame), location(location) {}
StepKeys::~StepKeys() = default;

/// The value that the op's alias settles for `key`, or "".
static StringRef settledValue(const BoundOp &op, StringRef key) {
  if (op.alias)
    for (const auto &[name, value] : op.alias->settled)
      if (name == key)
        return value;
  return "";
}

bool StepKeys::check() {
  StringRef called = op.alias ? op.alias->name : op.op->name;
  SmallVector<StringRef> known(foreign);
  for (const KeyBinding &key : op.op->keys)
    if (settledValue(op, key.name).empty())
      known.push_back(key.name);
  for (const OperandBinding &operand : op.op->operands)
    known.push_back(operand.name);
  bool isGood = true;
  if (step)
    for (const YamlNode::Entry &entry : step->entries)
      if (!llvm::is_contained(known, entry.key)) {
        emitError(frame.locate(entry.keyPlace))
            << "'" << called << "' has no key '" << entry.key << "'"
            << suggest(entry.key, known);
        isGood = false;
      }
  if (!isGood)
    return false; // What is missing may be what is misspelt.
  for (const KeyBinding &key : op.op->keys)
    if (key.isRequired() && settledValue(op, key.name).empty() &&
        !findNode(key.name)) {
      emitError(location) << "'" << called << "' needs the key '" << key.name
                          << "': " << key.description;
      isGood = false;
    }
  return isGood;
}

const YamlNode *StepKeys::findNode(StringRef key) const {
  const YamlNode::Entry *entry = step ? step->find(key) : nullptr;
  return entry && !llvm::is_contained(foreign, key) ? entry->value : nullptr;
}

void StepKeys::setInputs(ArrayRef<Datum> inputs) {
  if (inputs.empty())
    return;
  in = inputs.front();
  x = inputs.size() == 1 ? inputs.front() : Datum::of(inputs.vec());
}

Datum StepKeys::get(const KeyBinding &key) {
  Slot &slot = slots[key.name];
  if (slot.isDone)
    return slot.value;
  if (slot.isOpen) {
    emitError(getKeyLocation(location, key.name))
        << "the key '" << key.name << "' is defined by way of itself";
    slot.isDone = true;
    return slot.value;
  }
  slot.isOpen = true;
  Datum value = evaluate(key);
  slot.isDone = true;
  return slot.value = value;
}

Datum StepKeys::evaluate(const KeyBinding &key) {
  StringRef settled = settledValue(op, key.name);
  if (!settled.empty())
    return evaluateDefault(key, settled);
  if (const YamlNode *node = findNode(key.name)) {
    Datum value = evaluateGiven(key, *node);
    // A null that an expression gives stands for a key that is left out.
    if (!value.isNull())
      return value;
    if (key.isRequired()) {
      emitError(getKeyLocation(location, key.name))
          << "'" << op.op->name << "' needs the key '" << key.name
          << "', and this value is null";
      return Datum::unknown();
    }
  }
  return key.defaultExpr.empty() ? Datum::null()
                                 : evaluateDefault(key, key.defaultExpr);
}

static bool isText(const KeyBinding &key) {
  return key.type == KeyType::Enum || key.type == KeyType::String;
}

/// The rank of the op's first operand.
static std::optional<int64_t> rankOf(const Datum &in) {
  if (!in.isTensor())
    return std::nullopt;
  return cast<RankedTensorType>(in.tensor().getType()).getRank();
}

Datum StepKeys::evaluateScalar(const KeyBinding &key, const YamlNode &node) {
  KeyScope scope(*this, /*ofSpec=*/true, &key);
  Budget &budget = frame.model.getBudget();
  SourceText source = frame.sourceOf(node);
  if (isText(key) || (key.type == KeyType::Padding && node.text == "same"))
    return evaluateTemplate(source, scope, budget);
  return evaluateExpression(source, scope, budget);
}

Datum StepKeys::evaluateList(const KeyBinding &key, const YamlNode &node,
                             bool isNested) {
  Datum::List items;
  bool anyUnknown = !spend(frame.model.getBudget().elements, node.items.size(),
                           frame.locate(node.place));
  for (const YamlNode *item : node.items) {
    if (isNested && item->isSequence()) {
      items.push_back(evaluateList(key, *item, /*isNested=*/false));
    } else if (item->isScalar()) {
      items.push_back(evaluateScalar(key, *item));
    } else {
      emitError(frame.locate(item->place))
          << "expected a value in this list, got " << item->describe();
      anyUnknown = true;
      continue;
    }
    anyUnknown |= items.back().isUnknown();
  }
  return anyUnknown ? Datum::unknown() : Datum::of(std::move(items));
}

Datum StepKeys::evaluateGiven(const KeyBinding &key, const YamlNode &node) {
  Location place = frame.locate(node.place);
  Datum value = Datum::unknown();
  if (node.isScalar()) {
    value = evaluateScalar(key, node);
  } else if (node.isSequence()) {
    value = evaluateList(key, node, /*isNested=*/key.type == KeyType::Pairs);
  } else {
    emitError(place) << "the key '" << key.name << "' "
                     << (node.isNull() ? "is empty" : "cannot be a mapping");
  }
  if (value.isUnknown() || value.isNull())
    return value;
  if (key.type == KeyType::Padding && value.isString() &&
      value.string() == "same")
    return evaluateDefault(key, "same");
  return convertKey(key, value, place, rankOf(in));
}

/// Pixels that keep the size at stride 1; the odd one at the end.
static Datum samePadding(const Datum &kernel, const Datum &dilation) {
  if (!kernel.isList() || kernel.list().size() != 2)
    return Datum::unknown();
  // What is larger the op refuses; here it only must not overflow.
  constexpr int64_t most = int64_t(1) << 30;
  Datum::List before, after;
  for (int i : {0, 1}) {
    int64_t taps = std::min(kernel.list()[i].integer(), most);
    int64_t distance = dilation.isList() && dilation.list().size() == 2
                           ? std::min(dilation.list()[i].integer(), most)
                           : 1;
    int64_t total =
        std::max<int64_t>((taps - 1) * std::max<int64_t>(distance, 0), 0);
    before.push_back(Datum::of(total / 2));
    after.push_back(Datum::of(total - total / 2));
  }
  llvm::append_range(before, after);
  return Datum::of(std::move(before));
}

Datum StepKeys::evaluateDefault(const KeyBinding &key, StringRef text) {
  if (isText(key)) // As it stands, but '' for the empty text.
    return Datum::of(text == "''" ? std::string() : text.str());
  if (key.type == KeyType::Padding && text == "same") {
    const KeyBinding *kernel = op.op->findKey("kernel");
    const KeyBinding *dilation = op.op->findKey("dilation");
    if (kernel)
      return samePadding(get(*kernel),
                         dilation ? get(*dilation) : Datum::null());
    emitError(getKeyLocation(location, key.name))
        << "'" << op.op->name << "' has no kernel: 'same' means nothing to it";
    return Datum::unknown();
  }
  KeyScope scope(*this, /*ofSpec=*/false, &key);
  Datum value = evaluateExpression(SourceText(text, location), scope,
                                   frame.model.getBudget());
  if (value.isUnknown() || value.isNull())
    return value;
  return convertKey(key, value, location, rankOf(in));
}

Attribute StepKeys::getAttribute(const KeyBinding &key) {
  Datum value = get(key);
  if (value.isUnknown() || value.isNull())
    return {};
  return makeKeyAttribute(key, value, location.getContext());
}

Datum StepKeys::evaluateDefinition(StringRef expression) {
  KeyScope scope(*this, /*ofSpec=*/false, nullptr);
  return evaluateExpression(SourceText(expression, location), scope,
                            frame.model.getBudget());
}
