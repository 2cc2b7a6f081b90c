//===- Precision.h - How a model's weights are stored -----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_PRECISION_H
#define LATHE_FRONTEND_PRECISION_H

#include "frontend/ModelScope.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lathe::frontend {

/// Reads a spec's `precision` and sets the module's attribute
/// `lathe.precision`:
///
///     {compute = "f32", weights = "int8", storage = [["*", "int8"]],
///      group = 64 : i64, zero_point = true, scales = "least_error"}
///
/// of which each is there if the spec has it; `storage` holds patterns of
/// names and their types, in order. Mistakes are reported.
void setPrecision(const YamlNode &precision, ModuleOp module,
                  ModelScope &scope);

/// The element type of the weights that the model declares.
Type getComputeType(ModuleOp module);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_PRECISION_H
