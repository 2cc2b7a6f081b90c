//===- LowerKernelCalls.cpp - Turns runtime calls into LLVM's dialect -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_LOWERKERNELCALLS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {
/// Writes calls of the functions in runtime/abi.h. Values that the conversion
/// to LLVM turns into other types pass through casts, which it removes.
struct LowerKernelCallsPass
    : lathe::impl::LowerKernelCallsBase<LowerKernelCallsPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    LLVMTypeConverter types(&getContext());
    module.walk([&](kernel::DispatchOp op) { lower(op, types); });
    module.walk([&](kernel::EventOp op) { lower(op); });
    module.walk([&](kernel::ThreadsOp op) { lower(op); });
    module.walk([&](kernel::ReportIndexOp op) { lower(op); });
    module.walk([&](kernel::CallOp op) { lower(op); });
    numberKernels();
    module.walk([&](func::FuncOp function) { lowerDeviceOps(function); });
    // Memory is planned: bounds have done their work.
    module.walk([&](kernel::BoundedOp op) {
      op.replaceAllUsesWith(op.getSize());
      op.erase();
    });
    for (auto function : module.getOps<func::FuncOp>()) {
      if (function->hasAttr("lathe.entry"))
        function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                          UnitAttr::get(&getContext()));
      else
        function.setPrivate();
      dropOurAttributes(function);
    }
    // What is left is code: weights and states are addresses by now.
    for (Operation &op : llvm::make_early_inc_range(module.getOps()))
      if (isa<WeightOp, StateOp>(op))
        op.erase();
  }

