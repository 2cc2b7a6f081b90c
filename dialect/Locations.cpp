//===- Locations.cpp - Places in a spec, carried by locations
//----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Locations.h"

using namespace mlir;
using namespace mlir::lathe;

StringRef lathe::getStepPath(Location location) {
  if (auto call = dyn_cast<CallSiteLoc>(location))
    return getStepPath(call.getCallee());
  if (auto name = dyn_cast<NameLoc>(location))
    return name.getName().getValue();
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      if (StringRef path = getStepPath(part); !path.empty())
        return path;
  return {};
}

/// The dictionary of key places inside a step's location, if any.
static DictionaryAttr findKeyPlaces(Location location) {
  if (auto call = dyn_cast<CallSiteLoc>(location))
    return findKeyPlaces(call.getCallee());
  if (auto name = dyn_cast<NameLoc>(location))
    return findKeyPlaces(name.getChildLoc());
  if (auto fused = dyn_cast<FusedLoc>(location))
    return dyn_cast_if_present<DictionaryAttr>(fused.getMetadata());
  return {};
}

Location lathe::getKeyLocation(Location location, StringRef key) {
  DictionaryAttr places = findKeyPlaces(location);
  if (!places)
    return location;
  auto place = places.getAs<LocationAttr>(key);
  if (!place)
    return location;
  // Keep the callers, so that the expansion of blocks is still told.
  if (auto call = dyn_cast<CallSiteLoc>(location))
    return CallSiteLoc::get(Location(place), call.getCaller());
  return place;
}

std::optional<Location> lathe::atKey(std::optional<Location> location,
                                     StringRef key) {
  if (!location)
    return std::nullopt;
  return getKeyLocation(*location, key);
}

Location lathe::makeStepLocation(StringRef path, Location place,
                                 DictionaryAttr keyPlaces) {
  MLIRContext *context = place.getContext();
  Location inner = keyPlaces && !keyPlaces.empty()
                       ? Location(FusedLoc::get({place}, keyPlaces, context))
                       : place;
  return path.empty() ? inner
                      : NameLoc::get(StringAttr::get(context, path), inner);
}

Location lathe::makeExpandedLocation(Location location, Location expandedAt,
                                     StringRef block) {
  // The block's name is the metadata of the caller's own, innermost part: its
  // callers, if any, stay outside.
  MLIRContext *context = location.getContext();
  auto name = StringAttr::get(context, block);
  auto call = dyn_cast<CallSiteLoc>(expandedAt);
  if (!call)
    return CallSiteLoc::get(location,
                            FusedLoc::get({expandedAt}, name, context));
  Location step = FusedLoc::get({call.getCallee()}, name, context);
  return CallSiteLoc::get(location, CallSiteLoc::get(step, call.getCaller()));
}

SmallVector<Expansion> lathe::getExpansions(Location location) {
  SmallVector<Expansion> expansions;
  auto call = dyn_cast<CallSiteLoc>(location);
  while (call) {
    Location caller = call.getCaller();
    call = dyn_cast<CallSiteLoc>(caller);
    Location step = call ? call.getCallee() : caller;
    StringRef block;
    if (auto fused = dyn_cast<FusedLoc>(step))
      if (auto name = dyn_cast_if_present<StringAttr>(fused.getMetadata()))
        block = name.getValue();
    expansions.push_back({block, getStepPath(step), step});
  }
  return expansions;
}

FileLineColLoc lathe::getFilePlace(Location location) {
  if (auto file = dyn_cast<FileLineColLoc>(location))
    return file;
  if (auto name = dyn_cast<NameLoc>(location))
    return getFilePlace(name.getChildLoc());
  if (auto call = dyn_cast<CallSiteLoc>(location))
    return getFilePlace(call.getCallee());
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      if (FileLineColLoc place = getFilePlace(part))
        return place;
  return {};
}
