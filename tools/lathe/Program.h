//===- Program.h - Models that the tool compiles and runs itself ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TOOLS_LATHE_PROGRAM_H
#define LATHE_TOOLS_LATHE_PROGRAM_H

#include "runtime/lathe.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/Twine.h"
#include <span>
#include <string>
#include <vector>

namespace lathe::tool {

/// A folder that is removed with what is in it.
class Workshop {
public:
  Workshop();
  ~Workshop();
  std::string file(const llvm::Twine &name) const;
  /// A file in a folder of its own.
  std::string file(const llvm::Twine &folder, const llvm::Twine &name) const;

private:
  llvm::SmallString<128> path;
};

/// A dense row-major tensor.
struct Tensor {
  LatheType type;
  std::vector<int64_t> shape;
  std::vector<unsigned char> bytes;

  LatheTensor view() {
    return {type, uint32_t(shape.size()), shape.data(), bytes.data()};
  }
};

/// Inputs of an entry, drawn by `seed`, at the dims' values that are nearest to
/// the wanted ones.
std::vector<Tensor> makeSample(const LatheModelInfo &info, uint32_t entry,
                               std::span<const int64_t> wanted, uint64_t seed);

/// A model compiled into a shared library and loaded. Functions say what went
/// wrong before they return false.
class Program {
public:
  Program() = default;
  Program(const Program &) = delete;
  ~Program();

  bool open(const std::string &library, const std::string &symbol,
            const std::string &weightsPath, uint32_t threadCount);

  /// Makes outputs of the entry that fit the inputs.
  bool prepare(uint32_t entry, std::vector<Tensor> &inputs,
               std::vector<Tensor> &outputs);
  /// Runs the entry into outputs that `prepare` made.
  bool runPrepared(uint32_t entry, std::vector<Tensor> &inputs,
                   std::vector<Tensor> &outputs);
  bool run(uint32_t entry, std::vector<Tensor> &inputs,
           std::vector<Tensor> &outputs) {
    return prepare(entry, inputs, outputs) &&
           runPrepared(entry, inputs, outputs);
  }

  const LatheModelInfo &info() const { return *latheModelInfo(model); }
  void setHooks(const LatheHooks *hooks) {
    latheInstanceSetHooks(instance, hooks);
  }

private:
  LatheModel *model = nullptr;
  LatheInstance *instance = nullptr;
};

} // namespace lathe::tool

#endif // LATHE_TOOLS_LATHE_PROGRAM_H
