//===- Info.h - A model's description for people
//----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_MAIN_INFO_H
#define LATHE_RUNTIME_MAIN_INFO_H

#include "runtime/main/TensorRoles.h"
#include <span>

namespace lathe::runtime {

/// Prints what the model is, its dims, its entries with their tensors, and its
/// weights. `roles` are those of each entry.
void printInfo(const LatheModelInfo &model, std::span<const EntryRoles> roles,
               FILE *stream);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_MAIN_INFO_H
