//===- Fourier.h - Discrete Fourier transforms as straight-line code ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fast transforms of any length as a list of sums, differences and products
// with constants, and the choice between them and direct ones.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_FOURIER_H
#define LATHE_CODEGEN_FOURIER_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

namespace mlir::lathe {

/// cos(2π k / n) and sin(2π k / n) for any k. Angles that mirror each other
/// have the same bits but for the sign, and quarter turns are exact.
double cosTurn(int64_t k, int64_t n);
double sinTurn(int64_t k, int64_t n);

namespace kernel {

/// What a transform without a scale reads and writes.
enum class FourierKind {
  /// X[u] = Σ_i x[i] e^(−2πi u i / n), complex numbers.
  forward,
  /// The same with e^(+2πi u i / n).
  inverse,
  /// Real numbers to the frequencies 0 … n/2.
  realForward,
  /// The frequencies 0 … n/2 to real numbers, the others being their mirror
  /// images. The imaginary parts of 0 and (n even) n/2 are not read.
  realInverse,
};

/// A step of straight-line code. Operands are the numbers of earlier steps.
struct FourierStep {
  enum class Kind { load, store, zero, add, subtract, scale };
  Kind kind;
  /// add: x + y; subtract: x − y; scale: factor · x; store: x.
  int64_t x = 0, y = 0;
  double factor = 0;
  /// What is loaded or stored: the real or the imaginary part of which number.
  int64_t index = 0;
  bool imaginary = false;

  /// The operands.
  SmallVector<int64_t, 2> operands() const;
};

/// The code of a transform, each load once and before all stores, so that it
/// may work in place. Lengths are split at coprime factors (Good, Thomas),
/// powers of two by the split radix with conjugate pairs of twiddles, powers of
/// other primes by that prime; a prime's own transform is a direct one of sums
/// and differences of x[i] and x[n−i]. A number that real inputs or Hermitian
/// ones make twice, or zero, is found out and computed once, or not at all.
SmallVector<FourierStep> writeFourier(FourierKind kind, int64_t n);

/// Does the steps in order, on numbers as `code` has them: its members are
/// load(index, imaginary), store(index, imaginary, x), zero(), add(x, y),
/// subtract(x, y) and scale(factor, x).
template <typename Number, typename Code>
void runSteps(ArrayRef<FourierStep> steps, Code code) {
  SmallVector<Number> numbers;
  for (const FourierStep &step : steps) {
    Number number{};
    switch (step.kind) {
    case FourierStep::Kind::load:
      number = code.load(step.index, step.imaginary);
      break;
    case FourierStep::Kind::store:
      code.store(step.index, step.imaginary, numbers[step.x]);
      break;
    case FourierStep::Kind::zero:
      number = code.zero();
      break;
    case FourierStep::Kind::add:
      number = code.add(numbers[step.x], numbers[step.y]);
      break;
    case FourierStep::Kind::subtract:
      number = code.subtract(numbers[step.x], numbers[step.y]);
      break;
    case FourierStep::Kind::scale:
      number = code.scale(step.factor, numbers[step.x]);
      break;
    }
    numbers.push_back(number);
  }
}

/// The instructions of straight-line code without its loads and stores: a
/// product that only one sum takes is part of it.
int64_t countOperations(ArrayRef<FourierStep> steps);

/// How often the code reads a value again that the registers no longer hold, if
/// they keep what is needed soonest.
int64_t countReloads(ArrayRef<FourierStep> steps, int64_t registers);

/// How a length is transformed.
struct FourierPlan {
  enum class Method {
    /// Straight-line code.
    straight,
    /// Passes over a line in memory, each a loop over straight-line code of one
    /// of the `radices`, whose product is the length; a real transform is half
    /// a complex one.
    staged,
    /// Tiles of frequencies, as sums over tables of cosines and sines.
    direct,
  };
  Method method;
  SmallVector<int64_t> radices;
};

/// The one place where transforms are chosen: what takes the fewest
/// instructions, reloads and broadcasts of table entries being some. Code is
/// bounded: straight-line code has at most `mostStraightSteps`, a radix is at
/// most `mostRadix`, and each is written once.
FourierPlan planFourier(FourierKind kind, int64_t n, int64_t registers);

inline constexpr int64_t mostStraightSteps = 2048, mostRadix = 16;

} // namespace kernel
} // namespace mlir::lathe

#endif // LATHE_CODEGEN_FOURIER_H
