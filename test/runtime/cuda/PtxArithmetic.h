//===- PtxArithmetic.h - What instructions of PTX compute -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TEST_RUNTIME_CUDA_PTXARITHMETIC_H
#define LATHE_TEST_RUNTIME_CUDA_PTXARITHMETIC_H

#include "PtxMachine.h"

namespace ptx {

/// An instruction that makes one value of others.
struct Operation {
  enum Code {
    move,
    add,
    subtract,
    multiply,
    multiplyHigh,
    multiplyWide,
    multiplyAdd,
    divide,
    remainder,
    least,
    most,
    negate,
    absolute,
    squareRoot,
    reciprocal,
    shiftLeft,
    shiftRight,
    bitAnd,
    bitOr,
    bitXor,
    bitNot,
    compare,
    select,
    convert,
    convertPair, ///< The first one is the high half.
    extract,
    permute
  } code = move;
  enum Comparison {
    equal,
    unequal,
    less,
    lessEqual,
    greater,
    greaterEqual,
    isNan,
    isNumber
  } comparison = equal;
  enum Rounding {
    none,
    nearest,
    down,
    up,
    toZero
  } rounding = none;  ///< To integers.
  bool orNan = false; ///< The comparison holds with NaN, too.
  bool known = false;
  Type type, from;
};

Operation findOperation(const Instruction &instruction);

/// The value as a slot holds it, of as many sources as the operation has.
uint64_t compute(const Operation &operation, const uint64_t *sources);

/// The lowest bits, the others being zero, or the sign.
inline uint64_t truncate(uint64_t value, unsigned bits) {
  return bits >= 64 ? value : value & ((uint64_t(1) << bits) - 1);
}
inline int64_t extend(uint64_t value, unsigned bits) {
  return static_cast<int64_t>(value << (64 - bits)) >> (64 - bits);
}

} // namespace ptx

#endif // LATHE_TEST_RUNTIME_CUDA_PTXARITHMETIC_H
