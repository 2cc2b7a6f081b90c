//===- TextMain.cpp - Programs that write text ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/File.h"
#include "runtime/main/TextSupport.h"
#include "runtime/text/TextOptions.h"
#include "runtime/text/Utf8.h"
#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <sstream>

using namespace lathe::runtime;
using namespace lathe::runtime::text;

namespace {

/// Tokens and the time that they took.
struct Speed {
  int64_t tokens = 0;
  double seconds = 0;

  std::string str() const {
    std::string text = concat(tokens, tokens == 1 ? " token" : " tokens");
    if (seconds > 0)
      text += concat(", ", std::llround(static_cast<double>(tokens) / seconds),
                     " tokens/s");
    return text;
  }
};

/// Adds the time from its making to its end.
class Stopwatch {
public:
  explicit Stopwatch(double &seconds) : seconds(seconds) {}
  ~Stopwatch() {
    seconds += std::chrono::duration<double>(Clock::now() - begin).count();
  }

private:
  using Clock = std::chrono::steady_clock;
  double &seconds;
  Clock::time_point begin = Clock::now();
};

/// Tokens one by one as text on the standard output.
class TextOutput {
public:
  TextOutput(const Tokenizer &tokenizer, Tokens context)
      : tokenizer(tokenizer), tokens(std::move(context)) {
    // A token's text may depend on the ones before it, such as a space that is
    // left out at the beginning; few of them tell.
    constexpr size_t enough = 8;
    tokens.erase(tokens.begin(),
                 tokens.end() - std::min(enough, tokens.size()));
  }

  void add(int64_t token) {
    std::string before = tokenizer.decode(tokens);
    tokens.push_back(token);
    std::string after = tokenizer.decode(tokens);
    if (after.size() <= before.size())
      return;
    print(characters.add(std::string_view(after).substr(before.size())));
    tokens = {token};
  }
  void finish() { print(characters.finish()); }

private:
  static void print(std::string text) {
    // A zero byte stands between texts, and so not in one.
    for (size_t at = 0; (at = text.find('\0', at)) != text.npos;)
      text.replace(at, 1, replacement);
    fwrite(text.data(), 1, text.size(), stdout);
    fflush(stdout);
  }

  const Tokenizer &tokenizer;
  Tokens tokens; ///< Those that the next one's text may depend on.
  CharacterStream characters;
};

struct Deleter {
  void operator()(LatheInstance *it) const { latheInstanceDestroy(it); }
};

class TextProgram {
public:
  TextProgram(LatheModel *model, const LatheModelBinary &binary)
      : model(model), binary(binary), info(*latheModelInfo(model)) {}

  Status run(std::span<const char *const> arguments, int &exitStatus);

private:
  Status loadTokenizer();
  Status loadModel();
  Result<Tokens> encode(std::string_view prompt) const;
  Status printTokens() const;
  Result<std::vector<std::string>> readPrompts(bool &areSeveral) const;
  Status write(Generator &generator, const Tokens &prompt);

  LatheModel *model;
  const LatheModelBinary &binary;
  const LatheModelInfo &info;
  TextOptions options;
  TextModel text;
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<LatheInstance, Deleter> instance;
  Speed read, written;
};

} // namespace

/// The tokenizer that the options name, or the one that the model came with.
static Result<std::unique_ptr<Tokenizer>>
openTokenizer(const TextModel &text, const std::string &file,
              const LatheModelBinary &binary) {
  if (file.empty() && text.tokenizer == "bytes")
    return makeByteTokenizer(text.offset);
  if (file.empty() && latheTokenizer && latheTokenizerSize)
    return readTokenizer(
        text.tokenizer,
        {reinterpret_cast<const char *>(latheTokenizer), latheTokenizerSize});
  if (file.empty() && text.tokenizer.empty())
    return Status(LATHE_BAD_ARGUMENT,
                  "the program was compiled without a tokenizer: name one by "
                  "'--tokenizer FILE', or give it to 'lathe compile "
                  "--tokenizer FILE'");
  std::string path =
      file.empty() ? concat(folderOf(fileHolding(&binary)), "/", text.tokenizer)
                   : file;
  Result<MappedFile> mapped = MappedFile::open(path);
  if (!mapped)
    return Status(mapped.status().code(),
                  concat(mapped.status().message(),
                         file.empty() ? "; the tokenizer is kept beside the "
                                        "program unless '--tokenizer' names "
                                        "another"
                                      : ""));
  return readTokenizer(path, {reinterpret_cast<const char *>(mapped->data()),
                              static_cast<size_t>(mapped->size())});
}

