//===- abi.h - What compiled code and the runtime agree on ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiled objects call the functions declared here and define one
// LatheModelBinary. The compiler emits calls by these names; a change of any
// declaration is a change of LATHE_ABI_VERSION.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_ABI_H
#define LATHE_RUNTIME_ABI_H

#include <stdint.h>

#define LATHE_ABI_VERSION 6u

/// Visible to compiled code that a process loads (the compiler runs some).
#define LATHE_ABI __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/// One run of one instance: passed through compiled code untouched.
typedef struct LatheContext LatheContext;

/// An entry point. `descriptors[i]` points to the MLIR memref descriptor
/// {allocated, aligned, offset, sizes[rank], strides[rank]} of argument i, in
/// the order: inputs, outputs, weights (rank 1, i8), states (rank 1, i8), arena
/// (rank 1, i8). Inputs and outputs are dense row-major; the others are aligned
/// to 64 bytes. The runtime has checked the inputs' values against their ranges
/// and the dims against their bounds.
typedef void (*LatheEntry)(LatheContext *context, void **descriptors);

/// Iterations [begin, end) of a parallel loop, on any thread.
typedef void (*LatheLoopBody)(int64_t begin, int64_t end, void *captures);

/// A kernel for a device. For Vulkan, binding i of its set 0 is buffer i; the
/// last binding is an array of 32-bit words: LATHE_REPORT_WORDS that it may
/// report an index in (set, index low, index high, bound), for each buffer the
/// place of its first element among the elements bound, and the launch's
/// scalars. For CUDA, its parameters are a pointer to each buffer's first
/// element, one to the words of a report, and the scalars.
typedef struct LatheDeviceKernel {
  const char *name; ///< Of its function in the code, too.
  const void *code; ///< SPIR-V, aligned to 4 bytes; null where images have it.
  uint64_t codeSize;
  uint32_t bufferCount;
  uint32_t scalarCount;
  uint32_t workgroupSize; ///< Invocations of a workgroup, in one dimension.
  uint32_t sharedBytes;   ///< Memory that a workgroup shares.
} LatheDeviceKernel;

/// Of more shared memory than this, a CUDA kernel has none of its own: its
/// launch asks for all.
#define LATHE_STATIC_SHARED_BYTES 49152

#define LATHE_REPORT_WORDS 4

/// How the code of an image is to be read.
typedef enum LatheImageFormat {
  LATHE_IMAGE_PTX,  ///< Text for the driver to compile; a zero byte ends it.
  LATHE_IMAGE_CUBIN ///< Machine code for CUDA devices.
} LatheImageFormat;

/// All kernels of a model in one form.
typedef struct LatheDeviceImage {
  const void *code;
  uint64_t codeSize; ///< Without a zero byte behind it.
  LatheImageFormat format;
  /// The oldest devices that run it, 90 for compute capability 9.0, and whether
  /// only those do (sm_90a).
  uint32_t capability;
  uint32_t exact;
  /// Whether kernels wait for the one launched before them before they reach
  /// memory, so that a device may start them while that one still runs.
  uint32_t startsEarly;
} LatheDeviceImage;

/// The kernels of a model, and the part of the runtime that runs them, which
/// the object names and so is linked with (runtime/Device.h).
typedef struct LatheDeviceCode {
  const struct LatheDeviceDriver *driver;
  const LatheDeviceKernel *kernels;
  uint32_t kernelCount;
  /// Constants that launches name by their address here, and read on the
  /// device.
  const void *constants;
  uint64_t constantsSize;
  /// The code of all kernels, the best form first; none for Vulkan.
  const LatheDeviceImage *images;
  uint64_t imageCount;
} LatheDeviceCode;

/// A buffer of a launch: its first element's address for the host, the bytes
/// from there to the end of its last element, and those of one element.
typedef struct LatheDeviceBuffer {
  void *address;
  int64_t bytes;
  int64_t elementBytes;
} LatheDeviceBuffer;

/// A compiled model, as one constant in its object file.
typedef struct LatheModelBinary {
  uint32_t abiVersion;
  uint32_t entryCount;
  const char *descriptor; ///< JSON text, see docs/architecture.md.
  uint64_t descriptorSize;
  const LatheEntry *entries;    ///< In the descriptor's order.
  const unsigned char *weights; ///< Embedded weights file, or null.
  uint64_t weightsSize;
  const LatheDeviceCode *device; ///< Null: all code is the processor's.
  /// The same model for another device, or the processor's code behind those
  /// for devices; null if there is none.
  const struct LatheModelBinary *next;
} LatheModelBinary;

/// Runs `body` over [0, count) in contiguous parts. `grain` is the least
/// number of iterations worth handing to another thread (at least 1). The
/// partition depends on count, grain and the number of threads alone, and no
/// result may depend on the partition.
LATHE_ABI void latheParallelFor(LatheContext *context, int64_t count,
                                int64_t grain, LatheLoopBody body,
                                void *captures);

