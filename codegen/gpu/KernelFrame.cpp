//===- KernelFrame.cpp - What all kernels for devices have in common ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/KernelFrame.h"
#include "dialect/Shape.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "runtime/abi.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

Type mlir::lathe::kernel::getStoredType(Type element) {
  Builder b(element.getContext());
  if (element.isInteger(1))
    return b.getI8Type();
  return element.isBF16() ? b.getIntegerType(16) : element;
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

Value KernelFrame::parameter(int64_t position) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(prologueEnd);
  return memref::LoadOp::create(b, parameters, constant(position));
}

SmallVector<Value> mlir::lathe::kernel::toWords(ImplicitLocOpBuilder &b,
                                                Value value) {
  Type i32 = b.getI32Type();
  Type type = value.getType();
  if (type.isIndex())
    return {arith::IndexCastOp::create(b, i32, value)};
  unsigned bits = type.getIntOrFloatBitWidth();
  if (isa<FloatType>(type))
    value = arith::BitcastOp::create(b, b.getIntegerType(bits), value);
  if (bits < 32)
    return {arith::ExtUIOp::create(b, i32, value)};
  if (bits == 32)
    return {value};
  Value places = arith::ConstantOp::create(b, b.getI64IntegerAttr(32));
  Value high = arith::ShRUIOp::create(b, value, places);
  return {arith::TruncIOp::create(b, i32, value),
          arith::TruncIOp::create(b, i32, high)};
}

/// The inverse of `toWords`.
static Value fromWords(ImplicitLocOpBuilder &b, Type type, ValueRange words) {
  if (type.isIndex())
    return arith::IndexCastOp::create(b, type, words[0]);
  unsigned bits = type.getIntOrFloatBitWidth();
  Type integer = b.getIntegerType(bits);
  Value value = words[0];
  if (bits < 32)
    value = arith::TruncIOp::create(b, integer, value);
  if (bits == 64) {
    Value low = arith::ExtUIOp::create(b, integer, words[0]);
    Value high = arith::ExtUIOp::create(b, integer, words[1]);
    Value places = arith::ConstantOp::create(b, b.getI64IntegerAttr(32));
    value = arith::OrIOp::create(
        b, low, arith::ShLIOp::create(b, high, places).getResult());
  }
  return type == integer ? value : arith::BitcastOp::create(b, type, value);
}

Value KernelFrame::pass(Value value) {
  Value &inside = passed[value];
  if (inside)
    return inside;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(prologueEnd);
  // Constants are cheaper to remake than to pass.
  if (auto made = value.getDefiningOp<arith::ConstantOp>())
    return inside = b.clone(*made)->getResult(0);
  SmallVector<Value> words;
  for (Value word : toWords(host, value)) {
    words.push_back(
        parameter(LATHE_REPORT_WORDS + buffers.size() + scalars.size()));
    scalars.push_back(word);
  }
  return inside = fromWords(b, value.getType(), words);
}

void KernelFrame::passOperands(Operation &op, IRMapping &mapping) {
  for (Value operand : op.getOperands())
    if (!mapping.contains(operand) && !isa<MemRefType>(operand.getType()))
      mapping.map(operand, pass(operand));
}

void KernelFrame::cloneMapped(Operation &op, IRMapping &mapping) {
  Operation *copy = b.clone(op, mapping);
  // Products and sums may contract, as on processors.
  if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(copy))
    copy->setAttr(
        cast<arith::ArithFastMathInterface>(copy).getFastMathAttrName(),
        arith::FastMathFlagsAttr::get(b.getContext(),
                                      arith::FastMathFlags::contract));
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

KernelFrame::Buffer &KernelFrame::bufferOf(Value memref) {
  return *llvm::find_if(
      buffers, [&](const Buffer &buffer) { return buffer.memref == memref; });
}

/// The first element's place and the strides of each buffer.
void KernelFrame::describeBuffers(Block &entry) {
  parameters = entry.getArgument(buffers.size());
  for (auto [i, buffer] : llvm::enumerate(buffers)) {
    buffer.elements = entry.getArgument(i);
    buffer.first = arith::IndexCastOp::create(
        b, b.getIndexType(), parameter(LATHE_REPORT_WORDS + i));
  }
  for (Buffer &buffer : buffers) {
    auto [strides, offset] =
        cast<MemRefType>(buffer.memref.getType()).getStridesAndOffset();
    memref::ExtractStridedMetadataOp layout;
    for (auto [axis, stride] : llvm::enumerate(strides)) {
      if (!ShapedType::isDynamic(stride)) {
        buffer.strides.push_back(constant(stride));
        continue;
      }
      if (!layout)
        layout = memref::ExtractStridedMetadataOp::create(host, buffer.memref);
      buffer.strides.push_back(pass(layout.getStrides()[axis]));
    }
  }
}

