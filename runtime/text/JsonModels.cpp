//===- JsonModels.cpp - The models of tokenizer.json ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/JsonReader.h"
#include <cmath>

using namespace lathe::runtime;
using namespace lathe::runtime::text;
using nlohmann::json;

static void readVocabulary(const JsonPart &part, Vocabulary &vocabulary) {
  for (const auto &[text, id] : part.object("vocab").items()) {
    if (!id.is_number_integer())
      part.fail(concat("the number of the token ", quote(text), " is ",
                       id.type_name(), ", wanted a whole number"));
    vocabulary.add(text, id.get<int64_t>());
  }
}

static std::optional<int64_t> readUnknown(const JsonPart &part,
                                          const Vocabulary &vocabulary) {
  if (!part.has("unk_token"))
    return std::nullopt;
  std::string name = part.text("unk_token");
  std::optional<int64_t> token = vocabulary.find(name);
  // Files say "" for none, and some name one that is never needed.
  if (!token && !name.empty())
    part.fail(concat("the unk_token ", quote(name), " is no token"));
  return token;
}

static std::unique_ptr<WordModel> readBpe(const JsonPart &part) {
  part.allowOnly({"vocab", "merges", "unk_token", "dropout", "fuse_unk",
                  "byte_fallback", "ignore_merges", "continuing_subword_prefix",
                  "end_of_word_suffix"});
  // A tokenizer that draws lots gives other tokens each time.
  if (part.has("dropout"))
    part.fail("'dropout' is not supported: set it to null");
  auto model = std::make_unique<BpeModel>();
  readVocabulary(part, model->vocabulary);
  model->unknown = readUnknown(part, model->vocabulary);
  model->fusesUnknown = part.flag("fuse_unk", false);
  model->hasByteFallback = part.flag("byte_fallback", false);
  model->ignoresMerges = part.flag("ignore_merges", false);
  model->continuingPrefix = part.text("continuing_subword_prefix", "");
  model->endSuffix = part.text("end_of_word_suffix", "");
  size_t count = 0;
  for (const json &merge : part.list("merges")) {
    std::string left, right;
    if (merge.is_string()) {
      // "a b"; newer files have ["a", "b"].
      auto text = merge.get<std::string>();
      size_t space = text.find(' ');
      left = text.substr(0, space);
      right = space == text.npos ? "" : text.substr(space + 1);
    } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
               merge[1].is_string()) {
      left = merge[0].get<std::string>();
      right = merge[1].get<std::string>();
    }
    if (left.empty() || right.empty() ||
        (merge.is_string() && right.find(' ') != right.npos))
      part.fail(concat("merges[", count, "] must be two tokens"));
    ++count;
    model->addMerge(left, right);
  }
  return model;
}

static std::unique_ptr<WordModel> readUnigram(const JsonPart &part) {
  part.allowOnly({"vocab", "unk_id", "byte_fallback"});
  auto model = std::make_unique<UnigramModel>();
  model->hasByteFallback = part.flag("byte_fallback", false);
  model->leastScore = std::numeric_limits<double>::infinity();
  size_t count = 0;
  for (const json &piece : part.list("vocab")) {
    if (!piece.is_array() || piece.size() != 2 || !piece[0].is_string() ||
        !piece[1].is_number() || !std::isfinite(piece[1].get<double>()))
      part.fail(concat("vocab[", count, "] must be a piece and its score"));
    auto score = piece[1].get<double>();
    model->leastScore = std::min(model->leastScore, score);
    model->add(piece[0].get<std::string>(), score);
    ++count;
  }
  if (count == 0)
    part.fail("'vocab' is empty");
  if (part.has("unk_id")) {
    model->unknown = part.number("unk_id");
    if (*model->unknown < 0 || *model->unknown >= static_cast<int64_t>(count))
      part.fail(concat("the unk_id is ", *model->unknown, ", wanted 0 to ",
                       count - 1));
  }
  return model;
}

static std::unique_ptr<WordModel> readWordPiece(const JsonPart &part) {
  part.allowOnly({"vocab", "unk_token", "continuing_subword_prefix",
                  "max_input_chars_per_word"});
  auto model = std::make_unique<WordPieceModel>();
  readVocabulary(part, model->vocabulary);
  std::optional<int64_t> unknown = readUnknown(part, model->vocabulary);
  if (!unknown)
    part.fail("the key 'unk_token' is missing");
  model->unknown = *unknown;
  model->continuingPrefix = part.text("continuing_subword_prefix", "##");
  if (part.has("max_input_chars_per_word"))
    model->longest = part.number("max_input_chars_per_word");
  return model;
}

static std::unique_ptr<WordModel> readWordLevel(const JsonPart &part) {
  part.allowOnly({"vocab", "unk_token"});
  auto model = std::make_unique<WordLevelModel>();
  readVocabulary(part, model->vocabulary);
  model->unknown = readUnknown(part, model->vocabulary);
  return model;
}

std::unique_ptr<WordModel> text::readModel(const JsonPart &part,
                                           std::string &kind) {
  // Files from before 2020 leave out BPE's type.
  kind = part.text("type", part.has("merges") ? "BPE" : "");
  if (kind == "BPE")
    return readBpe(part);
  if (kind == "Unigram")
    return readUnigram(part);
  if (kind == "WordPiece")
    return readWordPiece(part);
  if (kind == "WordLevel")
    return readWordLevel(part);
  part.fail(concat("the type ", quote(kind),
                   " is not supported; those that "
                   "are: BPE, Unigram, WordLevel, "
                   "WordPiece"));
}
