//===- LoadSpec.h - From a spec to a module of the dialect ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_LOADSPEC_H
#define LATHE_FRONTEND_LOADSPEC_H

#include "frontend/Diagnostics.h"
#include "frontend/ModelScope.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir::lathe::frontend {

struct LoadOptions {
  /// Values of lets from the command line.
  std::vector<Setting> settings;
};

/// Reads the spec at `path`, checks all of it, and returns its module: the
/// parameters and states, and a function for each entry. Returns null after a
/// mistake; all mistakes go to `sink`. Loads the dialects that it needs.
///
/// The module has the attributes `lathe.model`, `lathe.summary`, `lathe.dims`
/// ({name = array<i64: min, max>}), `lathe.dim_order`, and where the spec has
/// them `lathe.precision` and `lathe.ignore`; arguments and results of the
/// functions have `lathe.name`, functions `lathe.specialize`.
OwningOpRef<ModuleOp> loadSpec(StringRef path, const LoadOptions &options,
                               MLIRContext &context, DiagnosticSink &sink);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_LOADSPEC_H
