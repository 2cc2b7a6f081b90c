//===- Lowering.cpp - How an op of the dialect becomes linalg
//----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Lowering.h"
#include "codegen/KernelDialect.h"

using namespace mlir;
using namespace mlir::lathe;

void lathe::populateLowerings(RewritePatternSet &patterns,
                              LoweringState &state) {
  populateLayersLowerings(patterns, state);
  populateNormLowerings(patterns, state);
  populateActivationLowerings(patterns, state);
  populatePoolLowerings(patterns, state);
  populateElementwiseLowerings(patterns, state);
  populateReductionLowerings(patterns, state);
  populateRearrangementLowerings(patterns, state);
  populateSpectralLowerings(patterns, state);
  populateAttentionLowerings(patterns, state);
  populateMatchingLowerings(patterns, state);
  populateRoutingLowerings(patterns, state);
  populateSequenceLowerings(patterns, state);
  populateSparsityLowerings(patterns, state);
  populateStateLowerings(patterns, state);
  populateChoiceLowerings(patterns, state);
  populateSlimLowerings(patterns, state);
  populateDetectionLowerings(patterns, state);
  populateLossLowerings(patterns, state);
  populateQuantizedLowerings(patterns, state);
  populateScalesLowerings(patterns, state);
}

Shape Structured::getShape(Value value) {
  auto it = state.shapes.find(value);
  if (it != state.shapes.end())
    return it->second;
  return lathe::getShape(value);
}

Value Structured::record(Value value, ArrayRef<DimExpr> shape) {
  state.shapes[value] = Shape(shape);
  // A value erased before may have stood at the same address.
  state.unsignedTensors.erase(value);
  return value;
}

void Structured::recordResult(Value value, unsigned i) {
  record(value, getResultShape(i));
  if (getResultType(i).getElementType().isUnsignedInteger())
    state.unsignedTensors.insert(value);
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// Whether a size's parts at their bounds do not tell its own: limits make it
/// smaller, or it is a difference.
static bool needsBound(const DimExpr &size, const DimBounds &bounds) {
  int64_t sum = 0;
  for (const auto &[monomial, coefficient] : size.getTerms()) {
    DimExpr term = coefficient;
    for (const DimExpr::Atom &atom : monomial)
      term *= atom.dividend ? atom.dividend->floorDiv(atom.divisor)
                            : DimExpr::symbol(atom.name);
    auto range = bounds.of(term);
    if (coefficient < 0 || !range || llvm::AddOverflow(sum, range->second, sum))
      return true;
  }
  auto range = bounds.of(size);
  return range && range->second < sum;
}

Value Structured::size(const DimExpr &dim) {
  if (std::optional<int64_t> constant = dim.getConstant())
    return arith::ConstantIndexOp::create(*this, *constant);
  Value sum = sizeOfParts(dim);
  auto range = state.bounds.of(dim);
  if (!range || !needsBound(dim, state.bounds))
    return sum;
  return kernel::BoundedOp::create(*this, sum, range->second);
}

Value Structured::sizeOfParts(const DimExpr &dim) {
  Value sum;
  for (const auto &[monomial, coefficient] : dim.getTerms()) {
    Value product = arith::ConstantIndexOp::create(*this, coefficient);
    for (const DimExpr::Atom &atom : monomial) {
      Value factor;
      if (atom.dividend)
        factor = arith::FloorDivSIOp::create(
            *this, size(*atom.dividend),
            arith::ConstantIndexOp::create(*this, atom.divisor));
      else
        factor = state.dims.lookup(atom.name);
      assert(factor && "a dimension that no input of the entry has");
      product = createOrFold<arith::MulIOp>(product, factor);
    }
    sum = sum ? createOrFold<arith::AddIOp>(sum, product) : product;
  }
  return sum;
}

DimExpr Structured::nameSize(Value value) {
  // No name of a spec holds a '#'.
  std::string name = "#" + std::to_string(state.dims.size());
  state.dims[name] = value;
  return DimExpr::symbol(name);
}

OpFoldResult Structured::foldedSize(const DimExpr &dim) {
  if (std::optional<int64_t> constant = dim.getConstant())
    return getIndexAttr(*constant);
  return size(dim);
}

SmallVector<OpFoldResult> Structured::foldedSizes(ArrayRef<DimExpr> shape) {
  return llvm::map_to_vector(
      shape, [&](const DimExpr &dim) { return foldedSize(dim); });
}

//===----------------------------------------------------------------------===//
// Scalars and tensors
//===----------------------------------------------------------------------===//

static TypedAttr scalarAttr(Builder &b, Type type, double value) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return b.getFloatAttr(floatType, value);
  return b.getIntegerAttr(type, static_cast<int64_t>(value));
}

