//===- PlanMemory.cpp - Gives every buffer a place in one arena -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Bounds.h"
#include "codegen/KernelDialect.h"
#include "codegen/Passes.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_PLANMEMORY
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {
/// A buffer: its bytes at the bounds of the dynamic dimensions and the first
/// and last op of the function's body that touch it.
struct Buffer {
  memref::AllocOp op;
  int64_t bytes;
  unsigned first, last;
  int64_t offset = 0;
};

// A cache line, and the widest vector.
constexpr int64_t alignment = 64;
} // namespace

static std::optional<int64_t> upperBound(OpFoldResult size);

/// The size that a dimension of a buffer was given where the buffer, or the
/// view, was made; nothing where it was not given.
static std::optional<OpFoldResult> findGivenSize(Value buffer, int64_t index) {
  auto type = cast<MemRefType>(buffer.getType());
  if (!type.isDynamicDim(index))
    return Builder(buffer.getContext()).getIndexAttr(type.getDimSize(index));
  Operation *op = buffer.getDefiningOp();
  if (auto alloc = dyn_cast_if_present<memref::AllocOp>(op))
    return alloc.getMixedSizes()[index];
  if (auto view = dyn_cast_if_present<memref::ViewOp>(op))
    return view.getSizes()[type.getDynamicDimIndex(index)];
  if (auto expand = dyn_cast_if_present<memref::ExpandShapeOp>(op))
    return expand.getMixedOutputShape()[index];
  if (auto subview = dyn_cast_if_present<memref::SubViewOp>(op)) {
    SmallVector<OpFoldResult> sizes;
    llvm::SmallBitVector dropped = subview.getDroppedDims();
    for (auto [i, size] : llvm::enumerate(subview.getMixedSizes()))
      if (!dropped[i])
        sizes.push_back(size);
    return sizes[index];
  }
  return {};
}

/// Whether a value is an argument of a function.
static bool isArgument(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && isa<func::FuncOp>(argument.getOwner()->getParentOp());
}

std::optional<int64_t> lathe::upperBoundOfDim(Value buffer, int64_t index) {
  if (std::optional<OpFoldResult> size = findGivenSize(buffer, index))
    return upperBound(*size);
  if (isArgument(buffer)) {
    auto argument = cast<BlockArgument>(buffer);
    auto function = cast<func::FuncOp>(argument.getOwner()->getParentOp());
    auto bounds = function.getArgAttrOfType<DenseI64ArrayAttr>(
        argument.getArgNumber(), "lathe.bounds");
    // What nothing bounds has the greatest number for its bound.
    if (bounds && bounds[index] != INT64_MAX)
      return bounds[index];
    return std::nullopt;
  }
  auto collapse = buffer.getDefiningOp<memref::CollapseShapeOp>();
  if (!collapse)
    return std::nullopt;
  SmallVector<ReassociationIndices> groups = collapse.getReassociationIndices();
  int64_t product = 1;
  for (int64_t dim : groups[index]) {
    std::optional<int64_t> bound = upperBoundOfDim(collapse.getSrc(), dim);
    if (!bound || llvm::MulOverflow(product, *bound, product))
      return std::nullopt;
  }
  return product;
}

/// The greatest value that a size can take; nothing if it is not known.
static std::optional<int64_t> upperBound(OpFoldResult size) {
  if (std::optional<int64_t> constant = getConstantIntValue(size))
    return constant;
  auto value = cast<Value>(size);
  Operation *op = value.getDefiningOp();
  if (auto dim = dyn_cast_if_present<memref::DimOp>(op)) {
    std::optional<int64_t> index = dim.getConstantIndex();
    return index ? upperBoundOfDim(dim.getSource(), *index) : std::nullopt;
  }
  if (auto bounded = dyn_cast_if_present<kernel::BoundedOp>(op))
    return static_cast<int64_t>(bounded.getBound());
  if (!op || op->getNumOperands() != 2)
    return std::nullopt;
  std::optional<int64_t> a = upperBound(op->getOperand(0));
  std::optional<int64_t> b = upperBound(op->getOperand(1));
  // What is read from a buffer has no bound but the one that a minimum gives.
  if (isa<arith::MinSIOp>(op) && (a || b))
    return std::min(a.value_or(INT64_MAX), b.value_or(INT64_MAX));
  if (!a || !b)
    return std::nullopt;
  // Sizes are at least 0; subtrahends are constants.
  int64_t result;
  if (isa<arith::AddIOp>(op))
    return llvm::AddOverflow(*a, *b, result) ? std::nullopt
                                             : std::optional(result);
  if (isa<arith::MulIOp>(op))
    return llvm::MulOverflow(*a, *b, result) ? std::nullopt
                                             : std::optional(result);
  if (isa<arith::FloorDivSIOp, arith::DivSIOp, arith::DivUIOp>(op) && *b > 0)
    return *a / *b;
  return std::nullopt;
}

