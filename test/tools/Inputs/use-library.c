/* Runs all images of IMAGES.npy through a compiled library and compares the
   logits: use-library IMAGES.npy LOGITS.npy */

#include "digits.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { images = 360, pixels = 64, classes = 10 };

/* The data of a .npy file of version 1, whose header the test knows. */
static int readArray(const char *path, float *values, size_t count) {
  unsigned char start[10];
  FILE *file = fopen(path, "rb");
  int ok = file && fread(start, 1, 10, file) == 10 &&
           !fseek(file, start[8] | start[9] << 8, SEEK_CUR) &&
           fread(values, sizeof(float), count, file) == count;
  if (file)
    fclose(file);
  if (!ok)
    fprintf(stderr, "cannot read '%s'\n", path);
  return ok;
}

static float image[images * pixels], wanted[images * classes],
    logits[images * classes];

int main(int argc, char **argv) {
  if (argc != 3 || !readArray(argv[1], image, images * pixels) ||
      !readArray(argv[2], wanted, images * classes))
    return 1;

  LatheStatus status;
  LatheModel *model = NULL;
  LatheInstance *instance = NULL;
  if (latheModelOpen(&digits_model, &model, &status) ||
      latheModelLoadWeights(model, NULL, &status) ||
      latheInstanceCreate(model, NULL, &instance, &status)) {
    fprintf(stderr, "%s\n", status.message);
    return 1;
  }

  int64_t imageShape[] = {images, 1, 8, 8}, logitsShape[] = {images, classes};
  LatheTensor input = {LATHE_F32, 4, imageShape, image, {LATHE_HOST, 0}};
  LatheTensor output = {LATHE_F32, 2, logitsShape, logits, {LATHE_HOST, 0}};
  if (latheInstanceRun(instance, DIGITS_MAIN, &input, 1, &output, 1, &status)) {
    fprintf(stderr, "%s\n", status.message);
    return 1;
  }
  printf("%s: %d images", latheModelInfo(model)->name, images);
  latheInstanceDestroy(instance);
  latheModelClose(model);

  for (int i = 0; i < images * classes; ++i)
    if (!(fabsf(logits[i] - wanted[i]) <= 1e-4f)) {
      printf("\nlogit %d is %g, wanted %g\n", i, logits[i], wanted[i]);
      return 1;
    }
  printf(", logits equal PyTorch's\n");
  return 0;
}
