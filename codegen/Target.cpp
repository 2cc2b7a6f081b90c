//===- Target.cpp - The machine that a program is for ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Target.h"
#include "runtime/Processor.h"
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
    target.fusesMultiplyAdd = info.checkFeatures("+fma");
    // Intel's processors since Sapphire Rapids begin one in two cycles, in
    // which they multiply and add four vectors of f32: matrices of bf16 do
    // better, where they are not hidden.
    bool isSlow =
        info.checkFeatures("+avx512fp16") && !info.checkFeatures("+amx-bf16");
    if (target.convertsBf16 && !isSlow)
      target.bf16Dot = "llvm.x86.avx512bf16.dpbf16ps.512";
    if (info.checkFeatures("+avx512vnni"))
      target.byteDot = "llvm.x86.avx512.vpdpbusd.512";
    else if (info.checkFeatures("+avxvnni"))
      target.byteDot = "llvm.x86.avx512.vpdpbusd.256";
    target.unsignedDot = true;
    if (info.checkFeatures("+avx512f")) {
      target.vectorBytes = 64;
      target.registers = 32;
      target.masks = true;
      target.multipliers = 1;
    } else if (info.checkFeatures("+avx")) {
      target.vectorBytes = 32;
      target.masks = true;
    }
    if (info.checkFeatures("+amx-tile")) {
      if (info.checkFeatures("+amx-int8"))
        target.byteMatrices = "llvm.x86.tdpbssd";
      if (info.checkFeatures("+amx-bf16"))
        target.bf16Matrices = "llvm.x86.tdpbf16ps";
    }
    // All processors that have matrices have these, too, and arithmetic of f16,
    // which virtual machines keep where they hide the matrices.
    if (info.checkFeatures("+amx-tile") || info.checkFeatures("+avx512fp16")) {
      target.secondCacheBytes = 2 << 20;
      target.multipliers = 2;
    }
  } else if (triple.isAArch64()) {
    target.registers = 32;
    target.convertsBf16 = info.checkFeatures("+bf16");
    if (target.convertsBf16)
      target.bf16Dot = "llvm.aarch64.neon.bfdot.v4f32.v8bf16";
    if (info.checkFeatures("+dotprod"))
      target.byteDot = "llvm.aarch64.neon.sdot.v4i32.v16i8";
  }
}

std::optional<CpuTarget> mlir::lathe::resolveTarget(StringRef tripleName,
                                                    StringRef cpu,
                                                    std::string &error) {
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
            "'; try " +
            (triple.isX86() ? "native or x86-64-v3" : "--target-cpu=generic");
    return std::nullopt;
  }
  info.reset(found->createMCSubtargetInfo(triple, target.cpu, target.features));
  if (!triple.isArch64Bit() ||
      (triple.isX86() && !info->checkFeatures("+64bit"))) {
    error = "'" + target.cpu + "' for '" + target.triple +
            "' has 32 bits, and programs need 64; try --target-cpu=x86-64";
    return std::nullopt;
  }
  describeVectors(target, triple, *info);
  if (triple.isX86())
    for (std::string_view name : ::lathe::runtime::listProcessorFeatures())
      if (std::string text = "+" + std::string(name); info->checkFeatures(text))
        target.extensions.emplace_back(name);
  return target;
}

//===----------------------------------------------------------------------===//
// Devices
//===----------------------------------------------------------------------===//

/// LLVM's triple of CUDA devices.
static constexpr StringLiteral cudaTriple = "nvptx64-nvidia-cuda";

StringRef DeviceTarget::getName() const {
  return kind == DeviceKind::cuda ? "CUDA" : "Vulkan";
}

std::string DeviceTarget::getSpelling() const {
  return kind == DeviceKind::cuda ? "cuda:" + architecture : "vulkan";
}

StringRef DeviceTarget::getDriver() const {
  return kind == DeviceKind::cuda ? "latheCuda" : "latheVulkan";
}

StringRef DeviceTarget::getRuntimePart() const {
  return kind == DeviceKind::cuda ? "cuda" : "vulkan";
}

unsigned DeviceTarget::getCapability() const {
  unsigned number = 0;
  StringRef text = architecture;
  text.consume_front("sm_");
  return text.consumeInteger(10, number) ? 0 : number;
}

/// Whether LLVM writes code for an architecture.
static bool isKnownToLlvm(StringRef architecture) {
  initialiseTargets();
  std::string error;
  llvm::Triple triple(cudaTriple);
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!found)
    return false;
  std::unique_ptr<llvm::MCSubtargetInfo> info(
      found->createMCSubtargetInfo(triple, "", ""));
  return info->isCPUStringValid(architecture);
}

