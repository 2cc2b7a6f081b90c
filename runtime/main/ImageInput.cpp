//===- ImageInput.cpp - Image files as inputs -----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part that all programs have: runtime/image/ has the rest.
//
//===----------------------------------------------------------------------===//

#include "runtime/main/ImageInput.h"
#include "runtime/File.h"
#include <unistd.h>

using namespace lathe::runtime;

std::vector<std::string> lathe::runtime::splitFiles(const std::string &text) {
  // A name may hold a comma.
  if (access(text.c_str(), F_OK) == 0)
    return {text};
  std::vector<std::string> files;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(',', begin), text.size());
    files.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return files;
}

bool lathe::runtime::areImages(const std::vector<std::string> &files) {
  if (files.size() > 1)
    return true;
  const std::string &name = files.front();
  if (name.find(".safetensors") != std::string::npos)
    return false;
  // What cannot be read is reported by the reader that the name suggests.
  auto file = MappedFile::open(name);
  if (!file)
    return !name.ends_with(".npy");
  std::string_view bytes(reinterpret_cast<const char *>(file->data()),
                         file->size());
  if (bytes.starts_with("\x93NUMPY"))
    return false;
  return !name.ends_with(".npy") || bytes.starts_with("\x89PNG") ||
         bytes.starts_with("\xff\xd8\xff");
}
