//===- SeveralDevices.cpp - Programs with code for several devices --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each device's code is an object with a binary of the model, which names the
// next one. All are linked together with that of the first device.
//
//===----------------------------------------------------------------------===//

#include "codegen/Compiler.h"
#include "codegen/OutputFiles.h"
#include "codegen/TemporaryFile.h"

using namespace mlir;
using namespace mlir::lathe;

LogicalResult
mlir::lathe::compileForAll(ModuleOp module, const CompileOptions &options,
                           ArrayRef<std::optional<DeviceTarget>> devices) {
  CompileOptions first = options;
  first.pipeline.device = devices.front();
  if (devices.size() == 1 || options.stopAfter)
    return compile(module, first);
  std::vector<TemporaryFile> files;
  OutputFiles outputs(UnknownLoc::get(module.getContext()),
                      getInputs(module, options));
  // The last one first: each names the one behind it.
  for (size_t i = devices.size(); i-- > 1;) {
    FailureOr<TemporaryFile> file = TemporaryFile::create(module, "o");
    if (failed(file))
      return failure();
    StringRef kind = devices[i] ? devices[i]->getRuntimePart() : "cpu";
    CompileOptions further = options;
    further.pipeline.device = devices[i];
    further.object = file->str();
    further.symbol = ("latheModel_" + kind).str();
    further.suffix = ("." + kind).str();
    further.next = first.next;
    OwningOpRef<ModuleOp> copy = module.clone();
    if (failed(compile(*copy, further, outputs)))
      return failure();
    first.next = further.symbol;
    first.objects.push_back(further.object);
    if (devices[i])
      first.parts.push_back(kind.str());
    files.push_back(std::move(*file));
  }
  return success(succeeded(compile(module, first, outputs)) &&
                 succeeded(outputs.commit()));
}
