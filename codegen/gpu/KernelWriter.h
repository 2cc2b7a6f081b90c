//===- KernelWriter.h - Writes the kernel of a nest -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A nest becomes a kernel of which each invocation computes one element of the
// output:
//
//   id = (block y · blocks in a row + block x) · workgroup size + thread
//   if id < elements
//     the parallel dimensions' indices = digits of id, the innermost fastest
//     accumulator = init
//     for the reductions: accumulator = reduce(inputs, accumulator)
//     output = finish(inputs, accumulator)
//
// A kernel knows static extents and strides; dynamic ones, and values that the
// nest takes from the host's code, are words among its parameters. Buffers are
// arrays of their elements, of which the parameters say where the first one is
// (runtime/abi.h). All arithmetic on places is of 32 bits.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_KERNELWRITER_H
#define LATHE_CODEGEN_GPU_KERNELWRITER_H

#include "codegen/KernelDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lathe::kernel {

/// Why a nest cannot be a kernel, or an empty text. `lacks` names element types
/// ("f64") that the device has not.
std::string findObstacle(NestOp nest, ArrayRef<std::string> lacks);

/// Writes a nest on memrefs, its parallel dimensions being in the output's
/// order and before its reductions, as a kernel of its own and its launch.
class KernelWriter {
public:
  KernelWriter(NestOp nest, int64_t workgroupSize, OpBuilder &builder)
      : nest(nest), workgroupSize(workgroupSize), b(nest.getLoc(), builder),
        host(nest.getLoc(), nest), extents(nest.getStaticExtents()),
        extentValues(extents.size()) {}

  /// Makes the module of the kernel, at the end of `module`, under `name`.
  gpu::GPUModuleOp writeKernel(ModuleOp module, StringRef name);

  /// Launches `kernel`, which does what the written one does, before the nest.
  LaunchOp writeLaunch(StringRef kernel, Value run);

private:
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

  //===--- Code -----------------------------------------------------------===//

  void writeElement();
  Value writeReductions(unsigned dim, Value accumulator);
  Value applyRegion(Region &region, Value accumulator);
  void cloneOp(Operation &op, IRMapping &mapping);
  Value writeReport(ReportIndexOp report, IRMapping &mapping);

  NestOp nest;
  int64_t workgroupSize;
  ImplicitLocOpBuilder b;    ///< Of the kernel.
  ImplicitLocOpBuilder host; ///< Before the nest.
  SmallVector<int64_t> extents;
  SmallVector<Value> extentValues;
  /// The nest's inputs, memrefs that its regions read, and its output.
  SmallVector<Buffer> buffers;
  /// What the host passes, as it is in the kernel, and as words.
  llvm::DenseMap<Value, Value> passed;
  SmallVector<Value> scalars;
  Value parameters;
  /// Before it stands what is read of the parameters.
  Operation *prologueEnd = nullptr;
  Value count; ///< Elements of the output, for the host.
  Value id;    ///< Of the invocation's element.
  SmallVector<Value> ivs;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_KERNELWRITER_H
