//===- MatrixRegisters.cpp - Instructions on whole matrices ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/MatrixRegisters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

/// The table has its version, then the bytes of a row in 16 bits for each
/// register, then the rows of each in a byte.
static constexpr int64_t atBytes = 16, atRows = 48;

void MatrixRegisters::fillTable(Value table, ArrayRef<Shape> shapes) {
  SmallVector<int8_t> bytes(rowBytes, 0);
  bytes[0] = 1;
  for (auto [i, shape] : llvm::enumerate(shapes)) {
    bytes[atBytes + 2 * i] = shape.bytes;
    bytes[atRows + i] = shape.rows;
  }
  auto type = VectorType::get(rowBytes, b.getI8Type());
  Value whole = arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, ArrayRef<int8_t>(bytes)));
  Value zero = arith::ConstantIndexOp::create(b, 0);
  vector::StoreOp::create(b, whole, table, {zero, zero});
}

void MatrixRegisters::setRows(Value table, int64_t matrix, Value rows) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value place = arith::ConstantIndexOp::create(b, atRows + matrix);
  memref::StoreOp::create(b, rows, table, {zero, place});
}

void MatrixRegisters::configure(Value table) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  call("llvm.x86.ldtilecfg", addressOf(table, {zero, zero}));
}

void MatrixRegisters::release() { call("llvm.x86.tilerelease"); }

void MatrixRegisters::zero(int64_t matrix) {
  call("llvm.x86.tilezero", number(matrix));
}

void MatrixRegisters::load(int64_t matrix, Value buffer, ValueRange indices,
                           Value distance) {
  distance = b.createOrFold<arith::IndexCastOp>(b.getI64Type(), distance);
  call("llvm.x86.tileloadd64",
       {number(matrix), addressOf(buffer, indices), distance});
}

void MatrixRegisters::store(int64_t matrix, Value buffer, ValueRange indices,
                            Value distance) {
  distance = b.createOrFold<arith::IndexCastOp>(b.getI64Type(), distance);
  call("llvm.x86.tilestored64",
       {number(matrix), addressOf(buffer, indices), distance});
}

void MatrixRegisters::multiply(StringRef intrinsic, int64_t sums, int64_t rows,
                               int64_t columns) {
  call(intrinsic, {number(sums), number(rows), number(columns)});
}

void MatrixRegisters::call(StringRef name, ValueRange arguments) {
  LLVM::CallIntrinsicOp::create(b, b.getStringAttr(name), arguments);
}

Value MatrixRegisters::number(int64_t matrix) {
  return arith::ConstantIntOp::create(b, b.getI8Type(), matrix);
}

Value MatrixRegisters::addressOf(Value buffer, ValueRange indices) {
  auto add = [&](Value x, Value y) {
    return b.createOrFold<arith::AddIOp>(x, y);
  };
  auto type = cast<MemRefType>(buffer.getType());
  auto layout = memref::ExtractStridedMetadataOp::create(b, buffer);
  Value place = layout.getOffset();
  for (auto [index, stride] : llvm::zip(indices, layout.getStrides()))
    place = add(place, b.createOrFold<arith::MulIOp>(index, stride));
  Value bytes =
      arith::ConstantIndexOp::create(b, type.getElementTypeBitWidth() / 8);
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(b, buffer);
  address = add(address, b.createOrFold<arith::MulIOp>(place, bytes));
  address = b.createOrFold<arith::IndexCastOp>(b.getI64Type(), address);
  return LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                                  address);
}
