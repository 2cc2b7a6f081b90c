//===- KernelInterpreter.cpp - Runs kernels and finds their races ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

std::string Interpreter::run(func::FuncOp function,
                             ArrayRef<TestArray *> arguments) {
  std::vector<std::vector<Access>> accesses(arguments.size());
  for (auto [i, array] : llvm::enumerate(arguments)) {
    accesses[i].resize(array->elements.size());
    memories[function.getArgument(i)] = {array->shape, &array->elements,
                                         &accesses[i]};
  }
  width = 1;
  runBlock(function.front(), Mask(1, true));
  return failure;
}

void Interpreter::runBlock(Block &block, const Mask &mask) {
  for (Operation &op : block)
    if (failure.empty())
      runOp(op, mask);
}

void Interpreter::runOp(Operation &op, const Mask &mask) {
  TypeSwitch<Operation *>(&op)
      .Case([&](scf::ForOp loop) { runLoop(loop, mask); })
      .Case([&](scf::IfOp choice) { runIf(choice, mask); })
      .Case([&](gpu::BarrierOp) {
        if (llvm::is_contained(mask, false))
          fail(&op, "not all invocations reach it");
        ++epoch;
      })
      .Case([&](memref::LoadOp load) {
        Lanes &result = values[load.getResult()];
        result.resize(width);
        forLanes(mask, [&](size_t lane) {
          if (Attribute *element = access(load, load.getMemRef(),
                                          load.getIndices(), lane, false))
            result[lane] = *element;
        });
      })
      .Case([&](memref::StoreOp store) {
        forLanes(mask, [&](size_t lane) {
          if (Attribute *element = access(store, store.getMemRef(),
                                          store.getIndices(), lane, true))
            *element = values[store.getValue()][lane];
        });
      })
      .Case([&](vector::LoadOp load) {
        Lanes &result = values[load.getResult()];
        result.resize(width);
        forLanes(mask, [&](size_t lane) {
          SmallVector<Attribute> numbers;
          for (int64_t i = 0; i < load.getType().getDimSize(0); ++i)
            if (Attribute *element = access(load, load.getBase(),
                                            load.getIndices(), lane, false, i))
              numbers.push_back(*element);
          if (failure.empty())
            result[lane] = DenseElementsAttr::get(load.getType(), numbers);
        });
      })
      .Case([&](vector::BitCastOp cast) {
        Lanes &result = values[cast.getResult()];
        result.resize(width);
        forLanes(mask, [&](size_t lane) {
          result[lane] = regroup(
              mlir::cast<DenseElementsAttr>(values[cast.getSource()][lane]),
              cast.getType());
        });
      })
      .Case([&](vector::StoreOp store) {
        forLanes(mask, [&](size_t lane) {
          auto numbers =
              cast<DenseElementsAttr>(values[store.getValueToStore()][lane]);
          for (auto [i, number] :
               llvm::enumerate(numbers.getValues<Attribute>()))
            if (Attribute *element = access(store, store.getBase(),
                                            store.getIndices(), lane, true, i))
              *element = number;
        });
      })
      .Case([&](nvgpu::DeviceAsyncCopyOp copy) { beginCopy(copy, mask); })
      .Case([&](NVVM::CpAsyncCommitGroupOp) { groupCopies(mask); })
      .Case([&](NVVM::CpAsyncWaitGroupOp wait) {
        awaitCopies(wait.getN(), mask);
      })
      .Case([&](gpu::ShuffleOp exchange) { takeOthers(exchange, mask); })
      .Case([&](gpu::SubgroupReduceOp reduction) {
        reduceSubgroups(reduction, mask);
      })
      .Case([&](spirv::GroupNonUniformElectOp election) {
        elect(election, mask);
      })
      .Case([&](gpu::SubgroupIdOp) {
        tellIndex(op, [&](size_t lane) { return subgroupOf(lane); });
      })
      .Case([&](gpu::NumSubgroupsOp) {
        tellIndex(op, [&](size_t) { return countSubgroups(); });
      })
      .Case([&](LoadMatrixOp load) { loadMatrix(load, mask); })
      .Case([&](StoreMatrixOp store) { storeMatrix(store, mask); })
      .Case([&](spirv::CompositeConstructOp fill) { fillMatrix(fill, mask); })
      .Case([&](spirv::KHRCooperativeMatrixMulAddOp product) {
        multiplyMatrices(product, mask);
      })
      .Case([&](nvgpu::LdMatrixOp load) { loadMatrices(load, mask); })
      .Case([&](nvgpu::MmaSyncOp product) { multiplyMatrices(product, mask); })
      .Case([&](memref::ExtractAlignedPointerAsIndexOp begin) {
        values[begin.getAlignedPointer()].assign(
            width,
            number(begin.getType(), sharedAddresses.lookup(begin.getSource())));
      })
      .Case([&](NVVM::FenceProxyOp) { fenceProxy(mask); })
      .Case([&](NVVM::WgmmaFenceAlignedOp) {
        forWarpgroups(&op, mask, [&](size_t i) { registersFenced[i] = true; });
      })
      .Case([&](NVVM::WgmmaMmaAsyncOp product) { beginProduct(product, mask); })
      .Case([&](NVVM::WgmmaGroupSyncAlignedOp) { groupProducts(&op, mask); })
      .Case([&](NVVM::WgmmaWaitGroupSyncOp wait) { awaitProducts(wait, mask); })
      .Case([&](LLVM::ExtractValueOp extract) { extractSum(extract, mask); })
      .Case([&](LLVM::InlineAsmOp code) { gatherOperands(code, mask); })
      .Case([&](gpu::ThreadIdOp id) {
        Lanes &result = values[id.getResult()];
        result.clear();
        for (size_t lane = 0; lane < width; ++lane)
          result.push_back(number(id.getType(), lane));
      })
      .Case([&](gpu::BlockIdOp id) {
        bool isRow = id.getDimension() == gpu::Dimension::y;
        values[id.getResult()].assign(
            width, number(id.getType(),
                          isRow ? group / gridWidth : group % gridWidth));
      })
      .Case([&](gpu::GridDimOp size) {
        values[size.getResult()].assign(width,
                                        number(size.getType(), gridWidth));
      })
      .Case([&](LaunchOp launch) { runLaunch(launch); })
      .Case([&](NestOp nest) { runNest(nest); })
      .Case([&](DotProductOp product) { runProduct(product); })
      .Case([&](memref::DimOp dim) {
        values[dim.getResult()] = {number(
            dim.getType(),
            memories.at(dim.getSource()).shape[integer(dim.getIndex(), 0)])};
      })
      .Case([&](memref::ExtractStridedMetadataOp layout) {
        const Memory &memory = memories.at(layout.getSource());
        Type index = IndexType::get(op.getContext());
        int64_t stride = 1;
        for (size_t axis = memory.shape.size(); axis-- > 0;) {
          values[layout.getStrides()[axis]] = {number(index, stride)};
          values[layout.getSizes()[axis]] = {number(index, memory.shape[axis])};
          stride *= memory.shape[axis];
        }
      })
      .Case([&](memref::AllocOp made) { allocate(made); })
      .Case([&](memref::ExpandShapeOp view) {
        Memory memory = memories.at(view.getSrc());
        std::vector<int64_t> shape;
        for (OpFoldResult size : view.getMixedOutputShape())
          shape.push_back(known(size));
        memory.shape = shape;
        memories[view.getResult()] = memory;
      })
      .Case([&](memref::SubViewOp view) { viewBeginning(view); })
      .Case([&](memref::AssumeAlignmentOp view) {
        memories[view.getResult()] = memories.at(view.getMemref());
      })
      .Case([&](memref::CollapseShapeOp view) {
        Memory memory = memories.at(view.getSrc());
        std::vector<int64_t> shape;
        for (const auto &dims : view.getReassociationIndices()) {
          shape.push_back(1);
          for (int64_t dim : dims)
            shape.back() *= memory.shape[dim];
        }
        memory.shape = shape;
        memories[view.getResult()] = memory;
      })
      .Case<scf::YieldOp, gpu::ReturnOp, func::ReturnOp, YieldOp>([](auto) {})
      .Default([&](Operation *) { fold(op, mask); });
}