Value Structured::scalar(Type type, double value) {
  if (type.isIndex())
    return arith::ConstantIndexOp::create(*this, static_cast<int64_t>(value));
  return arith::ConstantOp::create(*this, scalarAttr(*this, type, value));
}

Value Structured::empty(ArrayRef<DimExpr> shape, Type elementType) {
  return record(tensor::EmptyOp::create(*this, foldedSizes(shape), elementType),
                shape);
}

Value Structured::fill(ArrayRef<DimExpr> shape, Type elementType,
                       double value) {
  Value filled = linalg::FillOp::create(*this, scalar(elementType, value),
                                        empty(shape, elementType))
                     .getResult(0);
  return record(filled, shape);
}

Value Structured::table(ArrayRef<int64_t> shape, Type elementType,
                        ArrayRef<double> values) {
  SmallVector<Attribute> elements =
      llvm::map_to_vector(values, [&](double value) -> Attribute {
        return scalarAttr(*this, elementType, value);
      });
  auto type = RankedTensorType::get(shape, elementType);
  Value constant =
      arith::ConstantOp::create(*this, DenseElementsAttr::get(type, elements));
  return record(constant, lathe::getShape(type));
}

/// Writes one linalg.generic.
static Value generic(Structured &b, Value init, ValueRange inputs,
                     ArrayRef<AffineMap> maps,
                     ArrayRef<utils::IteratorType> iterators,
                     function_ref<Value(ValueRange)> body) {
  auto build = [&](OpBuilder &nested, Location, ValueRange arguments) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(nested.getInsertionBlock(), nested.getInsertionPoint());
    linalg::YieldOp::create(b, body(arguments));
  };
  return linalg::GenericOp::create(b, init.getType(), inputs, init, maps,
                                   iterators, build)
      .getResult(0);
}

Value Structured::map(ArrayRef<DimExpr> shape, Type elementType,
                      ValueRange inputs, ArrayRef<AffineMap> maps, Body body) {
  SmallVector<AffineMap> allMaps(maps);
  AffineMap identity = getMultiDimIdentityMap(shape.size());
  allMaps.resize(inputs.size(), identity);
  allMaps.push_back(identity);
  SmallVector<utils::IteratorType> iterators(shape.size(),
                                             utils::IteratorType::parallel);
  Value result = generic(
      *this, empty(shape, elementType), inputs, allMaps, iterators,
      [&](ValueRange arguments) { return body(*this, arguments.drop_back()); });
  return record(result, shape);
}

Value Structured::map(ArrayRef<DimExpr> shape, Type elementType,
                      ValueRange inputs, Body body) {
  return map(shape, elementType, inputs, {}, body);
}

Value Structured::broadcastMap(ArrayRef<DimExpr> shape, Type elementType,
                               ValueRange inputs, Body body) {
  SmallVector<AffineMap> maps;
  SmallVector<Value> read;
  for (Value input : inputs) {
    Shape sizes = getShape(input);
    SmallVector<AffineExpr> results;
    for (auto [i, size] : llvm::enumerate(sizes)) {
      unsigned dim = shape.size() - sizes.size() + i;
      // A size of 1 stretches, unless the result's is 1 too.
      bool stretches = size.isConstant(1) && !shape[dim].isConstant(1);
      results.push_back(stretches ? getAffineConstantExpr(0) : d(dim));
    }
    // Behind a vector's elements, as in [C, 1, 1], sizes of 1 would hide that
    // these are neighbours in memory.
    while (results.size() > 1 && isa<AffineConstantExpr>(results.back())) {
      results.pop_back();
      sizes.pop_back();
    }
    read.push_back(reshape(input, sizes));
    maps.push_back(mapOf(shape.size(), results));
  }
  return map(shape, elementType, read, maps, body);
}

