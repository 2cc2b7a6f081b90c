//===- Safetensors.h - Reading and writing .safetensors files ---*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The format: 8 bytes with the header's length (little endian), the header (a
// JSON object: name -> {dtype, shape, data_offsets}, and "__metadata__" with
// texts), then the data, which the tensors cover without holes or overlaps.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_SAFETENSORS_H
#define LATHE_RUNTIME_SAFETENSORS_H

#include "runtime/Checksum.h"
#include "runtime/File.h"
#include "runtime/Types.h"
#include <map>
#include <unordered_map>
#include <vector>

namespace lathe::runtime {

/// A tensor of a file. `offset` and `bytes` refer to the data section.
struct TensorEntry {
  std::string name;
  LatheType type = LATHE_F32;
  std::vector<int64_t> shape;
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

using Metadata = std::map<std::string, std::string>;

/// A file that has been found valid: every offset is within the data, every
/// size fits type and shape, no two tensors overlap, and no name comes twice.
class Safetensors {
public:
  /// Maps the file at `path`. Errors name file, tensor and remedy.
  static Result<Safetensors> open(const std::string &path);
  /// Reads a file that is in memory and stays there; `name` is for messages.
  static Result<Safetensors> parse(const unsigned char *bytes, uint64_t size,
                                   const std::string &name);

  /// By their place in the file.
  const std::vector<TensorEntry> &tensors() const { return entries; }
  /// Null if there is no tensor of this name.
  const TensorEntry *find(const std::string &name) const;
  const Metadata &metadata() const { return texts; }

  const unsigned char *data() const { return section; }
  const unsigned char *data(const TensorEntry &tensor) const {
    return section + tensor.offset;
  }
  uint64_t dataSize() const { return sectionSize; }

private:
  Status read(const unsigned char *bytes, uint64_t size);
  Status checkLayout();

  std::string fileName;
  MappedFile file;
  std::vector<TensorEntry> entries;
  std::unordered_map<std::string, size_t> indices; ///< Into `entries`.
  Metadata texts;
  const unsigned char *section = nullptr;
  uint64_t sectionSize = 0;
};

/// The alignment of a program's weights and of their data section.
constexpr uint64_t weightsAlignment = 64;

/// Tensors whose name begins so fill the gaps that alignment leaves.
constexpr std::string_view paddingPrefix = "__pad.";

/// Sets `offset` and `bytes` of the tensors, in their order, each offset a
/// multiple of `alignment`. Nothing if a size overflows.
std::optional<std::vector<TensorEntry>> layOut(std::vector<TensorEntry> tensors,
                                               uint64_t alignment);

/// Identifies a layout: 16 hexadecimal digits that depend on every name, type,
/// shape and offset. For "lathe.layout".
std::string layoutHash(const std::vector<TensorEntry> &tensors);

/// Writes a file tensor by tensor, without holding more than the caller's
/// piece in memory. The file appears whole at `finish`, or not at all.
class SafetensorsWriter {
public:
  /// Starts a file of these tensors, laid out by `layOut`. A multiple of
  /// `alignment` in the file is where its data section starts. With
  /// `checksum`, the metadata get a "lathe.checksum" of the data section.
  static Result<SafetensorsWriter>
  create(const std::string &path, std::vector<TensorEntry> tensors,
         Metadata metadata = {}, uint64_t alignment = 8, bool checksum = false);

  /// Writes the next bytes of the current tensor; a tensor may come in several
  /// pieces, and the next one starts when it is complete.
  Status append(const void *data, uint64_t size);
  /// Completes the file. Errors: LATHE_BAD_ARGUMENT if bytes are missing.
  Status finish();

private:
  SafetensorsWriter(OutputFile file, std::vector<TensorEntry> tensors)
      : file(std::move(file)), tensors(std::move(tensors)) {}
  Status writeHeader(Metadata metadata, uint64_t alignment, bool checksum);
  Status writeData(const void *data, uint64_t size);
  Status padTo(uint64_t offset);
  Status skipComplete();

  OutputFile file;
  std::vector<TensorEntry> tensors;
  size_t current = 0;      ///< The tensor that is being written.
  uint64_t position = 0;   ///< In the data section.
  uint64_t checksumAt = 0; ///< Where its digits go; 0: nowhere.
  Checksum64 sum;
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_SAFETENSORS_H
