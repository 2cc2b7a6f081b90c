//===- JsonReader.h - Parts of tokenizer.json -----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_JSONREADER_H
#define LATHE_RUNTIME_TEXT_JSONREADER_H

#include "runtime/text/Pipeline.h"
#include <nlohmann/json.hpp>

namespace lathe::runtime::text {

/// An object of the file and its place in it ("normalizer.normalizers[2]").
/// What is missing, of another type or not known is thrown as
/// std::runtime_error, with the place.
class JsonPart {
public:
  JsonPart(const nlohmann::json &value, std::string place, int depth = 0);

  [[noreturn]] void fail(const std::string &message) const;
  /// Refuses keys other than `known`, since each may change the tokens.
  void allowOnly(std::initializer_list<std::string_view> known) const;
  /// The "type".
  std::string type() const { return text("type"); }
  [[noreturn]] void failType(std::string_view known) const;

  bool has(const char *key) const {
    return value.contains(key) && !value[key].is_null();
  }
  std::string text(const char *key) const { return get<std::string>(key); }
  std::string text(const char *key, std::string otherwise) const {
    return has(key) ? text(key) : std::move(otherwise);
  }
  bool flag(const char *key, bool otherwise) const {
    return has(key) ? get<bool>(key) : otherwise;
  }
  int64_t number(const char *key) const;
  /// A list's items, or an object's.
  const nlohmann::json &list(const char *key) const;
  const nlohmann::json &object(const char *key) const;
  std::vector<JsonPart> parts(const char *key) const;
  JsonPart part(const char *key) const;
  /// {"String": …} or {"Regex": …}.
  Regex pattern(const char *key) const;
  /// Throws the failure.
  template <typename T> T valueOf(Result<T> result) const {
    if (!result)
      fail(result.status().message());
    return std::move(*result);
  }

private:
  template <typename T> T get(const char *key) const;

  const nlohmann::json &value;
  std::string place;
  int depth;
};

Normalizer readNormalizer(const JsonPart &part);
PreTokenizer readPreTokenizer(const JsonPart &part);
Decoder readDecoder(const JsonPart &part);
/// What stands around each text.
void readPostProcessor(const JsonPart &part, Tokens &before, Tokens &after);
std::unique_ptr<WordModel> readModel(const JsonPart &part, std::string &kind);

/// The file of Hugging Face's "tokenizers".
std::unique_ptr<Pipeline> readTokenizerJson(std::string_view bytes);

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_JSONREADER_H