/// How many threads latheParallelFor() may use. No result may depend on it.
LATHE_ABI int64_t latheThreads(const LatheContext *context);

/// Brackets the code of event `event` (an index into the entry's "events").
/// Called on the thread that runs the entry only; cheap when not profiling.
LATHE_ABI void latheEventBegin(LatheContext *context, int64_t event);
LATHE_ABI void latheEventEnd(LatheContext *context, int64_t event);

/// Reports that event `event` met the index `index` where [0, bound) was
/// needed. The code goes on with a clamped index; the run returns an error
/// naming the op. May be called from any thread; the first report wins.
LATHE_ABI void latheReportIndex(LatheContext *context, int64_t event,
                                int64_t index, int64_t bound);

/// Hands kernel `kernel` of event `event` to the device, behind all that was
/// handed to it before: `groups` workgroups, and as many more as fill a
/// row of them. Returns at once.
LATHE_ABI void latheDeviceLaunch(LatheContext *context, int64_t event,
                                 int64_t kernel, int64_t groups,
                                 const LatheDeviceBuffer *buffers,
                                 const int32_t *scalars);

/// Returns when the device has done what was handed to it: the host sees what
/// kernels stored in the `count` buffers, and may write others. What goes wrong
/// there is the run's status.
LATHE_ABI void latheDeviceWait(LatheContext *context,
                               const LatheDeviceBuffer *buffers, int64_t count);

/// Gives the device what the host wrote to the `count` buffers, behind all that
/// was handed to it before. The host may write them anew when it returns.
LATHE_ABI void latheDeviceUpload(LatheContext *context,
                                 const LatheDeviceBuffer *buffers,
                                 int64_t count);

//===----------------------------------------------------------------------===//
// Functions that compute
//
// Compiled code calls them by `kernel.call`: the context, the event whose op
// is computed, dense row-major inputs, outputs, and sizes. They allocate
// nothing, and their results do not depend on the number of threads. With a
// null context they run in one thread and report nothing.
//===----------------------------------------------------------------------===//

/// The `k` largest of each row of x [rows, size], largest first, and their
/// places; the first of equals comes first, and a NaN counts as the largest.
/// 1 <= k <= size.
LATHE_ABI void latheTopK(LatheContext *context, int64_t event, const float *x,
                         float *values, int64_t *places, int64_t rows,
                         int64_t size, int64_t k);

/// The numbers that `latheMatch` works in for each matrix of costs.
static inline int64_t latheMatchScratch(int64_t rows, int64_t columns) {
  return 8 * (rows + columns) + rows * columns / 2;
}

/// For each row of each cost [batch, rows, columns], 0 or 1 + the column that
/// an assignment of least total cost gives it; min(rows, columns) rows get
/// one. A cost that is no finite number is reported, and nothing assigned.
/// `scratch` holds [batch, latheMatchScratch(rows, columns)].
LATHE_ABI void latheMatch(LatheContext *context, int64_t event,
                          const float *cost, int64_t *matches, int64_t *scratch,
                          int64_t batch, int64_t rows, int64_t columns);

/// A token for each row of logits [rows, size], drawn from softmax(logits /
/// temperature) of the `limit` most probable tokens (0: of all), of which the
/// fewest are kept whose probabilities reach `mass` of their sum. The draw
/// depends on seed, counter and row alone. Temperature 0 takes the most
/// probable token. `scratch` holds [rows, size].
LATHE_ABI void latheSample(LatheContext *context, int64_t event,
                           const float *logits, const float *temperature,
                           const int64_t *limit, const float *mass,
                           const int64_t *seed, const int64_t *counter,
                           int64_t *tokens, int64_t *scratch, int64_t rows,
                           int64_t size);

/// Sorts `count` numbers into groups, in order within each: `places` [count]
/// is where each goes, `order` [count] the inverse, and group g has the places
/// from offsets[g] to offsets[g + 1] (`offsets` has groups + 1). Numbers not in
/// [0, groups) come last.
LATHE_ABI void latheGroup(LatheContext *context, int64_t event,
                          const int64_t *numbers, int64_t *order,
                          int64_t *places, int64_t *offsets, int64_t count,
                          int64_t groups);

/// Numbers of widths for `slots` parts of a network, an encoder and a decoder a
/// task: `preference` [slots - 1] decides the decoders', the encoder's is the
/// widest whose cost is within `budget` times the widest configuration's.
/// Where none is, decoders get narrower, the least preferred first. `costs` has
/// a cost for each combination of numbers below `counts` [slots], the last
/// part's number changing fastest. Stores the numbers in `widths` [slots] and
/// the share of the widest configuration's cost in `share`. A budget or a
/// preference that is negative or no number is reported.
LATHE_ABI void latheChooseWidths(LatheContext *context, int64_t event,
                                 const double *costs, const int64_t *counts,
                                 const float *budget, const float *preference,
                                 int32_t *widths, float *share, int64_t slots);

#ifdef __cplusplus
}
#endif

#endif // LATHE_RUNTIME_ABI_H