Value Structured::reduce(ArrayRef<DimExpr> shape, unsigned reductions,
                         Type elementType, double init, ValueRange inputs,
                         ArrayRef<AffineMap> maps, Body body) {
  unsigned rank = shape.size(), dims = rank + reductions;
  SmallVector<AffineMap> allMaps(maps);
  AffineMap identity = getMultiDimIdentityMap(dims);
  allMaps.push_back(mapOf(dims, identity.getResults().take_front(rank)));
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.resize(dims, utils::IteratorType::reduction);
  Value result =
      generic(*this, fill(shape, elementType, init), inputs, allMaps, iterators,
              [&](ValueRange arguments) { return body(*this, arguments); });
  return record(result, shape);
}

Value Structured::contract(ArrayRef<DimExpr> shape, unsigned reductions,
                           Value a, AffineMap mapA, Value b, AffineMap mapB) {
  return reduce(shape, reductions, getElementTypeOrSelf(a), 0, {a, b},
                {mapA, mapB}, [](Structured &b, ValueRange args) -> Value {
                  Value product = arith::MulFOp::create(b, args[0], args[1]);
                  return arith::AddFOp::create(b, args[2], product);
                });
}

Value Structured::transpose(Value input, ArrayRef<int64_t> permutation) {
  Shape sizes = getShape(input);
  Shape shape = llvm::to_vector_of<DimExpr, 4>(
      llvm::map_range(permutation, [&](int64_t from) { return sizes[from]; }));
  Value init = empty(shape, getElementTypeOrSelf(input));
  return record(linalg::TransposeOp::create(*this, input, init, permutation)
                    .getResult()[0],
                shape);
}

namespace {
/// Neighbouring dimensions of two shapes that hold the same elements.
struct ReshapeGroups {
  SmallVector<ReassociationIndices> from, to;
};
} // namespace

/// The finest partition of two shapes into such groups that their sizes tell:
/// the fewer dynamic sizes a group has, the more is known of its layout.
static ReshapeGroups groupDims(ArrayRef<DimExpr> from, ArrayRef<DimExpr> to) {
  ReshapeGroups groups;
  // A tensor of no dimensions has none to group.
  if (from.empty() || to.empty())
    return groups;
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    ReassociationIndices left = {static_cast<int64_t>(i)};
    ReassociationIndices right = {static_cast<int64_t>(j)};
    DimExpr a = from[i++], b = to[j++];
    while (!(a == b) && (i < from.size() || j < to.size())) {
      bool takeLeft = i < from.size() && (j == to.size() || b.exactDiv(a));
      if (takeLeft) {
        left.push_back(i);
        a *= from[i++];
      } else {
        right.push_back(j);
        b *= to[j++];
      }
    }
    groups.from.push_back(left);
    groups.to.push_back(right);
  }
  // What is left has size 1.
  for (; i < from.size(); ++i)
    groups.from.back().push_back(i);
  for (; j < to.size(); ++j)
    groups.to.back().push_back(j);
  return groups;
}

Value Structured::reshape(Value input, ArrayRef<DimExpr> shape) {
  Shape sizes = getShape(input);
  Type elementType = getElementTypeOrSelf(input);
  if (ArrayRef<DimExpr>(sizes) == shape)
    return input;
  auto isJoined = [](const ReassociationIndices &group) {
    return group.size() > 1;
  };
  RankedTensorType type = stripEncoding(getTensorType(shape, elementType));
  ReshapeGroups groups = groupDims(sizes, shape);
  Value result = input;
  if (sizes.empty())
    result = tensor::ExpandShapeOp::create(*this, type, input, groups.to);
  else if (shape.empty() || llvm::any_of(groups.from, isJoined))
    result = tensor::CollapseShapeOp::create(*this, input, groups.from);
  if (!sizes.empty() && llvm::any_of(groups.to, isJoined))
    result = tensor::ExpandShapeOp::create(*this, type, result, groups.to,
                                           foldedSizes(shape));
  return record(result, shape);
}

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

