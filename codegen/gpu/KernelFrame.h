//===- KernelFrame.h - What all kernels for devices have in common --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel of an op on memrefs, and its launch. The workgroups that compute do
// so by
//
//   group = block y · blocks in a row + block x
//   if group < groups
//     what the kernel does
//
// A kernel knows static extents and strides; dynamic ones, and values that the
// op takes from the host's code, are words among its parameters. Buffers are
// arrays of their elements, of which the parameters say where the first one is
// (runtime/abi.h). All arithmetic on places is of 32 bits. Memory of the
// workgroup is its function's workgroup attributions, barriers stand where all
// invocations pass, and the size of workgroups is the function's
// known_block_size.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_KERNELFRAME_H
#define LATHE_CODEGEN_GPU_KERNELFRAME_H

#include "codegen/KernelDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lathe::kernel {

/// The type of a buffer's elements in memory, where a bool is a byte; bf16 are
/// words that only conversions look into.
Type getStoredType(Type element);

/// The attribute of a kernel's function that shows its plan.
inline constexpr llvm::StringLiteral planName = "lathe.plan";

/// Writes a kernel, and its launch before `op`.
class KernelFrame {
public:
  /// `plan` is what the kernel's attribute shows.
  KernelFrame(Operation *op, int64_t workgroupSize, std::string plan,
              OpBuilder &builder)
      : b(op->getLoc(), builder), host(op->getLoc(), op),
        workgroupSize(workgroupSize), planText(std::move(plan)) {}
  virtual ~KernelFrame() = default;

  /// Makes the module of the kernel, at the end of `module`, under `name`.
  gpu::GPUModuleOp writeKernel(ModuleOp module, StringRef name);

  /// Launches `kernel`, which does what the written one does, before the op.
  LaunchOp writeLaunch(StringRef kernel, Value run);

  /// What the workgroup's memory needs for adding up parts of a tile.
  static int64_t countPartBytes(int64_t elements, int64_t parts) {
    return 4 * elements * (parts - 1);
  }

  /// What the kernel's attribute shows.
  StringRef getPlan() const { return planText; }
  /// Whether dynamic sizes suit the plan, which was made for so many `elements`
  /// of each, better than one for fewer: for the host.
  virtual Value writeSuits(int64_t /*elements*/) {
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

  //===--- What a kernel is -----------------------------------------------===//

  /// Fills `buffers`, the one that is stored to last.
  virtual void addBuffers() = 0;
  /// The workgroups of a launch, for the host.
  virtual Value countGroups() = 0;
  /// Writes what a workgroup does.
  virtual void writeGroup(Value group) = 0;

  //===--- Parameters -----------------------------------------------------===//

  /// The word of the parameters at `position`.
  Value parameter(int64_t position);
  /// Passes a value of the host's and returns it in the kernel.
  Value pass(Value value);
  /// Passes what an op takes from the host's code beside the values mapped.
  void passOperands(Operation &op, IRMapping &mapping);
  /// Copies an op into the kernel, whose operands are mapped.
  void cloneMapped(Operation &op, IRMapping &mapping);

  //===--- Buffers --------------------------------------------------------===//

  void describeBuffers(Block &entry);
  Buffer &bufferOf(Value memref);
  Value placeOf(const Buffer &buffer, ValueRange indices);
  /// An element as ops have it: a bool is a byte in memory.
  Value load(const Buffer &buffer, ValueRange indices);
  /// `count` neighbours from there on as vectors of `bytes`, which their
  /// address is a multiple of; and the elements of such vectors.
  SmallVector<Value> loadRun(const Buffer &buffer, ValueRange indices,
                             int64_t count, int64_t bytes);
  SmallVector<Value> elementsOf(ValueRange vectors, Type element);
  void store(Value value, const Buffer &buffer, ValueRange indices);
  /// An array in the workgroup's memory, which begins at a multiple of
  /// `alignment` bytes if that is not 0.
  BlockArgument addShared(int64_t size, Type element, int64_t alignment = 0);

  /// Adds up f32 totals of parts in order, as many invocations having each:
  /// those of the first part get what comes out.
  SmallVector<Value> addUpParts(ValueRange totals, Value part, int64_t parts);

  //===--- Copies that go on meanwhile ------------------------------------===//

  /// Begins to copy neighbours from a place of a buffer to one of an array of
  /// the workgroup, all `elements` or, if it is given, the first `count`, the
  /// others becoming zero. Their bytes are there for the invocation once it has
  /// waited for their group, and for others behind a barrier after that.
  void beginCopy(const Buffer &buffer, Value from, Value shared, Value to,
                 int64_t elements, Value count = {});
  /// Makes a group of the copies begun since the last one.
  void groupCopies();
  /// Waits for all groups but the last ones.
  void awaitCopies(int64_t allBut);

  //===--- Places ---------------------------------------------------------===//

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value add(Value a, Value c) { return b.createOrFold<arith::AddIOp>(a, c); }
  Value add(Value a, int64_t c) { return add(a, constant(c)); }
  Value multiply(Value a, Value c) {
    return b.createOrFold<arith::MulIOp>(a, c);
  }
  Value multiply(Value a, int64_t c) { return multiply(a, constant(c)); }
  Value subtract(Value a, Value c) {
    return b.createOrFold<arith::SubIOp>(a, c);
  }
  Value divide(Value a, Value c) {
    return b.createOrFold<arith::DivUIOp>(a, c);
  }
  Value divide(Value a, int64_t c) { return divide(a, constant(c)); }
  Value remainder(Value a, Value c) {
    return b.createOrFold<arith::RemUIOp>(a, c);
  }
  Value remainder(Value a, int64_t c) { return remainder(a, constant(c)); }
  Value divideHostCeil(Value value, int64_t size);

  ImplicitLocOpBuilder b;    ///< Of the kernel.
  ImplicitLocOpBuilder host; ///< Before the op.
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

private:
  int64_t workgroupSize;
  std::string planText;
};

/// A host's value as 32-bit words, the lowest first.
SmallVector<Value> toWords(ImplicitLocOpBuilder &b, Value value);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_KERNELFRAME_H
