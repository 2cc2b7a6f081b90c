//===- TensorRoles.h - What inputs and outputs stand for ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_TENSORROLES_H
#define LATHE_FRONTEND_TENSORROLES_H

#include "frontend/EntryTensors.h"

namespace mlir::lathe::frontend {

/// The keys that give an output a role.
ArrayRef<StringRef> getOutputRoleKeys();

/// `image: {from: rgb8, mean: …, std: …, resize: …}` of an input of this type,
/// with what it leaves out. Null after a mistake, which is reported.
DictionaryAttr evaluateImage(const YamlNode &node, RankedTensorType type,
                             Scope &scope, Budget &budget);

/// What the role of an output may refer to.
struct EntryEdges {
  struct Output {
    StringRef name;
    RankedTensorType type;
  };
  SmallVector<StringRef> images; ///< Inputs that are images.
  SmallVector<Output> outputs;
};

/// Adds the role that the output number `index` declares, if any:
/// "lathe.labels" or "lathe.detections". Reports mistakes.
void addOutputRole(const EntryTensor &output, size_t index,
                   const EntryEdges &edges, Scope &scope, Budget &budget,
                   NamedAttrList &attributes);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_TENSORROLES_H