int64_t Interpreter::known(OpFoldResult size) {
  auto value = dyn_cast<Value>(size);
  return value ? integer(value, 0) : *getConstantIntValue(size);
}

void Interpreter::allocate(memref::AllocOp made) {
  ArrayRef<int64_t> shape = made.getType().getShape();
  size_t size = made.getType().getNumElements();
  auto &[elements, accesses] = allocated.emplace_back();
  elements.resize(size);
  accesses.resize(size);
  memories[made.getResult()] = {shape.vec(), &elements, &accesses};
}

/// Less of the outermost dimension, which lies without gaps.
void Interpreter::viewBeginning(memref::SubViewOp view) {
  Memory memory = memories.at(view.getSource());
  SmallVector<OpFoldResult> sizes = view.getMixedSizes();
  for (auto [axis, size] : llvm::enumerate(sizes)) {
    bool isWhole = axis == 0 || known(size) == memory.shape[axis];
    if (!isWhole || !isConstantIntValue(view.getMixedOffsets()[axis], 0))
      return fail(view, "unknown");
    memory.shape[axis] = known(size);
  }
  memories[view.getResult()] = memory;
}

std::optional<int64_t> Interpreter::placeOf(Operation *op, const Memory &memory,
                                            ValueRange indices, size_t lane,
                                            int64_t behind) {
  int64_t place = 0;
  for (auto [index, size] : llvm::zip(indices, memory.shape)) {
    int64_t i = integer(index, lane) + behind;
    if (i < 0 || i >= size) {
      fail(op, "place " + Twine(i) + " of " + Twine(size));
      return std::nullopt;
    }
    place = place * size + i;
  }
  return place;
}

