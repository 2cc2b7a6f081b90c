//===- LowerToLinalg.cpp - Lowers the dialect to linalg on tensors
//-----------===//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// First the encodings leave the types, their contents remembered beside the
// IR; then one walk lowers each op in turn.
//
//===----------------------------------------------------------------------===//

#include "codegen/Lowering.h"
#include "codegen/Passes.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_LOWERTOLINALG
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

/// The type without names of dimensions and without signs, which linalg's
/// arithmetic has in its ops.
static Type withoutEncoding(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return type;
  Type element = tensor.getElementType();
  if (element.isUnsignedInteger())
    element =
        IntegerType::get(type.getContext(), element.getIntOrFloatBitWidth());
  Attribute encoding = tensor.getEncoding();
  if (isa_and_present<DimsAttr>(encoding))
    encoding = {};
  return RankedTensorType::get(tensor.getShape(), element, encoding);
}

/// Strips the encodings of a function's values, noting in `state` the types of
/// the dialect's ops and the shapes of everything.
static void stripEncodings(func::FuncOp function, LoweringState &state) {
  auto strip = [&](Value value) {
    if (!isa<RankedTensorType>(value.getType()))
      return;
    state.shapes[value] = getShape(value);
    if (getElementTypeOrSelf(value).isUnsignedInteger())
      state.unsignedTensors.insert(value);
    value.setType(withoutEncoding(value.getType()));
  };
  function.walk([&](Operation *op) {
    // A parameter has the type of the weight's bytes.
    if (isa<ParameterOp>(op))
      return;
    if (isa_and_present<LatheDialect>(op->getDialect()))
      for (Type type : op->getResultTypes())
        state.types[op].push_back(cast<RankedTensorType>(type));
    llvm::for_each(op->getResults(), strip);
  });
  llvm::for_each(function.getArguments(), strip);
  auto strippedTypes = [](ArrayRef<Type> types) {
    return llvm::map_to_vector(types, withoutEncoding);
  };
  FunctionType type = function.getFunctionType();
  function.setType(FunctionType::get(type.getContext(),
                                     strippedTypes(type.getInputs()),
                                     strippedTypes(type.getResults())));
}

/// Marks a function as an entry and notes the bounds of its inputs' sizes,
/// which the types no longer name.
static void noteBounds(func::FuncOp function, const LoweringState &state) {
  Builder b(function.getContext());
  function->setAttr("lathe.entry", b.getUnitAttr());
  auto dims =
      function->getParentOfType<ModuleOp>()->getAttrOfType<DictionaryAttr>(
          "lathe.dims");
  for (BlockArgument argument : function.getArguments()) {
    SmallVector<int64_t> bounds;
    for (const DimExpr &dim : state.shapes.lookup(argument)) {
      auto range =
          dim.bounds([&](StringRef name) -> std::optional<DimExpr::Bounds> {
            auto limits = dims ? dims.getAs<DenseI64ArrayAttr>(name)
                               : DenseI64ArrayAttr();
            if (!limits)
              return std::nullopt;
            return DimExpr::Bounds(limits[0], limits[1]);
          });
      // Without a bound, planning memory will say so where it matters.
      bounds.push_back(range ? range->second : INT64_MAX);
    }
    function.setArgAttr(argument.getArgNumber(), "lathe.bounds",
                        b.getDenseI64ArrayAttr(bounds));
  }
}

/// Reads every named dimension off the first input that has it.
static void readDims(func::FuncOp function, LoweringState &state) {
  OpBuilder b = OpBuilder::atBlockBegin(&function.front());
  for (BlockArgument argument : function.getArguments()) {
    if (!isa<RankedTensorType>(argument.getType()))
      continue;
    for (auto [i, dim] : llvm::enumerate(state.shapes.lookup(argument))) {
      std::string name = dim.str();
      bool isName = dim.getTerms().size() == 1 && DimExpr::symbol(name) == dim;
      if (isName && !dim.getConstant() && !state.dims.contains(name))
        state.dims[name] =
            tensor::DimOp::create(b, argument.getLoc(), argument, i);
    }
  }
}

/// Checks that each size in the function can be computed from its inputs'.
static LogicalResult checkDims(func::FuncOp function,
                               const LoweringState &state) {
  WalkResult result = function.walk([&](Operation *op) {
    if (isa<ParameterOp>(op) &&
        getElementTypeOrSelf(op->getResult(0)).isUnsignedInteger()) {
      op->emitError("cannot be compiled: a weight of unsigned integers");
      return WalkResult::interrupt();
    }
    for (RankedTensorType type : state.types.lookup(op))
      for (const DimExpr &dim : getShape(type)) {
        if (dim.isUnknown()) {
          op->emitError("cannot be compiled: a dynamic dimension of its result "
                        "has no name");
          return WalkResult::interrupt();
        }
        std::string missing;
        dim.forEachName([&](StringRef name) {
          if (!state.dims.contains(name))
            missing = name.str();
        });
        if (!missing.empty()) {
          op->emitError("cannot be compiled: no input of the entry has the "
                        "dimension '")
              << missing << "' as one of its own";
          return WalkResult::interrupt();
        }
      }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

namespace {
struct LowerToLinalgPass : lathe::impl::LowerToLinalgBase<LowerToLinalgPass> {
  using LowerToLinalgBase::LowerToLinalgBase;

  void runOnOperation() override {
    if (failed(checkSupport()))
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration() && failed(lower(function)))
        return signalPassFailure();
    // The walk must have left none of our ops but the weights.
    WalkResult rest = getOperation().walk([](Operation *op) {
      if (!isa_and_present<CostOpInterface>(op))
        return WalkResult::advance();
      op->emitError("has no lowering");
      return WalkResult::interrupt();
    });
    if (rest.wasInterrupted())
      signalPassFailure();
  }

private:
  /// What the language has and the code generator has not.
  LogicalResult checkSupport() {
    for (auto state : getOperation().getOps<StateOp>())
      return state.emitError("the state '")
             << state.getSymName()
             << "' can be checked, but not be compiled yet: make it an input "
                "and an output";
    auto precision =
        getOperation()->getAttrOfType<DictionaryAttr>("lathe.precision");
    auto stored =
        precision ? precision.getAs<StringAttr>("weights") : StringAttr();
    auto computed =
        precision ? precision.getAs<StringAttr>("compute") : StringAttr();
    StringRef compute = computed ? computed.getValue() : "f32";
    if (stored && stored.getValue() != compute)
      return getOperation().emitError("'precision' asks for weights stored as ")
             << stored.getValue() << " and computed with as " << compute
             << ", which cannot be compiled yet: store them as " << compute;
    return success();
  }

  LogicalResult lower(func::FuncOp function) {
    LoweringState state;
    state.channelsLast = channelsLast;
    stripEncodings(function, state);
    noteBounds(function, state);
    readDims(function, state);
    if (failed(checkDims(function, state)))
      return failure();
    RewritePatternSet patterns(&getContext());
    populateLowerings(patterns, state);
    walkAndApplyPatterns(function, std::move(patterns));
    return success();
  }
};
} // namespace
