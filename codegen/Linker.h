//===- Linker.h - Objects into programs and libraries ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_LINKER_H
#define LATHE_CODEGEN_LINKER_H

#include "mlir/IR/Location.h"
#include "mlir/Support/LLVM.h"

namespace mlir::lathe {

enum class LinkKind {
  executable,
  /// With the runtime inside and its C interface exported.
  sharedLibrary,
  /// A library for the compiler itself to load, which has the runtime already:
  /// two copies of a thread pool would not wake each other.
  plugin,
};

/// Links `objects` with the runtime into the file `output`, which `name` stands
/// for in messages. `parts` are those of the runtime that only some programs
/// have, such as "images" and "text". Reports a missing linker or runtime, and
/// what the linker says, at `location`.
LogicalResult link(Location location, ArrayRef<StringRef> objects,
                   LinkKind kind, ArrayRef<StringRef> parts, StringRef output,
                   StringRef name);

/// The folder that holds `lib/` and `include/` of this installation: where the
/// tool's executable is, or its parent.
std::string getInstallationRoot();

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_LINKER_H
