//===- CInterface.c - lathe.h is plain C99 and stands alone
//-----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/lathe.h"
#include <string.h>

extern const struct LatheModelBinary latheModel;

int runFromC(const char *weights, float *result, char *message, size_t size);

int runFromC(const char *weights, float *result, char *message, size_t size) {
  LatheStatus status;
  LatheModel *model = NULL;
  LatheInstance *instance = NULL;
  LatheInstanceOptions options = {1, NULL, NULL};
  int64_t shape[] = {1, 4};
  float values[] = {1, 1, 1, 1};
  LatheTensor x = {LATHE_F32, 2, NULL, NULL, {LATHE_HOST, 0}}, y = x;
  x.shape = y.shape = shape;
  x.data = values;
  y.data = result;
  if (latheModelOpen(&latheModel, &model, &status) ||
      latheModelLoadWeights(model, weights, &status) ||
      latheInstanceCreate(model, &options, &instance, &status) ||
      latheInstanceRun(instance, 0, &x, 1, &y, 1, &status))
    strncat(message, status.message, size - 1);
  latheInstanceDestroy(instance);
  latheModelClose(model);
  return status.code;
}
