//===- Dims.cpp - Dims from the shapes and values of inputs ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An input's shape such as [batch, 2*tokens + 1] is solved for its dims: first
// those that stand alone, then those that inputs hold as their values, then
// those in expressions with one unknown. Every size is checked afterwards, so
// solving may assume what it likes.
//
//===----------------------------------------------------------------------===//

#include "runtime/Descriptor.h"
#include "runtime/Types.h"
#include <algorithm>
#include <cstring>

using namespace lathe::runtime;

/// Dims are sizes, so no dim has this value.
static constexpr int64_t unbound = -1;

static std::span<const int64_t> shapeOf(const LatheTensor &tensor) {
  return {tensor.shape, tensor.rank};
}

/// "batch = 7, tokens = 5": the dims that `shape` mentions.
static std::string describeDims(const Descriptor &descriptor,
                                const ShapeExpr &shape,
                                std::span<const int64_t> dims) {
  std::vector<size_t> mentioned;
  for (const SizeExpr &size : shape)
    size.forEachDim([&](size_t dim) { mentioned.push_back(dim); });
  std::sort(mentioned.begin(), mentioned.end());
  mentioned.erase(std::unique(mentioned.begin(), mentioned.end()),
                  mentioned.end());
  std::string text;
  for (size_t dim : mentioned)
    if (dims[dim] != unbound)
      text += concat(text.empty() ? " with " : ", ", descriptor.dimNames[dim],
                     " = ", dims[dim]);
  return text;
}

static bool isKnown(const SizeExpr &expr, std::span<const int64_t> dims) {
  bool known = true;
  expr.forEachDim([&](size_t dim) { known &= dims[dim] != unbound; });
  return known;
}

std::string lathe::runtime::describeBound(const Descriptor &descriptor,
                                          const char *text,
                                          const SizeExpr &bound,
                                          std::span<const int64_t> dims) {
  std::optional<int64_t> value = bound.evaluate(dims);
  std::string named = describeDims(descriptor, {bound}, dims);
  return named.empty() || !value ? std::string(text)
                                 : concat(text, " = ", *value, named);
}

static Status mismatch(const Descriptor &descriptor,
                       const LatheTensorInfo &wanted, const ShapeExpr &shape,
                       const LatheTensor &tensor,
                       std::span<const int64_t> dims) {
  std::span<const char *const> texts(wanted.shape, wanted.rank);
  return {LATHE_BAD_SHAPE, concat(quote(wanted.name), " is ",
                                  describe(tensor.type, shapeOf(tensor)),
                                  ", wanted ", describe(wanted.type, texts),
                                  describeDims(descriptor, shape, dims))};
}

static Status bind(const Descriptor &descriptor, size_t dim, int64_t value,
                   std::span<int64_t> dims) {
  const LatheDimInfo &info = descriptor.info.dims[dim];
  if (value < info.min || value > info.max)
    return {LATHE_BAD_SHAPE,
            concat(info.name, " is ", value, ", but ",
                   quote(descriptor.info.name), " was compiled for at ",
                   value > info.max ? concat("most ", info.max)
                                    : concat("least ", info.min))};
  dims[dim] = value;
  return {};
}

/// The number of the input that holds the dim, in an entry that has it.
static std::optional<size_t> findSource(const LatheDimInfo &dim,
                                        const LatheEntryInfo &entry) {
  if (dim.input)
    for (size_t i = 0; i < entry.inputCount; ++i)
      if (std::string_view(entry.inputs[i].name) == dim.input)
        return i;
  return std::nullopt;
}

/// The only element of a dim's source.
static Result<int64_t> readSource(const LatheTensorInfo &wanted,
                                  const LatheTensor &tensor) {
  if (elementCount(shapeOf(tensor)) != 1)
    return Status(LATHE_BAD_SHAPE,
                  concat(quote(wanted.name), " is ",
                         describe(tensor.type, shapeOf(tensor)),
                         ", wanted a single number"));
  if (!tensor.data)
    return Status(LATHE_BAD_ARGUMENT,
                  concat(quote(wanted.name), " has null data"));
  if (isOnDevice(tensor))
    return Status(
        LATHE_BAD_ARGUMENT,
        concat(quote(wanted.name), " holds a dim, and so must be on the host"));
  int64_t value = 0;
  int32_t narrow = 0;
  if (tensor.type == LATHE_I64) {
    std::memcpy(&value, tensor.data, sizeof(value));
  } else if (tensor.type == LATHE_I32) {
    std::memcpy(&narrow, tensor.data, sizeof(narrow));
    value = narrow;
  } else {
    return Status(LATHE_BAD_MODEL, concat(quote(wanted.name),
                                          " holds a dim, but is no integer"));
  }
  return value;
}

/// Takes the dim's value from its source. A limit over dims that are not known
/// yet is checked later.
static Status bindSource(const Descriptor &descriptor, size_t dim,
                         const LatheTensorInfo &wanted,
                         const LatheTensor &tensor, std::span<int64_t> dims) {
  Result<int64_t> value = readSource(wanted, tensor);
  if (!value)
    return value.status();
  const LatheDimInfo &info = descriptor.info.dims[dim];
  int64_t least = info.valueCount ? 0 : info.min;
  int64_t most = info.valueCount ? info.valueCount - 1 : info.max;
  std::string text = std::to_string(most);
  const std::optional<SizeExpr> &limit = descriptor.dimLimits[dim];
  if (limit && isKnown(*limit, dims) && !info.valueCount) {
    int64_t bound = limit->evaluate(dims).value_or(INT64_MAX);
    if (bound <= most) {
      most = bound;
      if (*value > most || *value < least)
        text = describeBound(descriptor, info.limit, *limit, dims);
    }
  }
  if (*value < least || *value > most)
    return {LATHE_BAD_INDEX, concat(quote(wanted.name), " is ", *value,
                                    ", wanted ", least, " to ", text)};
  dims[dim] = info.valueCount ? info.values[*value] : *value;
  return {};
}

