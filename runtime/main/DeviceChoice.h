//===- DeviceChoice.h - The program's option --device -----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_MAIN_DEVICECHOICE_H
#define LATHE_RUNTIME_MAIN_DEVICECHOICE_H

#include "runtime/Status.h"
#include "runtime/abi.h"
#include <span>
#include <vector>

namespace lathe::runtime {

/// What '--device' says, and the arguments without it: the option decides
/// which code is opened, and with that what the others may be.
struct DeviceChoice {
  int32_t kind = 0; ///< 0 for auto.
  std::vector<const char *> arguments;

  static Result<DeviceChoice> parse(std::span<const char *const> arguments);
};

/// Opens the code that was chosen; by auto, that for the first device that is
/// there. Says on standard error, as `program`, if there is none and the
/// processor runs the model. What only describes the model starts no device.
Status openChosen(const LatheModelBinary &binary, const DeviceChoice &choice,
                  const char *program, LatheModel *&model);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_MAIN_DEVICECHOICE_H
