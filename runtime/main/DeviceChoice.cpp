//===- DeviceChoice.cpp - The program's option --device -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/main/DeviceChoice.h"
#include "runtime/Device.h"
#include "runtime/Model.h"
#include <algorithm>
#include <string_view>

using namespace lathe::runtime;

namespace {
struct NamedKind {
  std::string_view name;
  int32_t kind;
};
constexpr NamedKind kinds[] = {{"auto", 0},
                               {"cpu", LATHE_HOST},
                               {"vulkan", LATHE_VULKAN},
                               {"cuda", LATHE_CUDA}};
} // namespace

static std::string_view nameOf(int32_t kind) {
  return std::find_if(
             std::begin(kinds), std::end(kinds),
             [&](const NamedKind &named) { return named.kind == kind; })
      ->name;
}

static const char *nameForUsers(int32_t kind) {
  return kind == LATHE_VULKAN ? "a Vulkan device"
         : kind == LATHE_CUDA ? "a CUDA device"
                              : "the processor";
}

static int32_t kindOf(const LatheModelBinary &binary) {
  return binary.device ? binary.device->driver->kind : LATHE_HOST;
}

Result<DeviceChoice>
DeviceChoice::parse(std::span<const char *const> arguments) {
  constexpr std::string_view option = "--device";
  DeviceChoice choice;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    bool hasValue = argument.starts_with("--device=");
    if (argument != option && !hasValue) {
      choice.arguments.push_back(arguments[i]);
      continue;
    }
    std::string_view name = hasValue ? argument.substr(option.size() + 1)
                            : i + 1 < arguments.size() ? arguments[++i]
                                                       : "";
    auto named =
        std::find_if(std::begin(kinds), std::end(kinds),
                     [&](const NamedKind &it) { return it.name == name; });
    if (named == std::end(kinds))
      return Status(LATHE_BAD_ARGUMENT,
                    concat("'--device' is ", quote(name),
                           ", wanted auto, cpu, vulkan or cuda"));
    choice.kind = named->kind;
  }
  return choice;
}

/// Whether the program is only asked what it is.
static bool describes(const DeviceChoice &choice) {
  return std::any_of(choice.arguments.begin(), choice.arguments.end(),
                     [](std::string_view argument) {
                       return argument == "--help" || argument == "-h" ||
                              argument.starts_with("--info") ||
                              argument == "--check-weights";
                     });
}

Status lathe::runtime::openChosen(const LatheModelBinary &binary,
                                  const DeviceChoice &choice,
                                  const char *program, LatheModel *&model) {
  int32_t kind = choice.kind;
  std::string known;
  bool isKnown = kind == 0;
  for (auto *code = &binary; code; code = code->next) {
    known += concat(known.empty() ? "" : ", ", nameOf(kindOf(*code)));
    isKnown |= kindOf(*code) == kind;
  }
  if (!isKnown)
    return {LATHE_BAD_ARGUMENT,
            concat("this program has code for ", known, " and none for ",
                   nameOf(kind), "; compile it with --target=", nameOf(kind),
                   " or several, as --target=cpu+vulkan")};
  if (kind == 0 && describes(choice))
    kind = kindOf(binary);
  LatheStatus status;
  if (latheModelOpenOn(&binary, kind, &model, &status))
    return {status.code, status.message};
  if (const char *reason = latheModelFallback(model))
    fprintf(stderr, "%s: note: %s runs the model: %s\n", program,
            nameForUsers(model->getDevice().kind), reason);
  return {};
}