Attribute *Interpreter::access(Operation *op, Value array, ValueRange indices,
                               size_t lane, bool stores, int64_t behind) {
  Memory &memory = memories.at(array);
  std::optional<int64_t> found = placeOf(op, memory, indices, lane, behind);
  if (!found)
    return nullptr;
  int64_t place = *found;
  // Launches are compared as a whole, but for the memory of a workgroup.
  int64_t now = memory.isShared ? epoch : launches;
  int64_t who = memory.isShared ? lane : group * width + lane;
  Access &last = (*memory.accesses)[place];
  if (last.underWay)
    fail(op, "a copy to place " + Twine(place) + " is under way");
  bool races = last.writeEpoch == now && last.writer != who;
  if (stores)
    races |= last.readEpoch == now && last.reader != who;
  if (stores && last.products > 0)
    fail(op, "a product that reads place " + Twine(place) + " is under way");
  if (races && width > 1)
    fail(op, "invocations race for place " + Twine(place));
  if (stores) {
    last.writer = who;
    last.writeEpoch = now;
    last.isFenced = false;
  } else {
    bool isFirst = last.readEpoch != now || last.reader == who;
    last.reader = isFirst ? who : Access::several;
    last.readEpoch = now;
    if (!(*memory.elements)[place])
      fail(op, "nobody stored to place " + Twine(place));
  }
  return &(*memory.elements)[place];
}

void Interpreter::fold(Operation &op, const Mask &mask) {
  if (op.getNumResults() != 1)
    return fail(&op, "unknown");
  Lanes &result = values[op.getResult(0)];
  result.assign(width, {});
  SmallVector<Attribute> before;
  Attribute resultBefore;
  forLanes(mask, [&](size_t lane) {
    SmallVector<Attribute> operands;
    for (Value operand : op.getOperands())
      operands.push_back(values[operand][lane]);
    if (!resultBefore || operands != before) {
      resultBefore = fold(op, operands);
      before = operands;
    }
    result[lane] = resultBefore;
  });
}

Attribute Interpreter::fold(Operation &op, ArrayRef<Attribute> operands) {
  Attribute constant;
  if (matchPattern(&op, m_Constant(&constant)))
    return constant;
  // Folders round nothing.
  if (auto narrowing = dyn_cast<arith::TruncFOp>(op)) {
    auto type = cast<FloatType>(narrowing.getType());
    APFloat number = cast<FloatAttr>(operands[0]).getValue();
    bool isInexact;
    number.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                   &isInexact);
    return FloatAttr::get(type, number);
  }
  SmallVector<OpFoldResult> results;
  if (failed(op.fold(operands, results)) || results.size() != 1) {
    fail(&op, "does not fold");
    return {};
  }
  if (auto attribute = dyn_cast<Attribute>(results[0]))
    return attribute;
  for (auto [operand, attribute] : llvm::zip(op.getOperands(), operands))
    if (operand == cast<Value>(results[0]))
      return attribute;
  fail(&op, "folds to something else");
  return {};
}

Attribute Interpreter::regroup(DenseElementsAttr numbers, ShapedType type) {
  unsigned from = numbers.getElementType().getIntOrFloatBitWidth(),
           to = type.getElementTypeBitWidth();
  APInt bits(type.getNumElements() * to, 0);
  for (auto [i, number] : llvm::enumerate(numbers.getValues<APInt>()))
    bits.insertBits(number, i * from);
  SmallVector<APInt> regrouped;
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    regrouped.push_back(bits.extractBits(to, i * to));
  return DenseElementsAttr::get(type, regrouped);
}

void Interpreter::assign(ValueRange to, ValueRange from, const Mask &mask) {
  std::vector<Lanes> moved;
  for (Value value : from)
    moved.push_back(values[value]);
  for (auto [value, lanes] : llvm::zip(to, moved)) {
    Lanes &result = values[value];
    result.resize(width);
    for (size_t lane = 0; lane < width; ++lane)
      if (mask[lane])
        result[lane] = lanes[lane];
  }
}

