//===- PtxParser.cpp - Reads PTX ------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxMachine.h"
#include <algorithm>
#include <charconv>
#include <cstdlib>

using namespace ptx;

namespace {

constexpr std::string_view specials[] = {"%tid.x",    "%tid.y",   "%ntid.x",
                                         "%ntid.y",   "%ctaid.x", "%ctaid.y",
                                         "%nctaid.x", "%nctaid.y"};

std::string_view trim(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\n");
  if (begin == text.npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find(separator, at), text.size());
    parts.emplace_back(trim(text.substr(at, end - at)));
    at = end + 1;
  }
  return parts;
}

/// Without what is between // and the line's end.
std::string withoutComments(std::string_view text) {
  std::string result;
  for (const std::string &line : split(text, '\n'))
    result += line.substr(0, line.find("//")) + "\n";
  return result;
}

class Parser {
public:
  Parser(const std::vector<std::string> &launchMemory,
         std::vector<std::string> &mistakes)
      : launchMemory(launchMemory), mistakes(mistakes) {}

  Function parse(std::string_view name, std::string_view parameters,
                 std::string_view body) {
    function.name = name;
    for (const std::string &parameter : split(parameters, ',')) {
      std::vector<std::string> words = split(parameter, ' ');
      if (words.size() < 3)
        continue;
      names[words.back()] =
          static_cast<int64_t>(function.parameterBytes.size());
      function.parameterBytes.push_back(typeOf(words[1].substr(1)).bits / 8);
    }
    std::vector<std::string> statements = splitStatements(body);
    // Labels and memory are named before they are known.
    size_t count = 0;
    for (const std::string &statement : statements)
      if (statement.back() == ':')
        labels[statement.substr(0, statement.size() - 1)] = count;
      else if (statement[0] == '.')
        declare(statement);
      else
        ++count;
    // Behind a kernel's own memory is that of its launch.
    for (const std::string &statement : launchMemory) {
      size_t open = statement.find('['), begin = statement.rfind(' ', open) + 1;
      function.sharedBytes = alignTo(function.sharedBytes, statement);
      names[statement.substr(begin, open - begin)] = function.sharedBytes;
    }
    for (const std::string &statement : statements)
      if (statement.back() != ':' && statement[0] != '.')
        function.code.push_back(parseInstruction(statement));
    function.slots = static_cast<unsigned>(slots.size());
    return std::move(function);
  }

private:
  /// A statement ends with a semicolon, a label with a colon; long statements
  /// have several lines.
  static std::vector<std::string> splitStatements(std::string_view body) {
    std::vector<std::string> statements;
    std::string whole;
    for (const std::string &line : split(body, '\n')) {
      whole += (whole.empty() ? "" : " ") + line;
      if (whole.empty() ||
          std::string_view(";:{}").find(whole.back()) == std::string_view::npos)
        continue;
      for (std::string part : split(whole, ';')) {
        // A block for a register of its own: "{ .reg .b16 tmp; …; }".
        if (part.starts_with("{"))
          part = trim(std::string_view(part).substr(1));
        if (!part.empty() && part != "}")
          statements.push_back(part);
      }
      whole.clear();
    }
    return statements;
  }

  Type typeOf(std::string_view name) {
    if (name == "pred")
      return {'b', 1};
    // Two of them, as the instruction's name says.
    if (name.ends_with("x2"))
      name.remove_suffix(2);
    if (name == "bf16")
      return {'h', 16};
    Type type;
    type.kind = name.empty() ? '?' : name[0];
    unsigned bits = 0;
    auto [end, error] =
        std::from_chars(name.data() + 1, name.data() + name.size(), bits);
    bool known =
        std::string_view("busf").find(type.kind) != std::string_view::npos &&
        error == std::errc() && end == name.data() + name.size();
    type.bits = known ? bits : 0;
    return type;
  }

  /// The next multiple of 16, and of what ".align N" asks for.
  static unsigned alignTo(unsigned bytes, const std::string &statement) {
    constexpr std::string_view word = ".align ";
    size_t at = statement.find(word);
    unsigned unit = 16;
    if (at != statement.npos)
      unit = std::max(unit, static_cast<unsigned>(std::stoul(
                                statement.substr(at + word.size()))));
    return (bytes + unit - 1) / unit * unit;
  }

  /// .shared .align 4 .b8 NAME[BYTES]: memory from there on; or .reg .b16 NAME.
  void declare(const std::string &statement) {
    if (statement.starts_with(".reg"))
      slotOf(statement.substr(statement.rfind(' ') + 1));
    if (!statement.starts_with(".shared"))
      return;
    size_t open = statement.find('['), begin = statement.rfind(' ', open) + 1;
    unsigned &bytes = function.sharedBytes;
    bytes = alignTo(bytes, statement);
    names[statement.substr(begin, open - begin)] = bytes;
    bytes += static_cast<unsigned>(std::stoul(statement.substr(open + 1)));
  }

  unsigned slotOf(const std::string &name) {
    return slots.emplace(name, static_cast<unsigned>(slots.size()))
        .first->second;
  }

