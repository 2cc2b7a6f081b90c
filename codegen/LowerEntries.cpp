//===- LowerEntries.cpp - Gives functions the signature of the runtime's ABI
//===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/KernelDialect.h"
#include "codegen/Passes.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_LOWERENTRIES
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

static MemRefType bufferOf(Type tensor) {
  auto type = cast<RankedTensorType>(tensor);
  return MemRefType::get(type.getShape(), type.getElementType());
}

/// Gives each user of an empty or filled tensor one of its own. Bufferization
/// puts a result where it goes by way of the empty tensor it starts from, and
/// can do so once only.
static void separateDestinations(func::FuncOp function) {
  auto separate = [&](auto op) {
    SmallVector<OpOperand *> uses =
        llvm::map_to_vector(op->getUses(), [](OpOperand &use) { return &use; });
    for (OpOperand *use : ArrayRef(uses).drop_front())
      use->set(OpBuilder(op).clone(*op)->getResult(0));
  };
  SmallVector<linalg::FillOp> fills;
  function.walk([&](linalg::FillOp op) { fills.push_back(op); });
  for (linalg::FillOp op : fills)
    if (!op->use_empty())
      separate(op);
  SmallVector<tensor::EmptyOp> empties;
  function.walk([&](tensor::EmptyOp op) { empties.push_back(op); });
  for (tensor::EmptyOp op : empties)
    if (!op->use_empty())
      separate(op);
}

namespace {
struct LowerEntriesPass : lathe::impl::LowerEntriesBase<LowerEntriesPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration() && failed(lower(function)))
        return signalPassFailure();
  }

private:
  LogicalResult lower(func::FuncOp function) {
    separateDestinations(function);
    Block &entry = function.front();
    OpBuilder b = OpBuilder::atBlockBegin(&entry);
    Location location = function.getLoc();
    // Inputs: tensors become views of the caller's buffers, never written.
    for (BlockArgument argument : entry.getArguments()) {
      Type type = argument.getType();
      argument.setType(bufferOf(type));
      auto tensor = bufferization::ToTensorOp::create(
          b, argument.getLoc(), type, argument, /*restrict=*/true);
      argument.replaceAllUsesExcept(tensor, tensor);
    }
    // Outputs: written where the caller wants them.
    auto terminator = cast<func::ReturnOp>(entry.getTerminator());
    b.setInsertionPoint(terminator);
    for (Value result : terminator.getOperands()) {
      Value output = entry.addArgument(bufferOf(result.getType()), location);
      bufferization::MaterializeInDestinationOp::create(
          b, location, /*result=*/Type(), result, output, /*restrict=*/true,
          /*writable=*/true);
    }
    func::ReturnOp::create(b, location);
    terminator.erase();
    auto bytes = MemRefType::get({ShapedType::kDynamic}, b.getIntegerType(8));
    Value weights = entry.addArgument(bytes, location);
    Value states = entry.addArgument(bytes, location);
    entry.addArgument(bytes, location); // The arena.
    entry.addArgument(LLVM::LLVMPointerType::get(b.getContext()), location);
    function.setType(b.getFunctionType(entry.getArgumentTypes(), {}));
    function->removeAttr(function.getResAttrsAttrName());
    SmallVector<Attribute> argumentAttrs(entry.getNumArguments(),
                                         b.getDictionaryAttr({}));
    if (ArrayAttr attrs = function.getArgAttrsAttr())
      llvm::copy(attrs, argumentAttrs.begin());
    function.setArgAttrsAttr(b.getArrayAttr(argumentAttrs));
    if (failed(lowerStates(function, states)))
      return failure();
    return lowerParameters(function, weights);
  }

  /// The place of a state's buffer in the block of states.
  FailureOr<Value> viewState(Operation *op, StringRef name, Value states) {
    auto state = getOperation().lookupSymbol<StateOp>(name);
    auto offset = state->getAttrOfType<IntegerAttr>("lathe.offset");
    auto type = cast<RankedTensorType>(state.getType());
    if (!offset || !type.hasStaticShape())
      return op->emitOpError("uses '")
             << name << "', which has no place among the states";
    OpBuilder b = OpBuilder::atBlockBegin(op->getBlock());
    Value at = arith::ConstantIndexOp::create(b, op->getLoc(), offset.getInt());
    return memref::ViewOp::create(b, op->getLoc(), bufferOf(type), states, at,
                                  ValueRange())
        .getResult();
  }

  /// One read a state and function, which may be computed in, and one write at
  /// the end.
  LogicalResult lowerStates(func::FuncOp function, Value states) {
    llvm::StringMap<Value> views;
    WalkResult result = function.walk([&](Operation *op) {
      if (!isa<ReadStateOp, WriteStateOp>(op))
        return WalkResult::advance();
      auto read = dyn_cast<ReadStateOp>(op);
      StringRef name =
          read ? read.getState() : cast<WriteStateOp>(op).getState();
      Value &view = views[name];
      if (!view) {
        FailureOr<Value> made = viewState(op, name, states);
        if (failed(made))
          return WalkResult::interrupt();
        view = *made;
      }
      // Outputs may hold the old contents.
      OpBuilder b(read ? op : op->getBlock()->getTerminator());
      if (read)
        read.replaceAllUsesWith(bufferization::ToTensorOp::create(
                                    b, op->getLoc(), read.getType(), view,
                                    /*restrict=*/true, /*writable=*/true)
                                    .getResult());
      else
        kernel::WriteBackOp::create(b, op->getLoc(),
                                    cast<WriteStateOp>(op).getValue(), view);
      op->erase();
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  LogicalResult lowerParameters(func::FuncOp function, Value weights) {
    SymbolTable symbols(getOperation());
    WalkResult result = function.walk([&](ParameterOp op) {
      auto weight = symbols.lookup<WeightOp>(op.getWeight());
      auto offset = weight->getAttrOfType<IntegerAttr>("lathe.offset");
      if (!offset) {
        op.emitOpError("reads '")
            << op.getWeight() << "', which has no place in the weights file";
        return WalkResult::interrupt();
      }
      OpBuilder b(op);
      Value at =
          arith::ConstantIndexOp::create(b, op.getLoc(), offset.getInt());
      auto type = cast<RankedTensorType>(op.getType());
      Value view = memref::ViewOp::create(b, op.getLoc(), bufferOf(type),
                                          weights, at, ValueRange());
      op.replaceAllUsesWith(bufferization::ToTensorOp::create(
                                b, op.getLoc(), type, view, /*restrict=*/true)
                                .getResult());
      op.erase();
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }
};
} // namespace
