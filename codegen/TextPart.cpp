//===- TextPart.cpp - What a program needs to write text ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/TextPart.h"
#include "runtime/text/Tokenizer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::lathe;

static llvm::json::Value toJson(Attribute value) {
  if (auto text = dyn_cast<StringAttr>(value))
    return text.getValue().str();
  if (auto list = dyn_cast<DenseI64ArrayAttr>(value))
    return llvm::json::Array(list.asArrayRef());
  return cast<IntegerAttr>(value).getInt();
}

/// "lm.tokenizer.json" for the program "lm".
static std::string getCopyPath(StringRef output, StringRef tokenizer) {
  llvm::SmallString<128> path = llvm::sys::path::parent_path(output);
  llvm::sys::path::append(path, llvm::sys::path::stem(output) + ".tokenizer" +
                                    llvm::sys::path::extension(tokenizer));
  return path.str().str();
}

FailureOr<std::optional<TextPart>>
mlir::lathe::readTextPart(ModuleOp module, StringRef tokenizer,
                          StringRef output) {
  auto text = module->getAttrOfType<DictionaryAttr>("lathe.text");
  if (!text) {
    if (tokenizer.empty())
      return std::optional<TextPart>();
    return module.emitError("has no 'text' that says how its entries use the "
                            "tokenizer '")
           << tokenizer << "': add 'text: {prefill: …}' to the spec";
  }
  auto own = text.getAs<StringAttr>("tokenizer");
  if (tokenizer.empty() && own)
    tokenizer = own.getValue();
  TextPart part;
  for (NamedAttribute entry : text)
    part.descriptor[entry.getName().getValue()] = toJson(entry.getValue());
  // Without a tokenizer, the program has to be given one.
  if (tokenizer.empty() || tokenizer == "bytes")
    return std::optional(std::move(part));
  auto file = llvm::MemoryBuffer::getFile(tokenizer, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return module.emitError("cannot read the tokenizer '")
           << tokenizer << "': " << file.getError().message();
  auto parsed = ::lathe::runtime::text::readTokenizer(
      tokenizer.str(), {(*file)->getBufferStart(), (*file)->getBufferSize()});
  if (!parsed)
    return module.emitError() << parsed.status().message();
  int64_t vocabulary = text.getAs<IntegerAttr>("vocabulary").getInt();
  if ((*parsed)->size() > vocabulary)
    return module.emitError("the tokenizer '")
           << tokenizer << "' has tokens up to " << (*parsed)->size() - 1
           << ", but the entries give " << vocabulary
           << " logits, for those up to " << vocabulary - 1;
  part.file = std::move(*file);
  part.copy = getCopyPath(output, tokenizer);
  part.descriptor["tokenizer"] = llvm::sys::path::filename(part.copy);
  part.descriptor["kind"] = (*parsed)->kind();
  part.descriptor.erase("offset");
  return std::optional(std::move(part));
}
