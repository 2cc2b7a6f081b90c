//===- KernelWriter.cpp - Writes the kernel of a nest ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/KernelWriter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/RegionUtils.h"
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

Value KernelWriter::parameter(int64_t position) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(prologueEnd);
  return memref::LoadOp::create(b, parameters, constant(position));
}

/// A host's value as 32-bit words, the lowest first.
static SmallVector<Value> toWords(ImplicitLocOpBuilder &b, Value value) {
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

Value KernelWriter::pass(Value value) {
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

Value KernelWriter::hostExtent(unsigned dim) {
  if (!ShapedType::isDynamic(extents[dim]))
    return arith::ConstantIndexOp::create(host, extents[dim]);
  for (auto [i, operand] : llvm::enumerate(nest->getOperands()))
    for (auto [axis, result] : llvm::enumerate(nest.getMap(i).getResults()))
      if (result == b.getAffineDimExpr(dim))
        return memref::DimOp::create(host, operand, axis);
  llvm_unreachable("a dimension that no operand has");
}

Value KernelWriter::extent(unsigned dim) {
  if (!ShapedType::isDynamic(extents[dim]))
    return constant(extents[dim]);
  Value &value = extentValues[dim];
  if (!value)
    value = pass(hostExtent(dim));
  return value;
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

void KernelWriter::addBuffers() {
  llvm::SetVector<Value> memrefs;
  for (Region *region : {&nest.getReduce(), &nest.getFinish()}) {
    llvm::SetVector<Value> captures;
    getUsedValuesDefinedAbove(*region, captures);
    for (Value value : captures)
      if (isa<MemRefType>(value.getType()))
        memrefs.insert(value);
  }
  for (Value input : nest.getInputs())
    buffers.emplace_back().memref = input;
  for (Value memref : memrefs)
    if (!llvm::is_contained(nest->getOperands(), memref))
      buffers.emplace_back().memref = memref;
  buffers.emplace_back().memref = nest.getInitOutput();
}

KernelWriter::Buffer &KernelWriter::bufferOf(Value memref) {
  return *llvm::find_if(
      buffers, [&](const Buffer &buffer) { return buffer.memref == memref; });
}

/// The first element's place and the strides of each buffer.
void KernelWriter::describeBuffers(Block &entry) {
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

Value KernelWriter::placeOf(const Buffer &buffer, ValueRange indices) {
  Value place = buffer.first;
  for (auto [index, stride] : llvm::zip(indices, buffer.strides)) {
    Value step = b.createOrFold<arith::MulIOp>(index, stride);
    place = b.createOrFold<arith::AddIOp>(place, step);
  }
  return place;
}

Value KernelWriter::load(const Buffer &buffer, ValueRange indices) {
  Type element = getElementTypeOrSelf(buffer.memref);
  Value value =
      memref::LoadOp::create(b, buffer.elements, placeOf(buffer, indices));
  if (element.isInteger(1))
    return arith::CmpIOp::create(
        b, arith::CmpIPredicate::ne, value,
        arith::ConstantOp::create(b, b.getI8IntegerAttr(0)));
  if (value.getType() != element)
    return arith::BitcastOp::create(b, element, value);
  return value;
}

void KernelWriter::store(Value value, const Buffer &buffer,
                         ValueRange indices) {
  Type stored = getStoredType(value.getType());
  if (value.getType().isInteger(1))
    value = arith::ExtUIOp::create(b, stored, value);
  else if (value.getType() != stored)
    value = arith::BitcastOp::create(b, stored, value);
  memref::StoreOp::create(b, value, buffer.elements, placeOf(buffer, indices));
}

SmallVector<Value> KernelWriter::subscripts(unsigned operand) {
  SmallVector<Value> dims(ivs);
  for (Value &dim : dims)
    if (!dim)
      dim = constant(0);
  return llvm::map_to_vector(
      nest.getMap(operand).getResults(), [&](AffineExpr index) {
        return affine::expandAffineExpr(b, nest.getLoc(), index, dims, {});
      });
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

/// index < bound ? index : (report, clamped index). What is checked has the
/// bits of the integer that the index is made of: those of an index are fewer.
Value KernelWriter::writeReport(ReportIndexOp report, IRMapping &mapping) {
  auto cast = report.getIndex().getDefiningOp();
  bool isUnsigned = isa_and_present<arith::IndexCastUIOp>(cast);
  Value index = mapping.lookupOrDefault(report.getIndex());
  Type i64 = b.getI64Type();
  if (isUnsigned || isa_and_present<arith::IndexCastOp>(cast))
    index = mapping.lookupOrDefault(cast->getOperand(0));
  Value bound = arith::IndexCastOp::create(
      b, b.getI32Type(), mapping.lookupOrDefault(report.getBound()));
  Type type = index.getType();
  if (type.isIndex())
    index = arith::IndexCastOp::create(b, b.getI32Type(), index);
  else if (type.getIntOrFloatBitWidth() < 32)
    index = isUnsigned
                ? Value(arith::ExtUIOp::create(b, b.getI32Type(), index))
                : Value(arith::ExtSIOp::create(b, b.getI32Type(), index));
  type = index.getType();
  Value wideBound = type == i64 ? arith::ExtSIOp::create(b, i64, bound) : bound;
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  // Unsigned: a negative index is beyond every bound.
  Value inside =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, wideBound);
  Value outside = arith::XOrIOp::create(
      b, inside, arith::ConstantOp::create(b, b.getBoolAttr(true)));
  auto choice = scf::IfOp::create(b, outside, /*withElseRegion=*/false);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    Value one = arith::ConstantOp::create(b, b.getI32IntegerAttr(1));
    Value before = memref::AtomicRMWOp::create(
        b, b.getI32Type(), arith::AtomicRMWKind::ori, one, parameters,
        ValueRange{constant(0)});
    Value isFirst = arith::CmpIOp::create(
        b, arith::CmpIPredicate::eq, before,
        arith::ConstantOp::create(b, b.getI32IntegerAttr(0)));
    auto first = scf::IfOp::create(b, isFirst, /*withElseRegion=*/false);
    b.setInsertionPointToStart(first.thenBlock());
    Value whole = index;
    if (type != i64)
      whole = isUnsigned ? Value(arith::ExtUIOp::create(b, i64, index))
                         : Value(arith::ExtSIOp::create(b, i64, index));
    SmallVector<Value> words = toWords(b, whole);
    words.push_back(bound);
    for (auto [i, word] : llvm::enumerate(words))
      memref::StoreOp::create(b, word, parameters, ValueRange{constant(1 + i)});
  }
  Value last = arith::SubIOp::create(
      b, wideBound, arith::ConstantOp::create(b, b.getIntegerAttr(type, 1)));
  Value clamped =
      arith::MaxSIOp::create(b, arith::MinSIOp::create(b, index, last), zero);
  Value safe = arith::SelectOp::create(b, inside, index, clamped);
  return arith::IndexCastOp::create(b, b.getIndexType(), safe);
}

void KernelWriter::cloneOp(Operation &op, IRMapping &mapping) {
  if (auto index = dyn_cast<IndexOp>(op))
    return mapping.map(index.getResult(),
                       ivs[index.getDim()] ? ivs[index.getDim()] : constant(0));
  for (Value operand : op.getOperands())
    if (!mapping.contains(operand) && !isa<MemRefType>(operand.getType()))
      mapping.map(operand, pass(operand));
  if (auto report = dyn_cast<ReportIndexOp>(op))
    return mapping.map(report.getResult(), writeReport(report, mapping));
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    host.setInsertionPoint(nest);
    Operation *size = host.clone(op);
    return mapping.map(dim.getResult(), pass(size->getResult(0)));
  }
  if (auto read = dyn_cast<memref::LoadOp>(op)) {
    SmallVector<Value> indices =
        llvm::map_to_vector(read.getIndices(), [&](Value index) {
          return mapping.lookupOrDefault(index);
        });
    return mapping.map(read.getResult(),
                       load(bufferOf(read.getMemRef()), indices));
  }
  Operation *copy = b.clone(op, mapping);
  // Products and sums may contract, as on processors.
  if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(copy))
    copy->setAttr(
        cast<arith::ArithFastMathInterface>(copy).getFastMathAttrName(),
        arith::FastMathFlagsAttr::get(b.getContext(),
                                      arith::FastMathFlags::contract));
}

Value KernelWriter::materialise(Value value, IRMapping &mapping) {
  if (mapping.contains(value))
    return mapping.lookup(value);
  Region *region = value.getParentRegion();
  if (region != &nest.getReduce() && region != &nest.getFinish())
    return pass(value);
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    unsigned input = argument.getArgNumber();
    mapping.map(value, load(buffers[input], subscripts(input)));
    return mapping.lookup(value);
  }
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    if (!isa<MemRefType>(operand.getType()))
      mapping.map(operand, materialise(operand, mapping));
  cloneOp(*op, mapping);
  return mapping.lookup(value);
}

