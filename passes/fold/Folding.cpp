//===- Folding.cpp - How pruned channels leave a network ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/fold/Folding.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::lathe;

Places lathe::allPlaces(int64_t size) {
  return llvm::to_vector(llvm::seq<int64_t>(size));
}

Places lathe::widenPlaces(ArrayRef<int64_t> places, int64_t block) {
  Places wide;
  for (int64_t place : places)
    for (int64_t i = 0; i < block; ++i)
      wide.push_back(place * block + i);
  return wide;
}

std::optional<Places> lathe::narrowPlaces(ArrayRef<int64_t> places,
                                          int64_t block) {
  Places narrow;
  for (int64_t place : places)
    if (narrow.empty() || narrow.back() != place / block)
      narrow.push_back(place / block);
  // Places are distinct, so their number tells whether all are there.
  if (narrow.size() * block != places.size())
    return std::nullopt;
  return narrow;
}

Places lathe::findPlaces(ArrayRef<int64_t> wanted, ArrayRef<int64_t> present) {
  Places found;
  const int64_t *from = present.begin();
  for (int64_t place : wanted) {
    from = std::lower_bound(from, present.end(), place);
    assert(from != present.end() && *from == place && "a place is missing");
    found.push_back(from - present.begin());
  }
  return found;
}

Places lathe::dropPlaces(ArrayRef<int64_t> places, int64_t size) {
  Places dropped;
  for (int64_t place = 0; place < size; ++place)
    if (!std::binary_search(places.begin(), places.end(), place))
      dropped.push_back(place);
  return dropped;
}

Places lathe::unitePlaces(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  Places united;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(),
                 std::back_inserter(united));
  return united;
}

Places lathe::intersectPlaces(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  Places common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(),
                        std::back_inserter(common));
  return common;
}

EqualGroups lathe::equaliseGroups(ArrayRef<int64_t> places, int64_t size,
                                  int64_t groupCount) {
  int64_t length = size / groupCount;
  SmallVector<Places> members(groupCount);
  for (int64_t place : places)
    members[place / length].push_back(place);
  EqualGroups result{{}, {}, 0};
  for (const Places &group : members)
    result.each = std::max(result.each, int64_t(group.size()));
  for (auto [g, group] : llvm::enumerate(members)) {
    if (group.empty())
      continue;
    result.groups.push_back(g);
    int64_t lacking = result.each - group.size();
    for (int64_t place = g * length; lacking > 0; ++place)
      if (!llvm::is_contained(group, place)) {
        group.push_back(place);
        --lacking;
      }
    llvm::sort(group);
    llvm::append_range(result.places, group);
  }
  return result;
}

template <typename OpTy> static int64_t axisOf(OpTy op) {
  return fromFront(op.getAxis(), getShape(op.getInput()).size());
}

Pruned::Pruned(KeepOp op)
    : axis(axisOf(op)), size(*getDim(op.getInput(), axis).getConstant()),
      places(op.getPlaces()) {}

Pruned::Pruned(SpreadOp op)
    : axis(axisOf(op)), size(op.getSize()), places(op.getPlaces()),
      fill(op.getFill()) {}

Operation *lathe::recreate(OpBuilder &b, Operation *op, ValueRange operands,
                           function_ref<void(Operation *)> change) {
  Operation *copy = b.clone(*op);
  copy->setOperands(operands);
  if (change)
    change(copy);
  SmallVector<Type> types;
  LogicalResult inferred = cast<InferTypeOpInterface>(copy).inferReturnTypes(
      copy->getContext(), copy->getLoc(), copy->getOperands(),
      copy->getAttrDictionary(), copy->getPropertiesStorage(),
      copy->getRegions(), types);
  assert(succeeded(inferred) && "a pruned op is a valid op");
  (void)inferred;
  for (auto [result, type] : llvm::zip(copy->getResults(), types))
    result.setType(type);
  return copy;
}