Value KernelFrame::placeOf(const Buffer &buffer, ValueRange indices) {
  Value place = buffer.first;
  for (auto [index, stride] : llvm::zip(indices, buffer.strides)) {
    Value step = b.createOrFold<arith::MulIOp>(index, stride);
    place = b.createOrFold<arith::AddIOp>(place, step);
  }
  return place;
}

/// An element of memory as ops have it.
static Value asElement(ImplicitLocOpBuilder &b, Value value, Type element) {
  if (element.isInteger(1))
    return arith::CmpIOp::create(
        b, arith::CmpIPredicate::ne, value,
        arith::ConstantOp::create(b, b.getI8IntegerAttr(0)));
  if (value.getType() != element)
    return arith::BitcastOp::create(b, element, value);
  return value;
}

Value KernelFrame::load(const Buffer &buffer, ValueRange indices) {
  Value value =
      memref::LoadOp::create(b, buffer.elements, placeOf(buffer, indices));
  return asElement(b, value, getElementTypeOrSelf(buffer.memref));
}

SmallVector<Value> KernelFrame::loadRun(const Buffer &buffer,
                                        ValueRange indices, int64_t count,
                                        int64_t bytes) {
  Type stored = getElementTypeOrSelf(buffer.elements);
  int64_t atOnce = std::min(count, bytes / getElementBytes(stored));
  Value place = placeOf(buffer, indices);
  SmallVector<Value> vectors;
  for (int64_t first = 0; first < count; first += atOnce)
    vectors.push_back(vector::LoadOp::create(
        b, VectorType::get(atOnce, stored), buffer.elements,
        ValueRange(b.createOrFold<arith::AddIOp>(place, constant(first))),
        /*nontemporal=*/false, llvm::MaybeAlign(bytes)));
  return vectors;
}

SmallVector<Value> KernelFrame::elementsOf(ValueRange vectors, Type element) {
  SmallVector<Value> values;
  for (Value some : vectors)
    for (int64_t i : llvm::seq(cast<VectorType>(some.getType()).getDimSize(0)))
      values.push_back(
          asElement(b, vector::ExtractOp::create(b, some, i), element));
  return values;
}

void KernelFrame::store(Value value, const Buffer &buffer, ValueRange indices) {
  Type stored = getStoredType(value.getType());
  if (value.getType().isInteger(1))
    value = arith::ExtUIOp::create(b, stored, value);
  else if (value.getType() != stored)
    value = arith::BitcastOp::create(b, stored, value);
  memref::StoreOp::create(b, value, buffer.elements, placeOf(buffer, indices));
}

BlockArgument KernelFrame::addShared(int64_t size, Type element,
                                     int64_t alignment) {
  auto space = gpu::AddressSpaceAttr::get(
      b.getContext(), gpu::GPUDialect::getWorkgroupAddressSpace());
  auto type =
      MemRefType::get({size}, element, MemRefLayoutAttrInterface(), space);
  unsigned position = function.getNumWorkgroupAttributions();
  BlockArgument made =
      function.addWorkgroupAttribution(type, function.getLoc());
  if (alignment)
    function.setWorkgroupAttributionAttr(position,
                                         LLVM::LLVMDialect::getAlignAttrName(),
                                         b.getI64IntegerAttr(alignment));
  return made;
}

SmallVector<Value> KernelFrame::addUpParts(ValueRange totals, Value part,
                                           int64_t parts) {
  SmallVector<Value> sums(totals);
  if (parts == 1)
    return sums;
  int64_t ofPart = workgroupSize / parts, others = workgroupSize - ofPart;
  Type f32 = b.getF32Type();
  Value shared = addShared(others * totals.size(), f32);
  // Total by total, so that neighbours store and load neighbours.
  auto place = [&](Value invocation, int64_t i) {
    return add(invocation, i * others);
  };
  Value isFirst =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, part, constant(0));
  auto stores = scf::IfOp::create(b, TypeRange(), isFirst,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(stores.elseBlock());
    Value invocation = subtract(thread, constant(ofPart));
    for (auto [i, total] : llvm::enumerate(totals))
      memref::StoreOp::create(b, total, shared, place(invocation, i));
    scf::YieldOp::create(b);
    b.setInsertionPointToStart(stores.thenBlock());
    scf::YieldOp::create(b);
  }
  gpu::BarrierOp::create(b);
  auto choice =
      scf::IfOp::create(b, SmallVector<Type>(totals.size(), f32), isFirst,
                        /*addThenBlock=*/true, /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.elseBlock());
  scf::YieldOp::create(b, totals);
  b.setInsertionPointToStart(choice.thenBlock());
  for (auto [i, sum] : llvm::enumerate(sums))
    for (int64_t k = 0; k + 1 < parts; ++k) {
      Value other =
          memref::LoadOp::create(b, shared, place(add(thread, k * ofPart), i));
      sum =
          arith::AddFOp::create(b, sum, other, arith::FastMathFlags::contract);
    }
  scf::YieldOp::create(b, sums);
  return SmallVector<Value>(choice.getResults());
}

