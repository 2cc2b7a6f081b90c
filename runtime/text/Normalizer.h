//===- Normalizer.h - What happens to a text before it is cut -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_TEXT_NORMALIZER_H
#define LATHE_RUNTIME_TEXT_NORMALIZER_H

#include "runtime/text/CharsMap.h"
#include "runtime/text/Regex.h"
#include <functional>

namespace lathe::runtime::text {

/// Text to text, both valid UTF-8. Named as the types of tokenizer.json are.
using Normalizer = std::function<std::string(std::string)>;

/// Each of them does nothing to an empty text.
Normalizer makePrepend(std::string prefix);
Normalizer makeReplace(Regex pattern, std::string content);
Normalizer makeStrip(bool left, bool right);
Normalizer makeStripAccents();
/// Of user-perceived characters of up to five bytes as a whole, of longer ones
/// each code point.
Normalizer makePrecompiled(CharsMap map);
struct BertOptions {
  bool cleansText = true, spacesIdeographs = true, lowers = true;
  bool stripsAccents = true;
};
Normalizer makeBert(BertOptions options);
Normalizer makeSequence(std::vector<Normalizer> parts);

} // namespace lathe::runtime::text

#endif // LATHE_RUNTIME_TEXT_NORMALIZER_H
