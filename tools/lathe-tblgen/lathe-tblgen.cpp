//===- lathe-tblgen.cpp - The TableGen backends of Lathe ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a spec may say of each op, generated from the defs of dialect/*.td: the
// front end's binding, the JSON Schema for editors, and the spec reference.
//
//===----------------------------------------------------------------------===//

#include "mlir/TableGen/GenInfo.h"
#include "mlir/Tools/mlir-tblgen/MlirTblgenMain.h"
#include "tools/lathe-tblgen/OpRecord.h"

using namespace lathe::tblgen;

template <void emit(const std::vector<OpRecord> &, llvm::raw_ostream &)>
static bool generate(const llvm::RecordKeeper &records, llvm::raw_ostream &os) {
  emit(readOps(records), os);
  return false;
}

static mlir::GenRegistration specBinding("gen-spec-binding",
                                         "Tables that bind YAML steps to ops",
                                         generate<emitSpecBinding>);
static mlir::GenRegistration jsonSchema("gen-json-schema",
                                        "JSON Schema of spec files",
                                        generate<emitJsonSchema>);
static mlir::GenRegistration specReference("gen-spec-reference",
                                           "Reference of the ops in Markdown",
                                           generate<emitSpecReference>);

int main(int argc, char **argv) { return mlir::MlirTblgenMain(argc, argv); }
