//===- Safetensors.cpp - Reading .safetensors files -----------------------===//
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
static constexpr uint64_t longestHeader = 100'000'000;

static constexpr std::string_view fetchAgain =
    "; the file is truncated or damaged: fetch or save it again";
static constexpr std::string_view saveAgain =
    "; save the file again with the safetensors library";

static Status invalid(std::string message) {
  return {LATHE_BAD_FILE, std::move(message)};
}

namespace {

/// Takes the header's JSON as a stream of events and accepts nothing but the
/// format's own structure. Keys that come twice, which JSON libraries resolve
/// silently, are errors here.
class HeaderHandler : public nlohmann::json_sax<nlohmann::json> {
public:
  std::vector<TensorEntry> tensors;
  std::unordered_map<std::string, size_t> indices;
  Metadata metadata;
  Status status;

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool number_float(number_float_t, const string_t &text) override {
    return unexpected(concat("the number ", text));
  }
  bool binary(binary_t &) override { return unexpected("binary data"); }

  bool number_integer(number_integer_t value) override {
    return unexpected(concat("the negative number ", value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (place != Shape && place != Offsets)
      return unexpected(concat("the number ", value));
    if (value > INT64_MAX)
      return unexpected(concat("the number ", value, ", which overflows,"));
    numbers.push_back(static_cast<int64_t>(value));
    return true;
  }

  bool string(string_t &text) override {
    if (place == MetadataValue)
      metadata[name] = text;
    else if (place == Dtype)
      return readType(text);
    else
      return unexpected(concat("the text ", quote(text)));
    place = place == MetadataValue ? InMetadata : InTensor;
    return true;
  }

  bool start_object(size_t) override {
    if (place == Nowhere)
      place = AmongTensors;
    else if (place == TensorValue && name == "__metadata__")
      place = InMetadata;
    else if (place == TensorValue)
      place = InTensor;
    else
      return unexpected("an object");
    seenKeys.clear();
    return true;
  }

  bool key(string_t &text) override {
    if (place == AmongTensors)
      return startTensor(text);
    if (place == InMetadata) {
      name = text;
      place = MetadataValue;
      return !metadata.contains(name) ||
             fail(concat("the metadata have ", quote(name), " twice"));
    }
    bool again =
        std::find(seenKeys.begin(), seenKeys.end(), text) != seenKeys.end();
    seenKeys.push_back(text);
    if (again)
      return fail(concat(tensor(), " has the key ", quote(text), " twice"));
    place = text == "dtype"          ? Dtype
            : text == "shape"        ? ShapeValue
            : text == "data_offsets" ? OffsetsValue
                                     : InTensor;
    return place != InTensor ||
           fail(concat(tensor(), " has the unknown key ", quote(text)));
  }

  bool start_array(size_t) override {
    if (place != ShapeValue && place != OffsetsValue)
      return unexpected("an array");
    place = place == ShapeValue ? Shape : Offsets;
    numbers.clear();
    return true;
  }

  bool end_array() override {
    TensorEntry &entry = tensors.back();
    if (place == Shape) {
      entry.shape = numbers;
    } else {
      if (numbers.size() != 2)
        return fail(concat(tensor(), " has ", numbers.size(),
                           " data_offsets, wanted 2"));
      if (numbers[1] < numbers[0])
        return fail(concat(tensor(), " ends before it begins, at ", numbers[1],
                           " and ", numbers[0]));
      entry.offset = static_cast<uint64_t>(numbers[0]);
      entry.bytes = static_cast<uint64_t>(numbers[1] - numbers[0]);
    }
    place = InTensor;
    return true;
  }

  bool end_object() override {
    if (place == InTensor && seenKeys.size() != 3)
      return fail(concat(tensor(),
                         " lacks one of 'dtype', 'shape' and 'data_offsets'"));
    place = place == AmongTensors ? Nowhere : AmongTensors;
    return true;
  }

  bool parse_error(size_t position, const std::string &,
                   const nlohmann::json::exception &) override {
    status = invalid(
        concat("its header is not valid JSON at byte ", position, fetchAgain));
    return false;
  }

private:
  enum Place {
    Nowhere, // Before the header's object, and behind it.
    AmongTensors,
    TensorValue, // Behind a tensor's name.
    InTensor,
    Dtype, // Behind the key, like the next two.
    ShapeValue,
    OffsetsValue,
    Shape,
    Offsets,
    InMetadata,
    MetadataValue,
  };

  bool startTensor(const std::string &text) {
    name = text;
    place = TensorValue;
    if (name == "__metadata__") {
      if (std::exchange(sawMetadata, true))
        return fail("it has '__metadata__' twice");
      return true;
    }
    if (!indices.emplace(name, tensors.size()).second)
      return fail(concat("it has ", tensor(), " twice"));
    tensors.emplace_back().name = name;
    return true;
  }

  bool readType(const std::string &text) {
    auto type = findType(&TypeNames::safetensors, text);
    if (!type)
      return fail(concat(tensor(), " has the unknown dtype ", quote(text)),
                  "; save it as F32, F64, F16, BF16, I8, U8, I16, I32, I64 or "
                  "BOOL");
    tensors.back().type = *type;
    place = InTensor;
    return true;
  }

  std::string tensor() const { return concat("tensor ", quote(name)); }

  bool fail(const std::string &what, std::string_view remedy = saveAgain) {
    status = invalid(concat(what, remedy));
    return false;
  }

  bool unexpected(const std::string &what) {
    switch (place) {
    case Nowhere:
    case AmongTensors:
      return fail(concat("its header is ", what, ", wanted an object"));
    case TensorValue:
      return fail(concat(tensor(), " is ", what, ", wanted an object"));
    case Dtype:
      return fail(concat(tensor(), " has ", what, " as its dtype"));
    case InMetadata:
    case MetadataValue:
      return fail(concat("the metadata have ", what, " under ", quote(name),
                         ", wanted a text"));
    default:
      return fail(concat(
          tensor(), " has ", what, " in its ",
          place == Shape || place == ShapeValue ? "shape" : "data_offsets"));
    }
  }

  Place place = Nowhere;
  std::string name; ///< Of the current tensor or metadata.
  std::vector<std::string> seenKeys;
  std::vector<int64_t> numbers;
  bool sawMetadata = false;
};

} // namespace

Result<Safetensors> Safetensors::open(const std::string &path) {
  Result<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.status();
  Result<Safetensors> result = parse(file->data(), file->size(), path);
  if (result)
    result->file = std::move(*file);
  return result;
}

Result<Safetensors> Safetensors::parse(const unsigned char *bytes,
                                       uint64_t size, const std::string &name) {
  Safetensors result;
  result.fileName = name;
  Status status = result.read(bytes, size);
  if (!status.failed())
    status = result.checkLayout();
  if (status.failed())
    return Status(status.code(), concat(quote(name), ": ", status.message()));
  return result;
}

Status Safetensors::read(const unsigned char *bytes, uint64_t size) {
  if (size < lengthSize)
    return invalid(concat("it has ", size, " bytes, fewer than the 8 of a ",
                          "header's length", fetchAgain));
  uint64_t length = 0;
  for (uint64_t i = lengthSize; i-- > 0;)
    length = length << 8 | bytes[i];
  if (length > longestHeader)
    return invalid(concat("its header claims ", length,
                          " bytes, more than the 100000000 that are allowed; "
                          "this is no safetensors file"));
  if (length > size - lengthSize)
    return invalid(concat("its header claims ", length, " bytes of the ",
                          size - lengthSize, " there are", fetchAgain));
  const unsigned char *header = bytes + lengthSize;
  if (length == 0 || *header != '{')
    return invalid("its header does not begin with '{'; this is no "
                   "safetensors file");
  HeaderHandler handler;
  nlohmann::json::sax_parse(header, header + length, &handler);
  if (handler.status.failed())
    return handler.status;
  entries = std::move(handler.tensors);
  indices = std::move(handler.indices);
  texts = std::move(handler.metadata);
  section = header + length;
  sectionSize = size - lengthSize - length;
  return {};
}

Status Safetensors::checkLayout() {
  for (const TensorEntry &tensor : entries) {
    std::string who = concat("tensor ", quote(tensor.name));
    if (tensor.bytes > sectionSize ||
        tensor.offset > sectionSize - tensor.bytes)
      return invalid(concat(who, " ends at byte ", tensor.offset + tensor.bytes,
                            " of the ", sectionSize, " bytes of data",
                            fetchAgain));
    std::optional<uint64_t> wanted = byteSize(tensor.type, tensor.shape);
    if (!wanted)
      return invalid(concat(who, " has the shape ", bracketed(tensor.shape),
                            ", whose size overflows", saveAgain));
    if (tensor.bytes != *wanted)
      return invalid(concat(who, " has ", tensor.bytes, " bytes, but ",
                            describe(tensor.type, tensor.shape), " takes ",
                            *wanted, saveAgain));
  }
  std::sort(entries.begin(), entries.end(),
            [](const TensorEntry &a, const TensorEntry &b) {
              return std::pair(a.offset, a.bytes) <
                     std::pair(b.offset, b.bytes);
            });
  uint64_t end = 0;
  std::string_view previous;
  for (size_t i = 0; i < entries.size(); ++i) {
    const TensorEntry &tensor = entries[i];
    indices[tensor.name] = i;
    if (tensor.offset < end)
      return invalid(concat("tensors ", quote(previous), " and ",
                            quote(tensor.name), " overlap at byte ",
                            tensor.offset, " of the data", saveAgain));
    if (tensor.offset > end)
      return invalid(concat("no tensor has the bytes ", end, " to ",
                            tensor.offset, " of the data, before ",
                            quote(tensor.name), saveAgain));
    end = tensor.offset + tensor.bytes;
    previous = tensor.name;
  }
  if (end != sectionSize)
    return invalid(concat("no tensor has the bytes ", end, " to ", sectionSize,
                          " of the data, at its end", saveAgain));
  return {};
}

const TensorEntry *Safetensors::find(const std::string &name) const {
  auto found = indices.find(name);
  return found == indices.end() ? nullptr : &entries[found->second];
}
