//===- FakeModel.h - A model as the compiler would emit it
//------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TEST_RUNTIME_FAKEMODEL_H
#define LATHE_TEST_RUNTIME_FAKEMODEL_H

#include "runtime/abi.h"
#include <string>

/// Entry 0, "main":   y = x * scale + bias             x, y: f32[batch, 4]
/// Entry 1, "gather": values = table[ids]              ids: i64[tokens]
/// Entry 2, "window": sum of odd, where mask is true   odd: f32[2*tokens + 1],
///                    mask: bool[batch, tokens], sum: f32[batch]
/// Entry 3, "append": adds x to the state from position on, and gives what is
///                    in the state by then; x: f32[steps], position: i32[],
///                    choice: i64[1], codes: i32[2, steps], all: f32[past +
///                    steps], chosen: f32[width]
extern "C" const LatheModelBinary latheModel;

/// Writes the model's weights to `path`: scale = 1 2 3 4, bias = 10 20 30 40,
/// which is also the table.
void writeFakeWeights(const std::string &path,
                      const std::string &layout = "0123456789abcdef");

#endif // LATHE_TEST_RUNTIME_FAKEMODEL_H
