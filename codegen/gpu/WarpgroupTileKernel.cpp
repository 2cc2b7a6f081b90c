//===- WarpgroupTileKernel.cpp - Kernels of tiles that warpgroups multiply ===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A workgroup computes rows x columns elements of a contraction, and each of
// its warpgroups, which are four subgroups, 64 of the rows, by `wgmma`. The
// instruction takes both sides from shared memory and goes on while the
// subgroups do other things:
//
//   sums = init
//   begin to copy the first blocks of the reductions
//   numbers = load the first block
//   for each block
//     store numbers in shared memory; wait until the block is copied
//     let the multipliers see what was stored; barrier
//     begin: sums = rows x columns + sums, 16 steps at a time
//     begin to copy a block further on; numbers = load the next block
//     wait for the products of the block before, if there is room for three
//       blocks, and else of this one, unless there is room for all
//   wait for all products that may be under way
//   for the invocation's sums inside the output
//     output = finish(inputs, sum)
//
// What is stored or copied between two barriers is over a block whose products
// all warpgroups have waited for before the first of them. Of at least three
// blocks, these are those before the one whose products begin last.
//
// Shared memory is written by way of the "generic proxy" and read by
// the instruction by way of the "asynchronous" one: a fence between them stands
// behind the stores, before the barrier. The way back needs none, since the end
// of the instruction is one. Registers of the sums are the instruction's from
// `wgmma.fence` on until it was waited for.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/TensorTileWriter.h"
#include "codegen/gpu/WarpgroupMatrices.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
class WarpgroupTileWriter final : public TensorTileWriter {
public:
  WarpgroupTileWriter(NestOp nest, const KernelPlan &plan, OpBuilder &builder)
      : TensorTileWriter(nest, plan, builder), rowMatrix(plan.rows, plan.depth),
        columnMatrix(plan.columns, plan.depth) {}

private:
  void writeGroup(Value group) override {
    beginTile(group);
    sumsType = LLVM::LLVMStructType::getLiteral(
        b.getContext(), SmallVector<Type>(countSums(), b.getF32Type()));
    Value sums = pin(Values(countSums(), writeInit()));
    sums = writeBlocks(sums)[0];
    if (hasRoomForAll() || plan.countPending() > 0)
      NVVM::WgmmaWaitGroupSyncOp::create(b, 0);
    writeResults(takeApart(pin(takeApart(sums))));
  }

  //===--- Sums -----------------------------------------------------------===//

  /// Numbers as registers of which LLVM knows nothing: code without any makes
  /// others of them. So they are there before the fence behind them, and what
  /// uses them stays behind the wait before them.
  Value pin(ValueRange numbers) {
    std::string results, operands;
    for (size_t i = 0; i < numbers.size(); ++i) {
      results += "=f,";
      operands += (i ? "," : "") + std::to_string(i);
    }
    return LLVM::InlineAsmOp::create(
               b, sumsType, numbers, /*asm_string=*/"", results + operands,
               /*has_side_effects=*/true, /*is_align_stack=*/false,
               LLVM::TailCallKind::None, LLVM::AsmDialectAttr(),
               /*operand_attrs=*/ArrayAttr())
        .getResult(0);
  }

  Values takeApart(Value sums) {
    Values numbers;
    for (int64_t i = 0; i < countSums(); ++i)
      numbers.push_back(LLVM::ExtractValueOp::create(b, sums, i));
    return numbers;
  }

  //===--- Blocks ---------------------------------------------------------===//

  const WarpgroupMatrix &matrixOf(const Side &side) const {
    return &side == &rows ? rowMatrix : columnMatrix;
  }

  int64_t getSharedSize(const TileSide &side) const override {
    return plan.blocks * plan.depth * side.extent;
  }
  int64_t getAlignment() const override {
    return std::max(rowMatrix.getAlignment(), columnMatrix.getAlignment());
  }
  int64_t countAhead() const override {
    return std::max<int64_t>(plan.blocks - 1 - plan.countPending(), 1);
  }

  /// Rows of patterns lie one behind the other; those of lines that a row has
  /// no room for, behind all steps of these.
  Value sharedPlace(const Side &side, Value line, Value step) override {
    constexpr int64_t pieceElements = pieceBytes / 2;
    const WarpgroupMatrix &matrix = matrixOf(side);
    int64_t width = matrix.getRowElements();
    bool alongDepth = side.plan.alongDepth;
    Value row = alongDepth ? line : step, inRow = alongDepth ? step : line;
    Value piece = divide(remainder(inRow, width), pieceElements);
    Value exchanged = b.createOrFold<arith::XOrIOp>(
        piece,
        remainder(divide(row, matrix.getRowsAlike()), matrix.countExchanges()));
    Value place = add(multiply(exchanged, pieceElements),
                      remainder(inRow, pieceElements));
    place = add(place, multiply(row, width));
    return alongDepth
               ? place
               : add(place, multiply(divide(inRow, width), plan.depth * width));
  }

