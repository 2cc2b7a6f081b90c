//===- Pipelines.h - The five phases
//-----------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_PIPELINES_H
#define LATHE_CODEGEN_PIPELINES_H

#include "codegen/Target.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"
#include "passes/AdapterChoice.h"

namespace mlir::lathe {

struct PipelineOptions {
  /// Off: -O0, the reference lowering, one plain loop a dimension.
  bool optimise = true;
  CpuTarget target;
  /// Runs the nests, where there is one; the rest is the processor's.
  std::optional<DeviceTarget> device;
  /// Names of passes that are left out.
  SmallVector<std::string> without;
  /// The form of Kronecker adapters.
  AdapterChoice adapters = AdapterChoice::automatic;

  /// Whether one of the passes that `without` may name runs.
  bool isOn(StringRef pass) const;
  /// Whether the processor computes, with code of its own for some kernels.
  bool hasProcessorKernels() const { return optimise && !device; }
};

/// The passes that `without` may name.
ArrayRef<StringRef> getOptionalPasses();

// Each phase ends where --stop-after and --dump-after of its name look.
void buildLeanPipeline(OpPassManager &pm, const PipelineOptions &options);
void buildTensorPipeline(OpPassManager &pm, const PipelineOptions &options);
void buildLoopsPipeline(OpPassManager &pm, const PipelineOptions &options);
void buildTargetPipeline(OpPassManager &pm, const PipelineOptions &options);

/// The dialects, extensions and external models that compilation needs.
void registerDialects(DialectRegistry &registry);
/// Our passes and the phases as named pipelines ("lathe-tensor", ...).
void registerPasses();

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_PIPELINES_H
