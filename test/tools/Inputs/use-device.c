/* Tensors that stay on the device from run to run, and those of other
   libraries: grow.h is the header of the compiled model. */

#include "grow.h"
#include <stdio.h>
#include <string.h>

static LatheModel *model;
static LatheInstance *instance;
static LatheStatus status;

static int run(LatheTensor x, LatheTensor y) {
  return latheInstanceRun(instance, 0, &x, 1, &y, 1, &status);
}

static void expectError(const char *what, LatheTensor x, LatheTensor y) {
  if (run(x, y) == LATHE_OK)
    printf("%s: no error\n", what);
  else
    printf("%s: %s\n", what, status.message);
}

int main(void) {
  float x[50], wanted[50], got[50];
  int64_t shape[] = {50};
  LatheTensor input = {LATHE_F32, 1, shape, x, {LATHE_HOST, 0}};
  LatheTensor between = input, output = input, other = input;
  void *memory = NULL, *small = NULL;
  LatheDLManagedTensor *managed = NULL;
  for (int i = 0; i < 50; ++i)
    x[i] = (float)(i % 5);
  if (latheModelOpen(&grow_model, &model, &status) ||
      latheInstanceCreate(model, NULL, &instance, &status) ||
      latheMemoryCreate(instance, sizeof(x), &memory, &status) ||
      latheMemoryCreate(instance, 8, &small, &status)) {
    printf("%s\n", status.message);
    return 1;
  }
  /* f(f(x)) by way of the host, and without. */
  output.data = wanted;
  if (run(input, output))
    printf("%s\n", status.message);
  memcpy(got, wanted, sizeof(got));
  input.data = got;
  if (run(input, output))
    printf("%s\n", status.message);
  between.data = memory;
  between.device = latheInstanceDevice(instance);
  memset(got, 0, sizeof(got));
  input.data = x;
  output.data = got;
  /* Once more as a tensor of another library's. */
  if (latheTensorToDLPack(&between, NULL, NULL, &managed, &status) ||
      latheTensorFromDLPack(&managed->dl_tensor, &other, &status) ||
      run(input, other) || run(between, output))
    printf("%s\n", status.message);
  managed->deleter(managed);
  printf("device of kind %d: %s\n", (int)between.device.kind,
         memcmp(got, wanted, sizeof(got)) ? "differs" : "equal");

  /* What the host writes there is read there. */
  memset(got, 0, sizeof(got));
  if (latheMemoryWrite(instance, memory, x, sizeof(x), &status) ||
      run(between, output) ||
      latheMemoryWrite(instance, memory, got, sizeof(got), &status) ||
      run(between, output))
    printf("%s\n", status.message);
  printf("written: %s\n",
         memcmp(got, wanted, sizeof(got)) ? "differs" : "equal");
  if (latheMemoryWrite(instance, small, x, sizeof(x), &status))
    printf("too much: %s\n", status.message);
  if (latheMemoryWrite(instance, x, x, sizeof(x), &status))
    printf("not ours: %s\n", status.message);

  expectError("shared", between, between);
  between.data = small;
  expectError("small", between, output);
  between.data = x;
  expectError("foreign", input, between);
  between.device.kind = LATHE_CUDA;
  expectError("elsewhere", input, between);
  latheMemoryDestroy(instance, small);
  latheInstanceDestroy(instance);
  latheModelClose(model); /* Frees `memory`, too. */
  return 0;
}
