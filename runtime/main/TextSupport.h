//===- TextSupport.h - What programs that write text add ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_MAIN_TEXTSUPPORT_H
#define LATHE_RUNTIME_MAIN_TEXTSUPPORT_H

#include "runtime/Status.h"
#include "runtime/abi.h"
#include <span>

namespace lathe::runtime {

/// Text in, text out: what `main` finds in programs whose spec has `text`.
struct TextSupport {
  /// Whether the arguments ask for text, and so are for `run`.
  bool (*isAsked)(std::span<const char *const> arguments);
  /// Does what the arguments say; the exit status is 2 if they are wrong.
  Status (*run)(LatheModel *model, const LatheModelBinary &binary,
                std::span<const char *const> arguments, int &exitStatus);
  /// For --help and --info.
  void (*printHelp)(const char *program, FILE *stream);
  void (*printInfo)(const LatheModelInfo &model, FILE *stream);
};

} // namespace lathe::runtime

/// In liblathe-text.a. Weak, since other programs are linked without it.
extern "C" const lathe::runtime::TextSupport latheTextSupport
    __attribute__((weak));

/// A tokenizer's file inside the program, which the compiler writes; a program
/// without has a size of 0 here, or no such symbols.
extern "C" const unsigned char latheTokenizer[] __attribute__((weak));
extern "C" const uint64_t latheTokenizerSize __attribute__((weak));

#endif // LATHE_RUNTIME_MAIN_TEXTSUPPORT_H
