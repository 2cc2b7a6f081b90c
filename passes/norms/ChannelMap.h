//===- ChannelMap.h - Affine maps of channels, and where they go ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// y[…, c, …] = scale[c] x[…, c, …] + shift[c], with a scale and a shift that
// are settled before a run reads its inputs. Such maps move into the layers
// beside them (passes/norms/Layers.cpp) or into each other
// (passes/norms/Norms.cpp).
//
// Settled is what is computed of weights alone, and what an input chooses among
// such values (`lathe.choose`). Of chosen values, ops are made for each choice,
// and the input chooses among their results: nothing is computed in a run.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PASSES_NORMS_CHANNELMAP_H
#define LATHE_PASSES_NORMS_CHANNELMAP_H

#include "dialect/Composer.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lathe {

/// A scale or a shift may be null: 1 or 0. The numbers count for all channels,
/// beside the vectors [channels].
struct ScaleShift {
  Value scale, shift;
  double factor = 1, summand = 0;

  bool scales() const { return scale || factor != 1; }
  bool shifts() const { return shift || summand != 0; }
};

/// A map, before any op is written for it.
struct ChannelMap {
  Operation *op;
  Value input;
  /// The settled values from which the map comes.
  SmallVector<Value> sources;
  bool scales, shifts;
  /// Writes the map, given the sources or those of one choice.
  std::function<ScaleShift(Composer &, ValueRange)> write;
};

/// The map along `axis` that the op makes of one of its operands, if it is one.
std::optional<ChannelMap> matchChannelMap(Operation *op, int64_t axis);

/// Whether every value is settled, those that are chosen by one input among as
/// many. Null values are left out of account.
bool areSettledTogether(ValueRange values);

/// Whether an input chooses the value.
bool isChosen(Value value);

/// Whether an input chooses any of them.
bool isAnyChosen(ValueRange values);

/// What `write` makes of settled values; where an input chooses them, chosen
/// among what it makes of each choice.
SmallVector<Value>
writeSettled(Composer &c, ValueRange values,
             function_ref<SmallVector<Value>(Composer &, ValueRange)> write);

/// A vector along one dimension of a tensor of the given rank: [C, 1, 1].
Value alignVector(Composer &c, Value vector, int64_t axis, int64_t rank);

/// The ops that read each weight, by its symbol.
class WeightReaders {
public:
  explicit WeightReaders(ModuleOp module);

  /// Whether changing the weight of a layer leaves the module with one copy of
  /// it: some weight that it comes from is read by one op of a function only,
  /// and alike by all functions.
  bool isOwn(Value weight) const;

private:
  struct Reading {
    Operation *function;
    Operation *reader;
    std::string surroundings;
  };
  bool isOwn(FlatSymbolRefAttr symbol) const;

  llvm::DenseMap<Attribute, SmallVector<Reading>> readings;
};

/// What the patterns share.
struct NormFolding {
  const WeightReaders &readers;
  int64_t absorbed = 0, norms = 0, settled = 0;
};

void populateLayerPatterns(RewritePatternSet &patterns, NormFolding &folding);
void populateNormPatterns(RewritePatternSet &patterns, NormFolding &folding);

} // namespace mlir::lathe

#endif // LATHE_PASSES_NORMS_CHANNELMAP_H
