//===- JsonParts.cpp - The steps that tokenizer.json asks for -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/JsonReader.h"
#include "runtime/text/Unicode.h"

using namespace lathe::runtime;
using namespace lathe::runtime::text;
using nlohmann::json;

/// The parts of a Sequence, each read by `read`.
template <typename Read>
static auto readParts(const JsonPart &part, const char *key, const Read &read) {
  part.allowOnly({key});
  std::vector<decltype(read(part))> parts;
  for (const JsonPart &item : part.parts(key))
    parts.push_back(read(item));
  return makeSequence(std::move(parts));
}

/// What base64 stands for, as precompiled charsmaps are kept.
static std::string decodeBase64(const JsonPart &part, const std::string &text) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (char c : std::string_view(text).substr(0, text.find('='))) {
    size_t digit = digits.find(c);
    if (digit == digits.npos)
      part.fail("the precompiled charsmap is no base64");
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count >= 8)
      bytes += static_cast<char>(bits >> (count -= 8) & 0xFF);
  }
  return bytes;
}

Normalizer text::readNormalizer(const JsonPart &part) {
  std::string type = part.type();
  if (type == "Sequence")
    return readParts(part, "normalizers", readNormalizer);
  constexpr std::pair<std::string_view, NormalForm> forms[] = {
      {"NFC", NormalForm::NFC},
      {"NFD", NormalForm::NFD},
      {"NFKC", NormalForm::NFKC},
      {"NFKD", NormalForm::NFKD}};
  for (auto [name, form] : forms)
    if (type == name) {
      part.allowOnly({});
      return [form](std::string text) { return normalise(text, form); };
    }
  if (type == "Lowercase") {
    part.allowOnly({});
    return [](std::string text) { return toLower(text); };
  }
  if (type == "StripAccents") {
    part.allowOnly({});
    return makeStripAccents();
  }
  if (type == "Strip") {
    part.allowOnly({"strip_left", "strip_right"});
    return makeStrip(part.flag("strip_left", true),
                     part.flag("strip_right", true));
  }
  if (type == "Prepend") {
    part.allowOnly({"prepend"});
    return makePrepend(part.text("prepend"));
  }
  if (type == "Replace") {
    part.allowOnly({"pattern", "content"});
    return makeReplace(part.pattern("pattern"), part.text("content"));
  }
  if (type == "Precompiled") {
    part.allowOnly({"precompiled_charsmap"});
    return makePrecompiled(
        CharsMap(decodeBase64(part, part.text("precompiled_charsmap"))));
  }
  if (type == "BertNormalizer") {
    part.allowOnly(
        {"clean_text", "handle_chinese_chars", "strip_accents", "lowercase"});
    BertOptions options;
    options.cleansText = part.flag("clean_text", true);
    options.spacesIdeographs = part.flag("handle_chinese_chars", true);
    options.lowers = part.flag("lowercase", true);
    options.stripsAccents = part.flag("strip_accents", options.lowers);
    return makeBert(options);
  }
  part.failType("BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, Precompiled, "
                "Prepend, Replace, Sequence, Strip, StripAccents");
}

static SplitBehavior readBehavior(const JsonPart &part) {
  constexpr std::pair<std::string_view, SplitBehavior> behaviors[] = {
      {"Removed", SplitBehavior::Removed},
      {"Isolated", SplitBehavior::Isolated},
      {"MergedWithPrevious", SplitBehavior::MergedWithPrevious},
      {"MergedWithNext", SplitBehavior::MergedWithNext},
      {"Contiguous", SplitBehavior::Contiguous}};
  std::string behavior = part.text("behavior", "Isolated");
  for (auto [name, value] : behaviors)
    if (behavior == name)
      return value;
  part.fail(concat("the behavior ", quote(behavior), " is not supported"));
}

static PrependScheme readScheme(const JsonPart &part) {
  // Older files say add_prefix_space.
  std::string scheme =
      part.text("prepend_scheme",
                part.flag("add_prefix_space", true) ? "always" : "never");
  if (scheme == "first")
    return PrependScheme::First;
  if (scheme == "never")
    return PrependScheme::Never;
  if (scheme == "always")
    return PrependScheme::Always;
  part.fail(concat("the prepend_scheme ", quote(scheme), " is not supported"));
}

