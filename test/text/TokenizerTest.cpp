//===- TokenizerTest.cpp - Tokenizers against the libraries they are of ---===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/Tokenizer.h"
#include "runtime/text/Utf8.h"
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

using namespace lathe::runtime;
using namespace lathe::runtime::text;
using testing::HasSubstr;

namespace {

std::string contentsOf(const std::string &name) {
  std::ifstream file(TOKENIZERS "/" + name, std::ios::binary);
  std::ostringstream contents;
  contents << file.rdbuf();
  return contents.str();
}

std::unique_ptr<Tokenizer> open(const std::string &name) {
  auto tokenizer = readTokenizer(name, contentsOf(name));
  EXPECT_TRUE(tokenizer) << tokenizer.status().message();
  return tokenizer ? std::move(*tokenizer) : nullptr;
}

/// Why the tokenizer in `bytes` is refused; empty if it is not.
std::string errorOf(std::string_view bytes,
                    const std::string &name = "t.json") {
  auto tokenizer = readTokenizer(name, bytes);
  return tokenizer ? "" : tokenizer.status().message();
}

std::string fromHex(const std::string &digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

/// A tokenizer.json of words with more keys.
std::string words(const std::string &more) {
  return R"({"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1},)"
         R"( "unk_token": "a"})" +
         more + "}";
}

//===--- Equality with the libraries --------------------------------------===//

/// By expected.txt, which make_tokenizers.py wrote.
TEST(Tokenizers, GiveWhatTheirLibrariesGive) {
  std::istringstream lines(contentsOf("expected.txt"));
  std::map<std::string, std::unique_ptr<Tokenizer>> tokenizers;
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    std::istringstream fields(line);
    std::string name, text, ids, decoded;
    std::getline(fields, name, '\t');
    std::getline(fields, text, '\t');
    std::getline(fields, ids, '\t');
    std::getline(fields, decoded, '\t');
    auto &tokenizer = tokenizers[name];
    if (!tokenizer)
      tokenizer = open(name);
    ASSERT_TRUE(tokenizer);
    Tokens wanted;
    std::istringstream numbers(ids);
    for (int64_t id; numbers >> id;)
      wanted.push_back(id);
    auto tokens = tokenizer->encode(fromHex(text));
    ASSERT_TRUE(tokens) << tokens.status().message();
    EXPECT_EQ(*tokens, wanted) << name << " of " << fromHex(text);
    EXPECT_EQ(toValidUtf8(tokenizer->decode(wanted)), fromHex(decoded)) << name;
  }
  EXPECT_EQ(tokenizers.size(), 5u);
  EXPECT_EQ(count, 90);
}

TEST(Tokenizers, KnowTheirSize) {
  EXPECT_EQ(open("byte-level.json")->size(), 400);
  EXPECT_EQ(open("bpe.model")->size(), 500);
  EXPECT_EQ(makeByteTokenizer(3)->size(), 259);
  EXPECT_EQ(open("bpe.model")->kind(), "sentencepiece BPE");
}

TEST(Tokenizers, DecodeNumbersOfNoToken) {
  for (const char *name :
       {"byte-level.json", "word-piece.json", "unigram.json", "bpe.model"}) {
    auto tokenizer = open(name);
    EXPECT_EQ(tokenizer->decode(Tokens{-1, 1'000'000, INT64_MAX}), "") << name;
  }
}

TEST(Bytes, AreTokensFromTheOffsetOn) {
  auto bytes = makeByteTokenizer(2);
  EXPECT_EQ(*bytes->encode("\xFF\x01"), (Tokens{257, 3}));
  EXPECT_EQ(bytes->decode(Tokens{0, 257, 3, 258}), "\xFF\x01");
}

//===--- Refusals ---------------------------------------------------------===//

