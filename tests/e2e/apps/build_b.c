#define BUILD "b"
#define MORE
#include "build_a.c"
