//===- StepKeys.h - The keys of one step ----------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_STEPKEYS_H
#define LATHE_FRONTEND_STEPKEYS_H

#include "dialect/SpecBinding.h"
#include "frontend/Frame.h"

namespace mlir::lathe::frontend {

/// The keys that a step gives to an op, evaluated when asked for, so that a key
/// and a default may refer to other keys of the step.
class StepKeys {
public:
  /// `step` is the mapping that holds the keys, among others that `foreign`
  /// lists; null for an op that a spec names without keys.
  StepKeys(BoundOp op, const YamlNode *step, ArrayRef<StringRef> foreign,
           Frame &frame, Location location);
  ~StepKeys();

  /// Reports keys that the op does not have and required ones that are
  /// missing; returns whether all is well.
  bool check();

  /// A name besides the keys: an operand, `norm` or `act`.
  void addName(StringRef name, Datum value) {
    names.insert_or_assign(name, std::move(value));
  }
  /// What `in` is to the op's defaults and shapes, and `x` to the step's keys.
  void setInputs(ArrayRef<Datum> inputs);
  Datum getFirstInput() const { return in; }

  /// The value of a key in its settled form: pairs and paddings are lists of
  /// two and four numbers. Null where an optional key is absent, unknown after
  /// a mistake.
  Datum get(const KeyBinding &key);
  /// The attribute of a key; null where it is absent.
  Attribute getAttribute(const KeyBinding &key);

  /// Evaluates an expression of the op's definition.
  Datum evaluateDefinition(StringRef expression);

  /// The node that gives `key`, if any.
  const YamlNode *findNode(StringRef key) const;

private:
  class KeyScope;
  struct Slot {
    Datum value = Datum::unknown();
    bool isDone = false;
    bool isOpen = false;
  };
  Datum evaluate(const KeyBinding &key);
  Datum evaluateGiven(const KeyBinding &key, const YamlNode &node);
  Datum evaluateDefault(const KeyBinding &key, StringRef text);
  /// A list, which may hold lists if `isNested`.
  Datum evaluateList(const KeyBinding &key, const YamlNode &node,
                     bool isNested);
  Datum evaluateScalar(const KeyBinding &key, const YamlNode &node);

  BoundOp op;
  const YamlNode *step;
  SmallVector<StringRef, 3> foreign;
  Frame &frame;
  Location location;
  llvm::StringMap<Datum> names;
  llvm::StringMap<Slot> slots;
  Datum in = Datum::unknown(), x = Datum::unknown();
};

/// Brings `value` into the settled form of the key's type; reports at `place`
/// what has none. `rank` is that of the op's first operand, if known.
Datum convertKey(const KeyBinding &key, const Datum &value, Location place,
                 std::optional<int64_t> rank);

/// The attribute of a key's settled value.
Attribute makeKeyAttribute(const KeyBinding &key, const Datum &value,
                           MLIRContext *context);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_STEPKEYS_H
