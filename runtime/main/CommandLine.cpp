//===- CommandLine.cpp - The options of a compiled program
//------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/main/CommandLine.h"
#include "runtime/Types.h"
#include "runtime/main/HostTensor.h"
#include <algorithm>
#include <charconv>
#include <utility>

using namespace lathe::runtime;

namespace {

/// An option that every program has. `value` is what --help calls its value:
/// empty if it takes none, in brackets if it takes one behind '=' at will.
struct Flag {
  std::string_view name;
  std::string_view value;
  std::string_view help;
};

constexpr Flag flags[] = {
    {"input", "NAME=FILE", "an input, whatever its name"},
    {"output", "NAME=FILE", "an output, whatever its name"},
    {"entry", "NAME", "the entry to run; the first one unless given"},
    {"weights", "FILE", "the weights, if not beside the program"},
    {"device", "NAME",
     "auto, cpu, vulkan or cuda, of those that it has code for"},
    {"threads", "N", "threads to use; every processor unless given"},
    {"bench", "[SECONDS]",
     "measure speed (of the last call), on random inputs "
     "if none are given"},
    {"repeat", "N", "run the call N times, and stack the outputs"},
    {"json", "[FILE]", "print the outputs (of the last call) as JSON"},
    {"dim", "NAME=SIZE", "size of a dimension of random inputs"},
    {"profile", "FILE", "write a Chrome trace and print the time of each op"},
    {"info", "[json]", "describe the model"},
    {"check-weights", "", "compare the weights with their checksum"},
    {"help", "", "this text"},
};

/// All outputs of a repeated call are kept until it is done.
constexpr uint32_t mostRepeats = 1'000'000;

Status usage(std::string message) {
  return {LATHE_BAD_ARGUMENT, std::move(message)};
}

/// The number of edits that make `a` out of `b`.
size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

/// "; did you mean '--bench'?", or nothing if no name is near.
std::string suggestion(std::string_view name,
                       std::span<const std::string_view> known,
                       std::string_view prefix) {
  auto distance = [&](std::string_view other) {
    return editDistance(name, other);
  };
  auto nearest = std::ranges::min_element(known, {}, distance);
  if (nearest == known.end() ||
      distance(*nearest) > std::max<size_t>(name.size() / 3, 1))
    return "";
  return concat("; did you mean ", quote(concat(prefix, *nearest)), "?");
}

template <typename Number>
bool readNumber(std::string_view text, Number &number) {
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

class Parser {
public:
  Parser(const LatheModelInfo &model, std::span<const EntryRoles> roles,
         std::span<const char *const> arguments)
      : model(model), roles(roles), arguments(arguments) {}

  Status parse() {
    bool isDone = false;
    while (!isDone) {
      options.calls.emplace_back();
      end = next;
      while (end < arguments.size() && std::string_view(arguments[end]) != ":")
        ++end;
      isDone = end == arguments.size();
      if (Status status = parseCall(); status.failed())
        return status;
      next = end + 1;
    }
    return {};
  }
  Options options;

private:
  /// Reads the arguments from `next` to `end`.
  Status parseCall() {
    if (Status status = findEntry(); status.failed())
      return status;
    while (next < end)
      if (Status status = parseArgument(arguments[next++]); status.failed())
        return status;
    return checkLinks();
  }
  Status findEntry();
  Status parseArgument(std::string_view argument);
  Status setFlag(std::string_view flag, const std::string &value);
  Status setFile(std::string_view option, std::span<const LatheTensorInfo> of,
                 std::map<std::string, std::string> &files,
                 std::string_view assignment);
  Status setDim(std::string_view assignment);
  Status unknownOption(std::string_view name) const;
  Status checkLinks() const;

  Call &call() { return options.calls.back(); }
  const LatheEntryInfo &entry() const {
    return model.entries[options.calls.back().entry];
  }

  const LatheModelInfo &model;
  std::span<const EntryRoles> roles;
  std::span<const char *const> arguments;
  size_t next = 0;
  size_t end = 0; ///< Of the call's arguments.
};

/// The entry comes first, since it says which options there are.
Status Parser::findEntry() {
  std::string_view name;
  // Programs of one entry have no use for its name.
  if (next < end && model.entryCount > 1 && *arguments[next] != '-' &&
      *arguments[next])
    name = arguments[next++];
  for (size_t i = next; i < end; ++i) {
    std::string_view argument = arguments[i];
    if (argument == "--entry" && i + 1 < end)
      name = arguments[i + 1];
    if (argument.starts_with("--entry="))
      name = argument.substr(8);
  }
  if (name.empty())
    return {};
  std::vector<std::string_view> known;
  for (uint32_t i = 0; i < model.entryCount; ++i) {
    known.push_back(model.entries[i].name);
    call().entry = i;
    if (known.back() == name)
      return {};
  }
  std::string hint = suggestion(name, known, "");
  return usage(concat(quote(model.name), " has no entry ", quote(name),
                      hint.empty() ? std::string("; see --help") : hint));
}

bool hasTensor(std::span<const LatheTensorInfo> tensors,
               std::string_view name) {
  return std::ranges::any_of(tensors, [&](const LatheTensorInfo &tensor) {
    return tensor.name == name;
  });
}

Status Parser::parseArgument(std::string_view argument) {
  if (argument == "-h")
    argument = "--help";
  if (!argument.starts_with("--"))
    return usage(concat(quote(argument), " is not an option; files are given "
                                         "as '--NAME FILE', see --help"));
  size_t equals = argument.find('=');
  std::string_view name = argument.substr(2, equals - 2);
  bool hasValue = equals != std::string_view::npos;
  std::string value(hasValue ? argument.substr(equals + 1) : "");

  auto flag = std::ranges::find(flags, name, &Flag::name);
  bool isInput = hasTensor(inputsOf(entry()), name);
  bool isOutput = hasTensor(outputsOf(entry()), name);
  bool isFlag = flag != std::end(flags);
  if (!isFlag && !isInput && !isOutput)
    return unknownOption(name);
  if (isFlag && flag->value.empty() && hasValue)
    return usage(concat("'--", name, "' takes no value"));
  bool needsValue =
      !isFlag || (!flag->value.empty() && !flag->value.starts_with("["));
  if (needsValue && !hasValue) {
    if (next == end)
      return usage(concat("'--", name, "' wants ",
                          isFlag ? flag->value : "FILE", " behind it"));
    value = arguments[next++];
  }
  if (isFlag)
    return setFlag(name, value);
  auto &files = isInput ? call().inputs : call().outputs;
  return setFile(name, isInput ? inputsOf(entry()) : outputsOf(entry()), files,
                 concat(name, "=", value));
}

Status Parser::unknownOption(std::string_view name) const {
  std::vector<std::string_view> known;
  for (const Flag &flag : flags)
    known.push_back(flag.name);
  for (const LatheTensorInfo &tensor : inputsOf(entry()))
    known.push_back(tensor.name);
  for (const LatheTensorInfo &tensor : outputsOf(entry()))
    known.push_back(tensor.name);
  std::string hint = suggestion(name, known, "--");
  return usage(concat("unknown option ", quote(concat("--", name)),
                      hint.empty() ? std::string("; see --help") : hint));
}

/// Checks that inputs which are outputs of the run before can be these: of the
/// call before, and of the call itself where that is repeated.
Status Parser::checkLinks() const {
  const Call &call = options.calls.back();
  for (const auto &[name, text] : call.inputs) {
    if (!text.starts_with("@"))
      continue;
    if (options.calls.size() == 1)
      return usage(concat(quote(name), " is ", quote(text),
                          ", an output of the call before, but this call is "
                          "the first"));
    const Call &before = options.calls[options.calls.size() - 2];
    for (const Call *source : {&before, &call}) {
      const LatheEntryInfo &from = model.entries[source->entry];
      if ((source == &before || call.repeat > 1) &&
          !hasTensor(outputsOf(from), text.substr(1)))
        return usage(concat(quote(name), " is ", quote(text), ", but ",
                            quote(from.name), " has no output ",
                            quote(text.substr(1))));
    }
  }
  if (call.repeat > 1 && (options.benchSeconds || !options.profile.empty()))
    return usage("'--repeat' does not go with '--bench' or '--profile', which "
                 "run the last call as often as they need");
  if (options.json && options.benchSeconds)
    return usage("'--json' does not go with '--bench', which prints times");
  return {};
}

Status Parser::setFlag(std::string_view flag, const std::string &value) {
  auto wanted = [&](std::string_view what) {
    return usage(concat("'--", flag, "' is ", quote(value), ", wanted ", what));
  };
  if (flag == "input")
    return setFile(flag, inputsOf(entry()), call().inputs, value);
  if (flag == "output")
    return setFile(flag, outputsOf(entry()), call().outputs, value);
  if (flag == "dim")
    return setDim(value);
  if (flag == "weights")
    options.weights = value;
  if (flag == "profile")
    options.profile = value;
  if (flag == "json")
    options.json = value;
  if (flag == "help")
    options.action = Options::Help;
  if (flag == "check-weights")
    options.action = Options::CheckWeights;
  if (flag == "info") {
    if (!value.empty() && value != "json")
      return wanted("'json' or nothing");
    options.action = value.empty() ? Options::Info : Options::InfoAsJson;
  }
  if (flag == "threads" && (!readNumber(value, options.threads) ||
                            options.threads < 1 || options.threads > 4096))
    return wanted("a number from 1 to 4096");
  if (flag == "repeat" && (!readNumber(value, call().repeat) ||
                           call().repeat < 1 || call().repeat > mostRepeats))
    return wanted(concat("a number from 1 to ", mostRepeats));
  if (flag == "bench") {
    double seconds = 2;
    if ((!value.empty() && !readNumber(value, seconds)) ||
        !(seconds > 0 && seconds < 1e6))
      return wanted("a number of seconds");
    options.benchSeconds = seconds;
  }
  return {};
}

Status Parser::setFile(std::string_view option,
                       std::span<const LatheTensorInfo> of,
                       std::map<std::string, std::string> &files,
                       std::string_view assignment) {
  size_t equals = assignment.find('=');
  if (equals == std::string_view::npos)
    return usage(concat("'--", option, "' is ", quote(assignment),
                        ", wanted NAME=FILE"));
  std::string_view name = assignment.substr(0, equals);
  std::string file(assignment.substr(equals + 1));
  if (!hasTensor(of, name)) {
    std::vector<std::string_view> known;
    for (const LatheTensorInfo &tensor : of)
      known.push_back(tensor.name);
    return usage(concat(quote(entry().name), " has no ", option, " ",
                        quote(name), suggestion(name, known, "")));
  }
  bool isInput = &files == &call().inputs;
  bool isLink = isInput && file.size() > 1 && file[0] == '@';
  // Images are recognised by their contents.
  bool isImage =
      isInput && roles[call().entry].images.contains(std::string(name));
  if (!isLink && !isImage && !file.ends_with(".npy") &&
      !file.ends_with(".safetensors") &&
      file.find(".safetensors:") == std::string::npos &&
      !(isInput && isNumbers(file)))
    return usage(
        concat(quote(name), " is given the file ", quote(file),
               ", wanted one that ends in .npy or .safetensors",
               isInput ? ", numbers such as 7 or 1,2,3, or @NAME" : ""));
  if (!files.emplace(name, file).second)
    return usage(concat(quote(name), " is given two files"));
  return {};
}

Status Parser::setDim(std::string_view assignment) {
  size_t equals = assignment.find('=');
  int64_t size = 0;
  if (equals == std::string_view::npos ||
      !readNumber(assignment.substr(equals + 1), size))
    return usage(concat("'--dim' is ", quote(assignment),
                        ", wanted NAME=SIZE, such as batch=7"));
  std::string_view name = assignment.substr(0, equals);
  std::vector<std::string_view> known;
  for (const LatheDimInfo &dim : std::span(model.dims, model.dimCount)) {
    known.push_back(dim.name);
    if (known.back() != name)
      continue;
    if (size < dim.min || size > dim.max)
      return usage(concat(name, " is ", size, ", but ", quote(model.name),
                          " was compiled for ", dim.min, " to ", dim.max));
    options.dims[std::string(name)] = size;
    return {};
  }
  return usage(concat(quote(model.name), " has no dimension ", quote(name),
                      suggestion(name, known, "")));
}

} // namespace

Result<Options>
lathe::runtime::parseCommandLine(const LatheModelInfo &model,
                                 std::span<const EntryRoles> roles,
                                 std::span<const char *const> arguments) {
  Parser parser(model, roles, arguments);
  if (Status status = parser.parse(); status.failed())
    return status;
  return std::move(parser.options);
}

std::string lathe::runtime::typeText(const LatheTensorInfo &tensor) {
  return describe(tensor.type, std::span(tensor.shape, tensor.rank));
}

/// Two columns of an option's description.
static std::string helpLine(const std::string &option, std::string_view text) {
  std::string line = concat("  ", option);
  line.resize(std::max<size_t>(line.size() + 2, 28), ' ');
  return concat(line, text, "\n");
}

/// What there is to know of entries and of several calls.
static std::string entriesText(const LatheModelInfo &model,
                               const std::string &program) {
  std::string text = "\nEntries:";
  for (const auto &entry : std::span(model.entries, model.entryCount))
    text += concat(" ", entry.name);
  text += concat("\n'", program, " ENTRY --help' says what each takes. Calls ",
                 "with ':' between them run one after\nanother and share the "
                 "model's state, if it has any; @NAME as an input is the "
                 "output NAME of the run\nbefore, and --repeat=N goes on with "
                 "a call N times:\n  ",
                 program);
  for (uint32_t i = 0; i < 2; ++i) {
    const LatheEntryInfo &entry = model.entries[i];
    text += concat(i ? " : " : " ", entry.name);
    if (entry.inputCount)
      text += concat(" --", entry.inputs[0].name, " FILE");
    text += " ...";
  }
  return text + "\n";
}

std::string lathe::runtime::helpText(const LatheModelInfo &model,
                                     const LatheEntryInfo &entry,
                                     const EntryRoles &roles,
                                     const std::string &program) {
  std::string text = concat(model.name, *model.summary ? ": " : "",
                            model.summary, "\n\nUsage: ", program);
  bool hasEntries = model.entryCount > 1;
  std::string example = concat("  ", program, hasEntries ? " " : "",
                               hasEntries ? entry.name : "");
  if (hasEntries)
    text += concat(" ", entry.name);
  for (const LatheTensorInfo &tensor : inputsOf(entry)) {
    text += concat(" --", tensor.name, " FILE");
    example += concat(" --", tensor.name, " ", tensor.name,
                      roles.images.contains(tensor.name) ? ".png" : ".npy");
  }
  text += " [options]\n\nInputs:\n";
  auto listTensor = [&](const LatheTensorInfo &tensor) {
    text +=
        helpLine(concat("--", tensor.name, " FILE"),
                 concat(typeText(tensor), describeRole(roles, tensor.name)));
  };
  std::ranges::for_each(inputsOf(entry), listTensor);
  text += "\nOutputs (without any, a summary of each is printed):\n";
  std::ranges::for_each(outputsOf(entry), listTensor);
  text += "\nFiles are .npy or .safetensors; FILE.safetensors:NAME takes the "
          "tensor NAME of\na file that has several. Numbers may stand for an "
          "input's file: 7, 1,2,3 or 40%.\n";
  if (!roles.images.empty())
    text += "For an image, a PNG or JPEG file may be given, or several with "
            "',' between them.\n";
  if (hasEntries)
    text += entriesText(model, program);
  text += "\nOptions:\n";
  for (const Flag &flag : flags) {
    std::string value(flag.value);
    if (value.starts_with("["))
      value.insert(1, "=");
    else if (!value.empty())
      value.insert(0, " ");
    text += helpLine(concat("--", flag.name, value), flag.help);
  }
  text += concat("\nExamples:\n", example);
  if (entry.outputCount)
    text += concat(" --", entry.outputs[0].name, " ", entry.outputs[0].name,
                   "-out.npy");
  text += concat("\n  ", program, " --bench=5 --threads=1");
  if (model.dimCount)
    text += concat(" --dim ", model.dims[0].name, "=", model.dims[0].max);
  return concat(text, "\n", example, " --profile trace.json\n");
}