TEST(TokenizerJson, IsRefusedIfMalformed) {
  EXPECT_THAT(errorOf(""), HasSubstr("'t.json' is malformed"));
  EXPECT_THAT(errorOf("[1]"), HasSubstr("is array, wanted an object"));
  EXPECT_THAT(errorOf("{}"), HasSubstr("'model' must be an object"));
  EXPECT_THAT(errorOf(std::string(100'000, '[')), HasSubstr("malformed"));
  std::string deep = words(", \"normalizer\": ");
  deep.pop_back();
  std::string end = "}";
  for (int i = 0; i < 40; ++i) {
    deep += R"({"type": "Sequence", "normalizers": [)";
    end.insert(0, "]}");
  }
  EXPECT_THAT(errorOf(deep + end), HasSubstr("is nested too deeply"));
  EXPECT_THAT(errorOf("", "t.txt"), HasSubstr("ends in .json or .model"));
}

TEST(TokenizerJson, IsRefusedForWhatIsNotKnown) {
  EXPECT_EQ(errorOf(words("")), "");
  EXPECT_THAT(errorOf(words(R"(, "padding": {"pad_id": 0})")),
              HasSubstr("'padding' is not supported"));
  EXPECT_THAT(errorOf(words(R"(, "colour": 1)")),
              HasSubstr("the key 'colour' is not supported"));
  EXPECT_THAT(errorOf(words(R"(, "normalizer": {"type": "Nmt"})")),
              HasSubstr("normalizer: the type 'Nmt' is not supported"));
  EXPECT_THAT(
      errorOf(words(R"(, "pre_tokenizer": {"type": "Sequence",
                         "pretokenizers": [{"type": "UnicodeScripts"}]})")),
      HasSubstr("pre_tokenizer.pretokenizers[0]: the type 'UnicodeScripts'"));
  EXPECT_THAT(errorOf(words(R"(, "decoder": {"type": "CTC"})")),
              HasSubstr("decoder: the type 'CTC'"));
  EXPECT_THAT(errorOf(words(R"(, "normalizer": {"type": "NFC", "form": 2})")),
              HasSubstr("normalizer: the key 'form'"));
  EXPECT_THAT(errorOf(R"({"model": {"type": "Lookup"}})"),
              HasSubstr("model: the type 'Lookup'"));
}

TEST(TokenizerJson, IsRefusedForRegularExpressions) {
  auto split = [&](const std::string &pattern) {
    return errorOf(words(R"(, "pre_tokenizer": {"type": "Split", "behavior":)"
                         R"( "Isolated", "pattern": {"Regex": ")" +
                         pattern + "\"}}"));
  };
  EXPECT_EQ(split("\\\\s+[\\\\w]"), "");
  EXPECT_THAT(split("(a"), HasSubstr("the regular expression '(a'"));
  EXPECT_THAT(split("[\\\\W]"), HasSubstr("\\W in brackets"));
  EXPECT_THAT(split(std::string(100'000, 'a')), HasSubstr("it is too long"));
}

TEST(TokenizerJson, GivesUpOnSearchesWithoutEnd) {
  auto tokenizer = readTokenizer(
      "t.json", words(R"(, "pre_tokenizer": {"type": "Split", "behavior":)"
                      R"( "Isolated", "pattern": {"Regex": "(x+x+)+[yz]"}})"));
  ASSERT_TRUE(tokenizer) << tokenizer.status().message();
  auto tokens = (*tokenizer)->encode(std::string(100, 'x'));
  ASSERT_FALSE(tokens);
  EXPECT_THAT(tokens.status().message(), HasSubstr("takes too long"));
}

TEST(TokenizerJson, IsRefusedForBadVocabularies) {
  auto model = [&](const std::string &text) {
    return errorOf(R"({"model": {)" + text + "}}");
  };
  EXPECT_THAT(model(R"("type": "BPE", "vocab": {"a": -1}, "merges": [])"),
              HasSubstr("the token 'a' has the number -1"));
  EXPECT_THAT(
      model(R"("type": "BPE", "vocab": {"a": 99999999999}, "merges": [])"),
      HasSubstr("has the number 99999999999"));
  EXPECT_THAT(model(R"("type": "BPE", "vocab": {"a": "b"}, "merges": [])"),
              HasSubstr("the number of the token 'a' is string"));
  EXPECT_THAT(
      model(R"("type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"])"),
      HasSubstr("a merge makes or takes 'ab', which is no token"));
  EXPECT_THAT(model(R"("type": "BPE", "vocab": {"a": 0}, "merges": ["aa"])"),
              HasSubstr("merges[0] must be two tokens"));
  EXPECT_THAT(model(R"("type": "BPE", "vocab": {"a": 0}, "merges": [],
                       "dropout": 0.1)"),
              HasSubstr("'dropout' is not supported"));
  EXPECT_THAT(model(R"("type": "Unigram", "vocab": [["a", "b"]])"),
              HasSubstr("vocab[0] must be a piece and its score"));
  EXPECT_THAT(model(R"("type": "Unigram", "vocab": [["a", 0]], "unk_id": 1)"),
              HasSubstr("the unk_id is 1, wanted 0 to 0"));
  EXPECT_THAT(model(R"("type": "WordPiece", "vocab": {}, "unk_token": "u")"),
              HasSubstr("the unk_token 'u' is no token"));
}

/// A merge's result merged with itself again: each merge takes a symbol away.
TEST(TokenizerJson, EndsForMergesInCircles) {
  auto tokenizer = readTokenizer(
      "t.json",
      R"({"model": {"type": "BPE", "vocab": {"a": 0, "aa": 1, "aaa": 2},
          "merges": ["a a", "aa a", "a aa"]}})");
  ASSERT_TRUE(tokenizer) << tokenizer.status().message();
  EXPECT_EQ(*(*tokenizer)->encode("aaaaa"), (Tokens{1, 2}));
}

TEST(SentencePiece, IsRefusedIfCutOffOrStrange) {
  std::string whole = contentsOf("unigram.model");
  EXPECT_THAT(errorOf("", "t.model"), HasSubstr("it has 0 unknown pieces"));
  EXPECT_THAT(errorOf("\x0F", "t.model"), HasSubstr("no message"));
  size_t refused = 0;
  for (size_t size = 0; size < whole.size(); size += 7)
    refused += !errorOf(whole.substr(0, size), "t.model").empty();
  // A file that ends between two pieces is a smaller tokenizer.
  EXPECT_GT(refused, whole.size() / 7 * 8 / 10);
}

//===--- UTF-8 ------------------------------------------------------------===//

TEST(Utf8, IsWrittenByWholeCharacters) {
  CharacterStream stream;
  EXPECT_EQ(stream.add("a\xF0\x9F"), "a");
  EXPECT_EQ(stream.add("\x99"), "");
  EXPECT_EQ(stream.add("\x82!"), "\xF0\x9F\x99\x82!");
  EXPECT_EQ(stream.add("\xE2\x82"), "");
  EXPECT_EQ(stream.finish(), "\xEF\xBF\xBD");
  EXPECT_EQ(stream.finish(), "");
}

TEST(Utf8, ReplacesWhatIsNone) {
  EXPECT_EQ(toValidUtf8("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(toValidUtf8("\xE2\x82z"), "\xEF\xBF\xBDz");
  EXPECT_EQ(toValidUtf8("\xED\xA0\x80"),
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  std::string all;
  for (uint32_t code : {0x41u, 0x7FFu, 0x800u, 0xFFFFu, 0x10000u, 0x10FFFFu}) {
    std::string one;
    appendCharacter(one, code);
    EXPECT_EQ(firstCharacter(one).code, code);
    EXPECT_EQ(firstCharacter(one).size, one.size());
    all += one;
  }
  EXPECT_EQ(toValidUtf8(all), all);
}

} // namespace
