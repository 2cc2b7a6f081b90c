//===- LowerToLinalg.cpp - Lowers the dialect to linalg on tensors
//-----------===//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// First the encodings leave the types, their contents remembered beside the
// IR; then one walk lowers each op in turn.
//
//===----------------------------------------------------------------------===//

#include "codegen/KernelDialect.h"
#include "codegen/Lowering.h"
#include "codegen/Passes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
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
  for (BlockArgument argument : function.getArguments()) {
    SmallVector<int64_t> bounds;
    for (const DimExpr &dim : state.shapes.lookup(argument)) {
      auto range = state.bounds.of(dim);
      // Without a bound, planning memory will say so where it matters.
      bounds.push_back(range ? range->second : INT64_MAX);
    }
    function.setArgAttr(argument.getArgNumber(), "lathe.bounds",
                        b.getDenseI64ArrayAttr(bounds));
  }
}

/// The entry's input of the name; null if there is none.
static Value findInput(func::FuncOp function, StringRef name) {
  for (BlockArgument argument : function.getArguments())
    if (auto attr = function.getArgAttrOfType<StringAttr>(
            argument.getArgNumber(), "lathe.name");
        attr && attr.getValue() == name)
      return argument;
  return {};
}

/// The dimension that is the only element of `input`, or where `values` are
/// given, the one of them of that number. The runtime has checked it.
static FailureOr<Value> readDim(OpBuilder &outer, Value input,
                                ArrayRef<int64_t> values) {
  ImplicitLocOpBuilder b(input.getLoc(), outer);
  auto type = dyn_cast<RankedTensorType>(input.getType());
  if (!type || !type.hasStaticShape() || type.getNumElements() != 1 ||
      !type.getElementType().isSignlessInteger() ||
      type.getElementType().isInteger(1))
    return failure();
  Value zero = arith::ConstantIndexOp::create(b, 0);
  SmallVector<Value> place(type.getRank(), zero);
  Value element = tensor::ExtractOp::create(b, input, place);
  Value index = arith::IndexCastOp::create(b, b.getIndexType(), element);
  if (values.empty())
    return index;
  Value chosen = arith::ConstantIndexOp::create(b, values.back());
  for (size_t i = values.size() - 1; i-- > 0;) {
    Value number = arith::ConstantIndexOp::create(b, i);
    Value isIt =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, index, number);
    Value size = arith::ConstantIndexOp::create(b, values[i]);
    chosen = arith::SelectOp::create(b, isIt, size, chosen);
  }
  return chosen;
}

/// Reads the dimensions that inputs hold as their values.
static LogicalResult readSourcedDims(func::FuncOp function,
                                     LoweringState &state) {
  auto sources =
      function->getParentOfType<ModuleOp>()->getAttrOfType<DictionaryAttr>(
          "lathe.dim_sources");
  if (!sources)
    return success();
  OpBuilder b = OpBuilder::atBlockBegin(&function.front());
  for (NamedAttribute dim : sources) {
    auto source = cast<DictionaryAttr>(dim.getValue());
    StringRef name = source.getAs<StringAttr>("input").getValue();
    Value input = findInput(function, name);
    if (!input)
      continue;
    auto values = source.getAs<DenseI64ArrayAttr>("values");
    FailureOr<Value> size =
        readDim(b, input, values ? values.asArrayRef() : ArrayRef<int64_t>());
    if (failed(size))
      return emitError(input.getLoc())
             << "'" << name << "' gives the dimension '"
             << dim.getName().getValue()
             << "' its value, and so must be one i32 or i64";
    if (auto range = state.bounds.of(DimExpr::symbol(dim.getName().getValue())))
      size = kernel::BoundedOp::create(b, input.getLoc(), *size, range->second)
                 .getResult();
    state.dims[dim.getName().getValue()] = *size;
  }
  return success();
}

/// Reads every other named dimension off the first input that has it.
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

/// The type of a state's buffer: static, dynamic dimensions at their bounds.
static FailureOr<RankedTensorType> bufferType(StateOp state,
                                              const DimBounds &bounds) {
  SmallVector<int64_t> sizes;
  for (const DimExpr &dim : getShape(state.getType())) {
    auto range = bounds.of(dim);
    if (!range || range->second < 1)
      return state.emitError("the state '")
             << state.getSymName() << "' has the size '" << dim.str()
             << "', which has no bound";
    sizes.push_back(range->second);
  }
  auto type = cast<RankedTensorType>(withoutEncoding(state.getType()));
  return RankedTensorType::get(sizes, type.getElementType());
}

