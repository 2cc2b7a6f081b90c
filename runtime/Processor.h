//===- Processor.h - What a program needs of the processor ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_PROCESSOR_H
#define LATHE_RUNTIME_PROCESSOR_H

#include "runtime/Status.h"
#include <span>
#include <string>
#include <string_view>

namespace lathe::runtime {

/// The extensions of x86-64 that the runtime can look for, as LLVM names them:
/// those that compiled code may use.
std::span<const std::string_view> listProcessorFeatures();

/// Fails if this machine's processor, or its operating system, lacks one of
/// `features`; asks the system for those that a process must ask for. Without
/// it, code that uses them would be stopped by a signal.
Status requireProcessor(std::span<const std::string> features);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_PROCESSOR_H