/// The index into a dimension of `size` elements from which the padded
/// position `index` - `low` takes its element.
static Value sourceIndex(Structured &b, Value index, int64_t low, Value size,
                         PaddingMode mode) {
  Value shifted =
      arith::SubIOp::create(b, index, arith::ConstantIndexOp::create(b, low));
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value last = arith::SubIOp::create(b, size, one);
  if (mode == PaddingMode::circular) {
    // One turn at most: padding is no wider than the dimension.
    Value turned = arith::AddIOp::create(b, shifted, size);
    return arith::RemSIOp::create(b, turned, size);
  }
  if (mode == PaddingMode::reflect) {
    // |i| mirrors at the first element, and last - |last - i| at the last.
    Value magnitude = arith::MaxSIOp::create(
        b, shifted, arith::SubIOp::create(b, zero, shifted));
    Value beyond = arith::SubIOp::create(b, last, magnitude);
    Value distance = arith::MaxSIOp::create(
        b, beyond, arith::SubIOp::create(b, zero, beyond));
    return arith::SubIOp::create(b, last, distance);
  }
  return arith::MinSIOp::create(b, arith::MaxSIOp::create(b, shifted, zero),
                                last);
}

Value Structured::pad(Value input, ArrayRef<int64_t> low,
                      ArrayRef<int64_t> high, PaddingMode mode, double value) {
  Shape sizes = getShape(input), shape = sizes;
  bool pads = false;
  for (auto [dim, before, after] : llvm::zip(shape, low, high)) {
    dim += DimExpr(before + after);
    pads |= before != 0 || after != 0;
  }
  if (!pads)
    return input;
  Type elementType = getElementTypeOrSelf(input);
  if (mode == PaddingMode::zeros) {
    SmallVector<OpFoldResult> offsets = llvm::map_to_vector(
        low, [&](int64_t n) -> OpFoldResult { return getIndexAttr(n); });
    SmallVector<OpFoldResult> strides(low.size(), getIndexAttr(1));
    Value padded = tensor::InsertSliceOp::create(
        *this, input, fill(shape, elementType, value), offsets,
        foldedSizes(sizes), strides);
    return record(padded, shape);
  }
  SmallVector<Value> extents =
      llvm::map_to_vector(sizes, [&](const DimExpr &dim) { return size(dim); });
  return map(shape, elementType, {}, [&](Structured &b, ValueRange) {
    SmallVector<Value> indices;
    for (unsigned i = 0; i < extents.size(); ++i) {
      Value position = b.index(i);
      indices.push_back(
          low[i] == 0 && high[i] == 0
              ? position
              : sourceIndex(b, position, low[i], extents[i], mode));
    }
    return b.extract(input, indices);
  });
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

Value Structured::readBuffer(FlatSymbolRefAttr symbol) {
  Value buffer = state.buffers[symbol.getAttr()].current;
  assert(buffer && "a state that the op does not name as its symbol");
  return buffer;
}

void Structured::writeBuffer(FlatSymbolRefAttr symbol, Value buffer) {
  state.buffers[symbol.getAttr()].current = buffer;
}

bool Structured::isInitialRead(Value value) const {
  return llvm::any_of(state.buffers, [&](const auto &entry) {
    return entry.second.initial == value;
  });
}

Value Structured::window(Value tensor, ArrayRef<OpFoldResult> offsets,
                         ArrayRef<DimExpr> shape) {
  SmallVector<OpFoldResult> strides(shape.size(), getIndexAttr(1));
  return record(tensor::ExtractSliceOp::create(*this, tensor, offsets,
                                               foldedSizes(shape), strides),
                shape);
}

Value Structured::replaceWindow(Value tensor, ArrayRef<OpFoldResult> offsets,
                                Value part) {
  Shape shape = getShape(part);
  SmallVector<OpFoldResult> strides(shape.size(), getIndexAttr(1));
  return record(tensor::InsertSliceOp::create(*this, part, tensor, offsets,
                                              foldedSizes(shape), strides),
                getShape(tensor));
}

//===----------------------------------------------------------------------===//
// Inside a body
//===----------------------------------------------------------------------===//

Value Structured::index(unsigned dimension) {
  return linalg::IndexOp::create(*this, dimension);
}

Value Structured::extract(Value tensor, ValueRange indices) {
  return tensor::ExtractOp::create(*this, tensor, indices);
}
