// Walks without any cache in C.
//   walk <memory words> <stream words> <base> <lv1>
#include "walk.h"


static void setup(void) {}

static void run(void) {
  for (uint32_t i = 0; i < count; i++) output[i] = walk(stream[i]);
}

static uint32_t check(void) {
  return hash_output();
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  load_stream(argv);
  return serve();
}
