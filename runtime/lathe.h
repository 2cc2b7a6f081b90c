//===- lathe.h - Running models compiled by Lathe ---------------*- C -*---===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The C interface of a compiled model:
//
//   LatheStatus status;
//   LatheModel *model;
//   LatheInstance *instance;
//   if (latheModelOpen(&latheModel, &model, &status) ||
//       latheModelLoadWeights(model, NULL, &status) ||
//       latheInstanceCreate(model, NULL, &instance, &status))
//     return fail(status.message);
//   int64_t imageShape[] = {7, 1, 16, 16}, logitsShape[] = {7, 10};
//   LatheTensor image = {LATHE_F32, 4, imageShape, pixels};
//   LatheTensor logits = {LATHE_F32, 2, logitsShape, result};
//   if (latheInstanceRun(instance, 0, &image, 1, &logits, 1, &status))
//     return fail(status.message);
//   latheInstanceDestroy(instance);
//   latheModelClose(model);
//
// Functions that can fail return LATHE_OK (0) or the code of the failure, and
// describe it in `status`, which the caller owns and which may be null. There
// is no global state: different models, and different instances of one model,
// may be used by different threads at the same time.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_LATHE_H
#define LATHE_RUNTIME_LATHE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifndef LATHE_API
#define LATHE_API __attribute__((visibility("default")))
#endif

