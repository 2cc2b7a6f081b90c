/* Two threads run an instance each of a compiled library on the same images:
   use-threads IMAGES.npy; both must get the same logits each time. */

#include "digits.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { images = 360, pixels = 64, classes = 10, runs = 5 };

static LatheModel *model;
static float image[images * pixels];

struct Worker {
  int differs;
  float logits[images * classes];
  LatheStatus status;
};

static void *work(void *data) {
  struct Worker *worker = data;
  static const int64_t imageShape[] = {images, 1, 8, 8};
  static const int64_t logitsShape[] = {images, classes};
  float logits[images * classes];
  LatheTensor input = {LATHE_F32, 4, imageShape, image};
  LatheTensor output = {LATHE_F32, 2, logitsShape, logits};
  LatheInstance *instance;
  if (latheInstanceCreate(model, NULL, &instance, &worker->status))
    return worker;
  for (int run = 0; run < runs && !worker->status.code; ++run) {
    latheInstanceRun(instance, 0, &input, 1, &output, 1, &worker->status);
    worker->differs |= run > 0 && memcmp(worker->logits, logits, sizeof logits);
    memcpy(worker->logits, logits, sizeof logits);
  }
  latheInstanceDestroy(instance);
  return worker;
}

int main(int argc, char **argv) {
  static struct Worker workers[2];
  LatheStatus status;
  pthread_t threads[2];
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  unsigned char start[10];
  if (!file || fread(start, 1, 10, file) != 10 ||
      fseek(file, start[8] | start[9] << 8, SEEK_CUR) ||
      fread(image, sizeof *image, images * pixels, file) != images * pixels)
    return fprintf(stderr, "cannot read the images\n");
  fclose(file);
  if (latheModelOpen(&digits_model, &model, &status) ||
      latheModelLoadWeights(model, NULL, &status))
    return fprintf(stderr, "%s\n", status.message);
  for (int i = 0; i < 2; ++i)
    pthread_create(&threads[i], NULL, work, &workers[i]);
  for (int i = 0; i < 2; ++i)
    pthread_join(threads[i], NULL);
  for (int i = 0; i < 2; ++i)
    if (workers[i].status.code)
      return fprintf(stderr, "%s\n", workers[i].status.message);
  if (workers[0].differs || workers[1].differs ||
      memcmp(workers[0].logits, workers[1].logits, sizeof workers[0].logits))
    return fprintf(stderr, "the threads' logits differ\n");
  latheModelClose(model);
  printf("both threads got the same logits\n");
  return 0;
}
