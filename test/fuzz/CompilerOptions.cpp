//===- CompilerOptions.cpp - How fuzzers of the compiler are sanitized --===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

/// As test/lit.cfg.py has it: containers cross the border to LLVM, which is
/// not instrumented, and LLVM's own tables live until the end.
extern "C" const char *__asan_default_options() {
  return "detect_container_overflow=0:detect_leaks=0:allow_user_poisoning=0";
}
