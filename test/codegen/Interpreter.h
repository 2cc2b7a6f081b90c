//===- Interpreter.h - What interprets kernels and nests ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TEST_CODEGEN_INTERPRETER_H
#define LATHE_TEST_CODEGEN_INTERPRETER_H

#include "KernelInterpreter.h"
#include "codegen/KernelDialect.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include <list>

namespace mlir::lathe::kernel {

/// A value of each invocation of a workgroup, or one of the host's.
using Lanes = std::vector<Attribute>;
using Mask = std::vector<bool>;

/// Who accessed an element, and between which barriers; whether a copy to it is
/// under way, and how many products that read it are; and whether a fence of
/// proxies stands behind what was stored.
struct Access {
  static constexpr int64_t nobody = -1, several = -2;
  int64_t writer = nobody, writeEpoch = -1, reader = nobody, readEpoch = -1;
  bool underWay = false, isFenced = false;
  int64_t products = 0;
};

/// An array as code sees it.
struct Memory {
  std::vector<int64_t> shape;
  std::vector<Attribute> *elements;
  std::vector<Access> *accesses;
  bool isShared = false;
};

/// An element that is being copied: it has its value once the lane waited for
/// the group.
struct Copy {
  size_t lane;
  int64_t group;
  Attribute *element, value;
  Access *access;
};

/// A product that a warpgroup began: what it reads may not change, and its sums
/// are nobody's, until the warpgroup waited for the group.
struct Product {
  size_t warpgroup;
  int64_t group;
  std::vector<Access *> reads;
  Lanes sums; ///< Of the warpgroup's lanes.
  bool isDone = false;
};

/// Runs one function's code.
class Interpreter {
public:
  explicit Interpreter(Subgroups subgroups) : subgroups(subgroups) {}

  std::string run(func::FuncOp function, ArrayRef<TestArray *> arguments);

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

  //===--- Code (KernelInterpreter.cpp) -----------------------------------===//

  void runBlock(Block &block, const Mask &mask);
  void runOp(Operation &op, const Mask &mask);
  void runLoop(scf::ForOp loop, const Mask &mask);
  void runIf(scf::IfOp choice, const Mask &mask);
  void runLaunch(LaunchOp launch);
  void runGroup(gpu::GPUFuncOp kernel);

  template <typename Function>
  void forLanes(const Mask &mask, const Function &function) {
    for (size_t lane = 0; lane < width && failure.empty(); ++lane)
      if (mask[lane])
        function(lane);
  }
  int64_t known(OpFoldResult size);
  void allocate(memref::AllocOp made);
  void viewBeginning(memref::SubViewOp view);
  /// The place that is so many places behind a lane's indices, or nothing.
  std::optional<int64_t> placeOf(Operation *op, const Memory &memory,
                                 ValueRange indices, size_t lane,
                                 int64_t behind);
  /// The element that a lane accesses, or null.
  Attribute *access(Operation *op, Value array, ValueRange indices, size_t lane,
                    bool stores, int64_t behind = 0);
  /// The same bits as elements of another type.
  static Attribute regroup(DenseElementsAttr numbers, ShapedType type);
  void assign(ValueRange to, ValueRange from, const Mask &mask);
  void fold(Operation &op, const Mask &mask);
  Attribute fold(Operation &op, ArrayRef<Attribute> operands);

  //===--- Copies that go on meanwhile (CopyInterpreter.cpp) --------------===//

  void beginCopy(nvgpu::DeviceAsyncCopyOp copy, const Mask &mask);
  void beginCopy(nvgpu::DeviceAsyncCopyOp copy, size_t lane);
  void groupCopies(const Mask &mask);
  /// Ends all copies of lanes but those of their last groups.
  void awaitCopies(int64_t allBut, const Mask &mask);

  //===--- What subgroups do together (SubgroupInterpreter.cpp) -----------===//

  /// Of devices with subgroups of just this size.
  static constexpr size_t subgroup = 32;

  /// As many as hold the workgroup; the last one may lack invocations.
  size_t countSubgroups() const;
  size_t subgroupOf(size_t lane) const;
  /// Lanes get what the lanes of their subgroup have, combined in order.
  void reduceSubgroups(gpu::SubgroupReduceOp reduction, const Mask &mask);
  /// One lane of each subgroup gets true: the first that is there.
  void elect(spirv::GroupNonUniformElectOp election, const Mask &mask);
  /// What depends on the lane's subgroup alone, or on nothing.
  void tellIndex(Operation &op, const std::function<size_t(size_t)> &index);

