//===- WarpgroupInterpreter.cpp - What warpgroups multiply meanwhile ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// wgmma.mma_async by the PTX ISA, sections "Canonical Layouts", "Matrix
// Descriptor Format" and "Asynchronous wgmma Proxy Operations". Sums are an
// array of numbers, or, while a product may be under way, its number.
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

//===----------------------------------------------------------------------===//
// Matrices in shared memory
//===----------------------------------------------------------------------===//

namespace {
/// A descriptor taken apart: addresses and offsets in bytes.
struct Descriptor {
  explicit Descriptor(uint64_t bits)
      : start((bits & 0x3fff) << 4), leading((bits >> 16 & 0x3fff) << 4),
        stride((bits >> 32 & 0x3fff) << 4), baseOffset(bits >> 49 & 7),
        mode(bits >> 62) {
    constexpr uint64_t unused =
        0x3ull << 14 | 0x3ull << 30 | 0x7ull << 46 | 0x3ffull << 52;
    hasUnused = bits & unused;
  }

  /// The address of an element of 16 bits: of T = 8 in 128 bits, those that the
  /// canonical layout ((8,m),(T,2k)):((wT,SBO),(1,T)) gives the row and step of
  /// a K-major matrix and ((T,w,m),(8,k)):((1,T,LBO),(wT,SBO)) of an MN-major
  /// one, for patterns of w times 128 bits; then Swizzle<B, 4, 3>, 2^B = w.
  uint64_t addressOf(uint64_t row, uint64_t step, bool isKMajor) const {
    const uint64_t bits = 4 - mode, w = 1ull << bits;
    uint64_t place = isKMajor ? row % 8 * (w * 16) + row / 8 * stride + step * 2
                              : row % (8 * w) * 2 + row / (8 * w) * leading +
                                    step % 8 * (w * 16) + step / 8 * stride;
    uint64_t address = start + place;
    return address ^ (address >> 3 & (w - 1) << 4);
  }

  uint64_t start, leading, stride, baseOffset, mode;
  bool hasUnused;
};
} // namespace

void Interpreter::placeShared(gpu::GPUFuncOp kernel) {
  // Addresses are multiples of what was asked for, and of no more than that.
  int64_t next = 0;
  for (auto [i, shared] : llvm::enumerate(kernel.getWorkgroupAttributions())) {
    auto asked = dyn_cast_or_null<IntegerAttr>(
        kernel.getWorkgroupAttributionAttr(i, "llvm.align"));
    int64_t alignment = asked ? asked.getInt() : 16;
    int64_t address = llvm::alignTo(next, alignment);
    if (address % (2 * alignment) == 0)
      address += alignment;
    sharedAddresses[shared] = address;
    auto type = cast<MemRefType>(shared.getType());
    next = address + type.getNumElements() *
                         llvm::divideCeil(type.getElementTypeBitWidth(), 8u);
  }
}

Attribute Interpreter::readForProduct(Operation *op, uint64_t address,
                                      Product &product) {
  constexpr uint64_t bytes = 2;
  for (auto [array, begin] : sharedAddresses) {
    Memory &memory = memories.at(array);
    uint64_t place = (address - begin) / bytes;
    if (address < static_cast<uint64_t>(begin) ||
        place >= memory.elements->size())
      continue;
    Access &last = (*memory.accesses)[place];
    if (last.underWay)
      fail(op, "a copy to place " + Twine(place) + " is under way");
    if (last.writeEpoch == epoch)
      fail(op, "invocations race for place " + Twine(place));
    if (!(*memory.elements)[place])
      fail(op, "nobody stored to place " + Twine(place));
    if (!last.isFenced)
      fail(op, "place " + Twine(place) + " was stored without a proxy fence");
    product.reads.push_back(&last);
    ++last.products;
    return (*memory.elements)[place];
  }
  fail(op, "address " + Twine(address) + " is in no memory");
  return {};
}