/// Reads the buffer of each state that the function uses, at its beginning.
static void openStates(func::FuncOp function, LoweringState &state) {
  SymbolTable symbols(function->getParentOfType<ModuleOp>());
  OpBuilder b = OpBuilder::atBlockBegin(&function.front());
  function.walk([&](Operation *op) {
    for (NamedAttribute attr : op->getAttrs()) {
      auto symbol = dyn_cast<FlatSymbolRefAttr>(attr.getValue());
      auto declared =
          symbol ? symbols.lookup<StateOp>(symbol.getAttr()) : StateOp();
      if (!declared || state.buffers.contains(symbol.getAttr()))
        continue;
      Value buffer =
          ReadStateOp::create(b, op->getLoc(), declared.getType(), symbol);
      state.shapes[buffer] = getShape(buffer);
      state.buffers[symbol.getAttr()] = {buffer, buffer};
    }
  });
}

/// Follows a tensor through its windows and other views of it.
static Value traceViews(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
      value = insert.getDest();
    else if (isa<tensor::ExtractSliceOp, tensor::CollapseShapeOp,
                 tensor::ExpandShapeOp, tensor::CastOp>(op))
      value = op->getOperand(0);
    else
      break;
  }
  return value;
}

/// Whether the state's new contents may lie in the buffer of another, which
/// could be overwritten before they are stored.
static bool sharesBuffer(Value contents, Value own,
                         const LoweringState &state) {
  SmallVector<Value> origins = {traceViews(contents)};
  if (auto insert = contents.getDefiningOp<tensor::InsertSliceOp>())
    origins.push_back(traceViews(insert.getSource()));
  return llvm::any_of(state.buffers, [&](const auto &entry) {
    return entry.second.initial != own &&
           llvm::is_contained(origins, entry.second.initial);
  });
}

/// Writes the changed buffers at the end of the function.
static void closeStates(func::FuncOp function, LoweringState &state) {
  OpBuilder b(function.front().getTerminator());
  // Before the first is written, what another one holds is taken out of it.
  for (auto &[name, buffer] : state.buffers)
    if (buffer.current != buffer.initial &&
        sharesBuffer(buffer.current, buffer.initial, state))
      buffer.current = bufferization::AllocTensorOp::create(
          b, buffer.current.getLoc(),
          cast<RankedTensorType>(buffer.current.getType()), ValueRange(),
          buffer.current);
  for (auto &[name, buffer] : state.buffers)
    if (buffer.current != buffer.initial)
      WriteStateOp::create(b, buffer.current.getLoc(),
                           FlatSymbolRefAttr::get(name), buffer.current);
}

namespace {
struct LowerToLinalgPass : lathe::impl::LowerToLinalgBase<LowerToLinalgPass> {
  using LowerToLinalgBase::LowerToLinalgBase;

  void runOnOperation() override {
    if (failed(checkSupport()) || failed(layStatesOut()))
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
    auto precision =
        getOperation()->getAttrOfType<DictionaryAttr>("lathe.precision");
    auto computed =
        precision ? precision.getAs<StringAttr>("compute") : StringAttr();
    auto storage =
        precision ? precision.getAs<ArrayAttr>("storage") : ArrayAttr();
    if (!storage)
      return success();
    StringRef compute = computed ? computed.getValue() : "f32";
    for (auto entry : storage.getAsRange<ArrayAttr>()) {
      StringRef stored = cast<StringAttr>(entry[1]).getValue();
      if (stored == compute || (compute == "f32" && stored != "f64"))
        continue;
      return getOperation().emitError("'precision' asks for weights stored as ")
             << stored << " and computed with as " << compute
             << ", which cannot be compiled yet: store them as " << compute
             << ", or compute with f32";
    }
    return success();
  }

  /// From here on the types of states are those of their buffers.
  LogicalResult layStatesOut() {
    DimBounds bounds(getOperation());
    for (auto state : getOperation().getOps<StateOp>()) {
      FailureOr<RankedTensorType> type = bufferType(state, bounds);
      if (failed(type))
        return failure();
      state.setType(*type);
    }
    return success();
  }

  LogicalResult lower(func::FuncOp function) {
    LoweringState state;
    state.channelsLast = channelsLast;
    state.byteDots = byteDots;
    state.byteUnit = byteUnit;
    state.bf16Dots = bf16Dots;
    state.flopsPerByte = winograd;
    state.bounds = DimBounds(getOperation());
    stripEncodings(function, state);
    noteBounds(function, state);
    if (failed(readSourcedDims(function, state)))
      return failure();
    readDims(function, state);
    if (failed(checkDims(function, state)))
      return failure();
    openStates(function, state);
    RewritePatternSet patterns(&getContext());
    populateLowerings(patterns, state);
    walkAndApplyPatterns(function, std::move(patterns));
    closeStates(function, state);
    return success();
  }
};
} // namespace
