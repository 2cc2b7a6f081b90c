//===- PtxArithmetic.cpp - What instructions of PTX compute ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxArithmetic.h"
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

using namespace ptx;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

static bool has(const Instruction &instruction, const char *word) {
  return std::find(instruction.words.begin() + 1, instruction.words.end(),
                   word) != instruction.words.end();
}

static void findComparison(const Instruction &instruction,
                           Operation &operation) {
  using O = Operation;
  const std::pair<const char *, O::Comparison> names[] = {
      {"eq", O::equal},     {"ne", O::unequal},  {"lt", O::less},
      {"le", O::lessEqual}, {"gt", O::greater},  {"ge", O::greaterEqual},
      {"nan", O::isNan},    {"num", O::isNumber}};
  std::string word = instruction.words[1];
  operation.orNan = word.size() == 3 && word.back() == 'u';
  if (operation.orNan)
    word.pop_back();
  // With a predicate to combine with it is another instruction.
  operation.known = false;
  for (auto [name, comparison] : names)
    if (word == name && instruction.words.size() == 3) {
      operation.comparison = comparison;
      operation.known = true;
    }
}

Operation ptx::findOperation(const Instruction &instruction) {
  using O = Operation;
  const std::pair<const char *, O::Code> names[] = {
      {"mov", O::move},        {"add", O::add},         {"sub", O::subtract},
      {"mul", O::multiply},    {"mad", O::multiplyAdd}, {"fma", O::multiplyAdd},
      {"div", O::divide},      {"rem", O::remainder},   {"min", O::least},
      {"max", O::most},        {"neg", O::negate},      {"abs", O::absolute},
      {"sqrt", O::squareRoot}, {"rcp", O::reciprocal},  {"shl", O::shiftLeft},
      {"shr", O::shiftRight},  {"and", O::bitAnd},      {"or", O::bitOr},
      {"xor", O::bitXor},      {"not", O::bitNot},      {"setp", O::compare},
      {"selp", O::select},     {"cvt", O::convert},     {"bfe", O::extract},
      {"prmt", O::permute}};
  Operation operation;
  operation.type = instruction.type;
  operation.from = instruction.from;
  for (auto [name, code] : names)
    if (instruction.words[0] == name) {
      operation.code = code;
      operation.known = true;
    }
  if (operation.type.bits == 0 || has(instruction, "approx") ||
      has(instruction, "ftz") || has(instruction, "sat"))
    operation.known = false;
  if (has(instruction, "f16x2") || has(instruction, "bf16x2")) {
    operation.known &= operation.code == O::convert;
    operation.code = O::convertPair;
  }
  if (operation.code == O::multiply && has(instruction, "hi"))
    operation.code = O::multiplyHigh;
  if (operation.code == O::multiply && has(instruction, "wide"))
    operation.code = O::multiplyWide;
  if (operation.code == O::multiplyAdd && !operation.type.isFloat() &&
      !has(instruction, "lo"))
    operation.known = false;
  if (operation.code == O::permute && instruction.words.size() != 2)
    operation.known = false;
  if (operation.code == O::compare)
    findComparison(instruction, operation);
  const std::pair<const char *, O::Rounding> roundings[] = {{"rni", O::nearest},
                                                            {"rmi", O::down},
                                                            {"rpi", O::up},
                                                            {"rzi", O::toZero}};
  for (auto [name, rounding] : roundings)
    if (has(instruction, name))
      operation.rounding = rounding;
  return operation;
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

static double readFloat(uint64_t bits, Type type) {
  if (type.kind == 'h')
    return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
  if (type.bits == 16)
    return static_cast<float>(
        std::bit_cast<_Float16>(static_cast<uint16_t>(bits)));
  if (type.bits == 32)
    return std::bit_cast<float>(static_cast<uint32_t>(bits));
  return std::bit_cast<double>(bits);
}

/// Rounds to the nearest, ties to even, as all types do. Twice where it was
/// rounded to a double before, which changes nothing for narrower types.
static uint64_t writeFloat(double value, Type type) {
  if (type.bits == 64)
    return std::bit_cast<uint64_t>(value);
  auto single = static_cast<float>(value);
  if (type.bits == 32)
    return std::bit_cast<uint32_t>(single);
  if (type.kind == 'f')
    return std::bit_cast<uint16_t>(static_cast<_Float16>(single));
  auto bits = std::bit_cast<uint32_t>(single);
  if (std::isnan(single))
    return 0x7fff;
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

static double computeFloat(const Operation &operation, double a, double b,
                           double c) {
  switch (operation.code) {
  case Operation::add:
    return a + b;
  case Operation::subtract:
    return a - b;
  case Operation::multiply:
    return a * b;
  case Operation::multiplyAdd:
    return operation.type.bits == 32
               ? std::fma(static_cast<float>(a), static_cast<float>(b),
                          static_cast<float>(c))
               : std::fma(a, b, c);
  case Operation::divide:
    return a / b;
  case Operation::reciprocal:
    return 1 / a;
  case Operation::squareRoot:
    return std::sqrt(a);
  case Operation::least:
    return std::fmin(a, b);
  case Operation::most:
    return std::fmax(a, b);
  case Operation::negate:
    return -a;
  case Operation::absolute:
    return std::fabs(a);
  default:
    return std::numeric_limits<double>::quiet_NaN();
  }
}

template <typename T>
static bool holds(Operation::Comparison comparison, T a, T b) {
  switch (comparison) {
  case Operation::equal:
    return a == b;
  case Operation::unequal:
    return a < b || a > b;
  case Operation::less:
    return a < b;
  case Operation::lessEqual:
    return a <= b;
  case Operation::greater:
    return a > b;
  case Operation::greaterEqual:
    return a >= b;
  case Operation::isNan:
    return a != a || b != b;
  case Operation::isNumber:
    return a == a && b == b;
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

static uint64_t computeInteger(const Operation &operation, uint64_t a,
                               uint64_t b, uint64_t c) {
  unsigned bits = operation.type.bits;
  bool isSigned = operation.type.kind == 's';
  int64_t signedA = extend(a, bits), signedB = extend(b, bits);
  a = truncate(a, bits);
  // Amounts to shift by have 32 bits, and more than the width is the width.
  uint64_t amount = truncate(b, 32);
  b = truncate(b, bits);
  switch (operation.code) {
  case Operation::add:
    return a + b;
  case Operation::subtract:
    return a - b;
  case Operation::multiply:
    return a * b;
  case Operation::multiplyHigh:
    return isSigned ? static_cast<uint64_t>(
                          static_cast<__int128>(signedA) * signedB >> bits)
                    : static_cast<uint64_t>(
                          static_cast<unsigned __int128>(a) * b >> bits);
  case Operation::multiplyAdd:
    return a * b + c;
  case Operation::divide:
    if (b == 0)
      return ~uint64_t(0);
    return isSigned ? static_cast<uint64_t>(signedA / signedB) : a / b;
  case Operation::remainder:
    if (b == 0)
      return a;
    return isSigned ? static_cast<uint64_t>(signedA % signedB) : a % b;
  case Operation::least:
    return (isSigned ? signedA < signedB : a < b) ? a : b;
  case Operation::most:
    return (isSigned ? signedA > signedB : a > b) ? a : b;
  case Operation::negate:
    return -a;
  case Operation::absolute:
    return signedA < 0 ? -a : a;
  case Operation::shiftLeft:
    return amount >= bits ? 0 : a << amount;
  case Operation::shiftRight:
    if (isSigned)
      return static_cast<uint64_t>(signedA >>
                                   std::min<uint64_t>(amount, bits - 1));
    return amount >= bits ? 0 : a >> amount;
  case Operation::bitAnd:
    return a & b;
  case Operation::bitOr:
    return a | b;
  case Operation::bitXor:
    return a ^ b;
  case Operation::bitNot:
    return ~a;
  case Operation::permute: {
    // Each byte is the one of `a` (0 to 3) or `b` that four bits of `c` name.
    uint64_t bytes = b << 32 | a, result = 0;
    for (unsigned i = 0; i < 4; ++i) {
      uint64_t chosen = bytes >> (8 * (c >> (4 * i) & 7)) & 0xff;
      if (c >> (4 * i) & 8)
        chosen = chosen & 0x80 ? 0xff : 0;
      result |= chosen << (8 * i);
    }
    return result;
  }
  case Operation::extract: {
    // `c` bits from bit `b` on, of which the last may be the sign.
    auto count = static_cast<unsigned>(truncate(c, 8));
    uint64_t field = amount >= bits ? 0 : truncate(a >> amount, count);
    return isSigned && count ? static_cast<uint64_t>(extend(field, count))
                             : field;
  }
  default:
    return 0;
  }
}

static double roundToInteger(double value, Operation::Rounding rounding) {
  switch (rounding) {
  case Operation::nearest:
    return std::nearbyint(value);
  case Operation::down:
    return std::floor(value);
  case Operation::up:
    return std::ceil(value);
  case Operation::toZero:
    return std::trunc(value);
  case Operation::none:
    return value;
  }
  return value;
}

static uint64_t convert(const Operation &operation, uint64_t bits) {
  Type type = operation.type, from = operation.from;
  if (!from.isFloat()) {
    int64_t value = from.kind == 's'
                        ? extend(bits, from.bits)
                        : static_cast<int64_t>(truncate(bits, from.bits));
    if (!type.isFloat())
      return static_cast<uint64_t>(value);
    // At once: a double has not all bits of a long number.
    if (type.bits == 32)
      return std::bit_cast<uint32_t>(
          from.kind == 's' ? static_cast<float>(value)
                           : static_cast<float>(static_cast<uint64_t>(value)));
    return writeFloat(from.kind == 's'
                          ? static_cast<double>(value)
                          : static_cast<double>(static_cast<uint64_t>(value)),
                      type);
  }
  double value = roundToInteger(readFloat(bits, from), operation.rounding);
  if (type.isFloat())
    return writeFloat(value, type);
  if (std::isnan(value))
    return 0;
  // What is beyond becomes the last that is not.
  bool isSigned = type.kind == 's';
  double limit = std::ldexp(1.0, static_cast<int>(type.bits) - isSigned);
  if (value >= limit)
    return truncate(~uint64_t(0), type.bits - isSigned);
  if (value < (isSigned ? -limit : 0))
    return isSigned ? uint64_t(1) << (type.bits - 1) : 0;
  return isSigned ? static_cast<uint64_t>(static_cast<int64_t>(value))
                  : static_cast<uint64_t>(value);
}

uint64_t ptx::compute(const Operation &operation, const uint64_t *sources) {
  Type type = operation.type;
  switch (operation.code) {
  case Operation::move:
    return truncate(sources[0], type.bits);
  case Operation::select:
    return truncate(sources[sources[2] ? 0 : 1], type.bits);
  case Operation::convert:
    return truncate(convert(operation, sources[0]), type.bits);
  case Operation::convertPair:
    return truncate(convert(operation, sources[0]), type.bits) << type.bits |
           truncate(convert(operation, sources[1]), type.bits);
  case Operation::multiplyWide:
    return truncate(type.kind == 's'
                        ? static_cast<uint64_t>(extend(sources[0], type.bits) *
                                                extend(sources[1], type.bits))
                        : truncate(sources[0], type.bits) *
                              truncate(sources[1], type.bits),
                    2 * type.bits);
  case Operation::compare:
    if (type.isFloat()) {
      double a = readFloat(sources[0], type), b = readFloat(sources[1], type);
      return holds(operation.comparison, a, b) ||
             (operation.orNan && (std::isnan(a) || std::isnan(b)));
    }
    if (type.kind == 's')
      return holds(operation.comparison, extend(sources[0], type.bits),
                   extend(sources[1], type.bits));
    return holds(operation.comparison, truncate(sources[0], type.bits),
                 truncate(sources[1], type.bits));
  default:
    break;
  }
  if (!type.isFloat())
    return truncate(
        computeInteger(operation, sources[0], sources[1], sources[2]),
        type.bits);
  return writeFloat(computeFloat(operation, readFloat(sources[0], type),
                                 readFloat(sources[1], type),
                                 readFloat(sources[2], type)),
                    type);
}
