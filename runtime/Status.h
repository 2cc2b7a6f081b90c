//===- Status.h - How calls within the runtime went -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_STATUS_H
#define LATHE_RUNTIME_STATUS_H

#include "runtime/lathe.h"
#include <concepts>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace lathe::runtime {

/// Success, or a code and a message.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(LatheCode code, std::string message)
      : statusCode(code), text(std::move(message)) {}

  bool failed() const { return statusCode != LATHE_OK; }
  LatheCode code() const { return statusCode; }
  const std::string &message() const { return text; }

private:
  LatheCode statusCode = LATHE_OK;
  std::string text;
};

/// A value, or the status that says why there is none.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : value(std::move(value)) {}
  Result(Status status) : failure(std::move(status)) {}

  explicit operator bool() const { return value.has_value(); }
  T &operator*() { return *value; }
  T *operator->() { return &*value; }
  const T &operator*() const { return *value; }
  const T *operator->() const { return &*value; }
  /// Success where there is a value.
  const Status &status() const { return failure; }

private:
  std::optional<T> value;
  Status failure;
};

/// `name` in 'quotes', fit for a message: unprintable bytes are replaced and
/// what exceeds 100 bytes is left out, since names come out of files.
std::string quote(std::string_view name);

inline std::string toText(std::string_view text) { return std::string(text); }
std::string toText(std::integral auto number) { return std::to_string(number); }

/// The parts, numbers among them, as one string.
template <typename... Parts> std::string concat(const Parts &...parts) {
  std::string text;
  (text.append(toText(parts)), ...);
  return text;
}

/// "[7, 1, 16, 16]"; any range of texts and numbers.
std::string bracketed(const auto &range) {
  std::string text = "[";
  for (const auto &item : range)
    text += concat(text.size() > 1 ? ", " : "", item);
  return text + "]";
}

/// Stores `status` in the caller's `target`, if there is one.
LatheCode report(const Status &status, LatheStatus *target);

/// Runs `body`, which returns a Status, at the door of the C interface: no
/// exception of the standard library passes.
template <typename Body>
LatheCode guarded(LatheStatus *target, const Body &body) {
  try {
    return report(body(), target);
  } catch (const std::bad_alloc &) {
    return report({LATHE_OUT_OF_MEMORY, "out of memory"}, target);
  } catch (const std::exception &error) {
    return report({LATHE_OUT_OF_MEMORY, error.what()}, target);
  }
}

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_STATUS_H
