//===- File.cpp - Mapped files, and files written whole or not at all -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/File.h"
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace lathe::runtime;

static std::string errorText(int error) {
  return std::system_category().message(error);
}

Result<MappedFile> MappedFile::open(const std::string &path) {
  auto failure = [&](const std::string &why) {
    return Status(LATHE_IO_ERROR,
                  concat("cannot read ", quote(path), ": ", why));
  };
  // O_NONBLOCK, or opening a pipe would wait for its writer.
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return failure(errorText(errno));
  struct stat info;
  int error = fstat(descriptor, &info) ? errno : 0;
  MappedFile file;
  if (!error && S_ISREG(info.st_mode) && info.st_size > 0) {
    size_t length = static_cast<size_t>(info.st_size);
    void *data = mmap(nullptr, length, PROT_READ, MAP_SHARED, descriptor, 0);
    if (data == MAP_FAILED) {
      error = errno;
    } else {
      file.bytes = static_cast<const unsigned char *>(data);
      file.length = length;
    }
  }
  close(descriptor);
  if (error)
    return failure(errorText(error));
  if (!S_ISREG(info.st_mode))
    return failure(S_ISDIR(info.st_mode) ? "it is a folder, wanted a file"
                                         : "it is not a regular file");
  return file;
}

MappedFile::~MappedFile() {
  if (bytes)
    munmap(const_cast<unsigned char *>(bytes), length);
}

void lathe::runtime::releasePages(const void *data, uint64_t size) {
  uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  // Pages that hold other data as well stay.
  uintptr_t begin = reinterpret_cast<uintptr_t>(data);
  uintptr_t end = (begin + size) / page * page;
  begin = (begin + page - 1) / page * page;
  if (begin < end)
    madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
}

Status OutputFile::failure(const char *what, int error) const {
  return {LATHE_IO_ERROR,
          concat("cannot ", what, " ", quote(path), ": ", errorText(error))};
}

Result<OutputFile> OutputFile::create(const std::string &path) {
  OutputFile file(path);
  struct stat info;
  bool exists = stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode))
    return file.failure("write", EISDIR);
  file.direct = exists && !S_ISREG(info.st_mode);
  constexpr int access = O_WRONLY | O_CLOEXEC;
  if (file.direct) {
    file.descriptor = open(path.c_str(), access);
  } else {
    file.descriptor = open(folderOf(path).c_str(), access | O_TMPFILE, 0666);
    if (file.descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
      file.temporary = concat(path, ".tmp.", getpid());
      file.descriptor = open(file.temporary.c_str(),
                             access | O_CREAT | O_TRUNC | O_NOFOLLOW, 0666);
    }
  }
  if (file.descriptor < 0) {
    file.temporary.clear();
    return file.failure("write", errno);
  }
  return file;
}

OutputFile::~OutputFile() {
  if (descriptor >= 0)
    close(descriptor);
  if (!temporary.empty())
    unlink(temporary.c_str());
}

Status OutputFile::write(const void *data, uint64_t size) {
  const char *next = static_cast<const char *>(data);
  while (size > 0) {
    ssize_t written = ::write(descriptor, next, size);
    if (written < 0 && errno != EINTR)
      return failure("write", errno);
    if (written > 0) {
      next += written;
      size -= static_cast<uint64_t>(written);
    }
  }
  return {};
}

Status OutputFile::rewrite(uint64_t offset, const void *data, uint64_t size) {
  ssize_t written = pwrite(descriptor, data, size, static_cast<off_t>(offset));
  if (written < 0)
    return failure("write", errno);
  return written == static_cast<ssize_t>(size) ? Status()
                                               : failure("write", ENOSPC);
}

Status OutputFile::commit() {
  if (!direct && temporary.empty()) {
    // linkat does not replace a file, rename does: hence the temporary name.
    temporary = concat(path, ".tmp.", getpid());
    unlink(temporary.c_str());
    std::string unnamed = concat("/proc/self/fd/", descriptor);
    if (linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, temporary.c_str(),
               AT_SYMLINK_FOLLOW)) {
      int error = errno;
      temporary.clear();
      return failure("write", error);
    }
  }
  if (close(std::exchange(descriptor, -1)))
    return failure("write", errno);
  if (!direct && rename(temporary.c_str(), path.c_str()))
    return failure("write", errno);
  temporary.clear();
  return {};
}

std::string lathe::runtime::fileHolding(const void *address) {
  struct Search {
    uintptr_t address;
    std::string path;
  } search = {reinterpret_cast<uintptr_t>(address), ""};
  auto visit = [](dl_phdr_info *object, size_t, void *data) {
    auto *search = static_cast<Search *>(data);
    for (int i = 0; i < object->dlpi_phnum; ++i) {
      const ElfW(Phdr) &segment = object->dlpi_phdr[i];
      uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
      if (segment.p_type != PT_LOAD || search->address < begin ||
          search->address - begin >= segment.p_memsz)
        continue;
      // The program itself goes without a name here.
      search->path = *object->dlpi_name ? object->dlpi_name : "/proc/self/exe";
      return 1;
    }
    return 0;
  };
  dl_iterate_phdr(visit, &search);
  if (search.path != "/proc/self/exe")
    return search.path;
  char target[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", target, sizeof(target));
  return length > 0 ? std::string(target, static_cast<size_t>(length)) : "";
}

std::string lathe::runtime::folderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return path.substr(0, std::max<size_t>(slash, 1));
}
