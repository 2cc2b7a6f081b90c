//===- SpecBinding.cpp - What a spec may say of each op -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/SpecBinding.h"
#include "dialect/LatheDialect.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::lathe;

#include "dialect/SpecBinding.cpp.inc"

ArrayRef<OpBinding> lathe::getOpBindings() { return opBindings; }

template <typename Binding>
static const Binding *findByName(ArrayRef<Binding> bindings, StringRef name) {
  auto it = llvm::find_if(
      bindings, [&](const Binding &binding) { return binding.name == name; });
  return it == bindings.end() ? nullptr : &*it;
}

const KeyBinding *OpBinding::findKey(StringRef key) const {
  return findByName(keys, key);
}

const OperandBinding *OpBinding::findOperand(StringRef operand) const {
  return findByName(operands, operand);
}

BoundOp lathe::findOpBinding(StringRef name) {
  static const llvm::StringMap<BoundOp> byName = [] {
    llvm::StringMap<BoundOp> map;
    for (const OpBinding &op : getOpBindings()) {
      map[op.name] = {&op, nullptr};
      for (const AliasBinding &alias : op.aliases)
        map[alias.name] = {&op, &alias};
    }
    return map;
  }();
  return byName.lookup(name);
}

void lathe::forEachOpName(function_ref<void(StringRef)> visit) {
  for (const OpBinding &op : getOpBindings()) {
    visit(op.name);
    for (const AliasBinding &alias : op.aliases)
      visit(alias.name);
  }
}
