//===- FourierEmitter.h - Writes Fourier transforms on vectors ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_FOURIEREMITTER_H
#define LATHE_CODEGEN_FOURIEREMITTER_H

#include "codegen/Fourier.h"
#include "codegen/VectorBuilder.h"
#include "mlir/IR/SymbolTable.h"
#include <functional>

namespace mlir::lathe::kernel {

/// A sequence of numbers, each lane of vectors having its own: how their parts
/// are read and written.
struct FourierLine {
  std::function<Value(Value index, bool imaginary)> load;
  std::function<void(Value index, bool imaginary, Value x)> store;
};

/// Writes transforms as `planFourier` plans them.
class FourierEmitter : protected VectorBuilder {
protected:
  FourierEmitter(Operation *op, const KernelTarget &target,
                 SymbolTable &symbols, OpBuilder &builder)
      : VectorBuilder(op, target, builder), symbols(symbols) {}

  /// Declares what transforms of these kinds and lengths have on the stack.
  void allocateLines(ArrayRef<std::pair<FourierKind, int64_t>> transforms);

  /// How many lines are transformed at once: two real ones may be one complex.
  int64_t countLines(FourierKind kind, int64_t n) const;

  /// Transforms lines of `n` numbers, without a scale. Complex lines, and all
  /// in straight-line code, are read before they are written.
  void transform(FourierKind kind, int64_t n, ArrayRef<FourierLine> lines);

private:
  /// Sums with cosines and with sines of a part, or its terms.
  struct Fold {
    Value even, odd;
  };

  FourierPlan plan(FourierKind kind, int64_t n) const {
    return planFourier(kind, n, target.registers);
  }
  /// A constant table in memory, made once in a module for all who name it so:
  /// `valueAt` is asked for each place of it in order, the first time.
  Value table(const Twine &name, ArrayRef<int64_t> shape,
              function_ref<double(int64_t)> valueAt);

  void writeStraight(ArrayRef<FourierStep> steps, const FourierLine &line);

  //===--- Direct transforms (FourierDirect.cpp) --------------------------===//

  void transformDirectly(FourierKind kind, int64_t n, const FourierLine &line);
  void transformReal(int64_t n, const FourierLine &line);
  void transformComplex(int64_t n, bool inverse, const FourierLine &line);
  void invertReal(int64_t n, const FourierLine &line);
  /// Stores the sums and differences of a part's x[i] and x[n−i] into rows of
  /// `folded` from `place` on.
  void fold(int64_t n, int64_t place, function_ref<Value(Value)> at);
  Fold loadFold(int64_t n, Value i, int64_t part);
  /// For each of `tile` frequencies from `first` on, and each fold:
  /// Σ_i even_i cos and Σ_i odd_i sin.
  SmallVector<Fold> sumUp(int64_t n, int64_t first, int64_t tile,
                          bool countsTwice, unsigned folds,
                          function_ref<SmallVector<Fold>(Value)> at);
  /// A tile of frequencies, of which the sums fit into the registers beside
  /// what is read: tiles of about the same size.
  int64_t tileOf(unsigned folds, int64_t count) const;

  //===--- Stages (FourierStages.cpp) -------------------------------------===//

  void transformStaged(FourierKind kind, int64_t n, ArrayRef<int64_t> radices,
                       ArrayRef<FourierLine> lines);
  void runStages(int64_t n, ArrayRef<int64_t> radices, bool inverse,
                 const FourierLine &line);
  void runStage(int64_t n, int64_t radix, int64_t stride,
                const FourierLine &source, const FourierLine &target);
  void splitPair(int64_t n, const FourierLine &pair,
                 ArrayRef<FourierLine> lines);
  void joinPair(int64_t n, const FourierLine &pair,
                ArrayRef<FourierLine> lines);
  /// One of three lines of memory on the stack.
  FourierLine scratchLine(int64_t n, int64_t which);

  SymbolTable &symbols;
  Value folded, scratch;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_FOURIEREMITTER_H
