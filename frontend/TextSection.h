//===- TextSection.h - How a spec's entries write text --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_TEXTSECTION_H
#define LATHE_FRONTEND_TEXTSECTION_H

#include "frontend/ModelScope.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lathe::frontend {

/// Reads a spec's `text`, checks that the entries it names read tokens and give
/// logits, and sets the module's attribute `lathe.text`:
///
///     {prefill = "prefill", decode = "decode", vocabulary = 256 : i64,
///      tokenizer = "bytes", offset = 0 : i64, start = array<i64: 1>,
///      end = array<i64: 2>, template = "{prompt}"}
///
/// of which only `prefill` and `vocabulary` are always there. A tokenizer's
/// file is named from the current folder. Mistakes are reported.
void setText(const YamlNode &text, const Spec &spec, ModuleOp module,
             ModelScope &scope);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_TEXTSECTION_H
