//===- Check.cpp - lathe check --------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads and verifies a spec. Nothing is compiled, no weights are needed.
//
//===----------------------------------------------------------------------===//

#include "frontend/LoadSpec.h"
#include "mlir/IR/MLIRContext.h"
#include "tools/lathe/Command.h"

using namespace mlir::lathe::frontend;
namespace cl = llvm::cl;

static cl::SubCommand parser("check", "looks for mistakes in a spec");

static cl::opt<std::string> input(cl::Positional, cl::Required,
                                  cl::desc("SPEC.yaml"), cl::sub(parser));
static cl::list<std::string> sets("set", cl::desc("give a let another value"),
                                  cl::value_desc("name=value"),
                                  cl::sub(parser));
static cl::opt<bool> printIR("print-ir", cl::desc("print the spec's ops"),
                             cl::sub(parser));
static cl::opt<bool> printLocations("print-locations",
                                    cl::desc("print where each op comes from"),
                                    cl::sub(parser));

static int runCheck() {
  LoadOptions options;
  if (!lathe::tool::parseSettings(sets, options.settings))
    return 1;
  mlir::MLIRContext context;
  DiagnosticSink sink(&context, llvm::errs());
  mlir::OwningOpRef<mlir::ModuleOp> module =
      loadSpec(input, options, context, sink);
  if (!module)
    return 1;
  if (printIR) {
    mlir::OpPrintingFlags flags;
    flags.enableDebugInfo(printLocations);
    module->print(llvm::outs(), flags);
    llvm::outs() << "\n";
  }
  return 0;
}

static lathe::tool::Command command(parser, runCheck, R"(
Examples:
  lathe check specs/digits/digits.yaml
  lathe check specs/affnet/affnet-et.yaml --set height=384 --set width=384
  lathe check specs/digits/digits.yaml --print-ir
)");
