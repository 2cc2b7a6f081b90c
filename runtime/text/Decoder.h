//===- Decoder.h - Tokens back to text ------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_DECODER_H
#define LATHE_RUNTIME_TEXT_DECODER_H

#include "runtime/text/Regex.h"
#include <string>
#include <vector>

namespace lathe::runtime::text {

/// The texts of tokens to those that people read, which are then put one after
/// another; bytes may be no whole characters. Named as the types of
/// tokenizer.json are.
using Decoder =
    std::function<std::vector<std::string>(std::vector<std::string>)>;

Decoder makeByteLevelDecoder();
/// Tokens such as <0xE2> are bytes.
Decoder makeByteFallbackDecoder();
Decoder makeFuse();
/// Up to `start` and `stop` times, `content` from both ends of each token.
Decoder makeStripDecoder(std::string content, size_t start, size_t stop);
Decoder makeReplaceDecoder(Regex pattern, std::string content);
/// `replacement` is a space; of the first token it is left out if `drops`.
Decoder makeMetaspaceDecoder(std::string replacement, bool drops);
Decoder makeWordPieceDecoder(std::string prefix, bool cleansUp);
/// `suffix` is a space, of the last token nothing.
Decoder makeBpeDecoder(std::string suffix);
Decoder makeSequence(std::vector<Decoder> parts);

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_DECODER_H
