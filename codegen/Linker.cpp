//===- Linker.cpp - Objects into programs and libraries -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Linker.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Signals.h"

using namespace mlir;
using namespace mlir::lathe;

std::string lathe::getInstallationRoot() {
  // Found once: an executable that is replaced while it runs loses its path.
  static int anchor;
  static const std::string root = [] {
    std::string self = llvm::sys::fs::getMainExecutable("lathe", &anchor);
    return llvm::sys::path::parent_path(llvm::sys::path::parent_path(self))
        .str();
  }();
  return root;
}

/// $LATHE_CXX, or the first of the usual names on the path.
static std::optional<std::string> findDriver(Location location) {
  if (auto named = llvm::sys::Process::GetEnv("LATHE_CXX")) {
    if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName(*named))
      return *found;
    emitError(location) << "cannot link: there is no program '" << *named
                        << "', which LATHE_CXX names";
    return std::nullopt;
  }
  for (StringRef name : {"clang++-22", "clang++", "c++"})
    if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName(name))
      return *found;
  emitError(location)
      << "cannot link: found none of clang++-22, clang++ and c++ on the path; "
         "install clang-22 and lld-22, name a C++ compiler in LATHE_CXX, or "
         "leave the object to link elsewhere by --emit=obj";
  return std::nullopt;
}

/// The archives of a part of the runtime: its own, and those of the libraries
/// that it uses.
static SmallVector<StringRef> archivesOf(StringRef part) {
  if (part == "images")
    return {"lathe-images", "png16", "jpeg", "z"};
  if (part == "text")
    return {"lathe-text", "pcre2-8", "utf8proc"};
  if (part == "vulkan")
    return {"lathe-vulkan"};
  if (part == "cuda")
    return {"lathe-cuda"};
  return {part};
}

LogicalResult lathe::link(Location location, ArrayRef<StringRef> objects,
                          LinkKind kind, ArrayRef<StringRef> parts,
                          StringRef output, StringRef name) {
  std::optional<std::string> driver = findDriver(location);
  if (!driver)
    return failure();
  std::string root = getInstallationRoot();
  auto archive = [&](StringRef name) {
    return (root + "/lib/lib" + name + ".a").str();
  };
  std::string runtime = archive("lathe-runtime");
  std::string main = archive("lathe-main");
  // The program refers weakly to what is in the first archive of a part: it
  // is linked whole, the libraries as far as it needs them.
  SmallVector<std::string> whole, libraries;
  for (StringRef part : parts)
    for (auto [i, name] : llvm::enumerate(archivesOf(part)))
      (i == 0 ? whole : libraries).push_back(archive(name));
  SmallVector<std::string> needed = {runtime, main};
  llvm::append_range(needed, whole);
  llvm::append_range(needed, libraries);
  for (const std::string &library : needed)
    if (!llvm::sys::fs::exists(library))
      return emitError(location) << "cannot link: the runtime is not at '"
                                 << library << "'; build it, or reinstall";
  SmallVector<StringRef> arguments = {*driver};
  llvm::append_range(arguments, objects);
  llvm::append_range(arguments, ArrayRef<StringRef>{"-o", output});
  std::string versionScript = root + "/share/lathe-exports.map";
  std::string exports = "-Wl,--version-script=" + versionScript;
  switch (kind) {
  case LinkKind::executable:
    arguments.push_back("-Wl,--whole-archive");
    llvm::append_range(arguments, whole);
    llvm::append_range(arguments,
                       ArrayRef<StringRef>{"-Wl,--no-whole-archive", main,
                                           runtime, "-Wl,--gc-sections", "-s"});
    llvm::append_range(arguments, libraries);
    break;
  case LinkKind::sharedLibrary:
    // Only the C interface is visible, and the library calls its own copy even
    // where a process holds several.
    llvm::append_range(
        arguments,
        ArrayRef<StringRef>{"-shared", "-Wl,--whole-archive", runtime});
    llvm::append_range(arguments, whole);
    llvm::append_range(arguments,
                       ArrayRef<StringRef>{"-Wl,--no-whole-archive",
                                           "-Wl,-Bsymbolic", exports});
    break;
  case LinkKind::plugin:
    arguments.push_back("-shared");
    // What the process that loads it does not have.
    llvm::append_range(arguments, whole);
    break;
  }
  // Nothing to install where the program runs.
  llvm::append_range(arguments,
                     ArrayRef<StringRef>{"-static-libstdc++", "-static-libgcc",
                                         "-lpthread", "-lm"});
  if (StringRef(*driver).contains("clang") &&
      llvm::sys::findProgramByName("ld.lld-22"))
    arguments.push_back("-fuse-ld=lld-22");
  SmallVector<StringRef> extra;
  StringRef(LATHE_LINK_FLAGS).split(extra, ' ', -1, /*KeepEmpty=*/false);
  llvm::append_range(arguments, extra);

  llvm::SmallString<128> log;
  if (llvm::sys::fs::createTemporaryFile("lathe-link", "log", log))
    return emitError(location) << "cannot link: no temporary file";
  llvm::sys::RemoveFileOnSignal(log);
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(log),
                                          StringRef(log)};
  std::string error;
  int code = llvm::sys::ExecuteAndWait(*driver, arguments, std::nullopt,
                                       redirects, 0, 0, &error);
  if (code != 0) {
    auto text = llvm::MemoryBuffer::getFile(log);
    InFlightDiagnostic diagnostic = emitError(location)
                                    << "'" << *driver << "' could not link "
                                    << name << ": " << error;
    if (text)
      diagnostic << (*text)->getBuffer().take_front(2000);
  }
  llvm::sys::fs::remove(log);
  llvm::sys::DontRemoveFileOnSignal(log);
  return success(code == 0);
}