Value KernelWriter::applyRegion(Region &region, Value accumulator) {
  Block &block = region.front();
  IRMapping mapping;
  mapping.map(block.getArguments().back(), accumulator);
  return materialise(block.getTerminator()->getOperand(0), mapping);
}

void KernelWriter::writeResult(Value accumulator) {
  for (unsigned dim = numParallel; dim < nest.getNumDims(); ++dim)
    ivs[dim] = Value();
  Value result = applyRegion(nest.getFinish(), accumulator);
  store(result, buffers.back(), subscripts(nest.getInputs().size()));
}

//===----------------------------------------------------------------------===//
// Places of elements
//===----------------------------------------------------------------------===//

Value KernelWriter::countPlaces(ArrayRef<unsigned> dims) {
  Value places = constant(1);
  for (unsigned dim : dims)
    places = b.createOrFold<arith::MulIOp>(places, extent(dim));
  return places;
}

Value KernelWriter::countHostPlaces(ArrayRef<unsigned> dims) {
  Value places = arith::ConstantIndexOp::create(host, 1);
  for (unsigned dim : dims)
    places = host.createOrFold<arith::MulIOp>(places, hostExtent(dim));
  return places;
}

Value KernelWriter::divideHostCeil(Value value, int64_t size) {
  Value most = arith::ConstantIndexOp::create(host, size - 1);
  Value divisor = arith::ConstantIndexOp::create(host, size);
  return host.createOrFold<arith::DivUIOp>(
      host.createOrFold<arith::AddIOp>(value, most), divisor);
}

