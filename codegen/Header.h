//===- Header.h - The C header of a compiled library ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_HEADER_H
#define LATHE_CODEGEN_HEADER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"

namespace mlir::lathe {

/// The symbol of a model in a library: "digits_aff_model".
std::string getModelSymbol(ModuleOp module);

/// Writes a self-contained C header: the model's symbol, the numbers of its
/// entries, inputs and outputs by name, and the runtime's interface.
LogicalResult emitHeader(ModuleOp module, StringRef symbol,
                         StringRef descriptor, llvm::raw_ostream &os);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_HEADER_H
