//===- Header.cpp - The C header of a compiled library --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Header.h"
#include "codegen/Linker.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::lathe;

/// The letters, digits and underscores of a name, as C wants them.
static std::string identifier(StringRef name) {
  std::string text;
  for (char c : name)
    text += llvm::isAlnum(c) ? c : '_';
  if (text.empty() || llvm::isDigit(text.front()))
    text.insert(text.begin(), 'm');
  return text;
}

std::string lathe::getModelSymbol(ModuleOp module) {
  auto name = module->getAttrOfType<StringAttr>("lathe.model");
  return identifier(name ? name.getValue() : "lathe") + "_model";
}

LogicalResult lathe::emitHeader(ModuleOp module, StringRef symbol,
                                StringRef descriptor, llvm::raw_ostream &os) {
  std::string path = getInstallationRoot() + "/include/lathe.h";
  auto interface = llvm::MemoryBuffer::getFile(path);
  if (!interface)
    return module.emitError("cannot read the runtime's interface '")
           << path << "': " << interface.getError().message();
  llvm::json::Value parsed = llvm::cantFail(llvm::json::parse(descriptor));
  const llvm::json::Object &model = *parsed.getAsObject();
  StringRef stem = symbol.drop_back(StringRef("_model").size());
  std::string upper = stem.upper();
  os << llvm::formatv("/* {0}: {1}\n   Compiled by Lathe for {2}. */\n\n", stem,
                      *model.getString("summary"), *model.getString("target"));
  os << llvm::formatv("#ifndef {0}_H\n#define {0}_H\n\n", upper);
  os << (*interface)->getBuffer() << "\n";
  os << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  os << llvm::formatv("/* Opened by latheModelOpen(&{0}, …). */\n"
                      "LATHE_API extern const struct LatheModelBinary {0};\n\n",
                      symbol);
  os << "/* Numbers of entries, and of their inputs and outputs. */\n";
  for (auto [i, entry] : llvm::enumerate(*model.getArray("entries"))) {
    const llvm::json::Object &object = *entry.getAsObject();
    std::string name = identifier(*object.getString("name"));
    std::string prefix = upper + "_" + StringRef(name).upper();
    os << llvm::formatv("#define {0} {1}\n", prefix, i);
    for (StringRef direction : {"inputs", "outputs"})
      for (auto [k, tensor] : llvm::enumerate(*object.getArray(direction)))
        os << llvm::formatv(
            "#define {0}_{1}_{2} {3}\n", prefix, direction.drop_back().upper(),
            StringRef(identifier(*tensor.getAsObject()->getString("name")))
                .upper(),
            k);
  }
  os << "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
  return success();
}
