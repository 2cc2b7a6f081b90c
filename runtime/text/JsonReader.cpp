//===- JsonReader.cpp - Parts of tokenizer.json ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/JsonReader.h"
#include <algorithm>

using namespace lathe::runtime;
using namespace lathe::runtime::text;
using nlohmann::json;

JsonPart::JsonPart(const json &value, std::string place, int depth)
    : value(value), place(std::move(place)), depth(depth) {
  constexpr int deepest = 16;
  if (!value.is_object())
    fail(concat("is ", value.type_name(), ", wanted an object"));
  if (depth > deepest)
    fail("is nested too deeply");
}

void JsonPart::fail(const std::string &message) const {
  failWith(concat(place, place.empty() ? "" : ": ", message));
}

void JsonPart::failType(std::string_view known) const {
  fail(concat("the type ", quote(type()),
              " is not supported; those that are: ", known));
}

void JsonPart::allowOnly(std::initializer_list<std::string_view> known) const {
  for (const auto &[key, item] : value.items())
    if (key != "type" && std::ranges::find(known, key) == known.end())
      fail(concat("the key ", quote(key), " is not supported"));
}

template <typename T> T JsonPart::get(const char *key) const {
  if (!has(key))
    fail(concat("the key ", quote(key), " is missing"));
  try {
    return value[key].get<T>();
  } catch (const json::exception &error) {
    fail(concat("the value of ", quote(key), " is of another type (",
                error.what(), ")"));
  }
}

int64_t JsonPart::number(const char *key) const {
  if (has(key) && !value[key].is_number_integer())
    fail(concat("the value of ", quote(key), " is ", value[key].type_name(),
                ", wanted a whole number"));
  return get<int64_t>(key);
}

const json &JsonPart::list(const char *key) const {
  if (!has(key) || !value[key].is_array())
    fail(concat(quote(key), " must be a list"));
  return value[key];
}

const json &JsonPart::object(const char *key) const {
  if (!has(key) || !value[key].is_object())
    fail(concat(quote(key), " must be an object"));
  return value[key];
}

JsonPart JsonPart::part(const char *key) const {
  return {object(key), place.empty() ? key : concat(place, ".", key),
          depth + 1};
}

std::vector<JsonPart> JsonPart::parts(const char *key) const {
  std::vector<JsonPart> result;
  for (const json &item : list(key))
    result.emplace_back(
        item,
        concat(place, place.empty() ? "" : ".", key, "[", result.size(), "]"),
        depth + 1);
  return result;
}

Regex JsonPart::pattern(const char *key) const {
  JsonPart pattern = part(key);
  pattern.allowOnly({"String", "Regex"});
  return pattern.has("Regex") ? valueOf(Regex::compile(pattern.text("Regex")))
                              : valueOf(Regex::literal(pattern.text("String")));
}

//===--- The whole file ---------------------------------------------------===//

static AddedToken readAddedToken(const JsonPart &part) {
  part.allowOnly({"id", "content", "single_word", "lstrip", "rstrip",
                  "normalized", "special"});
  AddedToken token;
  token.id = part.number("id");
  token.content = part.text("content");
  token.isWord = part.flag("single_word", false);
  token.stripsLeft = part.flag("lstrip", false);
  token.stripsRight = part.flag("rstrip", false);
  token.isSpecial = part.flag("special", false);
  token.isNormalized = part.flag("normalized", !token.isSpecial);
  return token;
}

std::unique_ptr<Pipeline> text::readTokenizerJson(std::string_view bytes) {
  json document;
  try {
    document = json::parse(bytes);
  } catch (const json::exception &error) {
    failWith(error.what());
  }
  JsonPart file(document, "");
  file.allowOnly({"version", "truncation", "padding", "added_tokens",
                  "normalizer", "pre_tokenizer", "post_processor", "decoder",
                  "model"});
  for (const char *key : {"truncation", "padding"})
    if (file.has(key))
      file.fail(concat(quote(key), " is not supported: set it to null"));
  auto pipeline = std::make_unique<Pipeline>();
  pipeline->model = readModel(file.part("model"), pipeline->name);
  if (file.has("normalizer"))
    pipeline->normalizer = readNormalizer(file.part("normalizer"));
  if (file.has("pre_tokenizer"))
    pipeline->preTokenizer = readPreTokenizer(file.part("pre_tokenizer"));
  if (file.has("post_processor"))
    readPostProcessor(file.part("post_processor"), pipeline->before,
                      pipeline->after);
  if (file.has("decoder"))
    pipeline->decoder = readDecoder(file.part("decoder"));
  if (file.has("added_tokens"))
    for (const JsonPart &token : file.parts("added_tokens"))
      pipeline->addToken(readAddedToken(token));
  return pipeline;
}
