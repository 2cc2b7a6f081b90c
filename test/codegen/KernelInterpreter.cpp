//===- KernelInterpreter.cpp - Runs kernels and finds their races ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelInterpreter.h"
#include "codegen/KernelDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

namespace {
/// A value of each invocation of a workgroup, or one of the host's.
using Lanes = std::vector<Attribute>;
using Mask = std::vector<bool>;

/// Who accessed an element, and between which barriers.
struct Access {
  static constexpr int64_t nobody = -1, several = -2;
  int64_t writer = nobody, writeEpoch = -1, reader = nobody, readEpoch = -1;
};

/// An array as code sees it.
struct Memory {
  std::vector<int64_t> shape;
  std::vector<Attribute> *elements;
  std::vector<Access> *accesses;
  bool isShared = false;
};

class Interpreter {
public:
  std::string run(func::FuncOp function, ArrayRef<TestArray *> arguments) {
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

  std::string launched;

private:
  void fail(Operation *op, const Twine &what) {
    if (failure.empty())
      failure = (op->getName().getStringRef() + ": " + what).str();
  }

  int64_t integer(Value value, size_t lane) {
    return cast<IntegerAttr>(values[value][lane]).getInt();
  }
  bool truth(Value value, size_t lane) {
    return cast<IntegerAttr>(values[value][lane]).getValue().getBoolValue();
  }
  Attribute number(Type type, int64_t value) {
    return IntegerAttr::get(type, value);
  }

  void runBlock(Block &block, const Mask &mask) {
    for (Operation &op : block)
      if (failure.empty())
        runOp(op, mask);
  }

  void runOp(Operation &op, const Mask &mask) {
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
        .Case([&](vector::StoreOp store) {
          forLanes(mask, [&](size_t lane) {
            auto numbers =
                cast<DenseElementsAttr>(values[store.getValueToStore()][lane]);
            for (auto [i, number] :
                 llvm::enumerate(numbers.getValues<Attribute>()))
              if (Attribute *element =
                      access(store, store.getBase(), store.getIndices(), lane,
                             true, i))
                *element = number;
          });
        })
        .Case([&](gpu::ShuffleOp exchange) { takeOthers(exchange, mask); })
        .Case([&](nvgpu::LdMatrixOp load) { loadMatrices(load, mask); })
        .Case(
            [&](nvgpu::MmaSyncOp product) { multiplyMatrices(product, mask); })
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
            values[layout.getSizes()[axis]] = {
                number(index, memory.shape[axis])};
            stride *= memory.shape[axis];
          }
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

  template <typename Function>
  void forLanes(const Mask &mask, const Function &function) {
    for (size_t lane = 0; lane < width && failure.empty(); ++lane)
      if (mask[lane])
        function(lane);
  }

  /// The element that a lane accesses, or null: so many places behind its
  /// indices.
  Attribute *access(Operation *op, Value array, ValueRange indices, size_t lane,
                    bool stores, int64_t behind = 0) {
    Memory &memory = memories.at(array);
    int64_t place = 0;
    for (auto [index, size] : llvm::zip(indices, memory.shape)) {
      int64_t i = integer(index, lane) + behind;
      if (i < 0 || i >= size) {
        fail(op, "place " + Twine(i) + " of " + Twine(size));
        return nullptr;
      }
      place = place * size + i;
    }
    // Launches are compared as a whole, but for the memory of a workgroup.
    int64_t now = memory.isShared ? epoch : launches;
    int64_t who = memory.isShared ? lane : group * width + lane;
    Access &last = (*memory.accesses)[place];
    bool races = last.writeEpoch == now && last.writer != who;
    if (stores)
      races |= last.readEpoch == now && last.reader != who;
    if (races && width > 1)
      fail(op, "invocations race for place " + Twine(place));
    if (stores) {
      last.writer = who;
      last.writeEpoch = now;
    } else {
      bool isFirst = last.readEpoch != now || last.reader == who;
      last.reader = isFirst ? who : Access::several;
      last.readEpoch = now;
      if (!(*memory.elements)[place])
        fail(op, "nobody stored to place " + Twine(place));
    }
    return &(*memory.elements)[place];
  }

  //===--- What subgroups do together -------------------------------------===//

  static constexpr size_t subgroup = 32;

  bool areTogether(Operation *op, const Mask &mask) {
    if (!llvm::is_contained(mask, false) && width % subgroup == 0)
      return true;
    fail(op, "not all lanes reach it");
    return false;
  }

  /// Lanes take what the one so many further has, the last ones their own.
  void takeOthers(gpu::ShuffleOp exchange, const Mask &mask) {
    if (!areTogether(exchange, mask))
      return;
    if (exchange.getMode() != gpu::ShuffleMode::DOWN)
      return fail(exchange, "unknown");
    Lanes given = values[exchange.getValue()], results(width);
    for (size_t lane = 0; lane < width; ++lane) {
      size_t other = lane + integer(exchange.getOffset(), lane);
      bool isInside = other / subgroup == lane / subgroup;
      results[lane] = given[isInside ? other : lane];
    }
    values[exchange.getShuffleResult()] = std::move(results);
  }

  /// Rows of 8 elements, of which each lane reads one; lane l gets two
  /// neighbours of row l / 4, or of column l / 4, of each matrix.
  void loadMatrices(nvgpu::LdMatrixOp load, const Mask &mask) {
    if (!areTogether(load, mask))
      return;
    std::vector<std::vector<Attribute>> read(width);
    forLanes(mask, [&](size_t lane) {
      for (int64_t i = 0; i < 8; ++i)
        if (lane % subgroup < 8 * load.getNumTiles())
          if (Attribute *element = access(load, load.getSrcMemref(),
                                          load.getIndices(), lane, false, i))
            read[lane].push_back(*element);
    });
    if (!failure.empty())
      return;
    Lanes &result = values[load.getRes()];
    result.resize(width);
    for (size_t lane = 0; lane < width; ++lane) {
      size_t first = lane - lane % subgroup, line = lane % subgroup / 4;
      SmallVector<Attribute> numbers;
      for (size_t matrix = 0; matrix < load.getNumTiles(); ++matrix)
        for (size_t i : {lane % 4 * 2, lane % 4 * 2 + 1}) {
          size_t row = load.getTranspose() ? i : line,
                 column = load.getTranspose() ? line : i;
          numbers.push_back(read[first + 8 * matrix + row][column]);
        }
      result[lane] =
          DenseElementsAttr::get(cast<ShapedType>(load.getType()), numbers);
    }
  }

  double number(Value matrix, size_t lane, size_t i, size_t j) {
    return cast<DenseElementsAttr>(values[matrix][lane])
        .getValues<APFloat>()[{i, j}]
        .convertToDouble();
  }

  /// 16x8 results of 16 steps; part (i, j) of lane l = 4 g + t holds, of the
  /// left side, row g + 8 (i % 2) and step 2 t + j + 8 (i / 2), of the right
  /// one column g and step 2 t + j + 8 i, of the results row g + 8 i and column
  /// 2 t + j.
  void multiplyMatrices(nvgpu::MmaSyncOp product, const Mask &mask) {
    if (!areTogether(product, mask))
      return;
    if (product.getMmaShapeAsArray() != std::array<int64_t, 3>{16, 8, 16})
      return fail(product, "unknown");
    Lanes results(width);
    for (size_t lane = 0; lane < width; ++lane) {
      size_t first = lane - lane % subgroup;
      SmallVector<APFloat> sums;
      for (size_t i : {0, 1})
        for (size_t j : {0, 1}) {
          size_t row = lane % subgroup / 4, column = lane % 4 * 2 + j;
          double sum = number(product.getMatrixC(), lane, i, j);
          for (size_t k = 0; k < 16; ++k)
            sum += number(product.getMatrixA(), first + 4 * row + k % 8 / 2,
                          i + k / 8 * 2, k % 2) *
                   number(product.getMatrixB(), first + 4 * column + k % 8 / 2,
                          k / 8, k % 2);
          sums.push_back(APFloat(static_cast<float>(sum)));
        }
      results[lane] =
          DenseElementsAttr::get(cast<ShapedType>(product.getType()), sums);
    }
    values[product.getRes()] = std::move(results);
  }

  void fold(Operation &op, const Mask &mask) {
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

  Attribute fold(Operation &op, ArrayRef<Attribute> operands) {
    Attribute constant;
    if (matchPattern(&op, m_Constant(&constant)))
      return constant;
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

  void assign(ValueRange to, ValueRange from, const Mask &mask) {
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

  void runLoop(scf::ForOp loop, const Mask &mask) {
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

  void runIf(scf::IfOp choice, const Mask &mask) {
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
        assign(choice.getResults(),
               region.front().getTerminator()->getOperands(), active[i]);
    }
  }

  void runLaunch(LaunchOp launch) {
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

  void runGroup(gpu::GPUFuncOp kernel) {
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
    runBlock(kernel.getBody().front(), Mask(width, true));
  }

  //===--- Nests by their definition
  //---------------------------------------===//

  void runNest(NestOp nest) {
    SmallVector<int64_t> extents(nest.getNumDims(), 1);
    for (auto [i, operand] : llvm::enumerate(nest->getOperands()))
      for (auto [axis, result] : llvm::enumerate(nest.getMap(i).getResults()))
        if (auto dim = dyn_cast<AffineDimExpr>(result))
          extents[dim.getPosition()] = memories.at(operand).shape[axis];
    SmallVector<int64_t> at(nest.getNumDims(), 0);
    runDim(nest, extents, at, 0);
    ++launches;
  }

  /// Walks the parallel dimensions, then, for each element, the others.
  void runDim(NestOp nest, ArrayRef<int64_t> extents,
              SmallVectorImpl<int64_t> &at, unsigned dim) {
    if (dim == nest.getNumDims())
      return runElement(nest, extents, at);
    if (nest.getReductions()[dim])
      return runDim(nest, extents, at, dim + 1);
    for (at[dim] = 0; at[dim] < extents[dim] && failure.empty(); ++at[dim])
      runDim(nest, extents, at, dim + 1);
  }

  void runElement(NestOp nest, ArrayRef<int64_t> extents,
                  SmallVectorImpl<int64_t> &at) {
    Attribute accumulator = nest.getInit();
    if (nest.hasReduction())
      reduce(nest, extents, at, 0, accumulator);
    for (auto [dim, isReduction] : llvm::enumerate(nest.getReductions()))
      if (isReduction)
        at[dim] = 0;
    Attribute *element = elementOf(nest, nest.getInputs().size(), at);
    if (element)
      *element = apply(nest, nest.getFinish(), at, accumulator);
  }

  void reduce(NestOp nest, ArrayRef<int64_t> extents,
              SmallVectorImpl<int64_t> &at, unsigned dim,
              Attribute &accumulator) {
    if (dim == nest.getNumDims()) {
      accumulator = apply(nest, nest.getReduce(), at, accumulator);
      return;
    }
    if (!nest.getReductions()[dim])
      return reduce(nest, extents, at, dim + 1, accumulator);
    for (at[dim] = 0; at[dim] < extents[dim] && failure.empty(); ++at[dim])
      reduce(nest, extents, at, dim + 1, accumulator);
  }

  Attribute *elementOf(NestOp nest, unsigned operand, ArrayRef<int64_t> at) {
    Memory &memory = memories.at(nest->getOperand(operand));
    int64_t place = 0;
    SmallVector<int64_t> indices = nest.getMap(operand).compose(at);
    for (auto [index, size] : llvm::zip(indices, memory.shape)) {
      if (index < 0 || index >= size) {
        fail(nest, "place " + Twine(index) + " of " + Twine(size));
        return nullptr;
      }
      place = place * size + index;
    }
    return &(*memory.elements)[place];
  }

  Attribute apply(NestOp nest, Region &region, ArrayRef<int64_t> at,
                  Attribute accumulator) {
    Block &block = region.front();
    for (BlockArgument argument : block.getArguments().drop_back())
      if (!argument.use_empty())
        if (Attribute *element = elementOf(nest, argument.getArgNumber(), at))
          values[argument] = {*element};
    values[block.getArguments().back()] = {accumulator};
    for (Operation &op : block.without_terminator()) {
      if (auto index = dyn_cast<IndexOp>(op))
        values[index.getResult()] = {
            number(index.getType(), at[index.getDim()])};
      else if (auto report = dyn_cast<ReportIndexOp>(op))
        values[report.getResult()] = values[report.getIndex()];
      else if (failure.empty())
        runOp(op, Mask(1, true));
    }
    if (!failure.empty())
      return {};
    return values[block.getTerminator()->getOperand(0)][0];
  }

  size_t width = 1; ///< Lanes.
  int64_t group = 0, gridWidth = 1, epoch = 0, launches = 0;
  llvm::DenseMap<Value, Lanes> values;
  llvm::DenseMap<Value, Memory> memories;
  std::string failure;
};
} // namespace

std::string mlir::lathe::kernel::interpret(func::FuncOp function,
                                           ArrayRef<TestArray *> arguments,
                                           std::string *launched) {
  Interpreter interpreter;
  std::string failure = interpreter.run(function, arguments);
  if (launched)
    *launched = interpreter.launched;
  return failure;
}