PreTokenizer text::readPreTokenizer(const JsonPart &part) {
  std::string type = part.type();
  if (type == "Sequence")
    return readParts(part, "pretokenizers", readPreTokenizer);
  if (type == "ByteLevel") {
    part.allowOnly({"add_prefix_space", "trim_offsets", "use_regex"});
    return part.valueOf(makeByteLevel(part.flag("add_prefix_space", true),
                                      part.flag("use_regex", true)));
  }
  if (type == "Split") {
    part.allowOnly({"pattern", "behavior", "invert"});
    return makeSplit(part.pattern("pattern"), readBehavior(part),
                     part.flag("invert", false));
  }
  if (type == "Metaspace") {
    part.allowOnly({"replacement", "prepend_scheme", "add_prefix_space",
                    "split", "str_rep"});
    return makeMetaspace(part.text("replacement"), readScheme(part),
                         part.flag("split", true));
  }
  if (type == "Whitespace") {
    part.allowOnly({});
    return makeWhitespace();
  }
  if (type == "WhitespaceSplit") {
    part.allowOnly({});
    return makeCharacterSplit(isWhitespace, SplitBehavior::Removed);
  }
  if (type == "Digits") {
    part.allowOnly({"individual_digits"});
    return makeCharacterSplit(isNumeric, part.flag("individual_digits", false)
                                             ? SplitBehavior::Isolated
                                             : SplitBehavior::Contiguous);
  }
  if (type == "Punctuation") {
    part.allowOnly({"behavior"});
    return makeCharacterSplit(isPunctuation, readBehavior(part));
  }
  if (type == "BertPreTokenizer") {
    part.allowOnly({});
    return makeSequence(std::vector{
        makeCharacterSplit(isWhitespace, SplitBehavior::Removed),
        makeCharacterSplit(isPunctuation, SplitBehavior::Isolated)});
  }
  part.failType("BertPreTokenizer, ByteLevel, Digits, Metaspace, Punctuation, "
                "Sequence, Split, Whitespace, WhitespaceSplit");
}

Decoder text::readDecoder(const JsonPart &part) {
  std::string type = part.type();
  if (type == "Sequence")
    return readParts(part, "decoders", readDecoder);
  if (type == "ByteLevel") {
    part.allowOnly({"add_prefix_space", "trim_offsets", "use_regex"});
    return makeByteLevelDecoder();
  }
  if (type == "ByteFallback" || type == "Fuse") {
    part.allowOnly({});
    return type == "Fuse" ? makeFuse() : makeByteFallbackDecoder();
  }
  if (type == "Strip") {
    part.allowOnly({"content", "start", "stop"});
    auto times = [&](const char *key) {
      return static_cast<size_t>(std::max<int64_t>(part.number(key), 0));
    };
    return makeStripDecoder(part.text("content"), times("start"),
                            times("stop"));
  }
  if (type == "Replace") {
    part.allowOnly({"pattern", "content"});
    return makeReplaceDecoder(part.pattern("pattern"), part.text("content"));
  }
  if (type == "Metaspace") {
    part.allowOnly({"replacement", "prepend_scheme", "add_prefix_space",
                    "split", "str_rep"});
    return makeMetaspaceDecoder(part.text("replacement"),
                                readScheme(part) != PrependScheme::Never);
  }
  if (type == "WordPiece") {
    part.allowOnly({"prefix", "cleanup"});
    return makeWordPieceDecoder(part.text("prefix", "##"),
                                part.flag("cleanup", true));
  }
  if (type == "BPEDecoder") {
    part.allowOnly({"suffix"});
    return makeBpeDecoder(part.text("suffix", "</w>"));
  }
  part.failType("BPEDecoder, ByteFallback, ByteLevel, Fuse, Metaspace, "
                "Replace, Sequence, Strip, WordPiece");
}

//===--- Post-processors --------------------------------------------------===//

/// The tokens around "A" in a template for one text.
static void readTemplate(const JsonPart &part, Tokens &before, Tokens &after) {
  part.allowOnly({"single", "pair", "special_tokens"});
  bool isBehind = false;
  Tokens front, back;
  for (const JsonPart &item : part.parts("single")) {
    item.allowOnly({"SpecialToken", "Sequence"});
    if (item.has("Sequence")) {
      if (isBehind || item.part("Sequence").text("id") != "A")
        item.fail("a template for one text must have the sequence 'A' once");
      isBehind = true;
      continue;
    }
    std::string name = item.part("SpecialToken").text("id");
    JsonPart known = part.part("special_tokens");
    if (!known.has(name.c_str()))
      item.fail(concat(quote(name), " is not among the special tokens"));
    JsonPart token = known.part(name.c_str());
    for (const json &id : token.list("ids")) {
      if (!id.is_number_unsigned())
        token.fail("'ids' must be whole numbers");
      (isBehind ? back : front).push_back(id.get<int64_t>());
    }
  }
  if (!isBehind)
    part.fail("a template for one text must have the sequence 'A' once");
  before.insert(before.begin(), front.begin(), front.end());
  after.insert(after.end(), back.begin(), back.end());
}

void text::readPostProcessor(const JsonPart &part, Tokens &before,
                             Tokens &after) {
  std::string type = part.type();
  if (type == "Sequence") {
    part.allowOnly({"processors"});
    for (const JsonPart &item : part.parts("processors"))
      readPostProcessor(item, before, after);
  } else if (type == "ByteLevel") {
    // Moves the ends of what tokens cover, and changes none.
    part.allowOnly({"add_prefix_space", "trim_offsets", "use_regex"});
  } else if (type == "TemplateProcessing") {
    readTemplate(part, before, after);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    part.allowOnly({"sep", "cls", "trim_offsets", "add_prefix_space"});
    auto idOf = [&](const char *key) {
      const json &pair = part.list(key);
      if (pair.size() != 2 || !pair[1].is_number_unsigned())
        part.fail(concat(quote(key), " must be a token and its number"));
      return pair[1].get<int64_t>();
    };
    before.insert(before.begin(), idOf("cls"));
    after.push_back(idOf("sep"));
  } else {
    part.failType("BertProcessing, ByteLevel, RobertaProcessing, Sequence, "
                  "TemplateProcessing");
  }
}