/// A number of elements: `factor`, times the size of an argument's dimension if
/// there is one.
struct Scale {
  int64_t factor = 1;
  Value argument = {};
  int64_t dim = 0;

  bool hasDimOf(const Scale &other) const {
    return argument == other.argument && dim == other.dim;
  }
};

static std::optional<Scale> multiply(std::optional<Scale> a,
                                     std::optional<Scale> b) {
  if (!a || !b || (a->argument && b->argument))
    return {};
  Scale product = a->argument ? *a : *b;
  if (llvm::MulOverflow(a->factor, b->factor, product.factor))
    return {};
  return product;
}

/// How a size follows from that of an argument's dimension; nothing where it is
/// no multiple of one.
static std::optional<Scale> findScale(OpFoldResult size) {
  if (std::optional<int64_t> constant = getConstantIntValue(size))
    return Scale{*constant};
  Operation *op = cast<Value>(size).getDefiningOp();
  if (auto bounded = dyn_cast_if_present<kernel::BoundedOp>(op))
    return findScale(bounded.getSize());
  if (auto product = dyn_cast_if_present<arith::MulIOp>(op))
    return multiply(findScale(product.getLhs()), findScale(product.getRhs()));
  auto dim = dyn_cast_if_present<memref::DimOp>(op);
  std::optional<int64_t> index = dim ? dim.getConstantIndex() : std::nullopt;
  if (!index)
    return {};
  if (auto given = findGivenSize(dim.getSource(), *index))
    return findScale(*given);
  if (!isArgument(dim.getSource()))
    return {};
  return Scale{1, dim.getSource(), *index};
}

/// The bytes of a buffer in this way.
static std::optional<Scale> findScale(memref::AllocOp op) {
  std::optional<Scale> bytes =
      Scale{getElementBytes(op.getType().getElementType())};
  for (OpFoldResult size : op.getMixedSizes())
    bytes = multiply(bytes, findScale(size));
  return bytes;
}

/// Bytes of a buffer at the bounds of its dynamic dimensions.
static std::optional<int64_t> boundBytes(memref::AllocOp op) {
  MemRefType type = op.getType();
  int64_t bytes = getElementBytes(type.getElementType());
  auto dynamic = op.getDynamicSizes().begin();
  for (int64_t size : type.getShape()) {
    std::optional<int64_t> bound =
        ShapedType::isDynamic(size) ? upperBound(Value(*dynamic++)) : size;
    if (!bound || llvm::MulOverflow(bytes, *bound, bytes))
      return std::nullopt;
  }
  return bytes;
}

/// The last op of `body` that uses `value` or a view of it.
static Operation *lastUse(Value value, Block &body, Operation *last) {
  for (Operation *user : value.getUsers()) {
    Operation *place = body.findAncestorOpInBlock(*user);
    if (last->isBeforeInBlock(place))
      last = place;
    if (isa<ViewLikeOpInterface>(user))
      for (Value view : user->getResults())
        last = lastUse(view, body, last);
  }
  return last;
}

/// The largest sum of bytes alive at one op: no arena is smaller.
static int64_t liveBytes(ArrayRef<Buffer> buffers) {
  int64_t most = 0;
  for (const Buffer &at : buffers) {
    int64_t sum = 0;
    for (const Buffer &buffer : buffers)
      if (buffer.first <= at.first && at.first <= buffer.last)
        sum += buffer.bytes;
    most = std::max(most, sum);
  }
  return most;
}