void KernelWriter::setPlace(Value place, ArrayRef<unsigned> dims) {
  for (unsigned dim : llvm::reverse(dims)) {
    bool isFirst = dim == dims.front();
    ivs[dim] =
        isFirst ? place : b.createOrFold<arith::RemUIOp>(place, extent(dim));
    if (!isFirst)
      place = b.createOrFold<arith::DivUIOp>(place, extent(dim));
  }
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

gpu::GPUModuleOp KernelWriter::writeKernel(ModuleOp module, StringRef name) {
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
      b.getDenseI32ArrayAttr({static_cast<int32_t>(plan.workgroupSize), 1, 1}));
  function->setAttr(planName, b.getStringAttr(plan.str()));
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
  ivs.assign(nest.getNumDims(), Value());
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

LaunchOp KernelWriter::writeLaunch(StringRef kernel, Value run) {
  SmallVector<Value> memrefs = llvm::map_to_vector(
      buffers, [](const Buffer &buffer) { return buffer.memref; });
  return LaunchOp::create(host, kernel, run, groups, memrefs, scalars);
}

BlockArgument KernelWriter::addShared(int64_t size, Type element) {
  auto space = gpu::AddressSpaceAttr::get(
      b.getContext(), gpu::GPUDialect::getWorkgroupAddressSpace());
  auto type =
      MemRefType::get({size}, element, MemRefLayoutAttrInterface(), space);
  return function.addWorkgroupAttribution(type, nest.getLoc());
}

std::unique_ptr<KernelWriter>
mlir::lathe::kernel::createKernelWriter(NestOp nest, const KernelPlan &plan,
                                        OpBuilder &builder) {
  return plan.kind == KernelPlan::Kind::tiles
             ? createTileWriter(nest, plan, builder)
             : createElementWriter(nest, plan, builder);
}
