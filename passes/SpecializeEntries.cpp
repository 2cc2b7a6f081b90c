//===- SpecializeEntries.cpp - Code for sizes that a spec singles out -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/DimExpr.h"
#include "mlir/IR/Verifier.h"
#include "passes/Passes.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_SPECIALIZEENTRIES
#include "passes/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// A combination of sizes, by the names of their dimensions.
using Sizes = SmallVector<std::pair<StringAttr, int64_t>>;

/// All combinations that `specialize` asks for but the one of any sizes, those
/// with the most sizes first.
SmallVector<Sizes> getCombinations(DictionaryAttr specialize) {
  SmallVector<Sizes> combinations = {{}};
  for (NamedAttribute dim : specialize) {
    SmallVector<Sizes> longer;
    for (const Sizes &sizes : combinations)
      for (Attribute size : cast<ArrayAttr>(dim.getValue())) {
        longer.push_back(sizes);
        if (auto number = dyn_cast<IntegerAttr>(size))
          longer.back().push_back({dim.getName(), number.getInt()});
      }
    combinations = std::move(longer);
  }
  SmallVector<Sizes> ordered;
  for (size_t count = specialize.size(); count > 0; --count)
    for (const Sizes &sizes : combinations)
      if (sizes.size() == count && !llvm::is_contained(ordered, sizes))
        ordered.push_back(sizes);
  return ordered;
}

/// Writes sizes in place of the names of dimensions.
class Substitution {
public:
  explicit Substitution(const Sizes &sizes) : sizes(sizes) {}

  DimExpr apply(const DimExpr &size) const {
    return size.substitute([&](StringRef name) -> std::optional<DimExpr> {
      for (const auto &[dim, value] : sizes)
        if (dim.getValue() == name)
          return DimExpr(value);
      return std::nullopt;
    });
  }

  Type apply(Type type) const {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return type;
    Shape shape = getShape(tensor);
    for (DimExpr &size : shape)
      size = apply(size);
    return getTensorType(shape, tensor.getElementType());
  }

  /// Of the keys of an op, shapes alone hold sizes: lists of numbers and texts.
  Attribute apply(Attribute attribute) const {
    auto list = dyn_cast<ArrayAttr>(attribute);
    auto isSize = [](Attribute size) {
      return isa<IntegerAttr, StringAttr>(size);
    };
    if (!list || !llvm::all_of(list, isSize))
      return attribute;
    Builder b(list.getContext());
    return b.getArrayAttr(llvm::map_to_vector(list, [&](Attribute size) {
      auto text = dyn_cast<StringAttr>(size);
      std::optional<DimExpr> known =
          text ? DimExpr::parse(text.getValue()) : std::nullopt;
      if (!known)
        return size;
      DimExpr value = apply(*known);
      if (std::optional<int64_t> constant = value.getConstant())
        return Attribute(b.getI64IntegerAttr(*constant));
      return Attribute(b.getStringAttr(value.str()));
    }));
  }

  void apply(Operation *op) const {
    for (Value result : op->getResults())
      result.setType(apply(result.getType()));
    if (!isa_and_present<LatheDialect>(op->getDialect()))
      return;
    SmallVector<NamedAttribute> attributes;
    for (NamedAttribute attribute : op->getAttrs())
      attributes.push_back({attribute.getName(), apply(attribute.getValue())});
    op->setAttrs(attributes);
  }

private:
  const Sizes &sizes;
};

struct SpecializeEntriesPass
    : lathe::impl::SpecializeEntriesBase<SpecializeEntriesPass> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> entries(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp entry : entries) {
      auto specialize =
          entry->getAttrOfType<DictionaryAttr>("lathe.specialize");
      if (!specialize || entry->hasAttr("lathe.variant_of"))
        continue;
      // The entry's own variants are made once.
      entry->removeAttr("lathe.specialize");
      for (const Sizes &sizes : getCombinations(specialize))
        if (failed(addVariant(entry, sizes)))
          return signalPassFailure();
    }
  }

private:
  LogicalResult addVariant(func::FuncOp entry, const Sizes &sizes) {
    OpBuilder b(&getContext());
    std::string name = entry.getSymName().str();
    SmallVector<NamedAttribute> when;
    for (const auto &[dim, size] : sizes) {
      name += "." + dim.str() + "_" + std::to_string(size);
      when.push_back(b.getNamedAttr(dim, b.getI64IntegerAttr(size)));
    }
    // At the end: the entries themselves come first.
    b.setInsertionPointToEnd(getOperation().getBody());
    auto variant = cast<func::FuncOp>(b.clone(*entry));
    variant.setSymName(name);
    variant->setAttr("lathe.variant_of",
                     FlatSymbolRefAttr::get(entry.getSymNameAttr()));
    variant->setAttr("lathe.when", b.getDictionaryAttr(when));
    Substitution substitution(sizes);
    for (BlockArgument argument : variant.getArguments())
      argument.setType(substitution.apply(argument.getType()));
    variant.walk([&](Operation *op) {
      if (op != variant)
        substitution.apply(op);
    });
    auto substituted = [&](TypeRange types) {
      return llvm::map_to_vector(
          types, [&](Type type) { return substitution.apply(type); });
    };
    FunctionType type = entry.getFunctionType();
    variant.setType(b.getFunctionType(substituted(type.getInputs()),
                                      substituted(type.getResults())));
    if (failed(verify(getOperation())))
      return entry.emitError("'")
             << entry.getSymName() << "' cannot be specialized to '" << name
             << "': a step needs the dimension's name; leave it out of "
                "'specialize'";
    ++variants;
    return success();
  }
};
} // namespace
