//===- Target.cpp - The machine that a program is for ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Target.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace mlir;
using namespace mlir::lathe;

static void initialiseTargets() {
  static bool done = [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllAsmParsers();
    return true;
  }();
  (void)done;
}

static std::string hostFeatures() {
  llvm::SubtargetFeatures features;
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    features.AddFeature(feature.first(), feature.second);
  return features.getString();
}

/// Reads vector width, register count and the like off the processor's
/// features.
static void describeVectors(CpuTarget &target, const llvm::Triple &triple,
                            const llvm::MCSubtargetInfo &info) {
  if (triple.isX86()) {
    target.convertsBf16 = info.checkFeatures("+avx512bf16");
    if (target.convertsBf16)
      target.bf16Dot = "llvm.x86.avx512bf16.dpbf16ps.512";
    if (info.checkFeatures("+avx512vnni"))
      target.byteDot = "llvm.x86.avx512.vpdpbusd.512";
    else if (info.checkFeatures("+avxvnni"))
      target.byteDot = "llvm.x86.avx512.vpdpbusd.256";
    if (info.checkFeatures("+avx512f")) {
      target.vectorBytes = 64;
      target.registers = 32;
      target.masks = true;
    } else if (info.checkFeatures("+avx")) {
      target.vectorBytes = 32;
      target.masks = true;
    }
  } else if (triple.isAArch64()) {
    target.registers = 32;
    target.convertsBf16 = info.checkFeatures("+bf16");
    if (target.convertsBf16)
      target.bf16Dot = "llvm.aarch64.neon.bfdot.v4f32.v8bf16";
    if (info.checkFeatures("+i8mm"))
      target.byteDot = "llvm.aarch64.neon.usdot.v4i32.v16i8";
  }
}

std::optional<CpuTarget>
lathe::resolveTarget(StringRef tripleName, StringRef cpu, std::string &error) {
  initialiseTargets();
  bool native = cpu == "native";
  CpuTarget target;
  target.triple = tripleName.empty() ? llvm::sys::getDefaultTargetTriple()
                                     : llvm::Triple::normalize(tripleName);
  if (native && !tripleName.empty()) {
    error = "--target-cpu=native is this machine; name a processor of '" +
            target.triple + "'";
    return std::nullopt;
  }
  target.cpu = native ? llvm::sys::getHostCPUName().str() : cpu.str();
  target.features = native ? hostFeatures() : "";
  llvm::Triple triple(target.triple);
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!found)
    return std::nullopt;
  std::unique_ptr<llvm::MCSubtargetInfo> info(
      found->createMCSubtargetInfo(triple, "", ""));
  if (!info->isCPUStringValid(target.cpu)) {
    error = "unknown processor '" + target.cpu + "' for '" + target.triple +
            "'; try native or x86-64-v3";
    return std::nullopt;
  }
  info.reset(found->createMCSubtargetInfo(triple, target.cpu, target.features));
  describeVectors(target, triple, *info);
  return target;
}

Machine lathe::getMachine(const CpuTarget &target) {
  // Two units for multiply-adds, or one of 64 bytes, at 3.5 GHz; and what one
  // core reads of today's memories.
  constexpr double clock = 3.5e9, bytes = 16e9;
  int64_t width = std::min<int64_t>(2 * target.vectorBytes, 64);
  return {target.vectorBytes, 2 * (width / 4) * clock, bytes};
}

std::unique_ptr<llvm::TargetMachine>
lathe::createTargetMachine(const CpuTarget &cpu, bool optimise) {
  initialiseTargets();
  std::string error;
  llvm::Triple triple(cpu.triple);
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  assert(target && "resolved before");
  llvm::TargetOptions options;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, cpu.cpu, cpu.features, options, llvm::Reloc::PIC_, std::nullopt,
      optimise ? llvm::CodeGenOptLevel::Default : llvm::CodeGenOptLevel::Less));
}