private:
  /// LLVM's dialect knows nothing of our attributes.
  static void dropOurAttributes(func::FuncOp function) {
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      function.setArgAttrs(i, ArrayRef<NamedAttribute>());
    SmallVector<StringAttr> names;
    for (NamedAttribute attr : function->getDiscardableAttrs())
      if (attr.getName().strref().starts_with("lathe."))
        names.push_back(attr.getName());
    for (StringAttr name : names)
      function->removeAttr(name);
  }

  Type pointer() { return LLVM::LLVMPointerType::get(&getContext()); }
  Type i64() { return IntegerType::get(&getContext(), 64); }

  /// The runtime function `name` taking `types` and returning nothing.
  func::FuncOp declare(StringRef name, ArrayRef<Type> types,
                       ArrayRef<Type> results = {}) {
    if (auto found = getOperation().lookupSymbol<func::FuncOp>(name))
      return found;
    OpBuilder b = OpBuilder::atBlockBegin(getOperation().getBody());
    auto function = func::FuncOp::create(b, getOperation().getLoc(), name,
                                         b.getFunctionType(types, results));
    function.setPrivate();
    return function;
  }

  static Value cast(OpBuilder &b, Location location, Type type, Value value) {
    if (value.getType() == type)
      return value;
    return UnrealizedConversionCastOp::create(b, location, type, value)
        .getResult(0);
  }

  static Value toI64(ImplicitLocOpBuilder &b, Value index) {
    return arith::IndexCastOp::create(b, b.getI64Type(), index);
  }

  /// A function of the type of LatheLoopBody that unpacks the captures and
  /// calls `callee`.
  func::FuncOp makeThunk(func::FuncOp callee, Type packed,
                         ArrayRef<Type> fields) {
    std::string name = (callee.getName() + "_thunk").str();
    if (auto found = getOperation().lookupSymbol<func::FuncOp>(name))
      return found;
    OpBuilder outer(callee);
    Location location = callee.getLoc();
    auto thunk = func::FuncOp::create(
        outer, location, name,
        outer.getFunctionType({i64(), i64(), pointer()}, {}));
    thunk.setPrivate();
    Block *entry = thunk.addEntryBlock();
    ImplicitLocOpBuilder b(location, &getContext());
    b.setInsertionPointToStart(entry);
    SmallVector<Value> arguments;
    for (unsigned i : {0, 1})
      arguments.push_back(arith::IndexCastOp::create(b, b.getIndexType(),
                                                     entry->getArgument(i)));
    for (auto [i, field] : llvm::enumerate(fields)) {
      Value place =
          LLVM::GEPOp::create(b, pointer(), packed, entry->getArgument(2),
                              ArrayRef<LLVM::GEPArg>{0, int32_t(i)});
      Value loaded = LLVM::LoadOp::create(b, field, place);
      arguments.push_back(
          cast(b, location, callee.getArgumentTypes()[2 + i], loaded));
    }
    func::CallOp::create(b, callee, arguments);
    func::ReturnOp::create(b);
    return thunk;
  }

  void lower(kernel::DispatchOp op, LLVMTypeConverter &types) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    auto callee = getOperation().lookupSymbol<func::FuncOp>(op.getCallee());
    SmallVector<Type> fields;
    for (Value capture : op.getCaptures())
      fields.push_back(types.convertType(capture.getType()));
    auto packed = LLVM::LLVMStructType::getLiteral(&getContext(), fields);
    func::FuncOp thunk = makeThunk(callee, packed, fields);
    // The captures live on the caller's stack until the call returns.
    Value room;
    {
      OpBuilder::InsertionGuard guard(b);
      auto function = op->getParentOfType<func::FuncOp>();
      b.setInsertionPointToStart(&function.front());
      Value one = LLVM::ConstantOp::create(b, i64(), 1);
      room = LLVM::AllocaOp::create(b, pointer(), packed, one);
    }
    for (auto [i, capture] : llvm::enumerate(op.getCaptures())) {
      Value place = LLVM::GEPOp::create(b, pointer(), packed, room,
                                        ArrayRef<LLVM::GEPArg>{0, int32_t(i)});
      LLVM::StoreOp::create(b, cast(b, op.getLoc(), fields[i], capture), place);
    }
    Value body =
        func::ConstantOp::create(b, thunk.getFunctionType(),
                                 FlatSymbolRefAttr::get(thunk.getNameAttr()));
    func::FuncOp run = declare("latheParallelFor",
                               {pointer(), i64(), i64(), pointer(), pointer()});
    func::CallOp::create(b, run,
                         ValueRange{op.getRun(), toI64(b, op.getCount()),
                                    toI64(b, op.getGrain()),
                                    cast(b, op.getLoc(), pointer(), body),
                                    room});
    op.erase();
  }

  void lower(kernel::EventOp op) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    func::FuncOp mark = declare(
        op.getEnd() ? "latheEventEnd" : "latheEventBegin", {pointer(), i64()});
    Value id = arith::ConstantOp::create(b, b.getI64IntegerAttr(op.getId()));
    if (Value again = op.getAgain())
      id = arith::AddIOp::create(
          b, id, arith::ExtUIOp::create(b, b.getI64Type(), again));
    func::CallOp::create(b, mark, ValueRange{op.getRun(), id});
    op.erase();
  }

  void lower(kernel::ThreadsOp op) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    func::FuncOp count = declare("latheThreads", {pointer()}, {i64()});
    auto call = func::CallOp::create(b, count, op.getRun());
    op.replaceAllUsesWith(
        arith::IndexCastOp::create(b, b.getIndexType(), call.getResult(0))
            .getResult());
    op.erase();
  }

  /// The number of the event that the op stands in.
  static Value eventOf(ImplicitLocOpBuilder &b, Operation *op) {
    auto event = op->getAttrOfType<IntegerAttr>("lathe.event");
    return arith::ConstantOp::create(
        b, b.getI64IntegerAttr(event ? event.getInt() : -1));
  }

  /// The address of a buffer's first element.
  Value addressOf(ImplicitLocOpBuilder &b, Value buffer) {
    auto type = cast<MemRefType>(buffer.getType());
    Value address =
        toI64(b, memref::ExtractAlignedPointerAsIndexOp::create(b, buffer));
    if (!type.getLayout().isIdentity()) {
      auto layout = memref::ExtractStridedMetadataOp::create(b, buffer);
      Value bytes = arith::ConstantOp::create(
          b, b.getI64IntegerAttr(getElementBytes(type.getElementType())));
      Value offset =
          arith::MulIOp::create(b, toI64(b, layout.getOffset()), bytes);
      address = arith::AddIOp::create(b, address, offset);
    }
    return LLVM::IntToPtrOp::create(b, pointer(), address);
  }

  void lower(kernel::CallOp op) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    Value context = op->getParentOfType<func::FuncOp>().getArguments().back();
    SmallVector<Value> arguments = {context, eventOf(b, op)};
    for (ValueRange buffers : {op.getInputs(), op.getOutputs()})
      for (Value buffer : buffers)
        arguments.push_back(addressOf(b, buffer));
    for (Value size : op.getSizes())
      arguments.push_back(toI64(b, size));
    func::FuncOp callee = declare(
        op.getCallee(), llvm::to_vector(ValueRange(arguments).getTypes()));
    func::CallOp::create(b, callee, arguments);
    op.erase();
  }

  /// Kernels are numbered as they stand in the module.
  void numberKernels() {
    kernelNumbers.clear();
    for (auto [i, kernel] :
         llvm::enumerate(getOperation().getOps<kernel::BinaryOp>()))
      kernelNumbers[kernel.getName()] = i;
  }

  /// Bytes from a buffer's first element to the end of its last; none or less
  /// for an empty one.
  static Value countBytes(ImplicitLocOpBuilder &b, Value buffer) {
    auto type = mlir::cast<MemRefType>(buffer.getType());
    auto layout = memref::ExtractStridedMetadataOp::create(b, buffer);
    Value one = arith::ConstantIndexOp::create(b, 1), elements = one;
    for (auto [size, stride] :
         llvm::zip(layout.getSizes(), layout.getStrides())) {
      Value steps = arith::SubIOp::create(b, size, one);
      Value distance = arith::MulIOp::create(b, steps, stride);
      elements = arith::AddIOp::create(b, elements, distance);
    }
    Value bytes = arith::ConstantIndexOp::create(
        b, getElementBytes(type.getElementType()));
    return toI64(b, arith::MulIOp::create(b, elements, bytes));
  }

  /// Memory on the function's stack for an array of `type`, for each launch as
  /// long as it needs it.
  static Value makeRoom(func::FuncOp function, Type type, int64_t count) {
    OpBuilder b = OpBuilder::atBlockBegin(&function.front());
    Location location = function.getLoc();
    Value size = LLVM::ConstantOp::create(b, location, b.getI64Type(), count);
    return LLVM::AllocaOp::create(
        b, location, LLVM::LLVMPointerType::get(b.getContext()), type, size);
  }

  /// Arrays on the function's stack that all its launches, waits and uploads
  /// use.
  struct DeviceArrays {
    Type buffer; ///< LatheDeviceBuffer: address, bytes, bytes of an element.
    Value buffers, scalars;
  };

  void lowerDeviceOps(func::FuncOp function) {
    size_t buffers = 0, scalars = 1;
    function.walk([&](Operation *op) {
      if (auto launch = dyn_cast<kernel::LaunchOp>(op))
        scalars = std::max<size_t>(scalars, launch.getScalars().size());
      if (isa<kernel::LaunchOp, kernel::WaitOp, kernel::UploadOp>(op))
        buffers = std::max<size_t>(buffers, op->getNumOperands());
    });
    if (buffers == 0)
      return;
    DeviceArrays arrays;
    arrays.buffer = LLVM::LLVMStructType::getLiteral(&getContext(),
                                                     {pointer(), i64(), i64()});
    arrays.buffers = makeRoom(function, arrays.buffer, buffers);
    arrays.scalars =
        makeRoom(function, IntegerType::get(&getContext(), 32), scalars);
    function.walk([&](Operation *op) {
      if (auto launch = dyn_cast<kernel::LaunchOp>(op))
        lower(launch, arrays);
      else if (auto wait = dyn_cast<kernel::WaitOp>(op))
        lowerTransfer(wait, "latheDeviceWait", arrays);
      else if (auto upload = dyn_cast<kernel::UploadOp>(op))
        lowerTransfer(upload, "latheDeviceUpload", arrays);
    });
  }

  void storeBuffers(ImplicitLocOpBuilder &b, ValueRange memrefs,
                    const DeviceArrays &arrays) {
    for (auto [i, memref] : llvm::enumerate(memrefs)) {
      auto type = mlir::cast<MemRefType>(memref.getType());
      Value element = arith::ConstantOp::create(
          b, b.getI64IntegerAttr(getElementBytes(type.getElementType())));
      Value fields[] = {addressOf(b, memref), countBytes(b, memref), element};
      for (auto [field, value] : llvm::enumerate(fields))
        LLVM::StoreOp::create(
            b, value,
            LLVM::GEPOp::create(
                b, pointer(), arrays.buffer, arrays.buffers,
                ArrayRef<LLVM::GEPArg>{int32_t(i), int32_t(field)}));
    }
  }

  void callWith(ImplicitLocOpBuilder &b, StringRef name, ValueRange arguments) {
    func::FuncOp callee = declare(name, llvm::to_vector(arguments.getTypes()));
    func::CallOp::create(b, callee, arguments);
  }

  void lower(kernel::LaunchOp op, const DeviceArrays &arrays) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    storeBuffers(b, op.getBuffers(), arrays);
    for (auto [i, scalar] : llvm::enumerate(op.getScalars()))
      LLVM::StoreOp::create(
          b, scalar,
          LLVM::GEPOp::create(b, pointer(), scalar.getType(), arrays.scalars,
                              ArrayRef<LLVM::GEPArg>{int32_t(i)}));
    Value kernel = arith::ConstantOp::create(
        b, b.getI64IntegerAttr(kernelNumbers.lookup(op.getKernel())));
    callWith(b, "latheDeviceLaunch",
             {op.getRun(), eventOf(b, op), kernel, toI64(b, op.getGroups()),
              arrays.buffers, arrays.scalars});
    op.erase();
  }

  /// A wait or an upload.
  template <typename Op>
  void lowerTransfer(Op op, StringRef callee, const DeviceArrays &arrays) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    storeBuffers(b, op.getBuffers(), arrays);
    Value count = arith::ConstantOp::create(
        b, b.getI64IntegerAttr(op.getBuffers().size()));
    callWith(b, callee, {op.getRun(), arrays.buffers, count});
    op.erase();
  }

  /// index < bound ? index : (report, clamped index)
  void lower(kernel::ReportIndexOp op) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    Value context = op->getParentOfType<func::FuncOp>().getArguments().back();
    Value index = op.getIndex(), bound = op.getBound();
    // Unsigned: a negative index is beyond every bound.
    Value inside =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, bound);
    auto choice = scf::IfOp::create(b, b.getIndexType(), inside,
                                    /*withElseRegion=*/true);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(choice.thenBlock());
      scf::YieldOp::create(b, index);
      b.setInsertionPointToStart(choice.elseBlock());
      func::FuncOp report =
          declare("latheReportIndex", {pointer(), i64(), i64(), i64()});
      func::CallOp::create(b, report,
                           ValueRange{context, eventOf(b, op), toI64(b, index),
                                      toI64(b, bound)});
      Value zero = arith::ConstantIndexOp::create(b, 0);
      Value one = arith::ConstantIndexOp::create(b, 1);
      Value last = arith::SubIOp::create(b, bound, one);
      Value clamped = arith::MaxSIOp::create(
          b, arith::MinSIOp::create(b, index, last), zero);
      scf::YieldOp::create(b, clamped);
    }
    op.replaceAllUsesWith(choice.getResult(0));
    op.erase();
  }

  llvm::StringMap<int64_t> kernelNumbers;
};
} // namespace