/// What a device may lack, and the element types that it then has not.
struct Feature {
  StringLiteral name, type;
};
static constexpr Feature features[] = {{"no-f64", "f64"},
                                       {"no-f16", "f16"},
                                       {"no-int64", "i64"},
                                       {"no-int16", "i16"},
                                       {"no-int8", "i8"}};

/// Gives a device the matrices that a word of its profile names; false if the
/// word is another one.
static bool readMatrices(StringRef word, DeviceTarget &device) {
  if (word == "cooperative-matrices")
    device.multiplied = {"f16"};
  else if (word == "cooperative-bf16-matrices")
    device.multiplied = {"f16", "bf16"};
  else
    return false;
  device.cooperates = true;
  // Devices that have them share as much, and more.
  device.sharedBytes = 32768;
  return true;
}

/// Reads what follows "vulkan:"; false after it has said what is wrong.
static bool readProfile(StringRef profile, DeviceTarget &device,
                        std::string &error) {
  SmallVector<StringRef> words;
  profile.split(words, ',', -1, /*KeepEmpty=*/false);
  for (StringRef word : words) {
    bool isKnown = word == "core" || word == "no-subgroups";
    if (isKnown)
      device.reducesSubgroups = false;
    for (const Feature &feature : features)
      if (word == feature.name || word == "core") {
        isKnown = true;
        device.lacks.push_back(feature.type.str());
      }
    if (isKnown || readMatrices(word, device))
      continue;
    error = "a Vulkan device is not described by '" + word.str() +
            "', but by core, no-f64, no-f16, no-int64, no-int16, no-int8, "
            "no-subgroups, cooperative-matrices and cooperative-bf16-matrices";
    return false;
  }
  return true;
}

bool mlir::lathe::namesDevice(StringRef text) {
  StringRef kind = text.split(':').first;
  return kind == "vulkan" || kind == "cuda";
}

std::optional<DeviceTarget> mlir::lathe::resolveDevice(StringRef text,
                                                       std::string &error) {
  auto [kind, details] = text.split(':');
  DeviceTarget device;
  if (kind == "vulkan") {
    device.reducesSubgroups = true;
    if (!readProfile(details, device, error))
      return std::nullopt;
    return device;
  }
  // The oldest that CUDA's own compiler and drivers of today take.
  constexpr unsigned oldest = 75;
  device.kind = DeviceKind::cuda;
  device.architecture = text.contains(':') ? details.str() : "sm_80";
  if (device.getCapability() < oldest || !isKnownToLlvm(device.architecture)) {
    error = "there are no CUDA devices '" + device.architecture +
            "' to compile for; try sm_80, which newer ones run, too, or sm_" +
            std::to_string(oldest) + ", sm_86, sm_89, sm_90a, …";
    return std::nullopt;
  }
  // What all of CUDA's devices have, of memory without asking for more.
  device.workgroupSize = 256;
  device.sharedBytes = 49152;
  device.accumulators = 64;
  device.sharedWords = 4;
  device.busyInvocations = 65536;
  device.exchanges = true;
  if (device.getCapability() >= 80) {
    device.convertsBf16 = true;
    device.copiesAsync = true;
    device.multiplied = {"bf16", "f16", "i8"};
  }
  device.startsEarly = device.getCapability() >= 90;
  // Only devices of this generation have wgmma, and blocks of 227 KiB.
  if (device.getCapability() == 90 && device.isExact())
    device.warpgroupBytes = 227 * 1024;
  return device;
}

std::unique_ptr<llvm::TargetMachine>
mlir::lathe::createTargetMachine(const DeviceTarget &device) {
  assert(device.kind == DeviceKind::cuda && "has no code generator of LLVM's");
  initialiseTargets();
  std::string error;
  llvm::Triple triple(cudaTriple);
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  assert(target && "resolved before");
  return std::unique_ptr<llvm::TargetMachine>(
      target->createTargetMachine(triple, device.architecture, /*Features=*/"",
                                  llvm::TargetOptions(), std::nullopt));
}

//===----------------------------------------------------------------------===//
// Processors
//===----------------------------------------------------------------------===//

Machine mlir::lathe::getMachine(const CpuTarget &target) {
  // At 3.5 GHz, and what one core reads of today's memories.
  constexpr double clock = 3.5e9, bytes = 16e9;
  int64_t lanes = target.vectorBytes / 4;
  return {target.vectorBytes, 2.0 * target.multipliers * lanes * clock, bytes};
}

std::unique_ptr<llvm::TargetMachine>
mlir::lathe::createTargetMachine(const CpuTarget &cpu, bool optimise) {
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
