//===- Labels.h - The names of classes ------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_LABELS_H
#define LATHE_FRONTEND_LABELS_H

#include "frontend/ModelScope.h"

namespace mlir::lathe::frontend {

/// The names that a node lists, or those of the file that it names: one a line,
/// in UTF-8, relative to the folder of the spec's file. Nothing after a
/// mistake, which is reported.
std::optional<std::vector<std::string>>
readLabels(const YamlNode &node, Scope &scope, Budget &budget);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_LABELS_H