Status TextProgram::loadTokenizer() {
  auto opened = openTokenizer(text, options.tokenizer, binary);
  if (!opened)
    return opened.status();
  tokenizer = std::move(*opened);
  if (tokenizer->size() > text.vocabulary)
    return {LATHE_BAD_FILE,
            concat("the tokenizer has tokens up to ", tokenizer->size() - 1,
                   ", but ", quote(info.name), " knows those up to ",
                   text.vocabulary - 1, "; name its own by '--tokenizer'")};
  return {};
}

/// Loads the weights and makes the instance.
Status TextProgram::loadModel() {
  LatheStatus status;
  const char *path =
      options.weights.empty() ? nullptr : options.weights.c_str();
  LatheInstanceOptions settings = {options.threads, nullptr, nullptr};
  LatheInstance *created = nullptr;
  if (latheModelLoadWeights(model, path, &status) ||
      latheInstanceCreate(model, &settings, &created, &status))
    return {status.code, status.message};
  instance.reset(created);
  return {};
}

static void replaceAll(std::string &text, std::string_view name,
                       std::string_view value) {
  for (size_t at = text.find(name); at != std::string::npos;
       at = text.find(name, at + value.size()))
    text.replace(at, name.size(), value);
}

Result<Tokens> TextProgram::encode(std::string_view prompt) const {
  std::string whole(prompt);
  if (options.chat) {
    // The prompt comes last, so that names in it stand for themselves.
    whole = text.chat;
    replaceAll(whole, "{system}", options.system);
    size_t at = whole.find("{prompt}");
    whole.replace(at, std::string_view("{prompt}").size(), prompt);
  }
  Result<Tokens> tokens = tokenizer->encode(whole);
  // Some tokenizers put them there by themselves.
  if (tokens &&
      !std::ranges::equal(text.start, std::span(*tokens).first(std::min(
                                          tokens->size(), text.start.size()))))
    tokens->insert(tokens->begin(), text.start.begin(), text.start.end());
  return tokens;
}

Status TextProgram::printTokens() const {
  Result<Tokens> tokens = encode(*options.tokenize);
  if (!tokens)
    return tokens.status();
  const char *separator = "";
  for (int64_t token : *tokens) {
    printf("%s%lld", separator, static_cast<long long>(token));
    separator = " ";
  }
  putchar('\n');
  return {};
}

/// The prompts of the file, each of which ends with a zero byte; a file without
/// is one.
Result<std::vector<std::string>>
TextProgram::readPrompts(bool &areSeveral) const {
  if (options.prompt)
    return std::vector{*options.prompt};
  std::ostringstream content;
  std::ifstream file;
  if (options.promptFile != "-")
    file.open(options.promptFile, std::ios::binary);
  std::istream &source = options.promptFile == "-" ? std::cin : file;
  // Reading an empty file sets the stream's failure, too.
  if (!source || (source.peek() != EOF && !(content << source.rdbuf())) ||
      source.bad())
    return Status(LATHE_IO_ERROR,
                  concat("cannot read ", quote(options.promptFile)));
  std::string all = content.str();
  areSeveral = all.find('\0') != std::string::npos;
  if (!areSeveral)
    return std::vector{all};
  std::vector<std::string> prompts;
  for (size_t begin = 0; begin < all.size();) {
    size_t end = std::min(all.find('\0', begin), all.size());
    prompts.push_back(all.substr(begin, end - begin));
    begin = end + 1;
  }
  return prompts;
}