std::vector<double> Interpreter::readMatrix(NVVM::WgmmaMmaAsyncOp op,
                                            uint64_t bits, int64_t lines,
                                            bool isKMajor, Product &product) {
  Descriptor descriptor(bits);
  std::vector<double> numbers;
  if (descriptor.hasUnused || descriptor.mode == 0 || descriptor.baseOffset) {
    fail(op, "an unknown descriptor");
    return numbers;
  }
  const llvm::fltSemantics &format = op.getTypeA() == NVVM::WGMMATypes::bf16
                                         ? APFloat::BFloat()
                                         : APFloat::IEEEhalf();
  for (int64_t line = 0; line < lines; ++line)
    for (int64_t step = 0; step < 16 && failure.empty(); ++step) {
      Attribute element = readForProduct(
          op, descriptor.addressOf(line, step, isKMajor), product);
      if (auto word = dyn_cast_or_null<IntegerAttr>(element))
        numbers.push_back(APFloat(format, word.getValue()).convertToDouble());
      else if (auto number = dyn_cast_or_null<FloatAttr>(element))
        numbers.push_back(number.getValueAsDouble());
    }
  return numbers;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

void Interpreter::forWarpgroups(Operation *op, const Mask &mask,
                                function_ref<void(size_t)> function) {
  if (width % warpgroup)
    return fail(op, "not all lanes reach it");
  for (size_t i = 0; i < width / warpgroup && failure.empty(); ++i) {
    auto lanes = llvm::make_range(mask.begin() + i * warpgroup,
                                  mask.begin() + (i + 1) * warpgroup);
    if (!llvm::is_contained(lanes, true))
      continue;
    if (llvm::is_contained(lanes, false))
      return fail(op, "not all lanes reach it");
    function(i);
  }
}

void Interpreter::beginProduct(NVVM::WgmmaMmaAsyncOp op, const Mask &mask) {
  Lanes results(width);
  forWarpgroups(op, mask, [&](size_t i) { beginProduct(op, i, results); });
  values[op.getResults()] = std::move(results);
}

void Interpreter::beginProduct(NVVM::WgmmaMmaAsyncOp op, size_t number,
                               Lanes &results) {
  const size_t first = number * warpgroup;
  auto uniform = [&](Value descriptor) -> uint64_t {
    for (size_t lane = 0; lane < warpgroup; ++lane)
      if (values[descriptor][first + lane] != values[descriptor][first])
        fail(op, "subgroups have other descriptors");
    return integer(descriptor, first);
  };
  const int64_t rows = 64, columns = op.getShape().getN();
  if (op.getShape().getM() != rows || op.getShape().getK() != 16 ||
      op.getTypeA() != op.getTypeB() ||
      op.getTypeD() != NVVM::WGMMATypes::f32 ||
      op.getScaleD() != NVVM::WGMMAScaleOut::one || columns % 8)
    return fail(op, "unknown");
  Product &product = products.emplace_back();
  product.warpgroup = number;
  product.group = productGroups[number];
  std::vector<double> left = readMatrix(op, uniform(op.getDescriptorA()), rows,
                                        op.getLayoutA() == NVVM::MMALayout::row,
                                        product),
                      right = readMatrix(
                          op, uniform(op.getDescriptorB()), columns,
                          op.getLayoutB() == NVVM::MMALayout::col, product);
  for (size_t lane = 0; lane < warpgroup && failure.empty(); ++lane) {
    Attribute before = values[op.getInouts()][first + lane];
    // Of products of one shape, each sees the sums of that before.
    if (auto other = dyn_cast<IntegerAttr>(before))
      before = products[other.getInt()].sums[lane];
    else if (!registersFenced[number])
      return fail(op, "registers of its sums are not fenced");
    SmallVector<Attribute> sums(cast<ArrayAttr>(before).getValue());
    for (auto [i, sum] : llvm::enumerate(sums)) {
      int64_t row = lane / 32 * 16 + lane % 32 / 4 + i % 4 / 2 * 8,
              column = i / 4 * 8 + lane % 4 * 2 + i % 2;
      double total = cast<FloatAttr>(sum).getValueAsDouble();
      for (int64_t k = 0; k < 16; ++k)
        total += left[row * 16 + k] * right[column * 16 + k];
      sum = FloatAttr::get(cast<FloatAttr>(sum).getType(), total);
    }
    product.sums.push_back(ArrayAttr::get(op.getContext(), sums));
    results[first + lane] =
        IntegerAttr::get(IntegerType::get(op.getContext(), 64),
                         static_cast<int64_t>(products.size()) - 1);
  }
}

void Interpreter::groupProducts(Operation *op, const Mask &mask) {
  forWarpgroups(op, mask, [&](size_t i) { ++productGroups[i]; });
}

void Interpreter::awaitProducts(NVVM::WgmmaWaitGroupSyncOp op,
                                const Mask &mask) {
  auto allBut = static_cast<int64_t>(op.getGroup());
  forWarpgroups(op, mask, [&](size_t i) {
    for (Product &product : products) {
      if (product.isDone || product.warpgroup != i ||
          product.group >= productGroups[i] - allBut)
        continue;
      product.isDone = true;
      for (Access *access : product.reads) {
        --access->products;
        // Other invocations know of the end by a barrier.
        access->reader = Access::several;
        access->readEpoch = epoch;
      }
    }
  });
}

void Interpreter::fenceProxy(const Mask &mask) {
  for (auto [array, address] : sharedAddresses)
    for (Access &access : *memories.at(array).accesses)
      if (access.writer >= 0 && mask[access.writer])
        access.isFenced = true;
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

ArrayAttr Interpreter::readSums(Operation *op, Value sums, size_t lane) {
  Attribute attribute = values[sums][lane];
  if (auto number = dyn_cast<IntegerAttr>(attribute)) {
    Product &product = products[number.getInt()];
    if (!product.isDone)
      fail(op, "the product of these sums is under way");
    return cast<ArrayAttr>(product.sums[lane % warpgroup]);
  }
  return cast<ArrayAttr>(attribute);
}

void Interpreter::extractSum(LLVM::ExtractValueOp op, const Mask &mask) {
  Lanes &result = values[op.getRes()];
  result.resize(width);
  forLanes(mask, [&](size_t lane) {
    if (ArrayAttr sums = readSums(op, op.getContainer(), lane))
      result[lane] = sums[op.getPosition()[0]];
  });
}

void Interpreter::gatherOperands(LLVM::InlineAsmOp op, const Mask &mask) {
  if (!op.getAsmString().empty())
    return fail(op, "unknown");
  Lanes &result = values[op.getRes()];
  result.resize(width);
  registersFenced.assign(registersFenced.size(), false);
  forLanes(mask, [&](size_t lane) {
    SmallVector<Attribute> numbers;
    for (Value operand : op.getOperands())
      numbers.push_back(values[operand][lane]);
    result[lane] = ArrayAttr::get(op.getContext(), numbers);
  });
}
