/* crash -- what a handler process tells the server before a signal ends it: where it
 * was. */
#ifndef OFFHOOK_HOST_CRASH_H
#define OFFHOOK_HOST_CRASH_H

#include <stdint.h>

/* From now on SIGSEGV, SIGBUS, SIGABRT, SIGFPE and SIGILL write a FRAME_CRASH log frame to
 * fd before they kill the process. Modules loaded later show as "?". Call it once, on the
 * thread that runs handlers: that thread gets a second stack for this, so that an overflow
 * of the first one is told, too. */
void crash_watch(int fd);
/* The id of the run that a crash is about from now on. */
void crash_running(uint64_t run);

#endif
