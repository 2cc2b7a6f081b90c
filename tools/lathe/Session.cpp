//===- Session.cpp - What the commands share ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/lathe/Session.h"
#include "codegen/Linker.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/WithColor.h"

using namespace lathe::tool;
namespace cl = llvm::cl;

SpecOptions::SpecOptions(cl::SubCommand &command)
    : path(cl::Positional, cl::Required, cl::desc("SPEC.yaml"),
           cl::sub(command)),
      sets("set", cl::desc("give a let another value"),
           cl::value_desc("name=value"), cl::sub(command)) {}

TargetOptions::TargetOptions(cl::SubCommand &command)
    : triple("target",
             cl::desc("triple of the machine to compile for; or what computes: "
                      "'vulkan' or 'cuda', a device beside this machine's "
                      "processor, and 'cpu', with '+' between several of which "
                      "the program takes one; vulkan:no-f64,no-int64 is a "
                      "device without, vulkan:no-subgroups one whose "
                      "subgroups do not add up, vulkan:core one with what all "
                      "have, vulkan:cooperative-matrices (or "
                      "cooperative-bf16-matrices) one with "
                      "VK_KHR_cooperative_matrix, cuda:sm_90a that "
                      "architecture (default: sm_80)"),
             cl::value_desc("triple|cpu+vulkan|cuda[:sm_XX]"),
             cl::sub(command)),
      cpu("target-cpu", cl::desc("processor to compile for (default: native)"),
          cl::value_desc("native|x86-64-v3|…"), cl::sub(command)) {}

std::optional<mlir::lathe::CpuTarget> TargetOptions::resolve() const {
  Devices devices;
  if (!readDevices(devices))
    return std::nullopt;
  std::string name = cpu, machine = namesDevices() ? "" : triple.getValue();
  if (name.empty())
    name = machine.empty() ? "native" : "generic";
  std::string error;
  auto target = mlir::lathe::resolveTarget(machine, name, error);
  if (!target)
    fail(error);
  return target;
}

bool TargetOptions::namesDevices() const {
  llvm::StringRef first = llvm::StringRef(triple).split('+').first;
  return first == "cpu" || mlir::lathe::namesDevice(first) ||
         llvm::StringRef(triple).contains('+');
}

bool TargetOptions::readDevices(Devices &devices) const {
  bool hasProcessor = !namesDevices();
  llvm::SmallVector<llvm::StringRef> parts;
  if (!hasProcessor)
    llvm::StringRef(triple).split(parts, '+');
  for (llvm::StringRef part : parts) {
    if (part == "cpu" && !hasProcessor) {
      hasProcessor = true;
      continue;
    }
    std::string error = "'" + part.str() +
                        "' cannot be one of several targets; these are cpu, "
                        "vulkan and cuda, each once";
    std::optional<mlir::lathe::DeviceTarget> device;
    if (mlir::lathe::namesDevice(part))
      device = mlir::lathe::resolveDevice(part, error);
    if (!device || llvm::any_of(devices, [&](const auto &other) {
          return other->kind == device->kind;
        }))
      return fail("--target: " + error) == 0;
    devices.push_back(std::move(device));
  }
  if (hasProcessor)
    devices.push_back(std::nullopt);
  return true;
}

TargetOptions::Devices TargetOptions::resolveDevices() const {
  Devices devices;
  (void)readDevices(devices);
  return devices;
}

static mlir::DialectRegistry makeRegistry() {
  mlir::DialectRegistry registry;
  mlir::lathe::registerDialects(registry);
  return registry;
}

Session::Session()
    : context(makeRegistry(), mlir::MLIRContext::Threading::DISABLED),
      sink(&context, llvm::errs()) {
  (void)mlir::lathe::getInstallationRoot();
  // Users see their spec, not our IR.
  context.printOpOnDiagnostic(false);
}

bool Session::load(const SpecOptions &options) {
  mlir::lathe::frontend::LoadOptions load;
  if (!parseSettings(options.sets, load.settings))
    return false;
  module = mlir::lathe::frontend::loadSpec(options.path, load, context, sink);
  return static_cast<bool>(module);
}

using mlir::lathe::AdapterChoice;

LeanOptions::LeanOptions(cl::SubCommand &command)
    : without("without", cl::desc("leave a pass out, by its name"),
              cl::value_desc("pass"), cl::sub(command)),
      adapters("adapters", cl::desc("how Kronecker adapters are computed"),
               cl::init(AdapterChoice::automatic),
               cl::values(clEnumValN(AdapterChoice::automatic, "auto",
                                     "the cheaper one (default)"),
                          clEnumValN(AdapterChoice::merged, "merged",
                                     "by one matrix, made when compiling"),
                          clEnumValN(AdapterChoice::factored, "factored",
                                     "by two small products")),
               cl::sub(command)) {}

bool LeanOptions::apply(mlir::lathe::PipelineOptions &options) const {
  options.adapters = adapters;
  llvm::ArrayRef<llvm::StringRef> known = mlir::lathe::getOptionalPasses();
  for (const std::string &pass : without) {
    if (!llvm::is_contained(known, llvm::StringRef(pass)))
      return fail("--without: there is no pass '" + llvm::Twine(pass) +
                  "'; there are " + llvm::join(known, ", ")) == 0;
    options.without.push_back(pass);
  }
  return true;
}

WeightsOption::WeightsOption(cl::SubCommand &command,
                             llvm::StringRef description)
    : texts("weights", cl::desc(description), cl::value_desc("W.safetensors"),
            cl::sub(command)) {}

std::vector<mlir::lathe::CheckpointFile> WeightsOption::getFiles() const {
  std::vector<mlir::lathe::CheckpointFile> files;
  for (const std::string &text : texts)
    files.push_back(mlir::lathe::CheckpointFile::parse(text));
  return files;
}

bool lathe::tool::parseDims(mlir::ModuleOp module,
                            const cl::list<std::string> &texts,
                            DimSizes &sizes) {
  auto bounds = module->getAttrOfType<mlir::DictionaryAttr>("lathe.dims");
  auto order = module->getAttrOfType<mlir::ArrayAttr>("lathe.dim_order");
  for (auto dim : order.getAsRange<mlir::StringAttr>())
    sizes[dim] = bounds.getAs<mlir::DenseI64ArrayAttr>(dim)[0];
  for (const std::string &text : texts) {
    auto [name, size] = llvm::StringRef(text).split('=');
    int64_t value;
    if (size.getAsInteger(10, value))
      return fail("--dim wants name=size, got '" + text + "'") == 0;
    auto limits = bounds.getAs<mlir::DenseI64ArrayAttr>(name);
    if (!limits)
      return fail("the model has no dimension '" + name + "'") == 0;
    if (value < limits[0] || value > limits[1])
      return fail("'" + name + "' must be from " + llvm::Twine(limits[0]) +
                  " to " + llvm::Twine(limits[1]) + ", not " + size) == 0;
    sizes[name] = value;
  }
  return true;
}

int lathe::tool::fail(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "lathe") << message << "\n";
  return 1;
}
