//===- HostTensor.h - Inputs and outputs of a program
//-----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_MAIN_HOSTTENSOR_H
#define LATHE_RUNTIME_MAIN_HOSTTENSOR_H

#include "runtime/Status.h"
#include <map>
#include <memory>
#include <span>
#include <vector>

namespace lathe::runtime {

/// A tensor together with its memory, which may be a mapped file.
struct HostTensor {
  LatheType type = LATHE_F32;
  std::vector<int64_t> shape;
  void *data = nullptr;
  std::shared_ptr<const void> memory; ///< Keeps `data` alive.

  /// Uninitialised memory, aligned to 64 bytes.
  static HostTensor allocate(LatheType type, std::vector<int64_t> shape);
  /// The tensor in `file`, for the input `info`: .npy, .safetensors (the
  /// tensor of the input's name) or FILE.safetensors:NAME, or what `isNumbers`
  /// takes. Type and rank are checked, sizes are left to the run.
  static Result<HostTensor> read(const std::string &file,
                                 const LatheTensorInfo &info);

  LatheTensor view() const {
    return {type, static_cast<uint32_t>(shape.size()), shape.data(), data};
  }
};

/// Whether the text of an input is not a file but what it holds: "7", "1,2,3",
/// "40%".
bool isNumbers(std::string_view text);

/// The results number `i` of several runs, one after another along a new first
/// axis. Fails with a message where their shapes differ.
Result<HostTensor> stack(const LatheTensorInfo &info,
                         std::span<const std::vector<HostTensor>> runs,
                         size_t i);

/// Writes the outputs named in `files` (name to file). Those that share one
/// .safetensors file go there together.
Status writeOutputs(const std::map<std::string, std::string> &files,
                    std::span<const LatheTensorInfo> infos,
                    std::span<const HostTensor> tensors);

/// One line: name, type, shape and the first few values.
std::string summarise(const LatheTensorInfo &info, const HostTensor &tensor);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_MAIN_HOSTTENSOR_H
