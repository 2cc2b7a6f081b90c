//===- SafetensorsWriter.cpp - Writing .safetensors files -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Safetensors.h"
#include <algorithm>
#include <nlohmann/json.hpp>

using namespace lathe::runtime;

static constexpr uint64_t lengthSize = 8;
/// Stands for the checksum until the data have been written.
static constexpr std::string_view noChecksum = "????????????????";

std::optional<std::vector<TensorEntry>>
lathe::runtime::layOut(std::vector<TensorEntry> tensors, uint64_t alignment) {
  uint64_t end = 0;
  for (TensorEntry &tensor : tensors) {
    std::optional<uint64_t> bytes = byteSize(tensor.type, tensor.shape);
    tensor.offset = (end + alignment - 1) / alignment * alignment;
    if (!bytes || *bytes > INT64_MAX - tensor.offset)
      return std::nullopt;
    tensor.bytes = *bytes;
    end = tensor.offset + tensor.bytes;
  }
  return tensors;
}

std::string
lathe::runtime::layoutHash(const std::vector<TensorEntry> &tensors) {
  Checksum64 sum;
  for (const TensorEntry &tensor : tensors) {
    std::string line =
        concat(tensor.name, " ", describe(tensor.type, tensor.shape), " at ",
               tensor.offset, "\n");
    sum.update(line.data(), line.size());
  }
  return hexText(sum.digest());
}

Result<SafetensorsWriter>
SafetensorsWriter::create(const std::string &path,
                          std::vector<TensorEntry> tensors, Metadata metadata,
                          uint64_t alignment, bool checksum) {
  Result<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.status();
  SafetensorsWriter writer(std::move(*file), std::move(tensors));
  Status status = writer.writeHeader(std::move(metadata), alignment, checksum);
  if (!status.failed())
    status = writer.skipComplete();
  if (status.failed())
    return status;
  return writer;
}

Status SafetensorsWriter::writeHeader(Metadata metadata, uint64_t alignment,
                                      bool checksum) {
  using Json = nlohmann::ordered_json;
  Json header = Json::object();
  if (checksum)
    metadata["lathe.checksum"] = noChecksum;
  if (!metadata.empty())
    header["__metadata__"] = metadata;
  auto add = [&](const std::string &name, LatheType type,
                 const std::vector<int64_t> &shape, uint64_t begin,
                 uint64_t end) {
    header.push_back({name,
                      {{"dtype", namesOf(type).safetensors},
                       {"shape", shape},
                       {"data_offsets", {begin, end}}}});
  };
  uint64_t end = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorEntry &tensor = tensors[i];
    if (tensor.offset > end)
      add(concat(paddingPrefix, i), LATHE_U8,
          {static_cast<int64_t>(tensor.offset - end)}, end, tensor.offset);
    end = tensor.offset + tensor.bytes;
    add(tensor.name, tensor.type, tensor.shape, tensor.offset, end);
  }

  std::string text = header.dump();
  text.resize((lengthSize + text.size() + alignment - 1) / alignment *
                      alignment -
                  lengthSize,
              ' ');
  if (checksum)
    checksumAt = lengthSize + text.find(noChecksum);
  unsigned char length[lengthSize];
  for (uint64_t i = 0; i < lengthSize; ++i)
    length[i] = static_cast<unsigned char>(text.size() >> 8 * i);
  Status status = file.write(length, lengthSize);
  return status.failed() ? status : file.write(text.data(), text.size());
}

Status SafetensorsWriter::writeData(const void *data, uint64_t size) {
  if (checksumAt)
    sum.update(data, size);
  position += size;
  return file.write(data, size);
}

Status SafetensorsWriter::padTo(uint64_t offset) {
  static constexpr char zeros[4096] = {};
  while (position < offset)
    if (Status status = writeData(
            zeros, std::min<uint64_t>(offset - position, sizeof(zeros)));
        status.failed())
      return status;
  return {};
}

/// Goes on to the next tensor that has bytes to come.
Status SafetensorsWriter::skipComplete() {
  for (; current < tensors.size(); ++current) {
    const TensorEntry &tensor = tensors[current];
    if (Status status = padTo(tensor.offset); status.failed())
      return status;
    if (position < tensor.offset + tensor.bytes)
      break;
  }
  return {};
}

Status SafetensorsWriter::append(const void *data, uint64_t size) {
  uint64_t left =
      current < tensors.size()
          ? tensors[current].offset + tensors[current].bytes - position
          : 0;
  if (size > left)
    return {
        LATHE_BAD_ARGUMENT,
        concat("got ", size, " bytes where the current tensor takes ", left)};
  if (Status status = writeData(data, size); status.failed())
    return status;
  return skipComplete();
}

Status SafetensorsWriter::finish() {
  if (current < tensors.size())
    return {LATHE_BAD_ARGUMENT, concat("tensor ", quote(tensors[current].name),
                                       " has not been written")};
  if (checksumAt) {
    std::string digits = hexText(sum.digest());
    if (Status status = file.rewrite(checksumAt, digits.data(), digits.size());
        status.failed())
      return status;
  }
  return file.commit();
}