/// First fit: gives each buffer, in this order, the lowest offset at which it
/// meets no other that is alive at the same time. Returns the arena's size.
static int64_t placeInOrder(ArrayRef<Buffer *> order) {
  int64_t arena = 0;
  for (auto [i, buffer] : llvm::enumerate(order)) {
    SmallVector<Buffer *> neighbours;
    for (Buffer *other : order.take_front(i))
      if (other->first <= buffer->last && buffer->first <= other->last)
        neighbours.push_back(other);
    llvm::sort(neighbours, [](const Buffer *a, const Buffer *b) {
      return a->offset < b->offset;
    });
    int64_t offset = 0;
    for (Buffer *other : neighbours) {
      if (offset + buffer->bytes <= other->offset)
        break;
      offset = std::max(offset, other->offset + other->bytes);
    }
    buffer->offset = offset;
    arena = std::max(arena, offset + buffer->bytes);
  }
  return arena;
}

/// Places the buffers in an arena as small as it finds and returns its size.
/// The first order is by decreasing size; then, whatever lies on top goes to
/// the front of the order, as long as the arena is larger than it has to be.
static int64_t placeBuffers(MutableArrayRef<Buffer> buffers, int64_t live) {
  constexpr unsigned mostRounds = 100;
  SmallVector<Buffer *> order;
  for (Buffer &buffer : buffers)
    order.push_back(&buffer);
  llvm::sort(order, [](const Buffer *a, const Buffer *b) {
    return a->bytes != b->bytes ? a->bytes > b->bytes : a->first < b->first;
  });
  SmallVector<Buffer *> best = order;
  int64_t arena = placeInOrder(order), smallest = arena;
  for (unsigned round = 0; round < mostRounds && smallest > live; ++round) {
    auto top = llvm::find_if(order, [&](const Buffer *buffer) {
      return buffer->offset + buffer->bytes == arena;
    });
    std::rotate(order.begin(), top, std::next(top));
    arena = placeInOrder(order);
    if (arena < smallest) {
      smallest = arena;
      best = order;
    }
  }
  return placeInOrder(best);
}

namespace {
struct PlanMemoryPass : lathe::impl::PlanMemoryBase<PlanMemoryPass> {
  using PlanMemoryBase::PlanMemoryBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function->hasAttr("lathe.entry"))
      return;
    SmallVector<kernel::ParallelOp> tasks;
    function.walk([&](kernel::ParallelOp op) { tasks.push_back(op); });
    for (kernel::ParallelOp op : tasks)
      if (failed(planTask(op)))
        return signalPassFailure();
    Block &body = function.front();
    FailureOr<SmallVector<Buffer>> found = findBuffers(body);
    if (failed(found))
      return signalPassFailure();
    int64_t live = liveBytes(*found), bytes = placeBuffers(*found, live);
    // The arena is the argument before the context.
    Value arena = body.getArgument(body.getNumArguments() - 2);
    if (auto scaled = scales ? placeToScale(body, *found, bytes) : std::nullopt)
      bytes = useScaled(*scaled, arena);
    else
      useArena(*found, arena);
    Builder b(&getContext());
    function->setAttr("lathe.arena_bytes", b.getI64IntegerAttr(bytes));
    function->setAttr("lathe.live_bytes", b.getI64IntegerAttr(live));
  }

