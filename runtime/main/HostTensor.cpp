//===- HostTensor.cpp - Inputs and outputs of a program
//---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/main/HostTensor.h"
#include "runtime/Npy.h"
#include "runtime/Safetensors.h"
#include "runtime/main/CommandLine.h"
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

using namespace lathe::runtime;

HostTensor HostTensor::allocate(LatheType type, std::vector<int64_t> shape) {
  constexpr size_t alignment = 64;
  size_t bytes = byteSize(type, shape).value_or(SIZE_MAX / 2);
  void *data = std::aligned_alloc(alignment,
                                  (bytes + alignment) / alignment * alignment);
  if (!data)
    throw std::bad_alloc();
  return {type, std::move(shape), data, std::shared_ptr<void>(data, std::free)};
}

/// A view of `data` within `file`, or a copy where it is not aligned.
template <typename File>
static HostTensor viewOf(File file, LatheType type, std::vector<int64_t> shape,
                         const unsigned char *data, uint64_t bytes) {
  if (reinterpret_cast<uintptr_t>(data) % latheTypeSize(type) == 0)
    return {type, std::move(shape), const_cast<unsigned char *>(data),
            std::make_shared<File>(std::move(file))};
  HostTensor copy = HostTensor::allocate(type, std::move(shape));
  std::memcpy(copy.data, data, bytes);
  return copy;
}

static Result<HostTensor> readSafetensors(const std::string &path,
                                          const std::string &name) {
  auto file = Safetensors::open(path);
  if (!file)
    return file.status();
  const TensorEntry *found = file->find(name);
  if (!found)
    return Status(
        LATHE_BAD_FILE,
        concat(quote(path), " has no tensor ", quote(name),
               "; name the one you mean, as in 'FILE.safetensors:",
               file->tensors().empty() ? "NAME" : file->tensors()[0].name,
               "'"));
  TensorEntry entry = *found;
  const unsigned char *data = file->data(entry);
  return viewOf(std::move(*file), entry.type, entry.shape, data, entry.bytes);
}

static Result<HostTensor> readNpy(const std::string &path) {
  auto array = NpyArray::open(path);
  if (!array)
    return array.status();
  LatheType type = array->type;
  std::vector<int64_t> shape = array->shape;
  const unsigned char *data = array->data;
  uint64_t bytes = array->bytes;
  return viewOf(std::move(*array), type, shape, data, bytes);
}

/// Calls `visit` with each number between commas; false if one is none. What is
/// no integer may be in percent: 40% is 0.4.
template <typename Number, typename Visit>
static bool readNumbers(std::string_view text, const Visit &visit) {
  while (true) {
    size_t comma = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, comma);
    bool isPercent = std::is_floating_point_v<Number> && word.ends_with('%');
    if (isPercent)
      word.remove_suffix(1);
    const char *last = word.data() + word.size();
    Number number;
    auto [end, error] = std::from_chars(word.data(), last, number);
    if (error != std::errc() || end != last)
      return false;
    visit(isPercent ? number / 100 : number);
    if (comma == text.size())
      return true;
    text.remove_prefix(comma + 1);
  }
}

bool lathe::runtime::isNumbers(std::string_view text) {
  return readNumbers<double>(text, [](double) {});
}

/// The numbers as a tensor of the input's type and rank: along its last
/// dimension, the others having size 1.
static Result<HostTensor> parseNumbers(const std::string &text,
                                       const LatheTensorInfo &info) {
  auto refuse = [&](std::string_view why) {
    return Status(LATHE_BAD_ARGUMENT,
                  concat(quote(info.name), " is given ", quote(text),
                         ", but is ", typeText(info), why));
  };
  int64_t count = std::count(text.begin(), text.end(), ',') + 1;
  if (info.rank == 0 && count != 1)
    return refuse("");
  std::vector<int64_t> shape(info.rank, 1);
  if (info.rank)
    shape.back() = count;
  HostTensor tensor = HostTensor::allocate(info.type, std::move(shape));
  bool fits = true;
  auto fill = [&]<typename T, typename Number>(T, Number) {
    auto *next = static_cast<T *>(tensor.data);
    return readNumbers<Number>(text, [&](Number number) {
      *next = static_cast<T>(number);
      if constexpr (std::is_integral_v<T>)
        fits &= static_cast<Number>(*next) == number;
      ++next;
    });
  };
  bool good;
  switch (info.type) {
  case LATHE_F32:
    good = fill(float(), double());
    break;
  case LATHE_F64:
    good = fill(double(), double());
    break;
  case LATHE_I64:
    good = fill(int64_t(), int64_t());
    break;
  case LATHE_I32:
    good = fill(int32_t(), int64_t());
    break;
  case LATHE_I16:
    good = fill(int16_t(), int64_t());
    break;
  case LATHE_I8:
    good = fill(int8_t(), int64_t());
    break;
  case LATHE_U8:
    good = fill(uint8_t(), int64_t());
    break;
  case LATHE_BOOL:
    good = fill(bool(), int64_t());
    break;
  default:
    return refuse(": give it as a file");
  }
  if (!good || !fits)
    return refuse("");
  return tensor;
}

