//===- Generator.h - A model that goes on with a text ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_GENERATOR_H
#define LATHE_RUNTIME_TEXT_GENERATOR_H

#include "runtime/text/Tokenizer.h"

namespace lathe::runtime::text {

/// What a model's descriptor says of text (docs/architecture.md).
struct TextModel {
  uint32_t prefill = 0; ///< The entry that reads tokens.
  uint32_t decode = 0;  ///< The entry that reads one; may be the same.
  /// Whether the model keeps what it has read. Otherwise it reads the whole
  /// text again for each token.
  bool hasState = false;
  int64_t vocabulary = 0;
  int64_t context = 0;   ///< The most tokens of a text.
  int64_t chunk = 0;     ///< The most tokens that a run of `prefill` reads.
  std::string tokenizer; ///< "bytes", the name of a file, or "".
  std::string kind;      ///< Of a file, for people: "BPE".
  int64_t offset = 0;    ///< Of bytes.
  Tokens start;          ///< Before each prompt.
  Tokens end;            ///< Any of them ends a text.
  std::string chat;      ///< With {prompt} and perhaps {system}; may be empty.

  static Result<TextModel> read(const LatheModelInfo &info);
};

/// How the next token is chosen, as the op `sample` does.
struct Sampling {
  float temperature = 0; ///< 0: the most probable token.
  int64_t limit = 0;     ///< Of the most probable tokens; 0: all.
  float mass = 1;        ///< Their probability.
  int64_t seed = 0;
};

/// One text of a model: tokens are read, and what may follow is drawn.
class Generator {
public:
  Generator(const LatheModel &model, LatheInstance &instance,
            const TextModel &text)
      : model(model), instance(instance), text(text),
        info(*latheModelInfo(&model)) {}

  /// Forgets what was read.
  Status restart();
  /// Reads tokens behind those read before. They must fit the context, and the
  /// vocabulary.
  Status read(std::span<const int64_t> tokens);
  /// Draws a token that follows what was read, which must not be nothing.
  Result<int64_t> draw(const Sampling &sampling);
  /// How many tokens were read.
  int64_t size() const { return static_cast<int64_t>(history.size()); }

private:
  Status run(uint32_t entry, std::span<const int64_t> tokens, int64_t position);

  const LatheModel &model;
  LatheInstance &instance;
  const TextModel &text;
  const LatheModelInfo &info;
  Tokens history;
  int64_t lastPosition = 0;  ///< Where the last run began.
  std::vector<float> logits; ///< Of the last run; those at the end count.
  Tokens scratch;
};

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_GENERATOR_H
