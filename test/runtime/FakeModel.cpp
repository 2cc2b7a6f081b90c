//===- FakeModel.cpp - A model as the compiler would emit it
//----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FakeModel.h"
#include "runtime/Safetensors.h"
#include <cstdlib>

using namespace lathe::runtime;

static const char descriptor[] = R"({
  "lathe": 1, "model": "fake", "summary": "Arithmetic by hand.",
  "target": "any", "optimised": true, "parameters": 8,
  "dims": [{"name": "batch", "min": 1, "max": 256},
           {"name": "tokens", "min": 2, "max": 64},
           {"name": "steps", "min": 1, "max": 6},
           {"name": "past", "min": 0, "max": 5, "limit": "6 - steps", "input": "position"},
           {"name": "width", "min": 1, "max": 3, "input": "choice", "values": [3, 1]}],
  "entries": [
    {"name": "main", "arena_bytes": 4096,
     "inputs": [{"name": "x", "type": "f32", "shape": ["batch", 4]}],
     "outputs": [{"name": "y", "type": "f32", "shape": ["batch", 4]}],
     "events": [
       {"name": "scale", "op": "multiply", "shape": "batch x4", "flops": "4*batch"},
       {"name": "bias", "op": "add", "shape": "batch x4", "flops": "4*batch"}]},
    {"name": "gather", "arena_bytes": 0,
     "inputs": [{"name": "ids", "type": "i64", "shape": ["tokens"]}],
     "outputs": [{"name": "values", "type": "f32", "shape": ["tokens"]}],
     "events": [{"name": "look_up", "op": "gather", "shape": "tokens", "flops": 0}]},
    {"name": "window", "arena_bytes": 0,
     "inputs": [{"name": "odd", "type": "f32", "shape": ["2*tokens + 1"]},
                {"name": "mask", "type": "bool", "shape": ["batch", "tokens"]}],
     "outputs": [{"name": "sum", "type": "f32", "shape": ["batch"]}]},
    {"name": "append", "arena_bytes": 0,
     "inputs": [{"name": "x", "type": "f32", "shape": ["steps"]},
                {"name": "position", "type": "i32", "shape": [], "range": ["0", "6 - steps"]},
                {"name": "choice", "type": "i64", "shape": [1]},
                {"name": "codes", "type": "i32", "shape": [2, "steps"], "range": ["-1", "past + 8"]}],
     "outputs": [{"name": "all", "type": "f32", "shape": ["past + steps"]},
                 {"name": "chosen", "type": "f32", "shape": ["width"]}]}],
  "state": {"bytes": 64,
    "tensors": [{"name": "memory", "type": "f32", "shape": [6], "offset": 0, "bytes": 24}]},
  "weights": {"file": "fake.weights", "bytes": 80, "layout": "0123456789abcdef",
    "tensors": [
      {"name": "scale", "type": "f32", "shape": [4], "offset": 0, "bytes": 16},
      {"name": "bias", "type": "f32", "shape": [4], "offset": 64, "bytes": 16}]}
})";

