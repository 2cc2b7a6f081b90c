//===- Locations.h - Places in a spec, carried by locations
//------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LOCATIONS_H
#define LATHE_DIALECT_LOCATIONS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include <optional>

namespace mlir::lathe {

/// The dotted path of the step that a location stands for ("body.0.expand"),
/// or "" where it has none.
StringRef getStepPath(Location location);

/// The location of `key`'s value in the step at `location`, or `location`
/// itself where the step does not give the key.
Location getKeyLocation(Location location, StringRef key);

/// The same for the optional location of a type inference.
std::optional<Location> atKey(std::optional<Location> location, StringRef key);

/// The location of a step: its path, its place in the file, and the places of
/// its keys (a dictionary of locations).
Location makeStepLocation(StringRef path, Location place,
                          DictionaryAttr keyPlaces);

} // namespace mlir::lathe

#endif // LATHE_DIALECT_LOCATIONS_H