/// Writes what follows a prompt, token by token.
Status TextProgram::write(Generator &generator, const Tokens &prompt) {
  {
    Stopwatch watch(read.seconds);
    Status status = generator.restart();
    if (!status.failed())
      status = generator.read(prompt);
    if (status.failed())
      return status;
  }
  read.tokens += static_cast<int64_t>(prompt.size());
  TextOutput output(*tokenizer, prompt);
  Stopwatch watch(written.seconds);
  for (int64_t count = 1;; ++count) {
    Result<int64_t> token = generator.draw(options.sampling);
    if (!token)
      return token.status();
    ++written.tokens;
    if (std::ranges::find(text.end, *token) != text.end.end())
      break;
    output.add(*token);
    if (count == options.length || generator.size() == text.context)
      break;
    if (Status status = generator.read({&*token, 1}); status.failed())
      return status;
  }
  output.finish();
  return {};
}

Status TextProgram::run(std::span<const char *const> arguments,
                        int &exitStatus) {
  exitStatus = 2;
  Result<TextOptions> parsed = parseTextOptions(arguments);
  if (!parsed)
    return parsed.status();
  options = std::move(*parsed);
  Result<TextModel> described = TextModel::read(info);
  if (described && options.chat && described->chat.empty())
    return {LATHE_BAD_ARGUMENT,
            concat(quote(info.name), " has no template for '--chat': its spec "
                                     "gives none in 'text'")};
  exitStatus = 1;
  if (!described)
    return described.status();
  text = std::move(*described);
  if (Status status = loadTokenizer(); status.failed())
    return status;
  if (options.tokenize)
    return printTokens();
  bool areSeveral = false;
  auto prompts = readPrompts(areSeveral);
  if (!prompts)
    return prompts.status();
  for (size_t i = 0; i < prompts->size(); ++i) {
    auto fail = [&](const Status &status) {
      return areSeveral ? Status(status.code(), concat("prompt ", i + 1, ": ",
                                                       status.message()))
                        : status;
    };
    Result<Tokens> prompt = encode((*prompts)[i]);
    if (!prompt)
      return fail(prompt.status());
    auto length = static_cast<int64_t>(prompt->size());
    if (length == 0)
      return fail({LATHE_BAD_ARGUMENT,
                   "the prompt is empty, and there is nothing to go on from"});
    if (length > text.context)
      return fail({LATHE_BAD_SHAPE,
                   concat("the prompt has ", length, " tokens, but ",
                          quote(info.name), " reads at most ", text.context)});
    if (!instance)
      if (Status status = loadModel(); status.failed())
        return status;
    Generator generator(*model, *instance, text);
    if (Status status = write(generator, *prompt); status.failed())
      return fail(status);
    putchar(areSeveral ? '\0' : '\n');
  }
  fflush(stdout);
  fprintf(stderr, "prompt: %s; generated: %s\n", read.str().c_str(),
          written.str().c_str());
  return {};
}

static Status runText(LatheModel *model, const LatheModelBinary &binary,
                      std::span<const char *const> arguments, int &exitStatus) {
  return TextProgram(model, binary).run(arguments, exitStatus);
}

static void printTextInfo(const LatheModelInfo &info, FILE *stream) {
  Result<TextModel> text = TextModel::read(info);
  if (!text)
    return;
  std::string tokenizer = text->tokenizer.empty() ? "none" : text->tokenizer;
  if (!text->kind.empty())
    tokenizer +=
        concat(" (", text->kind,
               latheTokenizer && latheTokenizerSize ? ", embedded" : "", ")");
  fprintf(stream, "text         tokenizer %s, %lld tokens, a context of %lld\n",
          tokenizer.c_str(), static_cast<long long>(text->vocabulary),
          static_cast<long long>(text->context));
}

const TextSupport latheTextSupport = {asksForText, runText, printTextHelp,
                                      printTextInfo};
