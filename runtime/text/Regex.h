//===- Regex.h - Regular expressions over Unicode text --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_REGEX_H
#define LATHE_RUNTIME_TEXT_REGEX_H

#include "runtime/Status.h"
#include <functional>
#include <memory>

namespace lathe::runtime::text {

/// A pattern as tokenizers write them (those of Oniguruma and of Rust's regex
/// crate have much in common), run by PCRE2.
class Regex {
public:
  /// Fails with a message that shows the pattern and where it goes wrong.
  static Result<Regex> compile(std::string_view pattern);
  /// The pattern that matches `text` itself.
  static Result<Regex> literal(std::string_view text);

  /// Calls found(begin, end) for each match in `text`, which is valid UTF-8.
  /// Throws std::runtime_error if the search takes unreasonably long.
  void forEachMatch(std::string_view text,
                    const std::function<void(size_t, size_t)> &found) const;

private:
  explicit Regex(std::shared_ptr<void> code) : code(std::move(code)) {}

  std::shared_ptr<void> code;
};

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_REGEX_H
