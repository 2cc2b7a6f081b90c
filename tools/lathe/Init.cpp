//===- Init.cpp - lathe init ----------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/lathe/Session.h"

using namespace lathe::tool;
namespace cl = llvm::cl;

static cl::SubCommand parser("init", "makes random weights for a spec");
static SpecOptions spec(parser);
static cl::opt<uint64_t> seed("seed", cl::desc("equal seeds, equal weights"),
                              cl::init(0), cl::sub(parser));
static cl::opt<std::string> output("o", cl::desc("the file to write"),
                                   cl::value_desc("W.safetensors"),
                                   cl::Required, cl::sub(parser));

static int runInit() {
  Session session;
  return !session.load(spec) || mlir::failed(mlir::lathe::writeRandomCheckpoint(
                                    session.getModule(), seed, output));
}

static Command command(parser, runInit, R"(
Examples:
  lathe init specs/affnet/affnet-et.yaml --seed 1 -o et.safetensors
)");