  void publishStores() override {
    NVVM::FenceProxyOp::create(
        b,
        NVVM::ProxyKindAttr::get(b.getContext(), NVVM::ProxyKind::async_shared),
        NVVM::SharedSpaceAttr::get(b.getContext(),
                                   NVVM::SharedSpace::shared_cta));
  }

  //===--- Products -------------------------------------------------------===//

  Values multiplyBlock(Value block, ValueRange before,
                       function_ref<void()> fetch) override {
    // The same for all subgroups of a warpgroup, whose descriptors must be so.
    Value rowOfWarpgroup =
        multiply(divide(thread, DeviceTarget::warpgroupSize), warpgroupRows);
    Value left = describe(rows, block, rowOfWarpgroup),
          right = describe(columns, block, constant(0));
    Value sums = before[0];
    NVVM::WgmmaFenceAlignedOp::create(b);
    for (int64_t step = 0; step < plan.depth; step += warpgroupSteps)
      sums = multiplyMatrices(advance(left, rows, step),
                              advance(right, columns, step), sums);
    NVVM::WgmmaGroupSyncAlignedOp::create(b);
    fetch();
    if (!hasRoomForAll())
      NVVM::WgmmaWaitGroupSyncOp::create(b, plan.countPending());
    return {sums};
  }

  /// Whether no block is written where another one was: then products are
  /// waited for behind all of them.
  bool hasRoomForAll() const {
    std::optional<int64_t> known = countSteps();
    return known && *known <= plan.blocks * plan.depth;
  }

  /// The descriptor of the matrix that begins with a line of a block. A line
  /// that is a multiple of eight begins a pattern.
  Value describe(const Side &side, Value block, Value line) {
    Value place =
        add(beginOfBlock(side, block), sharedPlace(side, line, constant(0)));
    Value begin =
        memref::ExtractAlignedPointerAsIndexOp::create(b, side.shared[0]);
    Value address = add(begin, multiply(place, 2));
    Value field = remainder(divide(address, WarpgroupMatrix::fieldUnit),
                            WarpgroupMatrix::fieldValues);
    Value word = arith::IndexCastUIOp::create(b, b.getI64Type(), field);
    auto others = static_cast<int64_t>(matrixOf(side).describe());
    return arith::OrIOp::create(
        b, word,
        arith::ConstantOp::create(b, b.getI64IntegerAttr(others)).getResult());
  }

  Value advance(Value descriptor, const Side &side, int64_t step) {
    if (step == 0)
      return descriptor;
    auto distance = b.getI64IntegerAttr(matrixOf(side).advance(step));
    return arith::AddIOp::create(
        b, descriptor, arith::ConstantOp::create(b, distance).getResult());
  }

  Value multiplyMatrices(Value left, Value right, Value sums) {
    MLIRContext *context = b.getContext();
    auto type = NVVM::WGMMATypesAttr::get(context, element.isBF16()
                                                       ? NVVM::WGMMATypes::bf16
                                                       : NVVM::WGMMATypes::f16);
    auto one = NVVM::WGMMAScaleInAttr::get(context, NVVM::WGMMAScaleIn::one);
    auto layoutOf = [&](NVVM::MMALayout layout) {
      return NVVM::MMALayoutAttr::get(context, layout);
    };
    return NVVM::WgmmaMmaAsyncOp::create(
        b, sumsType, sums, left, right,
        NVVM::MMAShapeAttr::get(context, warpgroupRows, columns.plan.extent,
                                warpgroupSteps),
        type, type, NVVM::WGMMATypesAttr::get(context, NVVM::WGMMATypes::f32),
        NVVM::WGMMAScaleOutAttr::get(context, NVVM::WGMMAScaleOut::one), one,
        one,
        layoutOf(rows.plan.alongDepth ? NVVM::MMALayout::row
                                      : NVVM::MMALayout::col),
        layoutOf(columns.plan.alongDepth ? NVVM::MMALayout::col
                                         : NVVM::MMALayout::row),
        NVVM::MMAIntOverflowAttr());
  }

  WarpgroupMatrix rowMatrix, columnMatrix;
  LLVM::LLVMStructType sumsType;
};
} // namespace

std::unique_ptr<KernelWriter> mlir::lathe::kernel::createWarpgroupTileWriter(
    NestOp nest, const KernelPlan &plan, OpBuilder &builder) {
  return std::make_unique<WarpgroupTileWriter>(nest, plan, builder);
}