Result<HostTensor> HostTensor::read(const std::string &file,
                                    const LatheTensorInfo &info) {
  if (isNumbers(file))
    return parseNumbers(file, info);
  constexpr std::string_view ending = ".safetensors";
  size_t at = file.rfind(concat(ending, ":"));
  bool named = at != std::string::npos;
  auto tensor = named ? readSafetensors(file.substr(0, at + ending.size()),
                                        file.substr(at + ending.size() + 1))
                : file.ends_with(ending) ? readSafetensors(file, info.name)
                                         : readNpy(file);
  if (!tensor ||
      (tensor->type == info.type && tensor->shape.size() == info.rank))
    return tensor;
  std::string remedy;
  if (tensor->type != info.type)
    remedy = concat("; convert it, as by array.astype('",
                    namesOf(info.type).npy, "') in NumPy");
  return Status(LATHE_BAD_SHAPE,
                concat(quote(file), " is ",
                       describe(tensor->type, tensor->shape), ", but ",
                       quote(info.name), " is ", typeText(info), remedy));
}

static Status writeTogether(const std::string &path,
                            std::vector<TensorEntry> entries,
                            const std::vector<const HostTensor *> &tensors) {
  auto laidOut = layOut(std::move(entries), 1);
  if (!laidOut)
    return {LATHE_BAD_SHAPE, "the outputs' sizes overflow"};
  auto writer = SafetensorsWriter::create(path, *laidOut);
  if (!writer)
    return writer.status();
  for (size_t i = 0; i < tensors.size(); ++i)
    if (Status status = writer->append(tensors[i]->data, (*laidOut)[i].bytes);
        status.failed())
      return status;
  return writer->finish();
}

Status
lathe::runtime::writeOutputs(const std::map<std::string, std::string> &files,
                             std::span<const LatheTensorInfo> infos,
                             std::span<const HostTensor> tensors) {
  std::map<std::string, std::vector<size_t>> byFile;
  for (size_t i = 0; i < infos.size(); ++i)
    if (auto file = files.find(infos[i].name); file != files.end())
      byFile[file->second].push_back(i);
  for (const auto &[path, indices] : byFile) {
    Status status;
    if (path.ends_with(".npy")) {
      const HostTensor &tensor = tensors[indices[0]];
      status = indices.size() > 1
                   ? Status(LATHE_BAD_ARGUMENT,
                            concat(quote(path), " takes one output only; a "
                                                ".safetensors file takes many"))
                   : writeNpy(path, tensor.type, tensor.shape, tensor.data);
    } else {
      std::vector<TensorEntry> entries;
      std::vector<const HostTensor *> chosen;
      for (size_t i : indices) {
        entries.push_back({infos[i].name, tensors[i].type, tensors[i].shape});
        chosen.push_back(&tensors[i]);
      }
      status = writeTogether(path, std::move(entries), chosen);
    }
    if (status.failed())
      return status;
  }
  return {};
}

Result<HostTensor>
lathe::runtime::stack(const LatheTensorInfo &info,
                      std::span<const std::vector<HostTensor>> runs, size_t i) {
  const HostTensor &first = runs.front()[i];
  std::vector<int64_t> shape = first.shape;
  shape.insert(shape.begin(), static_cast<int64_t>(runs.size()));
  HostTensor result = HostTensor::allocate(first.type, std::move(shape));
  auto bytes = *byteSize(first.type, first.shape);
  auto *end = static_cast<unsigned char *>(result.data);
  for (const std::vector<HostTensor> &run : runs) {
    if (run[i].shape != first.shape)
      return Status(
          LATHE_BAD_SHAPE,
          concat(quote(info.name), " is ", describe(first.type, first.shape),
                 " in one run and ", describe(first.type, run[i].shape),
                 " in another, which cannot be stacked"));
    std::memcpy(end, run[i].data, bytes);
    end += bytes;
  }
  return result;
}

std::string lathe::runtime::summarise(const LatheTensorInfo &info,
                                      const HostTensor &tensor) {
  constexpr int64_t shown = 8;
  std::string line =
      concat(info.name, " ", describe(tensor.type, tensor.shape), ":");
  int64_t count = elementCount(tensor.shape);
  for (int64_t i = 0; i < std::min(count, shown); ++i) {
    char number[32];
    snprintf(number, sizeof(number), " %.6g",
             elementAsDouble(tensor.type, tensor.data, i));
    line += number;
  }
  return line + (count > shown ? " ..." : "");
}
