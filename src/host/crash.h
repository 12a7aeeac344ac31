/* crash -- the last words of a handler process: where it died, told to the server
 * before the signal ends it. */
#ifndef OFFHOOK_HOST_CRASH_H
#define OFFHOOK_HOST_CRASH_H

#include <stdint.h>

/* From now on SIGSEGV, SIGBUS, SIGABRT, SIGFPE and SIGILL write a FRAME_CRASH log frame
 * to fd before they kill the process. Modules loaded later show as "?". Once a
 * process, on the thread that runs handlers: it gets a stack of its own for this, so
 * that an overflow of the usual one is told, too. */
void crash_watch(int fd);
/* Whose crash it would be: the id of the event that runs. */
void crash_running(uint64_t event);

#endif
