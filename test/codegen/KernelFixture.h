//===- KernelFixture.h - What tests of kernels begin with -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TEST_CODEGEN_KERNELFIXTURE_H
#define LATHE_TEST_CODEGEN_KERNELFIXTURE_H

#include "KernelInterpreter.h"
#include "codegen/Passes.h"
#include "codegen/Pipelines.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include <gtest/gtest.h>

namespace mlir::lathe::kernel {

/// An entry on arrays of small integers, whose ops become kernels.
class KernelFixture : public testing::Test {
protected:
  using Shape = std::vector<int64_t>;

  KernelFixture() {
    DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    options.busyInvocations = 64;
    options.workgroupSize = 32;
    options.accumulators = 8;
    options.sharedBytes = 2048;
  }

  /// Parses a function's arguments, but for those of all entries, and its op.
  void parse(const std::string &arguments, const std::string &op) {
    module = parseSourceString<ModuleOp>(
        "func.func @main(" + arguments +
            ", %arena: memref<?xi8>, %run: !llvm.ptr) attributes "
            "{lathe.entry} {\n" +
            op + "\nreturn\n}",
        &context);
    ASSERT_TRUE(module);
  }

  func::FuncOp entry() { return *module->getOps<func::FuncOp>().begin(); }

  /// Changes arrays that not all integers are for.
  virtual void adjustArrays(std::vector<TestArray> &arrays) { (void)arrays; }

  /// Arrays of small integers for the arguments; the last one is the output.
  std::vector<TestArray> makeArrays(ArrayRef<Shape> shapes) {
    std::vector<TestArray> arrays;
    for (auto [i, shape] : llvm::enumerate(shapes)) {
      Type type = getElementTypeOrSelf(entry().getArgument(i).getType());
      TestArray &array = arrays.emplace_back();
      array.shape = shape;
      int64_t size = 1;
      for (int64_t extent : shape)
        size *= extent;
      array.elements.resize(size);
      if (i + 1 == shapes.size())
        break;
      for (int64_t j = 0; j < size; ++j) {
        // Without a period that could be a row's.
        uint32_t mixed = uint32_t(j + 1000003 * i) * 2654435761u;
        int64_t value = int64_t(mixed >> 16) % 9 - 4;
        array.elements[j] = isa<FloatType>(type)
                                ? Attribute(FloatAttr::get(type, double(value)))
                                : Attribute(IntegerAttr::get(type, value));
      }
    }
    adjustArrays(arrays);
    return arrays;
  }

  std::string interpretOn(std::vector<TestArray> &arrays) {
    return interpret(
        entry(),
        llvm::map_to_vector(arrays, [](TestArray &array) { return &array; }),
        &launched, subgroups);
  }

  void outline() {
    PassManager pm(&context);
    pm.addPass(createOutlineKernels(options));
    ASSERT_TRUE(succeeded(pm.run(*module)));
  }

  /// The kernel that ran.
  gpu::GPUFuncOp kernel() {
    auto kernels = module->lookupSymbol<gpu::GPUModuleOp>(launched);
    return *kernels.getOps<gpu::GPUFuncOp>().begin();
  }

  std::string plan() {
    return kernel()->getAttrOfType<StringAttr>("lathe.plan").str();
  }

  /// Compares the kernel on arrays with the nest, and leaves out its barriers.
  void check(ArrayRef<Shape> shapes) {
    std::vector<TestArray> wanted = makeArrays(shapes);
    ASSERT_EQ(interpretOn(wanted), "");
    outline();
    std::vector<TestArray> got = makeArrays(shapes);
    ASSERT_EQ(interpretOn(got), "");
    ASSERT_EQ(got.back().elements.size(), wanted.back().elements.size());
    EXPECT_TRUE(got.back().elements == wanted.back().elements) << plan();
    missBarriers(shapes);
  }

  /// What must be found of a kernel that ran if it lacks a barrier: each one is
  /// left out once.
  void missBarriers(ArrayRef<Shape> shapes) { missBarriers(shapes, kernel()); }
  void missBarriers(ArrayRef<Shape> shapes, gpu::GPUFuncOp kernel) {
    SmallVector<gpu::BarrierOp> barriers;
    kernel.walk([&](gpu::BarrierOp barrier) { barriers.push_back(barrier); });
    for (gpu::BarrierOp barrier : barriers) {
      OpBuilder after(barrier->getContext());
      after.setInsertionPointAfter(barrier);
      Location location = barrier.getLoc();
      barrier.erase();
      std::vector<TestArray> raced = makeArrays(shapes);
      std::string found = interpretOn(raced);
      EXPECT_TRUE(found.find("race") != std::string::npos ||
                  found.find("nobody") != std::string::npos)
          << plan() << ": " << found;
      gpu::BarrierOp::create(after, location);
    }
  }

  /// What must be found of a kernel that ran if it lacks one of the ops that
  /// make copies be there: each is left out once.
  void missWaits(ArrayRef<Shape> shapes) {
    missEach<NVVM::CpAsyncWaitGroupOp, NVVM::CpAsyncCommitGroupOp>(shapes,
                                                                   "under way");
  }

  /// The same of any ops without results.
  template <typename... Ops>
  void missEach(ArrayRef<Shape> shapes, StringRef wanted) {
    SmallVector<Operation *> ops;
    kernel().walk([&](Operation *op) {
      if (isa<Ops...>(op))
        ops.push_back(op);
    });
    EXPECT_FALSE(ops.empty());
    for (Operation *op : ops) {
      Operation *next = op->getNextNode();
      op->remove();
      std::vector<TestArray> arrays = makeArrays(shapes);
      std::string found = interpretOn(arrays);
      EXPECT_NE(found.find(wanted), std::string::npos)
          << plan() << ": " << found;
      next->getBlock()->getOperations().insert(next->getIterator(), op);
    }
  }

  MLIRContext context;
  OutlineKernelsOptions options;
  Subgroups subgroups;
  std::string launched;
  OwningOpRef<ModuleOp> module;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_TEST_CODEGEN_KERNELFIXTURE_H
