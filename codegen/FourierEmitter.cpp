//===- FourierEmitter.cpp - Writes Fourier transforms on vectors ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/FourierEmitter.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

using Method = FourierPlan::Method;

static bool isReal(FourierKind kind) {
  return kind == FourierKind::realForward || kind == FourierKind::realInverse;
}

void FourierEmitter::allocateLines(
    ArrayRef<std::pair<FourierKind, int64_t>> transforms) {
  int64_t foldedRows = 0, scratchRows = 0;
  for (auto [kind, n] : transforms) {
    Method method = plan(kind, n).method;
    if (method == Method::direct)
      foldedRows = std::max(foldedRows, 4 * (n / 2 + 1));
    if (method == Method::staged)
      scratchRows = std::max(scratchRows, (isReal(kind) ? 6 : 4) * n);
  }
  if (foldedRows)
    folded = allocate(foldedRows, lanes);
  if (scratchRows)
    scratch = allocate(scratchRows, lanes);
}

int64_t FourierEmitter::countLines(FourierKind kind, int64_t n) const {
  return isReal(kind) && plan(kind, n).method == Method::staged ? 2 : 1;
}

void FourierEmitter::transform(FourierKind kind, int64_t n,
                               ArrayRef<FourierLine> lines) {
  FourierPlan chosen = plan(kind, n);
  switch (chosen.method) {
  case Method::straight:
    return writeStraight(writeFourier(kind, n), lines.front());
  case Method::staged:
    return transformStaged(kind, n, chosen.radices, lines);
  case Method::direct:
    return transformDirectly(kind, n, lines.front());
  }
}

Value FourierEmitter::table(const Twine &name, ArrayRef<int64_t> shape,
                            function_ref<double(int64_t)> valueAt) {
  auto type = MemRefType::get(shape, b.getF32Type());
  std::string symbol = name.str();
  if (!symbols.lookup(symbol)) {
    SmallVector<float> narrow(type.getNumElements());
    for (auto [i, value] : llvm::enumerate(narrow))
      value = valueAt(i);
    auto tensor = RankedTensorType::get(shape, b.getF32Type());
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(
        &cast<ModuleOp>(symbols.getOp()).getBodyRegion().front());
    symbols.insert(memref::GlobalOp::create(
        b, symbol, b.getStringAttr("private"), type,
        DenseElementsAttr::get(tensor, ArrayRef(narrow)), /*constant=*/true,
        b.getI64IntegerAttr(64)));
  }
  return memref::GetGlobalOp::create(b, type, symbol);
}

void FourierEmitter::writeStraight(ArrayRef<FourierStep> steps,
                                   const FourierLine &line) {
  struct Code {
    FourierEmitter &emitter;
    const FourierLine &line;
    Value load(int64_t index, bool imaginary) {
      return line.load(emitter.constant(index), imaginary);
    }
    void store(int64_t index, bool imaginary, Value x) {
      line.store(emitter.constant(index), imaginary, x);
    }
    Value zero() { return emitter.splat(0); }
    Value add(Value x, Value y) { return emitter.fadd(x, y); }
    Value subtract(Value x, Value y) { return emitter.fsub(x, y); }
    Value scale(double factor, Value x) {
      return emitter.fmul(emitter.splat(factor), x);
    }
  };
  runSteps<Value>(steps, Code{*this, line});
}
