//===- TunedFile.cpp - What `lathe tune` found, beside the spec -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/lathe/TunedFile.h"
#include "dialect/LatheDialect.h"
#include "dialect/Locations.h"
#include "frontend/Yaml.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"

using namespace lathe::tool;
using mlir::lathe::Choices;
using mlir::lathe::StepChoice;
using mlir::lathe::frontend::YamlNode;
namespace cl = llvm::cl;

static constexpr llvm::StringLiteral versionKey = "lathe-tuned";

std::string lathe::tool::getTunedPath(llvm::StringRef spec) {
  llvm::SmallString<128> path(spec);
  llvm::sys::path::replace_extension(path, "tuned");
  return path.str().str();
}

static bool reject(mlir::Location place, const llvm::Twine &message) {
  mlir::emitError(place) << message;
  return false;
}

/// A whole number of [least, most].
static bool readNumber(const YamlNode &node, int64_t most,
                       std::optional<int64_t> &number) {
  int64_t value;
  if (!node.isScalar() || llvm::StringRef(node.text).getAsInteger(10, value) ||
      value < 0 || value > most)
    return reject(node.place, "wants a number from 0 to " + llvm::Twine(most) +
                                  ", not " + node.describe());
  number = value;
  return true;
}

static bool readStep(const YamlNode &node, StepChoice &choice) {
  if (!node.isMapping())
    return reject(node.place, "a step has choices, such as {vectors: 2}, not " +
                                  node.describe());
  for (const YamlNode::Entry &entry : node.entries) {
    constexpr int64_t mostVectors = 8, largestTile = 4;
    if (entry.key == "vectors") {
      if (!readNumber(*entry.value, mostVectors, choice.vectors))
        return false;
    } else if (entry.key == "winograd") {
      if (!readNumber(*entry.value, largestTile, choice.winograd))
        return false;
      if (*choice.winograd % 2 == 1)
        return reject(entry.value->place, "has tiles of 2 or 4, or 0 for none");
    } else {
      return reject(entry.keyPlace, "there is no choice '" + entry.key +
                                        "'; there are vectors and winograd");
    }
  }
  return true;
}

bool lathe::tool::readTuned(llvm::StringRef path, mlir::MLIRContext &context,
                            TunedFile &file) {
  if (!llvm::sys::fs::exists(path))
    return true;
  auto document =
      mlir::lathe::frontend::readYaml(path, mlir::UnknownLoc::get(&context));
  if (!document)
    return false;
  const YamlNode &root = *document->root;
  const YamlNode::Entry *version =
      root.isMapping() ? root.find(versionKey) : nullptr;
  if (!version || version->value->text != "1")
    return reject(root.place, "is no file of 'lathe tune': it begins with '" +
                                  versionKey + ": 1'");
  for (const YamlNode::Entry &cpu : root.entries) {
    if (cpu.key == versionKey)
      continue;
    if (!cpu.value->isMapping())
      return reject(cpu.value->place,
                    "a processor has steps, not " + cpu.value->describe());
    Choices &choices = file[cpu.key.str()];
    for (const YamlNode::Entry &step : cpu.value->entries)
      if (!readStep(*step.value, choices[step.key.str()]))
        return false;
  }
  return true;
}

static bool failToWrite(llvm::StringRef path, std::error_code error) {
  fail("cannot write '" + path + "': " + error.message());
  return false;
}

bool lathe::tool::canWriteTuned(llvm::StringRef path) {
  if (llvm::sys::fs::is_directory(path))
    return failToWrite(path, make_error_code(std::errc::is_a_directory));
  llvm::StringRef folder = llvm::sys::path::parent_path(path);
  std::error_code error = llvm::sys::fs::access(
      folder.empty() ? "." : folder, llvm::sys::fs::AccessMode::Write);
  return error ? failToWrite(path, error) : true;
}

bool lathe::tool::writeTuned(llvm::StringRef path, const TunedFile &file) {
  llvm::Error error =
      llvm::writeToOutput(path, [&](llvm::raw_ostream &os) -> llvm::Error {
        os << "# Measured by 'lathe tune'; 'lathe compile' reads it.\n"
           << versionKey << ": 1\n";
        for (const auto &[cpu, choices] : file) {
          os << cpu << (choices.empty() ? ": {}\n" : ":\n");
          for (const auto &[step, choice] : choices) {
            os << "  " << step << ": {";
            if (choice.vectors)
              os << "vectors: " << *choice.vectors
                 << (choice.winograd ? ", " : "");
            if (choice.winograd)
              os << "winograd: " << *choice.winograd;
            os << "}\n";
          }
        }
        return llvm::Error::success();
      });
  if (!error)
    return true;
  return failToWrite(path, llvm::errorToErrorCode(std::move(error)));
}

TunedOptions::TunedOptions(cl::SubCommand &command)
    : path("tuned",
           cl::desc("the file of 'lathe tune' to use, or 'none' (default: the "
                    "one beside the spec, if there is one)"),
           cl::value_desc("NET.tuned"), cl::sub(command)) {}

bool TunedOptions::apply(Session &session, const SpecOptions &spec,
                         const mlir::lathe::CpuTarget &cpu) const {
  if (path == "none")
    return true;
  std::string name = path.empty() ? getTunedPath(spec.path) : path.getValue();
  if (!path.empty() && !llvm::sys::fs::exists(name)) {
    fail("there is no file '" + name + "': 'lathe tune' makes it");
    return false;
  }
  mlir::ModuleOp module = session.getModule();
  TunedFile file;
  if (!readTuned(name, *module.getContext(), file))
    return false;
  auto found = file.find(cpu.cpu);
  if (found == file.end())
    return true;
  llvm::StringSet<> steps;
  module.walk([&](mlir::Operation *op) {
    steps.insert(mlir::lathe::getStepPath(op->getLoc()));
  });
  for (const auto &[step, choice] : found->second)
    if (!steps.contains(step))
      mlir::emitWarning(mlir::UnknownLoc::get(module.getContext()))
          << "'" << name << "' has a choice for '" << step
          << "', which is no step of this model: run 'lathe tune' again";
  mlir::lathe::setChoices(module, found->second);
  return true;
}
