//===- Transfers.cpp - What the host reads and writes between launches ----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/Transfers.h"
#include "codegen/gpu/KernelUses.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

// Of a buffer up to this size the host gets all when it reads an element: it
// reads others, too.
static constexpr int64_t mostBytesForAnElement = 4096;

/// Whether the op is a launch or has one in its regions.
static bool launches(Operation *op) {
  return op->walk([](LaunchOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

namespace {
/// Buffers that an op and the ops within it read and write; values from before
/// the op.
struct Accesses {
  llvm::SetVector<Value> reads, writes;
};

class Finder {
public:
  explicit Finder(Operation *unit) : unit(unit) {}

  Accesses find() {
    unit->walk([&](Operation *op) { visit(op); });
    return std::move(found);
  }

private:
  void visit(Operation *op) {
    if (isa<LaunchOp, WaitOp, UploadOp, EventOp, ReportIndexOp>(op) ||
        isPure(op) || op->hasTrait<OpTrait::IsTerminator>())
      return;
    auto effects = dyn_cast<MemoryEffectOpInterface>(op);
    if (!effects) {
      if (!op->hasTrait<OpTrait::HasRecursiveMemoryEffects>())
        addOperands(op);
      return;
    }
    SmallVector<MemoryEffects::EffectInstance> instances;
    effects.getEffects(instances);
    for (const MemoryEffects::EffectInstance &effect : instances) {
      Value value = effect.getValue();
      if (!value)
        addOperands(op);
      else if (isa<MemoryEffects::Read>(effect.getEffect()))
        add(value, found.reads);
      else if (isa<MemoryEffects::Write>(effect.getEffect()))
        addWrite(op, value);
    }
  }

  /// What is known of nothing may be read and written.
  void addOperands(Operation *op) {
    for (Value operand : op->getOperands())
      if (isa<MemRefType>(operand.getType())) {
        add(operand, found.reads);
        add(operand, found.writes);
      }
  }

  /// A buffer is uploaded as one run of bytes. Where the op leaves some of them
  /// as they are, the host must have these, too.
  void addWrite(Operation *op, Value value) {
    bool storesAll = isa<DestinationStyleOpInterface, memref::CopyOp>(op) &&
                     isOutside(value);
    auto type = cast<MemRefType>(value.getType());
    if (!storesAll || !type.areTrailingDimsContiguous(type.getRank()))
      add(value, found.reads);
    add(value, found.writes);
  }

  bool isOutside(Value value) const {
    return !unit->isProperAncestor(value.getParentBlock()->getParentOp()) &&
           value.getParentBlock()->getParentOp() != unit;
  }

  /// Adds the value, or what it is a view of.
  void add(Value value, llvm::SetVector<Value> &values) {
    if (!isa<MemRefType>(value.getType()))
      return;
    while (!isOutside(value)) {
      auto view = value.getDefiningOp<ViewLikeOpInterface>();
      if (!view) // Made within the op, or handed round by a loop.
        return addOperands(unit);
      value = view.getViewSource();
    }
    values.insert(value);
  }

  Operation *unit;
  Accesses found;
};

class Inserter {
public:
  explicit Inserter(func::FuncOp entry)
      : entry(entry), run(entry.getArguments().back()) {
    entry.walk([&](Operation *op) {
      if (auto launch = dyn_cast<LaunchOp>(op))
        written.insert(rootOf(launch.getBuffers().back()));
      else if (op != entry)
        for (Value value : Finder(op).find().writes)
          written.insert(rootOf(value));
    });
    // States hold what other entries wrote: the argument before arena and run.
    if (entry.getNumArguments() > 2)
      written.insert(entry.getArgument(entry.getNumArguments() - 3));
  }

  /// Code of the entry, or of a loop, before which there may be launches.
  void insert(Block &block, bool afterLaunches) {
    forget(afterLaunches);
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (!launches(&op)) {
        insertAround(&op);
        continue;
      }
      for (Region &region : op.getRegions())
        for (Block &inner : region)
          insert(inner, /*afterLaunches=*/true);
      forget(/*afterLaunches=*/true);
    }
  }

private:
  void forget(bool afterLaunches) {
    pending = afterLaunches;
    current = nullptr;
    known.clear();
  }

  void insertAround(Operation *op) {
    if (auto load = dyn_cast<memref::LoadOp>(op)) {
      if (changes(load.getMemRef()))
        waitFor(viewElement(load, load.getMemRef(), load.getIndices(),
                            /*mayTakeAll=*/true),
                op);
      return;
    }
    if (auto store = dyn_cast<memref::StoreOp>(op)) {
      Value element = viewElement(store, store.getMemRef(), store.getIndices());
      waitForLaunches(op);
      return upload(element, op);
    }
    Accesses accesses = Finder(op).find();
    for (Value value : accesses.reads)
      if (changes(value))
        waitFor(value, op);
    if (accesses.writes.empty())
      return;
    waitForLaunches(op);
    upload(accesses.writes.getArrayRef(), op);
  }

  /// Whether a buffer that the host reads is not what it was before the run; an
  /// argument that is gets marked.
  bool changes(Value buffer) {
    Value root = rootOf(buffer);
    auto argument = dyn_cast<BlockArgument>(root);
    if (argument && argument.getOwner() == &entry.front() &&
        !written.contains(root))
      entry.setArgAttr(argument.getArgNumber(), "lathe.on_host",
                       UnitAttr::get(entry.getContext()));
    return written.contains(root);
  }

  /// A buffer of the element alone, or the whole where that is small.
  static Value viewElement(Operation *op, Value memref, ValueRange indices,
                           bool mayTakeAll = false) {
    auto type = cast<MemRefType>(memref.getType());
    bool isSmall =
        mayTakeAll && type.hasStaticShape() &&
        type.getNumElements() * int64_t(type.getElementTypeBitWidth()) <=
            8 * mostBytesForAnElement;
    if (type.getRank() == 0 || isSmall)
      return memref;
    OpBuilder b(op);
    SmallVector<OpFoldResult> ones(type.getRank(), b.getIndexAttr(1));
    return memref::SubViewOp::create(b, op->getLoc(), memref,
                                     getAsOpFoldResult(indices), ones, ones);
  }

  void waitForLaunches(Operation *op) {
    if (!pending)
      return;
    OpBuilder b(op);
    current = WaitOp::create(b, op->getLoc(), run, ValueRange());
    pending = false;
  }

  /// Makes the host have the buffer before `op`: by the last wait since a
  /// launch, if the buffer was there. What the host wrote since it has.
  void waitFor(Value buffer, Operation *op) {
    if (!known.insert(buffer).second)
      return;
    Operation *made = buffer.getDefiningOp();
    bool isEarlier = current && (!made || made->getBlock() != op->getBlock() ||
                                 made->isBeforeInBlock(current));
    if (!isEarlier) {
      OpBuilder b(op);
      current = WaitOp::create(b, op->getLoc(), run, ValueRange());
      pending = false;
    }
    current.getBuffersMutable().append(buffer);
  }

  void upload(ValueRange buffers, Operation *op) {
    OpBuilder b(op->getContext());
    b.setInsertionPointAfter(op);
    UploadOp::create(b, op->getLoc(), run, buffers);
    known.insert_range(buffers);
  }

  func::FuncOp entry;
  Value run;
  llvm::DenseSet<Value> written; ///< Roots of buffers that change.
  bool pending = false;          ///< May launches be under way at this place?
  WaitOp current; ///< The last one in the block since the last launch.
  llvm::DenseSet<Value> known; ///< Buffers that the host has since then.
};
} // namespace

void mlir::lathe::kernel::insertTransfers(func::FuncOp entry) {
  Inserter(entry).insert(entry.front(), /*afterLaunches=*/false);
}
