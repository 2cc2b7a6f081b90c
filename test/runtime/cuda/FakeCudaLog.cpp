//===- FakeCudaLog.cpp - What happened to a CUDA driver
//-----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FakeCuda.h"
#include <fstream>

void FakeCuda::writeLog(const char *path) const {
  std::ofstream log(path);
  for (const auto &[kind, count] : alive)
    log << "alive: " << count << " " << kind << "\n";
  for (const std::string &mistake : mistakes)
    log << "mistake: " << mistake << "\n";
  log << "launches: " << launches.size() << "\n";
  log << "graph launches: " << graphLaunches << "\n";
}
