//===- Model.h - Models and instances, as the C interface has them --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_MODEL_H
#define LATHE_RUNTIME_MODEL_H

#include "runtime/Context.h"
#include "runtime/Descriptor.h"
#include "runtime/Safetensors.h"

struct LatheModel {
  const LatheModelBinary *binary = nullptr;
  std::unique_ptr<lathe::runtime::Descriptor> descriptor;
  std::optional<lathe::runtime::Safetensors> weights;

  /// Can an instance be made?
  bool isReady() const { return weights || descriptor->info.weightsBytes == 0; }
};

#endif // LATHE_RUNTIME_MODEL_H