/// Checks a dim against its limit, now that all dims are known.
static Status checkLimit(const Descriptor &descriptor, size_t dim,
                         std::span<const int64_t> dims) {
  const std::optional<SizeExpr> &limit = descriptor.dimLimits[dim];
  if (!limit || dims[dim] == unbound || !isKnown(*limit, dims) ||
      dims[dim] <= limit->evaluate(dims).value_or(INT64_MAX))
    return {};
  const LatheDimInfo &info = descriptor.info.dims[dim];
  return {LATHE_BAD_SHAPE,
          concat(info.name, " is ", dims[dim], ", wanted ", info.min, " to ",
                 describeBound(descriptor, info.limit, *limit, dims))};
}

/// Gives the one unbound dim of `expr`, if it has just one, the least value
/// within its bounds at which the expression reaches `size`, found by
/// bisection: sizes grow with their dims.
static void solve(const Descriptor &descriptor, const SizeExpr &expr,
                  int64_t size, std::span<int64_t> dims) {
  std::optional<size_t> unknown;
  bool severalUnknown = false;
  expr.forEachDim([&](size_t dim) {
    if (dims[dim] != unbound)
      return;
    severalUnknown |= unknown && *unknown != dim;
    unknown = dim;
  });
  if (!unknown || severalUnknown)
    return;
  int64_t low = descriptor.info.dims[*unknown].min;
  int64_t high = descriptor.info.dims[*unknown].max;
  while (low < high) {
    dims[*unknown] = low + (high - low) / 2;
    std::optional<int64_t> value = expr.evaluate(dims);
    if (value && *value < size)
      low = dims[*unknown] + 1;
    else
      high = dims[*unknown];
  }
  dims[*unknown] = low;
}

/// Guards what follows from a tensor that was not filled in.
static Status checkFilledIn(const LatheTensorInfo &wanted,
                            const LatheTensor &tensor) {
  bool knownType = tensor.type >= LATHE_F32 && tensor.type <= LATHE_F8_E5M2;
  if (knownType && (tensor.shape || tensor.rank == 0))
    return {};
  return {LATHE_BAD_ARGUMENT,
          concat(quote(wanted.name),
                 knownType ? " has a null shape" : " has an unknown type")};
}

Status lathe::runtime::checkTensor(const Descriptor &descriptor,
                                   const LatheTensorInfo &wanted,
                                   const ShapeExpr &shape,
                                   const LatheTensor &tensor,
                                   std::span<const int64_t> dims) {
  if (Status status = checkFilledIn(wanted, tensor); status.failed())
    return status;
  bool matches = tensor.type == wanted.type && tensor.rank == wanted.rank;
  for (size_t i = 0; matches && i < shape.size(); ++i)
    matches = shape[i].evaluate(dims) == tensor.shape[i];
  return matches ? Status() : mismatch(descriptor, wanted, shape, tensor, dims);
}

Status lathe::runtime::bindDims(const Descriptor &descriptor, uint32_t entry,
                                std::span<const LatheTensor> inputs,
                                std::span<int64_t> dims) {
  const LatheEntryInfo &info = descriptor.info.entries[entry];
  const std::vector<ShapeExpr> &shapes = descriptor.entries[entry].inputs;
  std::fill(dims.begin(), dims.end(), unbound);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (Status status = checkFilledIn(info.inputs[i], inputs[i]);
        status.failed())
      return status;
    if (inputs[i].type != info.inputs[i].type ||
        inputs[i].rank != info.inputs[i].rank)
      return mismatch(descriptor, info.inputs[i], shapes[i], inputs[i], dims);
    for (size_t axis = 0; axis < shapes[i].size(); ++axis)
      if (auto dim = shapes[i][axis].plainDim();
          dim && dims[*dim] == unbound &&
          !findSource(descriptor.info.dims[*dim], info))
        if (Status status = bind(descriptor, *dim, inputs[i].shape[axis], dims);
            status.failed())
          return status;
  }
  for (size_t dim = 0; dim < dims.size(); ++dim)
    if (auto source = findSource(descriptor.info.dims[dim], info))
      if (Status status = bindSource(descriptor, dim, info.inputs[*source],
                                     inputs[*source], dims);
          status.failed())
        return status;
  for (size_t i = 0; i < inputs.size(); ++i)
    for (size_t axis = 0; axis < shapes[i].size(); ++axis)
      solve(descriptor, shapes[i][axis], inputs[i].shape[axis], dims);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (Status status =
            checkTensor(descriptor, info.inputs[i], shapes[i], inputs[i], dims);
        status.failed())
      return status;
  for (size_t dim = 0; dim < dims.size(); ++dim)
    if (Status status = checkLimit(descriptor, dim, dims); status.failed())
      return status;
  return {};
}