// What may be left out of an initialiser.
#ifdef __cplusplus
#define LATHE_ZERO_BY_DEFAULT = {}
extern "C" {
#else
#define LATHE_ZERO_BY_DEFAULT
#endif

//===----------------------------------------------------------------------===//
// Status
//===----------------------------------------------------------------------===//

typedef enum LatheCode {
  LATHE_OK = 0,
  LATHE_BAD_ARGUMENT,  ///< The call itself is wrong: null, wrong count, busy.
  LATHE_BAD_MODEL,     ///< The compiled model fits not this runtime or machine.
  LATHE_BAD_FILE,      ///< A file's contents are malformed or do not fit.
  LATHE_IO_ERROR,      ///< The system refused to read or write a file.
  LATHE_BAD_SHAPE,     ///< A tensor's type or shape is not what is wanted.
  LATHE_BAD_INDEX,     ///< An index among the inputs was out of its range.
  LATHE_OUT_OF_MEMORY, ///< Memory or threads could not be had.
  LATHE_BAD_VALUE,     ///< A value met while running admits no result.
  LATHE_DEVICE_ERROR,  ///< No device can run the model, or it was lost.
} LatheCode;

/// How a call went. `message` is one line of UTF-8 without a final newline,
/// cut off with "..." where it would not fit; empty on success.
typedef struct LatheStatus {
  LatheCode code;
  char message[1020];
} LatheStatus;

//===----------------------------------------------------------------------===//
// What a model is
//===----------------------------------------------------------------------===//

/// Element types. Those after LATHE_BOOL occur in files only.
typedef enum LatheType {
  LATHE_F32,
  LATHE_F64,
  LATHE_F16,
  LATHE_BF16,
  LATHE_I8,
  LATHE_U8,
  LATHE_I16,
  LATHE_I32,
  LATHE_I64,
  LATHE_BOOL,
  LATHE_U16,
  LATHE_U32,
  LATHE_U64,
  LATHE_F8_E4M3,
  LATHE_F8_E5M2,
} LatheType;

/// The name ("f32"), and the bytes of one element.
LATHE_API const char *latheTypeName(LatheType type);
LATHE_API size_t latheTypeSize(LatheType type);

/// A dynamic dimension and the values it may take, both bounds included. Its
/// value is a size of an input's shape, or what the input `input` holds.
typedef struct LatheDimInfo {
  const char *name;
  int64_t min;
  int64_t max;
  const char *limit;     ///< A further bound over other dims: "4096 - tokens";
                         ///< null for none.
  const char *input;     ///< The input that holds the value; null for none.
  uint32_t valueCount;   ///< Not 0: the input holds a number into `values`.
  const int64_t *values; ///< The sizes to choose from.
} LatheDimInfo;

/// An input, an output, a weight or a state.
typedef struct LatheTensorInfo {
  const char *name;
  LatheType type;
  uint32_t rank;
  const char *const *shape; ///< Per dimension: "16", "batch", "2*tokens + 1".
  const int64_t *minShape;  ///< The shape with every dim at its minimum,
  const int64_t *maxShape;  ///< and at its maximum.
  const char *least; ///< The values that an input may hold, both included:
  const char *most;  ///< "0" and "4096 - tokens". Null where any will do.
} LatheTensorInfo;

/// A part of an entry that profiles tell apart: about one op of the model.
typedef struct LatheEventInfo {
  const char *name;  ///< "stem"
  const char *op;    ///< "conv2d"
  const char *shape; ///< Of its result, such as "batch x16x8x8".
  const char *flops; ///< Floating-point operations, such as "9216*batch".
} LatheEventInfo;

typedef struct LatheEntryInfo {
  const char *name;
  size_t arenaBytes; ///< Working memory at the dims' maxima.
  uint32_t inputCount;
  uint32_t outputCount;
  uint32_t eventCount;
  const LatheTensorInfo *inputs;
  const LatheTensorInfo *outputs;
  const LatheEventInfo *events;
} LatheEntryInfo;

typedef struct LatheModelInfo {
  const char *name;
  const char *summary;
  const char *target; ///< The processor it was compiled for.
  const char *json;   ///< The whole descriptor.
  int64_t parameters; ///< Numbers among the weights.
  int32_t optimised;  ///< 0 when compiled by the reference lowering (-O0).
  int32_t embedded;   ///< 1 when the weights are inside the program.
  uint32_t dimCount;
  uint32_t entryCount;
  uint32_t weightCount;
  const LatheDimInfo *dims;
  const LatheEntryInfo *entries;
  const LatheTensorInfo *weights;
  const char *weightsFile; ///< Its name, without a folder.
  uint64_t weightsBytes;
  uint32_t stateCount;
  const LatheTensorInfo
      *states;         ///< What an instance remembers from run to run.
  uint64_t stateBytes; ///< The memory that this takes, an instance.
} LatheModelInfo;

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

struct LatheModelBinary;
typedef struct LatheModel LatheModel;
typedef struct LatheTensor LatheTensor;

/// Opens a compiled model, which must stay where it is until the model is
/// closed. The model can be asked about, and runs once it has its weights.
/// Errors: LATHE_BAD_MODEL if it was compiled for another runtime version.
LATHE_API LatheCode latheModelOpen(const struct LatheModelBinary *binary,
                                   LatheModel **model, LatheStatus *status);

/// Opens a model that was compiled for several devices (--target=cpu+vulkan):
/// the code for `kind`, a LatheDeviceKind, or with 0 the first code whose
/// device is there, which starts the device. latheModelOpen opens the first
/// code. Errors: LATHE_BAD_ARGUMENT if there is no code for `kind`;
/// LATHE_DEVICE_ERROR with 0 if no code is the host's and no device is there.
LATHE_API LatheCode latheModelOpenOn(const struct LatheModelBinary *binary,
                                     int32_t kind, LatheModel **model,
                                     LatheStatus *status);

/// Why latheModelOpenOn passed over code for a device, one line of text that
/// lives as long as the model; null if it took the first code.
LATHE_API const char *latheModelFallback(const LatheModel *model);

/// Frees the model and its weights. Its instances must be gone by then.
LATHE_API void latheModelClose(LatheModel *model);

/// Everything there is to know about the model; valid until it is closed.
LATHE_API const LatheModelInfo *latheModelInfo(const LatheModel *model);

/// Maps the weights file at `path`, read-only: all processes and instances
/// share one copy. Without a path the weights inside the program are taken, or
/// else the file beside the program or shared library that holds the model.
/// The file must not be truncated while it is in use.
/// Errors: LATHE_IO_ERROR if it cannot be read; LATHE_BAD_FILE if it is
/// malformed or belongs to another compilation (its layout hash differs).
LATHE_API LatheCode latheModelLoadWeights(LatheModel *model, const char *path,
                                          LatheStatus *status);

/// The same with a weights file in memory: `size` bytes, starting at a
/// multiple of 64, which stay the caller's and must outlive the model.
LATHE_API LatheCode latheModelUseWeights(LatheModel *model, const void *data,
                                         size_t size, LatheStatus *status);

/// Compares the loaded weights with their checksum; this reads all of them.
/// Errors: LATHE_BAD_FILE if they differ or carry no checksum.
LATHE_API LatheCode latheModelCheckWeights(const LatheModel *model,
                                           LatheStatus *status);

/// Writes to `shape` (as many numbers as that output's rank) the shape that
/// output `output` of entry `entry` has for these inputs, of which the types
/// and shapes are looked at, and the data of those that hold dims.
/// Errors: LATHE_BAD_SHAPE and LATHE_BAD_INDEX, as for latheInstanceRun.
LATHE_API LatheCode latheModelOutputShape(const LatheModel *model,
                                          uint32_t entry,
                                          const LatheTensor *inputs,
                                          size_t inputCount, uint32_t output,
                                          int64_t *shape, LatheStatus *status);

//===----------------------------------------------------------------------===//
// Instances
//===----------------------------------------------------------------------===//

/// What it takes to run a model: working memory and threads.
typedef struct LatheInstance LatheInstance;

/// The embedding program's own pool of threads. `run` calls task(data, i) for
/// each i in [0, count), on any threads, and returns when all have returned;
/// `count` is at most the instance's number of threads. Without allocation
/// here, none happens in a run. Tasks work on their stacks: a megabyte will do.
typedef struct LatheExecutor {
  void *user; ///< Passed to `run`.
  void (*run)(void *user, int64_t count,
              void (*task)(void *data, int64_t index), void *data);
} LatheExecutor;

/// Called around each event of a run, on the thread that called
/// latheInstanceRun. `dims` are the run's values of the model's dims, in their
/// order. Any function may be null.
///
/// On a device, code of the processor hands over what is to be done, and an
/// event's work is under way when `end` is called. If the device has timers,
/// `device` is called later with when it did that work, in nanoseconds of
/// CLOCK_MONOTONIC; without `device`, or timers, `end` is called once the work
/// is done.
typedef struct LatheHooks {
  void *user; ///< Passed to the functions.
  void (*begin)(void *user, const LatheEventInfo *event, const int64_t *dims);
  void (*end)(void *user, const LatheEventInfo *event, const int64_t *dims);
  void (*device)(void *user, const LatheEventInfo *event, const int64_t *dims,
                 int64_t begin, int64_t end);
} LatheHooks;

/// Zero-initialised options are the defaults.
typedef struct LatheInstanceOptions {
  uint32_t threads; ///< The caller's included; 0: every processor available.
                    ///< With 1, no thread is made and nothing is synchronised.
  const LatheExecutor *executor; ///< Copied. Null: the instance's own threads,
                                 ///< which sleep while there is no work.
  const LatheHooks *hooks;       ///< Copied. Null: none.
} LatheInstanceOptions;

/// Kinds of devices, numbered as DLPack does (DLDeviceType).
typedef enum LatheDeviceKind {
  LATHE_HOST = 1,
  LATHE_CUDA = 2,
  LATHE_VULKAN = 7,
} LatheDeviceKind;

/// A device; all zero is the host, too.
typedef struct LatheDevice {
  int32_t kind; ///< A LatheDeviceKind.
  int32_t id;
} LatheDevice;

/// A dense row-major tensor, in memory of the caller's that is aligned to the
/// element size.
struct LatheTensor {
  LatheType type;
  uint32_t rank;
  const int64_t *shape;
  void *data; ///< Not written to where the tensor is an input.
  /// Where `data` is: on the host, or on the device that runs the instance
  /// (latheInstanceDevice), whose memory latheMemoryCreate takes. On a CUDA
  /// device `data` is any address there, on a Vulkan device what
  /// latheMemoryCreate gave, and nothing else. Inputs that hold dims, have a
  /// range, or are read by code of the processor, must be on the host.
  LatheDevice device LATHE_ZERO_BY_DEFAULT;
};

/// Makes an instance of a model that has its weights. All memory and threads
/// are taken here, none by latheInstanceRun. The instance has states of its
/// own, which are zero. `options` may be null. If the model was compiled for a
/// device, the first instance of it finds one and gives it the weights, and
/// runs take memory there for inputs and outputs larger than all before.
/// Errors: LATHE_BAD_ARGUMENT without weights; LATHE_OUT_OF_MEMORY;
/// LATHE_DEVICE_ERROR if there is no device that can run the model.
LATHE_API LatheCode latheInstanceCreate(const LatheModel *model,
                                        const LatheInstanceOptions *options,
                                        LatheInstance **instance,
                                        LatheStatus *status);

/// The device that runs the instance: the host unless the model was compiled
/// for another.
LATHE_API LatheDevice latheInstanceDevice(const LatheInstance *instance);

/// Takes `size` bytes of that device's memory for data of tensors, with any
/// contents. All instances of the model may use them, one run at a time; they
/// are the model's to free when it is closed, at the latest.
/// Errors: LATHE_OUT_OF_MEMORY, LATHE_BAD_ARGUMENT.
LATHE_API LatheCode latheMemoryCreate(const LatheInstance *instance,
                                      size_t size, void **data,
                                      LatheStatus *status);

/// Copies `size` bytes of the host's to the beginning of what
/// latheMemoryCreate gave. Not while a run uses it.
/// Errors: LATHE_BAD_ARGUMENT where it gave no `data` or less memory;
/// LATHE_DEVICE_ERROR.
LATHE_API LatheCode latheMemoryWrite(const LatheInstance *instance, void *data,
                                     const void *from, size_t size,
                                     LatheStatus *status);

/// Frees what latheMemoryCreate gave. Not while a run uses it.
LATHE_API void latheMemoryDestroy(const LatheInstance *instance, void *data);

/// Ends the instance's threads and frees its memory.
LATHE_API void latheInstanceDestroy(LatheInstance *instance);

/// Makes the instance's states zero again, as after latheInstanceCreate: for
/// the next sequence. Errors: LATHE_BAD_ARGUMENT while the instance runs.
LATHE_API LatheCode latheInstanceResetState(LatheInstance *instance,
                                            LatheStatus *status);

/// Replaces the hooks; null removes them. Not while the instance runs.
LATHE_API void latheInstanceSetHooks(LatheInstance *instance,
                                     const LatheHooks *hooks);

/// Runs entry number `entry`, reading `inputs` and writing `outputs`, both in
/// the descriptor's order. The dims' values come from the inputs' shapes, or
/// from inputs that hold them. The same inputs and states give the same bits,
/// whatever the number of threads.
/// Errors: LATHE_BAD_SHAPE if a type or shape is wrong or a dim beyond its
/// bounds, LATHE_BAD_INDEX if an input holds a value out of its range,
/// LATHE_BAD_ARGUMENT on wrong counts, null or misaligned data, an output that
/// shares memory with another tensor (but where both are on the host and a
/// device computes), and an instance that is running already:
/// outputs and states are untouched then.
/// LATHE_BAD_INDEX naming an op if the model met an index out of range, and
/// LATHE_DEVICE_ERROR if the device was lost or is too small for the dims:
/// outputs and states are meaningless then.
LATHE_API LatheCode latheInstanceRun(LatheInstance *instance, uint32_t entry,
                                     const LatheTensor *inputs,
                                     size_t inputCount,
                                     const LatheTensor *outputs,
                                     size_t outputCount, LatheStatus *status);

//===----------------------------------------------------------------------===//
// DLPack
//
// Tensors of other libraries. The structures are DLPack's by their layout, so
// that pointers to a DLTensor and a DLManagedTensor may be cast to them.
//===----------------------------------------------------------------------===//

typedef struct LatheDLTensor {
  void *data;
  LatheDevice device;
  int32_t ndim;
  struct {
    uint8_t code; ///< 0 signed, 1 unsigned, 2 float, 4 bfloat, 6 bool.
    uint8_t bits;
    uint16_t lanes;
  } dtype;
  int64_t *shape;
  int64_t *strides; ///< In elements; null for a dense row-major tensor.
  uint64_t byte_offset;
} LatheDLTensor;

typedef struct LatheDLManagedTensor {
  LatheDLTensor dl_tensor;
  void *manager_ctx;
  void (*deleter)(struct LatheDLManagedTensor *self);
} LatheDLManagedTensor;

/// Makes `tensor` a view of a tensor of another library, which must outlive it
/// and stays the caller's to delete. Errors: LATHE_BAD_ARGUMENT if it is not
/// dense and row-major, has elements or a device that we do not know, data that
/// is not aligned to the element size, or an offset on a Vulkan device.
LATHE_API LatheCode latheTensorFromDLPack(const LatheDLTensor *from,
                                          LatheTensor *tensor,
                                          LatheStatus *status);

/// Makes a tensor for another library, which deletes it by its `deleter`. The
/// shape is copied, the data are not: `release(owner)` is called when the
/// tensor is deleted, unless `release` is null.
LATHE_API LatheCode latheTensorToDLPack(const LatheTensor *tensor, void *owner,
                                        void (*release)(void *owner),
                                        LatheDLManagedTensor **managed,
                                        LatheStatus *status);

//===----------------------------------------------------------------------===//
// Traces
//===----------------------------------------------------------------------===//

/// A profile: the times of events, gathered through hooks.
typedef struct LatheTrace LatheTrace;

/// Makes a trace with room for `capacity` events; what exceeds that is counted
/// but not kept. The model must outlive it.
LATHE_API LatheCode latheTraceCreate(const LatheModel *model, size_t capacity,
                                     LatheTrace **trace, LatheStatus *status);
LATHE_API void latheTraceDestroy(LatheTrace *trace);

/// Hooks that record into this trace: one instance at a time.
LATHE_API LatheHooks latheTraceHooks(LatheTrace *trace);

/// Writes the trace as JSON for chrome://tracing and ui.perfetto.dev, whole or
/// not at all. Errors: LATHE_IO_ERROR.
LATHE_API LatheCode latheTraceWrite(const LatheTrace *trace, const char *path,
                                    LatheStatus *status);

/// Prints a table of the events by total time.
LATHE_API void latheTracePrint(const LatheTrace *trace, FILE *stream);

#ifdef __cplusplus
}
#endif

#endif // LATHE_RUNTIME_LATHE_H
