//===- TextPart.h - What a program needs to write text --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_TEXTPART_H
#define LATHE_CODEGEN_TEXTPART_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

namespace mlir::lathe {

/// A module's `lathe.text` with its tokenizer.
struct TextPart {
  /// For the descriptor (docs/architecture.md).
  llvm::json::Object descriptor;
  /// The tokenizer's file; null where bytes are the tokens, or where a program
  /// is given one when it runs.
  std::unique_ptr<llvm::MemoryBuffer> file;
  /// Where a copy goes, beside the program; empty where there is no file.
  std::string copy;

  StringRef getContents() const {
    return file ? file->getBuffer() : StringRef();
  }
};

/// Reads and checks the tokenizer: that of the spec, or the file `tokenizer`
/// unless that is empty. Nothing if the module has no text.
/// `output` is the program. Failures are reported at the module.
FailureOr<std::optional<TextPart>>
readTextPart(ModuleOp module, StringRef tokenizer, StringRef output);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_TEXTPART_H
