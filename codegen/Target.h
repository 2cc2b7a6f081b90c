//===- Target.h - The machine that a program is for -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_TARGET_H
#define LATHE_CODEGEN_TARGET_H

#include "mlir/Support/LLVM.h"
#include "passes/CostModel.h"
#include "llvm/ADT/STLExtras.h"
#include <memory>
#include <string>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace mlir::lathe {

/// Columns of a panel of weights: a multiple of the lanes of every target's
/// vectors, so that vectors begin at multiples of their width. Weights are laid
/// out alike for all targets.
inline constexpr int64_t panelColumns = 32;

/// What a processor fetches from memory at once, and how far ahead one that has
/// little else to do asks for what it streams: near enough for the first-level
/// cache to keep, and more than processors foresee by themselves or memory
/// sends while one line is on its way.
inline constexpr int64_t lineBytes = 64, bytesAhead = 64 * lineBytes;

/// A processor: the only place from which tile sizes and rates come.
struct CpuTarget {
  std::string triple;
  std::string cpu;      ///< As LLVM names it, such as "znver3".
  std::string features; ///< As LLVM takes them, "+avx2,+fma,...".
  /// Those of its extensions that a program looks for before it runs.
  std::vector<std::string> extensions;
  int64_t vectorBytes = 16;
  int64_t registers = 16;
  /// Vectors that are multiplied and added in a cycle.
  int64_t multipliers = 2;
  /// Whether some lanes of a vector of 4-byte elements can be loaded and stored
  /// as fast as all of them.
  bool masks = false;
  /// LLVM's intrinsic that adds to each lane of 4 bytes the products of four
  /// bytes by four others, of full vectors; "" if there is none.
  std::string byteDot;
  /// Whether it takes the first four as unsigned.
  bool unsignedDot = false;
  /// The one that adds to each lane of f32 the products of two pairs of bf16;
  /// "" if there is none.
  std::string bf16Dot;
  /// LLVM's intrinsics that multiply registers of 16 rows by 64 bytes, signed
  /// bytes or bf16, with sums of 32 bits, as Intel's Advanced Matrix Extensions
  /// have them; "" if there are none.
  std::string byteMatrices, bf16Matrices;
  /// Whether an instruction rounds f32 to bf16.
  bool convertsBf16 = false;
  /// Whether an instruction multiplies and adds, with one rounding.
  bool fusesMultiplyAdd = true;
  /// Elementary operations that are worth waking a thread: it costs some ten
  /// microseconds, as long as a hundred thousand of them take.
  int64_t leastThreadWork = 131072;
  /// Of the first-level data cache. LLVM does not know it; few processors with
  /// vectors have less.
  int64_t cacheBytes = 32768;
  /// Lines of it that share a place.
  int64_t cacheWays = 8;
  /// Of a core's second-level cache: few have less.
  int64_t secondCacheBytes = 524288;
};

/// What runs kernels: each has a form of code and a part of the runtime.
enum class DeviceKind {
  vulkan, ///< SPIR-V for any device of any vendor.
  cuda    ///< PTX, and machine code, for NVIDIA's devices.
};

/// A device that runs kernels beside the processor: the only place from which
/// their sizes come, and what they may use.
struct DeviceTarget {
  DeviceKind kind = DeviceKind::vulkan;
  /// The oldest devices that run the code, as CUDA names them ("sm_80").
  std::string architecture;
  /// Invocations of a workgroup, a power of two: as many as all devices run.
  int64_t workgroupSize = 128;
  /// Memory that a workgroup shares: as much as all devices have.
  int64_t sharedBytes = 16384;
  /// Invocations that go in step, on most devices.
  static constexpr int64_t subgroupSize = 32;
  /// What memory delivers at once.
  int64_t sectorBytes = 32;
  /// Neighbouring words of shared memory that an invocation loads at once.
  int64_t sharedWords = 1;
  /// Sums that an invocation has in registers, with room for what it
  /// multiplies.
  int64_t accumulators = 32;
  /// Invocations that keep the device busy: some hundred for each unit of a
  /// device of middling size.
  int64_t busyInvocations = 16384;
  /// Whether subgroups are of just this size, and their invocations take each
  /// other's values of 32 bits without memory.
  bool exchanges = false;
  /// Whether subgroups, of whatever size, combine their invocations' values of
  /// 32 bits by one instruction.
  bool reducesSubgroups = false;
  /// Whether an instruction rounds f32 to bf16.
  bool convertsBf16 = false;
  /// Whether invocations copy from memory to what the workgroup shares without
  /// registers, and go on meanwhile.
  bool copiesAsync = false;
  /// Whether a kernel may be started while the one before it still runs, for
  /// which it waits by an instruction.
  bool startsEarly = false;
  /// Element types of which a subgroup multiplies matrices by one instruction.
  SmallVector<std::string> multiplied;
  /// Whether these are cooperative matrices (SPV_KHR_cooperative_matrix) of
  /// subgroups of whatever size, of which only the device knows what each
  /// invocation has: rows, columns and steps are `cooperativeSize`, sums f32.
  bool cooperates = false;
  static constexpr int64_t cooperativeSize = 16;
  /// Other ones: rows and columns of the result, in f32, and the bytes that
  /// each of them has of the operands.
  static constexpr int64_t productRows = 16, productColumns = 8,
                           productBytes = 32;
  /// Memory that a workgroup may share whose warpgroups, four subgroups each,
  /// multiply matrices of 16-bit numbers in it by one instruction and go on
  /// meanwhile; 0 if there is no such instruction.
  int64_t warpgroupBytes = 0;
  static constexpr int64_t warpgroupSize = 4 * subgroupSize;
  /// Element types that it has not; what computes with them is the host's.
  SmallVector<std::string> lacks;

  /// Of CUDA's `architecture`: 90 of "sm_90a", which no other devices run.
  unsigned getCapability() const;
  bool isExact() const { return StringRef(architecture).ends_with("a"); }

  bool multiplies(StringRef type) const {
    return llvm::is_contained(multiplied, type);
  }

  /// As users know it: "Vulkan", "CUDA".
  StringRef getName() const;
  /// As `--target` takes it: "vulkan", "cuda:sm_80".
  std::string getSpelling() const;
  /// The symbol of the part of the runtime that runs kernels (runtime/Device.h)
  /// and the part that the linker adds for it.
  StringRef getDriver() const;
  StringRef getRuntimePart() const;
};

/// Whether `--target=TEXT` is meant to name a device and not a triple.
bool namesDevice(StringRef text);

/// The device that "vulkan", "cuda" or "cuda:sm_90a" names. Nothing, and a
/// message in `error`, if there is none such.
std::optional<DeviceTarget> resolveDevice(StringRef text, std::string &error);

/// The processor of the given name for a triple ("" for this machine's):
/// "native" is this machine with all its features. Nothing, and a message in
/// `error`, if LLVM does not know it.
std::optional<CpuTarget> resolveTarget(StringRef triple, StringRef cpu,
                                       std::string &error);

/// What a core of the target does in a second: by its vectors, since LLVM knows
/// no clock and no memory. Passes compare ways to compute the same by it.
Machine getMachine(const CpuTarget &target);

/// LLVM's code generator for CUDA devices.
std::unique_ptr<llvm::TargetMachine>
createTargetMachine(const DeviceTarget &device);

/// LLVM's code generator for a resolved target.
std::unique_ptr<llvm::TargetMachine> createTargetMachine(const CpuTarget &cpu,
                                                         bool optimise);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_TARGET_H