void Interpreter::runLoop(scf::ForOp loop, const Mask &mask) {
  std::vector<int64_t> at(width);
  forLanes(mask, [&](size_t lane) {
    at[lane] = integer(loop.getLowerBound(), lane);
  });
  assign(loop.getRegionIterArgs(), loop.getInitArgs(), mask);
  assign(loop.getResults(), loop.getInitArgs(), mask);
  Type type = loop.getInductionVar().getType();
  while (failure.empty()) {
    Mask active(width);
    Lanes &index = values[loop.getInductionVar()];
    index.resize(width);
    forLanes(mask, [&](size_t lane) {
      active[lane] = at[lane] < integer(loop.getUpperBound(), lane);
      index[lane] = number(type, at[lane]);
      at[lane] += integer(loop.getStep(), lane);
    });
    if (!llvm::is_contained(active, true))
      return;
    runBlock(*loop.getBody(), active);
    if (!failure.empty())
      return;
    ValueRange yielded = loop.getBody()->getTerminator()->getOperands();
    assign(loop.getRegionIterArgs(), yielded, active);
    assign(loop.getResults(), loop.getRegionIterArgs(), active);
  }
}

void Interpreter::runIf(scf::IfOp choice, const Mask &mask) {
  std::array<Mask, 2> active = {Mask(width), Mask(width)};
  forLanes(mask, [&](size_t lane) {
    active[truth(choice.getCondition(), lane) ? 0 : 1][lane] = true;
  });
  for (unsigned i : {0, 1}) {
    Region &region = choice->getRegion(i);
    if (region.empty() || !llvm::is_contained(active[i], true))
      continue;
    runBlock(region.front(), active[i]);
    if (failure.empty())
      assign(choice.getResults(), region.front().getTerminator()->getOperands(),
             active[i]);
  }
}

void Interpreter::runLaunch(LaunchOp launch) {
  auto module = launch->getParentOfType<ModuleOp>();
  auto kernels = module.lookupSymbol<gpu::GPUModuleOp>(launch.getKernel());
  auto kernel = *kernels.getOps<gpu::GPUFuncOp>().begin();
  // The parameters: no reports, buffers that begin at 0, and the scalars.
  std::vector<Attribute> words(
      4 + launch.getBuffers().size(),
      number(IntegerType::get(launch.getContext(), 32), 0));
  for (Value scalar : launch.getScalars())
    words.push_back(values[scalar][0]);
  std::vector<Access> wordAccesses(words.size());
  for (auto [argument, buffer] :
       llvm::zip(kernel.getArguments(), launch.getBuffers())) {
    Memory memory = memories.at(buffer);
    memory.shape = {static_cast<int64_t>(memory.elements->size())};
    memories[argument] = memory;
  }
  memories[kernel.getArgument(launch.getBuffers().size())] = {
      {static_cast<int64_t>(words.size())}, &words, &wordAccesses};
  int64_t groups = integer(launch.getGroups(), 0);
  if (groups > 0)
    launched = launch.getKernel().str();
  // Two rows, which have one group too many, if need be.
  gridWidth = (groups + 1) / 2;
  width = (*kernel.getKnownBlockSize())[0];
  ++launches;
  for (group = 0; group < 2 * gridWidth; ++group)
    runGroup(kernel);
  width = 1;
  group = 0;
  ++launches;
}

void Interpreter::runGroup(gpu::GPUFuncOp kernel) {
  std::vector<std::vector<Attribute>> elements;
  std::vector<std::vector<Access>> accesses;
  for (BlockArgument shared : kernel.getWorkgroupAttributions()) {
    int64_t size = cast<MemRefType>(shared.getType()).getNumElements();
    elements.emplace_back(size);
    accesses.emplace_back(size);
  }
  for (auto [i, shared] : llvm::enumerate(kernel.getWorkgroupAttributions()))
    memories[shared] = {{static_cast<int64_t>(elements[i].size())},
                        &elements[i],
                        &accesses[i],
                        true};
  copies.clear();
  copyGroups.assign(width, 0);
  products.clear();
  productGroups.assign(width / warpgroup, 0);
  registersFenced.assign(width / warpgroup, false);
  placeShared(kernel);
  runBlock(kernel.getBody().front(), Mask(width, true));
  if (!copies.empty())
    fail(kernel, "copies are under way at its end");
  if (!llvm::all_of(products, [](const Product &made) { return made.isDone; }))
    fail(kernel, "products are under way at its end");
}

std::string mlir::lathe::kernel::interpret(func::FuncOp function,
                                           ArrayRef<TestArray *> arguments,
                                           std::string *launched,
                                           Subgroups subgroups) {
  Interpreter interpreter(subgroups);
  std::string failure = interpreter.run(function, arguments);
  if (launched)
    *launched = interpreter.launched;
  return failure;
}
