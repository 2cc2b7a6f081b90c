//===- Descriptor.h - What a compiled model says about itself -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DESCRIPTOR_H
#define LATHE_RUNTIME_DESCRIPTOR_H

#include "runtime/SizeExpr.h"
#include "runtime/abi.h"
#include <memory>
#include <vector>

namespace lathe::runtime {

/// A shape of the descriptor, ready to be evaluated.
using ShapeExpr = std::vector<SizeExpr>;

/// The descriptor of a LatheModelBinary: as the C interface shows it (`info`),
/// and its expressions.
struct Descriptor {
  /// Two bounds, both included: sizes, or numbers where the elements are
  /// floats.
  struct Range {
    SizeExpr least, most;
    std::optional<std::pair<double, double>> numbers;
  };
  /// Code for an entry at some values of its dims.
  struct Variant {
    uint32_t code; ///< Its place among the binary's functions.
    std::vector<std::pair<uint32_t, int64_t>> when; ///< Dims and their values.
    LatheEntryInfo info;
  };

  /// Of one entry, in the order of its inputs, outputs and events.
  struct Entry {
    std::vector<ShapeExpr> inputs;
    std::vector<ShapeExpr> outputs;
    std::vector<std::optional<Range>> ranges; ///< Of the inputs' values.
    /// Whether code of the processor reads the input.
    std::vector<bool> onHost;
    std::vector<SizeExpr> flops;
    std::vector<Variant> variants; ///< The first that fits runs.
  };

  static Result<std::unique_ptr<Descriptor>>
  parse(const LatheModelBinary &binary);

  LatheModelInfo info = {};
  std::vector<Entry> entries;
  uint32_t variantCount = 0; ///< Of all entries.
  std::vector<std::string> dimNames;
  std::vector<std::optional<SizeExpr>> dimLimits;
  /// Of the processor that the code is for (runtime/Processor.h).
  std::vector<std::string> processorFeatures;
  /// Identifies the arrangement of the weights in their file.
  std::string layout;

  /// Keeps an array that `info` points into.
  template <typename T> const T *keep(std::vector<T> array) {
    auto held = std::make_shared<std::vector<T>>(std::move(array));
    kept.push_back(held);
    return held->data();
  }
  /// Keeps a text that `info` points to.
  const char *keep(std::string text) {
    auto held = std::make_shared<std::string>(std::move(text));
    kept.push_back(held);
    return held->c_str();
  }

private:
  std::vector<std::shared_ptr<const void>> kept;
};

/// Finds the values of the model's dims (to `dims`) from the inputs' shapes and
/// from the inputs that hold dims. Fails with a message if a type, a rank or a
/// size is not what the entry wants or a dim is beyond its bounds. Allocates
/// on failure only.
Status bindDims(const Descriptor &descriptor, uint32_t entry,
                std::span<const LatheTensor> inputs, std::span<int64_t> dims);

/// "4096 - tokens = 4000 with tokens = 96": the text of a bound and its value,
/// or the text alone if it is a number.
std::string describeBound(const Descriptor &descriptor, const char *text,
                          const SizeExpr &bound, std::span<const int64_t> dims);

/// Checks every element of the inputs that have a range. Fails with a message
/// that names the input, the first value beyond it and its place.
Status checkRanges(const Descriptor &descriptor, uint32_t entry,
                   std::span<const LatheTensor> inputs,
                   std::span<const int64_t> dims);

/// Checks that `tensor` has the type and, at these dims, the shape wanted.
Status checkTensor(const Descriptor &descriptor, const LatheTensorInfo &wanted,
                   const ShapeExpr &shape, const LatheTensor &tensor,
                   std::span<const int64_t> dims);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DESCRIPTOR_H