//===----------------------------------------------------------------------===//
// Copies that go on meanwhile
//===----------------------------------------------------------------------===//

void KernelFrame::beginCopy(const Buffer &buffer, Value from, Value shared,
                            Value to, int64_t elements, Value count) {
  Type element = getElementTypeOrSelf(buffer.elements);
  // What is read once a workgroup has no use for the cache of its processor.
  bool isWhole = elements * element.getIntOrFloatBitWidth() == 128;
  nvgpu::DeviceAsyncCopyOp::create(
      b, nvgpu::DeviceAsyncTokenType::get(b.getContext()), shared, to,
      buffer.elements, from, b.getIndexAttr(elements), count,
      isWhole ? b.getUnitAttr() : UnitAttr());
}

void KernelFrame::groupCopies() { NVVM::CpAsyncCommitGroupOp::create(b); }

void KernelFrame::awaitCopies(int64_t allBut) {
  NVVM::CpAsyncWaitGroupOp::create(b, allBut);
}

Value KernelFrame::divideHostCeil(Value value, int64_t size) {
  Value most = arith::ConstantIndexOp::create(host, size - 1);
  Value divisor = arith::ConstantIndexOp::create(host, size);
  return host.createOrFold<arith::DivUIOp>(
      host.createOrFold<arith::AddIOp>(value, most), divisor);
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

gpu::GPUModuleOp KernelFrame::writeKernel(ModuleOp module, StringRef name) {
  addBuffers();
  b.setInsertionPointToEnd(module.getBody());
  auto kernels = gpu::GPUModuleOp::create(b, name);
  b.setInsertionPointToStart(kernels.getBody());
  auto arrayOf = [](Type element) {
    return MemRefType::get({ShapedType::kDynamic}, element);
  };
  SmallVector<Type> types;
  for (const Buffer &buffer : buffers)
    types.push_back(
        arrayOf(getStoredType(getElementTypeOrSelf(buffer.memref))));
  types.push_back(arrayOf(b.getI32Type()));
  function = gpu::GPUFuncOp::create(b, name, b.getFunctionType(types, {}));
  function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
  function.setKnownBlockSizeAttr(
      b.getDenseI32ArrayAttr({static_cast<int32_t>(workgroupSize), 1, 1}));
  function->setAttr(planName, b.getStringAttr(planText));
  Block &entry = function.getBody().front();
  b.setInsertionPointToStart(&entry);
  prologueEnd = gpu::ReturnOp::create(b);
  b.setInsertionPoint(prologueEnd);
  Value row = gpu::BlockIdOp::create(b, gpu::Dimension::y);
  prologueEnd = row.getDefiningOp();
  Value inRow = gpu::GridDimOp::create(b, gpu::Dimension::x);
  Value column = gpu::BlockIdOp::create(b, gpu::Dimension::x);
  thread = gpu::ThreadIdOp::create(b, gpu::Dimension::x);
  Value group = arith::AddIOp::create(
      b, arith::MulIOp::create(b, row, inRow).getResult(), column);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(prologueEnd);
    describeBuffers(entry);
  }
  groups = countGroups();
  // Workgroups that fill the last row have nothing to do: all of their
  // invocations agree on it, so that barriers may stand inside.
  Value isGroup =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, group, pass(groups));
  auto guarded = scf::IfOp::create(b, isGroup, /*withElseRegion=*/false);
  b.setInsertionPointToStart(guarded.thenBlock());
  writeGroup(group);
  return kernels;
}

LaunchOp KernelFrame::writeLaunch(StringRef kernel, Value run) {
  SmallVector<Value> memrefs = llvm::map_to_vector(
      buffers, [](const Buffer &buffer) { return buffer.memref; });
  return LaunchOp::create(host, kernel, run, groups, memrefs, scalars);
}
