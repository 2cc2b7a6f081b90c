//===- TextOptions.cpp - The options of programs that write text ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/TextOptions.h"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

using namespace lathe::runtime;
using namespace lathe::runtime::text;

namespace {
struct Flag {
  std::string_view name;
  std::string_view value; ///< What --help calls it; empty if there is none.
  std::string_view help;
  bool isText; ///< Whether it alone asks for text.
};

constexpr Flag flags[] = {
    {"prompt", "TEXT", "write what follows this text", true},
    {"prompt-file", "FILE",
     "the same for a file's text, or several with a zero byte after each",
     true},
    {"length", "N", "the most tokens to write; as many as fit unless given",
     false},
    {"temperature", "T",
     "0, the most probable tokens, unless given; 1 draws as the model says",
     false},
    {"top-k", "K", "draw from the K most probable tokens", false},
    {"top-p", "P", "draw from the fewest tokens of this probability", false},
    {"seed", "S", "another text for each; 0 unless given", false},
    {"chat", "", "put the prompt into the model's template", true},
    {"system", "TEXT", "instructions for the template", false},
    {"tokenizer", "FILE", "another tokenizer: a .json or .model file", false},
    {"tokenize", "TEXT", "print the tokens of this text", true},
    {"weights", "FILE", "the weights, if not beside the program", false},
    {"threads", "N", "threads to use; every processor unless given", false},
};

class Parser {
public:
  explicit Parser(std::span<const char *const> arguments)
      : arguments(arguments) {}

  Status parse() {
    while (!arguments.empty())
      if (Status status = parseArgument(take()); status.failed())
        return status;
    int texts =
        !!options.prompt + !options.promptFile.empty() + !!options.tokenize;
    if (texts == 0)
      return usage("no prompt is given: add '--prompt TEXT'");
    if (texts > 1)
      return usage("there can be one of '--prompt', '--prompt-file' and "
                   "'--tokenize' only");
    return {};
  }

  TextOptions options;

private:
  static Status usage(std::string message) {
    return {LATHE_BAD_ARGUMENT, std::move(message)};
  }
  std::string_view take() {
    std::string_view first = arguments.front();
    arguments = arguments.subspan(1);
    return first;
  }

  Status parseArgument(std::string_view argument);
  Status set(const Flag &flag, std::string value);
  template <typename Number, typename Check>
  Status setNumber(const Flag &flag, const std::string &value, Number &number,
                   const Check &isGood, std::string_view wanted);

  std::span<const char *const> arguments;
};
} // namespace

Status Parser::parseArgument(std::string_view argument) {
  size_t equals = argument.find('=');
  bool hasValue = equals != std::string_view::npos;
  const Flag *flag = std::end(flags);
  if (argument.starts_with("--"))
    flag =
        std::ranges::find(flags, argument.substr(2, equals - 2), &Flag::name);
  if (flag == std::end(flags))
    return usage(concat(quote(argument), " does not go with a text, or is no "
                                         "option; see --help"));
  if (flag->value.empty())
    return hasValue ? usage(concat("'--", flag->name, "' takes no value"))
                    : set(*flag, "");
  if (!hasValue && arguments.empty())
    return usage(
        concat("'--", flag->name, "' wants ", flag->value, " behind it"));
  return set(*flag,
             std::string(hasValue ? argument.substr(equals + 1) : take()));
}

template <typename Number, typename Check>
Status Parser::setNumber(const Flag &flag, const std::string &value,
                         Number &number, const Check &isGood,
                         std::string_view wanted) {
  auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc() && end == value.data() + value.size() &&
      isGood(number))
    return {};
  return usage(
      concat("'--", flag.name, "' is ", quote(value), ", wanted ", wanted));
}

Status Parser::set(const Flag &flag, std::string value) {
  auto atLeast = [](auto least) {
    return [=](auto number) { return number >= least; };
  };
  if (flag.name == "prompt")
    options.prompt = std::move(value);
  else if (flag.name == "prompt-file")
    options.promptFile = std::move(value);
  else if (flag.name == "tokenize")
    options.tokenize = std::move(value);
  else if (flag.name == "chat")
    options.chat = true;
  else if (flag.name == "system")
    options.system = std::move(value);
  else if (flag.name == "tokenizer")
    options.tokenizer = std::move(value);
  else if (flag.name == "weights")
    options.weights = std::move(value);
  else if (flag.name == "threads")
    return setNumber(flag, value, options.threads, atLeast(1u),
                     "a number from 1 on");
  else if (flag.name == "length")
    return setNumber(flag, value, options.length, atLeast(1),
                     "a number from 1 on");
  else if (flag.name == "seed")
    return setNumber(flag, value, options.sampling.seed,
                     atLeast(std::numeric_limits<int64_t>::min()),
                     "a whole number");
  else if (flag.name == "top-k")
    return setNumber(flag, value, options.sampling.limit, atLeast(0),
                     "a number from 0 on");
  else if (flag.name == "top-p")
    return setNumber(
        flag, value, options.sampling.mass,
        [](float mass) { return mass > 0 && mass <= 1; },
        "a number above 0 and at most 1");
  else
    return setNumber(
        flag, value, options.sampling.temperature,
        [](float t) { return t >= 0 && std::isfinite(t); },
        "a number that is at least 0");
  return {};
}

bool text::asksForText(std::span<const char *const> arguments) {
  return std::ranges::any_of(arguments, [](std::string_view argument) {
    return std::ranges::any_of(flags, [&](const Flag &flag) {
      return flag.isText && argument.starts_with("--") &&
             argument.substr(2, argument.find('=') - 2) == flag.name;
    });
  });
}

Result<TextOptions>
text::parseTextOptions(std::span<const char *const> arguments) {
  Parser parser(arguments);
  if (Status status = parser.parse(); status.failed())
    return status;
  return std::move(parser.options);
}

void text::printTextHelp(const char *program, FILE *stream) {
  fprintf(stream, "\nText: '%s --prompt TEXT [options]' writes what follows.\n",
          program);
  for (const Flag &flag : flags) {
    std::string option =
        concat("  --", flag.name, flag.value.empty() ? "" : " ", flag.value);
    option.resize(std::max<size_t>(option.size() + 2, 28), ' ');
    fprintf(stream, "%s%s\n", option.c_str(), flag.help.data());
  }
}