namespace {

/// MLIR's memref descriptor, of a rank up to 2.
template <size_t rank> struct MemRef {
  void *allocated;
  void *aligned;
  int64_t offset;
  int64_t sizes[rank];
  int64_t strides[rank];
};

template <size_t rank> const MemRef<rank> &argument(void *descriptor) {
  return *static_cast<const MemRef<rank> *>(descriptor);
}

template <typename T, size_t rank> T *dataOf(void *descriptor) {
  return static_cast<T *>(argument<rank>(descriptor).aligned);
}

struct Affine {
  LatheContext *context;
  const float *x, *weights;
  float *arena, *y;
};

void scaleRows(int64_t begin, int64_t end, void *captures) {
  auto &affine = *static_cast<Affine *>(captures);
  for (int64_t i = 4 * begin; i < 4 * end; ++i)
    affine.arena[i] = affine.x[i] * affine.weights[i % 4];
}

void addBias(int64_t begin, int64_t end, void *captures) {
  auto &affine = *static_cast<Affine *>(captures);
  for (int64_t i = 4 * begin; i < 4 * end; ++i)
    affine.y[i] = affine.arena[i] + affine.weights[16 + i % 4];
}

void runMain(LatheContext *context, void **args) {
  if (argument<1>(args[2]).sizes[0] != 80 ||
      argument<1>(args[4]).sizes[0] != 4096 ||
      argument<2>(args[0]).strides[0] != 4)
    abort();
  Affine affine = {context, dataOf<float, 2>(args[0]),
                   dataOf<float, 1>(args[2]), dataOf<float, 1>(args[4]),
                   dataOf<float, 2>(args[1])};
  int64_t batch = argument<2>(args[0]).sizes[0];
  latheEventBegin(context, 0);
  latheParallelFor(context, batch, 1, scaleRows, &affine);
  latheEventEnd(context, 0);
  latheEventBegin(context, 1);
  latheParallelFor(context, batch, 1, addBias, &affine);
  latheEventEnd(context, 1);
}

void runGather(LatheContext *context, void **args) {
  const int64_t *ids = dataOf<int64_t, 1>(args[0]);
  float *values = dataOf<float, 1>(args[1]);
  const float *table = dataOf<float, 1>(args[2]) + 16;
  for (int64_t i = 0; i < argument<1>(args[0]).sizes[0]; ++i) {
    bool good = ids[i] >= 0 && ids[i] < 4;
    if (!good)
      latheReportIndex(context, 0, ids[i], 4);
    values[i] = table[good ? ids[i] : 0];
  }
}

void runWindow(LatheContext *, void **args) {
  const float *odd = dataOf<float, 1>(args[0]);
  const bool *mask = dataOf<bool, 2>(args[1]);
  float *sum = dataOf<float, 1>(args[2]);
  int64_t batch = argument<2>(args[1]).sizes[0];
  int64_t tokens = argument<2>(args[1]).sizes[1];
  for (int64_t i = 0; i < batch; ++i) {
    sum[i] = 0;
    for (int64_t j = 0; j < tokens; ++j)
      sum[i] += mask[i * tokens + j] ? odd[2 * j + 1] : 0;
  }
}

void runAppend(LatheContext *, void **args) {
  if (argument<1>(args[7]).sizes[0] != 64)
    abort();
  const float *x = dataOf<float, 1>(args[0]);
  int32_t past = *static_cast<int32_t *>(argument<1>(args[1]).aligned);
  float *memory = dataOf<float, 1>(args[7]);
  int64_t steps = argument<1>(args[0]).sizes[0];
  for (int64_t i = 0; i < steps; ++i)
    memory[past + i] += x[i];
  for (int64_t i = 0; i < past + steps; ++i)
    dataOf<float, 1>(args[4])[i] = memory[i];
  for (int64_t i = 0; i < argument<1>(args[5]).sizes[0]; ++i)
    dataOf<float, 1>(args[5])[i] = 7;
}

const LatheEntry entries[] = {runMain, runGather, runWindow, runAppend};

} // namespace

extern "C" const LatheModelBinary latheModel = {LATHE_ABI_VERSION,
                                                4,
                                                descriptor,
                                                sizeof(descriptor) - 1,
                                                entries,
                                                nullptr,
                                                0,
                                                nullptr,
                                                nullptr};

void writeFakeWeights(const std::string &path, const std::string &layout) {
  auto tensors = layOut({{"scale", LATHE_F32, {4}}, {"bias", LATHE_F32, {4}}},
                        weightsAlignment);
  auto writer = SafetensorsWriter::create(
      path, *tensors, {{"lathe.layout", layout}}, weightsAlignment, true);
  float scale[] = {1, 2, 3, 4}, bias[] = {10, 20, 30, 40};
  if (writer->append(scale, sizeof(scale)).failed() ||
      writer->append(bias, sizeof(bias)).failed() || writer->finish().failed())
    abort();
}
