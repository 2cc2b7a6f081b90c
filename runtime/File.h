//===- File.h - Mapped files, and files written whole or not at all -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_FILE_H
#define LATHE_RUNTIME_FILE_H

#include "runtime/Status.h"
#include <cstdint>
#include <string>
#include <utility>

namespace lathe::runtime {

/// A file mapped into memory, read-only and shared with all who map it.
class MappedFile {
public:
  MappedFile() = default;
  static Result<MappedFile> open(const std::string &path);
  MappedFile(MappedFile &&other) noexcept { *this = std::move(other); }
  MappedFile &operator=(MappedFile &&other) noexcept {
    std::swap(bytes, other.bytes);
    std::swap(length, other.length);
    return *this;
  }
  ~MappedFile();

  const unsigned char *data() const { return bytes; }
  uint64_t size() const { return length; }

private:
  const unsigned char *bytes = nullptr;
  uint64_t length = 0;
};

/// Lets the system take back the memory that a part of a mapped file occupies;
/// it is read again where it is needed.
void releasePages(const void *data, uint64_t size);

/// A new file. Until `commit` it has no name where the file system allows
/// that (so that it is gone however the program ends) and a temporary one
/// beside the target elsewhere; `commit` then replaces the target in one step.
/// A target that is a device or a pipe is written to directly.
class OutputFile {
public:
  static Result<OutputFile> create(const std::string &path);
  OutputFile(OutputFile &&other) noexcept
      : path(std::move(other.path)), temporary(std::move(other.temporary)),
        descriptor(std::exchange(other.descriptor, -1)), direct(other.direct) {}
  OutputFile &operator=(OutputFile &&) = delete;
  /// Discards what was not committed.
  ~OutputFile();

  Status write(const void *data, uint64_t size);
  /// Overwrites a part that has been written.
  Status rewrite(uint64_t offset, const void *data, uint64_t size);
  Status commit();

private:
  OutputFile(std::string path) : path(std::move(path)) {}
  Status failure(const char *what, int error) const;

  std::string path;
  std::string temporary; ///< Empty while the file has no name.
  int descriptor = -1;
  bool direct = false;
};

/// The file that holds the code or data at `address`: the program, or a shared
/// library. Empty if it cannot be told.
std::string fileHolding(const void *address);

/// The folder of `path`, "." if it names none.
std::string folderOf(const std::string &path);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_FILE_H
