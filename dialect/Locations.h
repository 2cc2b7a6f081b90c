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

/// The location of something in a block, as the step at `expandedAt` expands
/// it.
Location makeExpandedLocation(Location location, Location expandedAt,
                              StringRef block);

/// A step that expands a block.
struct Expansion {
  StringRef block, path;
  Location place;
};
/// The expansions around what `location` stands for, the innermost first.
SmallVector<Expansion> getExpansions(Location location);

/// The place in a file that `location` stands for; null where it has none.
FileLineColLoc getFilePlace(Location location);

} // namespace mlir::lathe

#endif // LATHE_DIALECT_LOCATIONS_H