private:
  /// What a task alone uses is on its stack.
  LogicalResult planTask(kernel::ParallelOp op) {
    Block &body = op.getBody().front();
    FailureOr<SmallVector<Buffer>> found = findBuffers(body);
    if (failed(found) || found->empty())
      return found;
    int64_t bytes = placeBuffers(*found, liveBytes(*found));
    auto b = OpBuilder::atBlockBegin(&body);
    auto type = MemRefType::get({bytes}, b.getI8Type());
    useArena(*found, memref::AllocaOp::create(b, op.getLoc(), type,
                                              b.getI64IntegerAttr(alignment)));
    return success();
  }

  /// Buffers whose sizes are multiples of one dimension's, in places that are,
  /// too, behind those whose sizes are known.
  struct ScaledBuffers {
    SmallVector<Buffer> known, scaled;
    int64_t knownBytes, unitBytes, bound;
    Value dim;
  };

  /// Places the buffers so; nothing where sizes follow from several dimensions,
  /// or notably more than `bytes` were needed at the bound.
  std::optional<ScaledBuffers>
  placeToScale(Block &body, ArrayRef<Buffer> buffers, int64_t bytes) {
    ScaledBuffers places;
    Scale unit;
    for (Buffer buffer : buffers) {
      std::optional<Scale> scale = findScale(buffer.op);
      if (!scale ||
          (scale->argument && unit.argument && !scale->hasDimOf(unit)))
        return {};
      if (!scale->argument) {
        places.known.push_back(buffer);
        continue;
      }
      unit = *scale;
      buffer.bytes =
          llvm::alignTo(std::max<int64_t>(scale->factor, 1), alignment);
      places.scaled.push_back(buffer);
    }
    auto bound =
        unit.argument ? upperBoundOfDim(unit.argument, unit.dim) : std::nullopt;
    if (!bound)
      return {};
    places.bound = *bound;
    places.knownBytes = placeBuffers(places.known, liveBytes(places.known));
    places.unitBytes = placeBuffers(places.scaled, liveBytes(places.scaled));
    int64_t all;
    if (llvm::MulOverflow(places.unitBytes, *bound, all) ||
        llvm::AddOverflow(all, places.knownBytes, all) ||
        all > bytes + bytes / 128)
      return {};
    auto b = OpBuilder::atBlockBegin(&body);
    places.dim = memref::DimOp::create(b, unit.argument.getLoc(), unit.argument,
                                       unit.dim);
    return places;
  }

  int64_t useScaled(const ScaledBuffers &places, Value arena) {
    useArena(places.known, arena);
    useArena(places.scaled, arena, [&](OpBuilder &b, const Buffer &buffer) {
      Location location = buffer.op->getLoc();
      auto constant = [&](int64_t value) {
        return arith::ConstantIndexOp::create(b, location, value);
      };
      Value offset = arith::MulIOp::create(b, location, places.dim,
                                           constant(buffer.offset));
      return arith::AddIOp::create(b, location, offset,
                                   constant(places.knownBytes))
          .getResult();
    });
    return places.knownBytes + places.unitBytes * places.bound;
  }

  void
  useArena(ArrayRef<Buffer> placed, Value arena,
           function_ref<Value(OpBuilder &, const Buffer &)> place = nullptr) {
    for (const Buffer &buffer : placed) {
      memref::AllocOp op = buffer.op;
      OpBuilder b(op);
      Value offset =
          place ? place(b, buffer)
                : arith::ConstantIndexOp::create(b, op.getLoc(), buffer.offset);
      Value view = memref::ViewOp::create(b, op.getLoc(), op.getType(), arena,
                                          offset, op.getDynamicSizes());
      op.replaceAllUsesWith(view);
      op.erase();
      ++buffers;
    }
  }

  FailureOr<SmallVector<Buffer>> findBuffers(Block &body) {
    llvm::DenseMap<Operation *, unsigned> position;
    for (auto [i, op] : llvm::enumerate(body))
      position[&op] = i;
    SmallVector<Buffer> found;
    for (auto op : body.getOps<memref::AllocOp>()) {
      std::optional<int64_t> bytes = boundBytes(op);
      if (!bytes)
        return op.emitOpError("has no bound of its size");
      // Lifetimes start at the first store, not at the allocation.
      Operation *first = nullptr;
      for (Operation *user : op->getUsers()) {
        Operation *place = body.findAncestorOpInBlock(*user);
        if (!first || place->isBeforeInBlock(first))
          first = place;
      }
      if (!first)
        first = op;
      Operation *last = lastUse(op, body, op);
      found.push_back({op,
                       static_cast<int64_t>(llvm::alignTo(
                           std::max<int64_t>(*bytes, 1), alignment)),
                       position[first], position[last]});
    }
    return found;
  }
};
} // namespace
