//===- FuzzIR.cpp - Any text as a module of the dialect -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What verifies is printed as it was read, and is lowered, or refused with a
// reason.
//
//===----------------------------------------------------------------------===//

#include "codegen/KernelDialect.h"
#include "codegen/Pipelines.h"
#include "dialect/LatheDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace mlir::lathe;

static std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream(text) << module;
  return text;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // MLIR's own dialects are not under test: the passes load what they write.
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.loadDialect<LatheDialect, func::FuncDialect>();
  unsigned errors = 0;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
  });
  ParserConfig config(&context);
  // MLIR's lexer looks for the zero behind the text, which files have there.
  std::string source(reinterpret_cast<const char *>(data), size);
  auto module = parseSourceString<ModuleOp>(source, config);
  if (!module)
    return 0;
  std::string text = print(*module);
  auto again = parseSourceString<ModuleOp>(text, config);
  if (!again || print(*again) != text)
    std::abort();

  PassManager pm(&context);
  PipelineOptions options;
  buildLeanPipeline(pm, options);
  buildTensorPipeline(pm, options);
  if (failed(pm.run(*module)) && errors == 0)
    std::abort();
  return 0;
}
