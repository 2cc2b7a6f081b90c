//===- Npy.cpp - Reading and writing .npy files ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The format (NEP 1): "\x93NUMPY", two bytes of version, the header's length
// in 2 bytes (version 1) or 4, the header, the data. The header is a Python
// dictionary such as
//   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
//
//===----------------------------------------------------------------------===//

#include "runtime/Npy.h"
#include <algorithm>
#include <charconv>

using namespace lathe::runtime;

static constexpr std::string_view magic = "\x93NUMPY";

static Status invalid(std::string message) {
  return {LATHE_BAD_FILE, std::move(message)};
}

namespace {

/// Reads as much Python as such headers have.
class HeaderParser {
public:
  HeaderParser(std::string_view text) : text(text) {}

  std::string_view descr; ///< Empty where it is a list: a structured type.
  bool fortranOrder = false;
  std::vector<int64_t> shape;

  bool parse() {
    bool seen[3] = {};
    if (!take('{'))
      return false;
    while (!take('}')) {
      std::string_view key;
      if (!takeString(key) || !take(':'))
        return false;
      size_t index = key == "descr"           ? 0
                     : key == "fortran_order" ? 1
                     : key == "shape"         ? 2
                                              : 3;
      if (index == 3 || std::exchange(seen[index], true))
        return false;
      if (!(index == 0 ? takeDescr() : index == 1 ? takeBool() : takeShape()))
        return false;
      if (structured)
        return true;
      if (!take(',') && peek() != '}')
        return false;
    }
    return seen[0] && seen[1] && seen[2] && peek() == '\0';
  }

private:
  char peek() {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\n'))
      text.remove_prefix(1);
    return text.empty() ? '\0' : text.front();
  }

  bool take(char wanted) {
    bool found = peek() == wanted;
    if (found)
      text.remove_prefix(1);
    return found;
  }

  bool takeString(std::string_view &string) {
    char quote = peek();
    if (quote != '\'' && quote != '"')
      return false;
    size_t end = text.find(quote, 1);
    if (end == std::string_view::npos)
      return false;
    string = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    return true;
  }

  bool takeDescr() {
    structured = peek() == '[';
    return structured || takeString(descr);
  }

  bool takeBool() {
    peek();
    fortranOrder = text.starts_with("True");
    if (!fortranOrder && !text.starts_with("False"))
      return false;
    text.remove_prefix(fortranOrder ? 4 : 5);
    return true;
  }

  bool takeShape() {
    if (!take('('))
      return false;
    while (!take(')')) {
      peek();
      int64_t size = 0;
      auto [end, error] =
          std::from_chars(text.data(), text.data() + text.size(), size);
      if (error != std::errc())
        return false;
      text.remove_prefix(static_cast<size_t>(end - text.data()));
      shape.push_back(size);
      if (!take(',') && peek() != ')')
        return false;
    }
    return true;
  }

  std::string_view text;
  bool structured = false;
};

} // namespace

static Status readType(std::string_view descr, LatheType &type) {
  if (descr.empty())
    return invalid("it holds a structured type; save each field by itself");
  // Types of one byte have no byte order, but '<' before them is harmless.
  std::string name(descr);
  if (descr.substr(1) == "i1" || descr.substr(1) == "u1" ||
      descr.substr(1) == "b1")
    name[0] = '|';
  if (auto found = findType(&TypeNames::npy, name)) {
    type = *found;
    return {};
  }
  if (name[0] == '>') {
    name[0] = '<';
    if (findType(&TypeNames::npy, name))
      return invalid(
          concat("it is big-endian; save it with array.astype('", name, "')"));
  }
  return invalid(concat("it holds the unsupported type ", quote(descr),
                        "; save it with array.astype('float32') or another "
                        "plain type"));
}

/// Messages do not name the file yet.
static Status read(const unsigned char *bytes, uint64_t size, NpyArray &array) {
  if (size < 12 || std::memcmp(bytes, magic.data(), magic.size()) != 0)
    return invalid("this is no .npy file; write it with numpy.save");
  unsigned version = bytes[6];
  if (version < 1 || version > 3)
    return invalid(
        concat("it is a .npy file of version ", version, ", wanted 1, 2 or 3"));
  uint64_t lengthSize = version == 1 ? 2 : 4, length = 0;
  for (uint64_t i = lengthSize; i-- > 0;)
    length = length << 8 | bytes[8 + i];
  uint64_t dataAt = 8 + lengthSize + length;
  if (dataAt > size)
    return invalid(concat("its header claims ", length, " bytes of the ",
                          size - 8 - lengthSize,
                          " there are; the file is truncated: save it again"));
  HeaderParser header(
      {reinterpret_cast<const char *>(bytes) + 8 + lengthSize, length});
  if (!header.parse())
    return invalid("its header is malformed; write it with numpy.save");
  if (Status status = readType(header.descr, array.type); status.failed())
    return status;
  if (header.fortranOrder && header.shape.size() > 1)
    return invalid("it is in column-major (Fortran) order; save it with "
                   "numpy.ascontiguousarray(array)");
  std::optional<uint64_t> wanted = byteSize(array.type, header.shape);
  if (!wanted)
    return invalid(concat("its shape ", bracketed(header.shape),
                          " is negative or overflows; write it with "
                          "numpy.save"));
  if (size - dataAt != *wanted)
    return invalid(concat("it has ", size - dataAt, " bytes of data, but ",
                          describe(array.type, header.shape), " takes ",
                          *wanted,
                          "; the file is truncated or damaged: save "
                          "it again"));
  array.shape = std::move(header.shape);
  array.data = bytes + dataAt;
  array.bytes = *wanted;
  return {};
}

Result<NpyArray> NpyArray::open(const std::string &path) {
  Result<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.status();
  Result<NpyArray> array = parse(file->data(), file->size(), path);
  if (array)
    array->file = std::move(*file);
  return array;
}

Result<NpyArray> NpyArray::parse(const unsigned char *bytes, uint64_t size,
                                 const std::string &name) {
  NpyArray array;
  if (Status status = read(bytes, size, array); status.failed())
    return Status(status.code(), concat(quote(name), ": ", status.message()));
  return array;
}

Status lathe::runtime::writeNpy(const std::string &path, LatheType type,
                                std::span<const int64_t> shape,
                                const void *data) {
  std::string_view descr = namesOf(type).npy;
  if (descr.empty())
    return {LATHE_BAD_ARGUMENT,
            concat("cannot write ", quote(path), ": NumPy has no type ",
                   namesOf(type).lathe, "; write a .safetensors file instead")};
  std::string sizes;
  for (int64_t size : shape)
    sizes += concat(size, ", ");
  if (shape.size() > 1)
    sizes.resize(sizes.size() - 2);
  std::string header =
      concat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (",
             sizes, "), }");
  // The data start at a multiple of 64, as NumPy has it.
  constexpr size_t prefix = 10, alignment = 64;
  size_t padded =
      (prefix + header.size() + 1 + alignment - 1) / alignment * alignment;
  header.resize(padded - prefix - 1, ' ');
  header += '\n';
  std::string start = concat(magic, std::string_view("\1\0", 2));
  start += static_cast<char>(header.size() & 0xff);
  start += static_cast<char>(header.size() >> 8);
  start += header;

  Result<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.status();
  Status status = file->write(start.data(), start.size());
  if (!status.failed())
    status = file->write(data, *byteSize(type, shape));
  return status.failed() ? status : file->commit();
}
