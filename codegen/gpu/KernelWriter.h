//===- KernelWriter.h - Writes the kernel of a nest -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What kernels of nests have in common, whatever their plan (KernelPlan.h).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_KERNELWRITER_H
#define LATHE_CODEGEN_GPU_KERNELWRITER_H

#include "codegen/gpu/KernelFrame.h"
#include "codegen/gpu/KernelPlan.h"
#include "mlir/IR/IRMapping.h"
#include <memory>

namespace mlir::lathe::kernel {

/// Why a nest cannot be a kernel, or an empty text. `lacks` names element types
/// ("f64") that the device has not.
std::string findObstacle(NestOp nest, ArrayRef<std::string> lacks);
/// Why an op cannot have these memrefs in a kernel that computes in f32.
std::string findObstacle(ValueRange memrefs, ArrayRef<std::string> lacks);

/// Writes a nest on memrefs, its parallel dimensions being in the output's
/// order and before its reductions, as a kernel of its own and its launch.
class KernelWriter : public KernelFrame {
public:
  KernelWriter(NestOp nest, const KernelPlan &plan, OpBuilder &builder)
      : KernelFrame(nest, plan.workgroupSize, plan.str(), builder), nest(nest),
        plan(plan), extents(nest.getStaticExtents()),
        extentValues(extents.size()),
        numParallel(llvm::count(nest.getReductions(), false)),
        ivs(extents.size()) {
    for (unsigned dim = 0; dim < nest.getNumDims(); ++dim)
      (dim < numParallel ? outputDims : reductionDims).push_back(dim);
  }

  Value writeSuits(int64_t elements) override;

protected:
  /// The extent of a dimension in the kernel, and for the host.
  Value extent(unsigned dim);
  Value hostExtent(unsigned dim);

  void addBuffers() override;
  /// The indices by which an operand of the nest is accessed.
  SmallVector<Value> subscripts(unsigned operand);

  //===--- Places of elements ---------------------------------------------===//

  /// The product of some dimensions' extents.
  Value countPlaces(ArrayRef<unsigned> dims);
  Value countHostPlaces(ArrayRef<unsigned> dims);
  /// Sets the indices of dimensions that count as one, the last one fastest.
  void setPlace(Value place, ArrayRef<unsigned> dims);

  //===--- Code -----------------------------------------------------------===//

  /// A value of a region at the present indices, with what it is made of.
  Value materialise(Value value, IRMapping &mapping);
  /// What a region gives; `mapping` has values that are known already.
  Value applyRegion(Region &region, Value accumulator, IRMapping mapping = {});
  /// Stores what `finish` makes of an accumulator.
  void writeResult(Value accumulator);
  void cloneOp(Operation &op, IRMapping &mapping);
  Value writeReport(ReportIndexOp report, IRMapping &mapping);

  NestOp nest;
  const KernelPlan &plan;
  SmallVector<int64_t> extents;
  SmallVector<Value> extentValues;
  unsigned numParallel;
  SmallVector<unsigned> outputDims, reductionDims;
  /// Indices of the nest's dimensions: none counts as 0.
  SmallVector<Value> ivs;
};

std::unique_ptr<KernelWriter>
createElementWriter(NestOp nest, const KernelPlan &plan, OpBuilder &builder);
std::unique_ptr<KernelWriter>
createTileWriter(NestOp nest, const KernelPlan &plan, OpBuilder &builder);
std::unique_ptr<KernelWriter>
createTensorTileWriter(NestOp nest, const KernelPlan &plan, OpBuilder &builder);
std::unique_ptr<KernelWriter>
createCooperativeTileWriter(NestOp nest, const KernelPlan &plan,
                            OpBuilder &builder);
std::unique_ptr<KernelWriter> createWarpgroupTileWriter(NestOp nest,
                                                        const KernelPlan &plan,
                                                        OpBuilder &builder);
/// Makes the writer for the plan's kind, which must outlive it.
std::unique_ptr<KernelWriter>
createKernelWriter(NestOp nest, const KernelPlan &plan, OpBuilder &builder);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_KERNELWRITER_H
