//===- FuzzSpec.cpp - Any text as a spec --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A spec is refused with a reason, or its module can be written and read again.
//
//===----------------------------------------------------------------------===//

#include "frontend/LoadSpec.h"
#include "mlir/Parser/Parser.h"
#include <sys/mman.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::lathe::frontend;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // The front end reads files; this one has no place on a disk.
  static const int file = memfd_create("fuzzed.yaml", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (ftruncate(file, 0) || pwrite(file, data, size, 0) != ssize_t(size))
    std::abort();
  MLIRContext context(MLIRContext::Threading::DISABLED);
  DiagnosticSink sink(&context, llvm::nulls());
  OwningOpRef<ModuleOp> module = loadSpec(path, {}, context, sink);
  if (!module) {
    if (!sink.hasErrors())
      std::abort();
    return 0;
  }
  std::string text;
  llvm::raw_string_ostream(text) << *module;
  if (!parseSourceString<ModuleOp>(text, &context))
    std::abort();
  return 0;
}