  bool areTogether(Operation *op, const Mask &mask);
  /// Lanes take what the one so many further has, the last ones their own.
  void takeOthers(gpu::ShuffleOp exchange, const Mask &mask);
  /// Rows of 16 bytes, of which each lane reads one; lane l gets four bytes
  /// of row l / 4 of each matrix, or two neighbours of 16 bits of column l / 4.
  void loadMatrices(nvgpu::LdMatrixOp load, const Mask &mask);
  /// 16x8 results of 32 bytes each, of elements of which a lane has e
  /// neighbours; part (i, j) of lane l = 4 g + t holds, of the left side, row
  /// g + 8 (i % 2) and step e t + j + 4 e (i / 2), of the right one column g
  /// and step e t + j + 4 e i, of the results row g + 8 i and column 2 t + j.
  void multiplyMatrices(nvgpu::MmaSyncOp product, const Mask &mask);
  double number(Value matrix, size_t lane, size_t i, size_t j);

  //===--- Cooperative matrices (MatrixInterpreter.cpp) -------------------===//

  /// The lane that accesses memory for a lane's subgroup.
  size_t firstOfSubgroup(size_t lane) const;
  /// Whether of each subgroup, to which no lane lacks, all lanes or none reach
  /// an op, with the same values.
  bool areWhole(Operation *op, ArrayRef<Value> uniform, const Mask &mask);
  void loadMatrix(LoadMatrixOp load, const Mask &mask);
  void storeMatrix(StoreMatrixOp store, const Mask &mask);
  void fillMatrix(spirv::CompositeConstructOp fill, const Mask &mask);
  void multiplyMatrices(spirv::KHRCooperativeMatrixMulAddOp product,
                        const Mask &mask);

  //===--- What warpgroups multiply meanwhile (WarpgroupInterpreter.cpp) --===//

  static constexpr size_t warpgroup = 128;

  /// Gives the arrays of the workgroup addresses.
  void placeShared(gpu::GPUFuncOp kernel);
  Attribute readForProduct(Operation *op, uint64_t address, Product &product);
  /// The 16 steps of a matrix's lines, line by line.
  std::vector<double> readMatrix(NVVM::WgmmaMmaAsyncOp op, uint64_t descriptor,
                                 int64_t lines, bool isKMajor,
                                 Product &product);
  /// Calls a function for each warpgroup that reaches the op as a whole.
  void forWarpgroups(Operation *op, const Mask &mask,
                     function_ref<void(size_t)> function);
  void beginProduct(NVVM::WgmmaMmaAsyncOp op, const Mask &mask);
  void beginProduct(NVVM::WgmmaMmaAsyncOp op, size_t number, Lanes &results);
  void groupProducts(Operation *op, const Mask &mask);
  void awaitProducts(NVVM::WgmmaWaitGroupSyncOp op, const Mask &mask);
  void fenceProxy(const Mask &mask);
  ArrayAttr readSums(Operation *op, Value sums, size_t lane);
  void extractSum(LLVM::ExtractValueOp op, const Mask &mask);
  void gatherOperands(LLVM::InlineAsmOp op, const Mask &mask);

  //===--- Products of bytes by their definition (ProductInterpreter.cpp) -===//

  void runProduct(DotProductOp op);
  Attribute finish(DotProductOp op, ArrayRef<int64_t> at, Attribute total);

  //===--- Nests by their definition (NestInterpreter.cpp) ----------------===//

  void runNest(NestOp nest);
  /// Walks the parallel dimensions, then, for each element, the others.
  void runDim(NestOp nest, ArrayRef<int64_t> extents,
              SmallVectorImpl<int64_t> &at, unsigned dim);
  void runElement(NestOp nest, ArrayRef<int64_t> extents,
                  SmallVectorImpl<int64_t> &at);
  void reduce(NestOp nest, ArrayRef<int64_t> extents,
              SmallVectorImpl<int64_t> &at, unsigned dim,
              Attribute &accumulator);
  Attribute *elementOf(NestOp nest, unsigned operand, ArrayRef<int64_t> at);
  Attribute apply(NestOp nest, Region &region, ArrayRef<int64_t> at,
                  Attribute accumulator);

  Subgroups subgroups;
  size_t width = 1; ///< Lanes.
  int64_t group = 0, gridWidth = 1, epoch = 0, launches = 0;
  llvm::DenseMap<Value, Lanes> values;
  llvm::DenseMap<Value, Memory> memories;
  /// What the host allocated.
  std::list<std::pair<std::vector<Attribute>, std::vector<Access>>> allocated;
  std::vector<Copy> copies;
  std::vector<int64_t> copyGroups; ///< That each lane has made.
  std::vector<Product> products;
  std::vector<int64_t> productGroups; ///< That each warpgroup has made.
  /// Whether a warpgroup's registers are fenced since they were written.
  std::vector<bool> registersFenced;
  llvm::MapVector<Value, int64_t> sharedAddresses;
  std::string failure;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_TEST_CODEGEN_INTERPRETER_H
