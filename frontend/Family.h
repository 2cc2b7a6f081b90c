//===- Family.h - Names that stand for several ---------------------*- C++
//-*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_FAMILY_H
#define LATHE_FRONTEND_FAMILY_H

#include "frontend/ModelScope.h"

namespace mlir::lathe::frontend {

/// The names that a key stands for: itself, or, where it holds `{i}`, as many
/// numbered ones as its mapping's `repeat` says.
struct Family {
  /// The key without `{i}`: what expressions call the list of all; "" for a
  /// name that stands for itself.
  std::string name;
  std::vector<std::string> members;
};

/// Reports what is wrong with the key or with `repeat`, which may be null;
/// nothing then. `example` completes the sentence that shows how it is done.
std::optional<Family> readFamily(StringRef key, Location place,
                                 const YamlNode *repeat, StringRef example,
                                 Scope &scope, Budget &budget);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_FAMILY_H
