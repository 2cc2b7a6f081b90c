//===- KernelWriter.h - Writes the kernel of a nest -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What kernels of all plans (KernelPlan.h) have in common. The workgroups that
// compute do so by
//
//   group = block y · blocks in a row + block x
//   if group < groups
//     what the plan says
//
// A kernel knows static extents and strides; dynamic ones, and values that the
// nest takes from the host's code, are words among its parameters. Buffers are
// arrays of their elements, of which the parameters say where the first one is
// (runtime/abi.h). All arithmetic on places is of 32 bits. Memory of the
// workgroup is its function's workgroup attributions, barriers stand where all
// invocations pass, and the size of workgroups is the function's
// known_block_size.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_KERNELWRITER_H
#define LATHE_CODEGEN_GPU_KERNELWRITER_H

#include "codegen/KernelDialect.h"
#include "codegen/gpu/KernelPlan.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <memory>

namespace mlir::lathe::kernel {

/// The type of a buffer's elements in memory, where a bool is a byte; bf16 are
/// words that only conversions look into.
Type getStoredType(Type element);

/// Why a nest cannot be a kernel, or an empty text. `lacks` names element types
/// ("f64") that the device has not.
std::string findObstacle(NestOp nest, ArrayRef<std::string> lacks);

/// The attribute of a kernel's function that shows its plan.
inline constexpr llvm::StringLiteral planName = "lathe.plan";

/// Writes a nest on memrefs, its parallel dimensions being in the output's
/// order and before its reductions, as a kernel of its own and its launch.
class KernelWriter {
public:
  KernelWriter(NestOp nest, const KernelPlan &plan, OpBuilder &builder)
      : nest(nest), plan(plan), b(nest.getLoc(), builder),
        host(nest.getLoc(), nest), extents(nest.getStaticExtents()),
        extentValues(extents.size()),
        numParallel(llvm::count(nest.getReductions(), false)) {
    for (unsigned dim = 0; dim < nest.getNumDims(); ++dim)
      (dim < numParallel ? outputDims : reductionDims).push_back(dim);
  }
  virtual ~KernelWriter() = default;

  /// Makes the module of the kernel, at the end of `module`, under `name`.
  gpu::GPUModuleOp writeKernel(ModuleOp module, StringRef name);

  /// Launches `kernel`, which does what the written one does, before the nest.
  LaunchOp writeLaunch(StringRef kernel, Value run);

  /// Whether there are elements enough for the plan, for the host.
  virtual Value writeSuits() {
    return arith::ConstantOp::create(host, host.getBoolAttr(true));
  }

protected:
  /// A buffer of the kernel, and its strides: constants or scalars.
  struct Buffer {
    Value memref;
    SmallVector<Value> strides;
    BlockArgument elements;
    Value first; ///< Place of the first element.
  };

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }

  //===--- Parameters -----------------------------------------------------===//

  /// The word of the parameters at `position`.
  Value parameter(int64_t position);
  /// Passes a value of the host's and returns it in the kernel.
  Value pass(Value value);
  /// The extent of a dimension in the kernel, and for the host.
  Value extent(unsigned dim);
  Value hostExtent(unsigned dim);

  //===--- Buffers --------------------------------------------------------===//

  void addBuffers();
  void describeBuffers(Block &entry);
  Buffer &bufferOf(Value memref);
  Value placeOf(const Buffer &buffer, ValueRange indices);
  /// An element as the nest's regions have it: a bool is a byte in memory.
  Value load(const Buffer &buffer, ValueRange indices);
  void store(Value value, const Buffer &buffer, ValueRange indices);
  /// The indices by which an operand of the nest is accessed.
  SmallVector<Value> subscripts(unsigned operand);

  //===--- Places of elements ---------------------------------------------===//

  /// The product of some dimensions' extents.
  Value countPlaces(ArrayRef<unsigned> dims);
  Value countHostPlaces(ArrayRef<unsigned> dims);
  Value divideHostCeil(Value value, int64_t size);
  /// Sets the indices of dimensions that count as one, the last one fastest.
  void setPlace(Value place, ArrayRef<unsigned> dims);

  //===--- Code -----------------------------------------------------------===//

  /// The workgroups of a launch, for the host.
  virtual Value countGroups() = 0;
  /// Writes what a workgroup does.
  virtual void writeGroup(Value group) = 0;

  /// A value of a region at the present indices, with what it is made of.
  Value materialise(Value value, IRMapping &mapping);
  Value applyRegion(Region &region, Value accumulator);
  /// Stores what `finish` makes of an accumulator.
  void writeResult(Value accumulator);
  void cloneOp(Operation &op, IRMapping &mapping);
  Value writeReport(ReportIndexOp report, IRMapping &mapping);
  /// An array in the workgroup's memory.
  BlockArgument addShared(int64_t size, Type element);

  NestOp nest;
  const KernelPlan &plan;
  ImplicitLocOpBuilder b;    ///< Of the kernel.
  ImplicitLocOpBuilder host; ///< Before the nest.
  SmallVector<int64_t> extents;
  SmallVector<Value> extentValues;
  unsigned numParallel;
  SmallVector<unsigned> outputDims, reductionDims;
  /// The nest's inputs, memrefs that its regions read, and its output.
  SmallVector<Buffer> buffers;
  /// What the host passes, as it is in the kernel, and as words.
  llvm::DenseMap<Value, Value> passed;
  SmallVector<Value> scalars;
  Value parameters;
  /// Before it stands what is read of the parameters.
  Operation *prologueEnd = nullptr;
  gpu::GPUFuncOp function;
  Value thread; ///< Of the workgroup.
  Value groups; ///< Workgroups, for the host.
  /// Indices of the nest's dimensions: none counts as 0.
  SmallVector<Value> ivs;
};

std::unique_ptr<KernelWriter>
createElementWriter(NestOp nest, const KernelPlan &plan, OpBuilder &builder);
std::unique_ptr<KernelWriter>
createTileWriter(NestOp nest, const KernelPlan &plan, OpBuilder &builder);
/// Makes the writer for the plan's kind, which must outlive it.
std::unique_ptr<KernelWriter>
createKernelWriter(NestOp nest, const KernelPlan &plan, OpBuilder &builder);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_KERNELWRITER_H