  Operand parseOperand(const std::string &text) {
    Operand operand;
    if (text[0] == '[') {
      operand.kind = Operand::memory;
      std::string inner = text.substr(1, text.size() - 2);
      size_t plus = inner.find('+');
      std::string base = inner.substr(0, plus);
      if (plus != inner.npos)
        operand.value = std::stoll(inner.substr(plus + 1));
      operand.hasBase = base[0] == '%';
      if (operand.hasBase)
        operand.index = slotOf(base);
      else
        operand.value += valueOf(base);
      return operand;
    }
    for (size_t i = 0; i < std::size(specials); ++i)
      if (text == specials[i]) {
        operand.kind = Operand::special;
        operand.index = static_cast<unsigned>(i);
        return operand;
      }
    if (text[0] == '%' || slots.count(text)) {
      operand.kind = Operand::slot;
      operand.index = slotOf(text);
      return operand;
    }
    operand.kind = Operand::constant;
    operand.value = valueOf(text);
    return operand;
  }

  /// A number, a float's bits, or where a name's memory begins.
  int64_t valueOf(const std::string &text) {
    if (auto found = names.find(text); found != names.end())
      return found->second;
    if (text.starts_with("0f") || text.starts_with("0d"))
      return static_cast<int64_t>(std::stoull(text.substr(2), nullptr, 16));
    if (text.starts_with("0x"))
      return static_cast<int64_t>(std::stoull(text.substr(2), nullptr, 16));
    char *end = nullptr;
    int64_t value = std::strtoll(text.c_str(), &end, 10);
    if (*end && std::string_view(end) != "U")
      mistakes.push_back("no operand: " + text);
    return value;
  }

  /// "{a, b}" or "a", or two results "a|b" of which the first is wanted.
  std::vector<Operand> parseOperands(std::string text) {
    std::vector<Operand> operands;
    if (text[0] == '{')
      text = text.substr(1, text.size() - 2);
    for (const std::string &part : split(text, ','))
      operands.push_back(parseOperand(part.substr(0, part.find('|'))));
    return operands;
  }

  Instruction parseInstruction(std::string text) {
    Instruction made;
    made.text = text;
    if (text[0] == '@') {
      size_t end = text.find_first_of(" \t");
      made.unless = text[1] == '!';
      made.guard = static_cast<int>(slotOf(
          text.substr(made.unless ? 2 : 1, end - (made.unless ? 2 : 1))));
      text = trim(std::string_view(text).substr(end));
    }
    size_t end = std::min(text.find_first_of(" \t"), text.size());
    made.words = split(std::string_view(text).substr(0, end), '.');
    parseTypes(made);
    std::string rest(trim(std::string_view(text).substr(end)));
    if (made.words[0] == "bra") {
      made.target = labels[rest];
      return made;
    }
    // Commas between braces do not separate operands.
    std::vector<std::string> parts;
    int depth = 0;
    for (char letter : rest) {
      depth += (letter == '{') - (letter == '}');
      if (parts.empty() || (letter == ',' && depth == 0))
        parts.emplace_back();
      if (letter != ',' || depth > 0)
        parts.back() += letter;
    }
    bool stores = made.words[0] == "st" || made.words[0] == "bar" ||
                  made.words[0] == "cp" ||
                  (made.words[0] == "wgmma" && made.words[1] == "wait_group");
    for (size_t i = 0; i < parts.size(); ++i)
      for (const Operand &operand : parseOperands(std::string(trim(parts[i]))))
        (i == 0 && !stores ? made.to : made.sources).push_back(operand);
    return made;
  }

  /// The last word is a type; of a conversion the last two are.
  void parseTypes(Instruction &made) {
    std::vector<std::string> &words = made.words;
    made.type = typeOf(words.back());
    if (words[0] != "cvt")
      return;
    made.from = made.type;
    made.type = typeOf(words[words.size() - 2]);
  }

  const std::vector<std::string> &launchMemory;
  std::vector<std::string> &mistakes;
  Function function;
  std::map<std::string, unsigned> slots;
  std::map<std::string, int64_t> names; ///< Of parameters and memory.
  std::map<std::string, size_t> labels;
};

} // namespace

std::map<std::string, Function> ptx::parse(std::string_view source,
                                           std::vector<std::string> &mistakes) {
  std::map<std::string, Function> functions;
  std::string cleaned = withoutComments(source);
  std::string_view text = cleaned;
  // .extern .shared .align N .b8 NAME[];
  std::vector<std::string> launchMemory;
  for (const std::string &line : split(text, '\n'))
    if (line.starts_with(".extern .shared"))
      launchMemory.push_back(line);
  constexpr std::string_view entry = ".entry ";
  for (size_t at = 0; (at = text.find(entry, at)) != text.npos;) {
    at += entry.size();
    size_t open = text.find('(', at), close = text.find(')', open);
    std::string_view name = trim(text.substr(at, open - at));
    size_t next = std::min(text.find(entry, close), text.size());
    // Inline PTX has blocks of its own.
    size_t begin = text.find("\n{", close), end = text.rfind("\n}", next);
    std::string_view body;
    if (begin < next && end != text.npos && end > begin)
      body = text.substr(begin + 2, end - begin - 2);
    functions[std::string(name)] =
        Parser(launchMemory, mistakes)
            .parse(name, text.substr(open + 1, close - open - 1), body);
  }
  return functions;
}
