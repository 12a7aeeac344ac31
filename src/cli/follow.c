#include "cli/follow.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "util/clock.h"

enum { PAUSE_US = 100000, CALM = 9 };

int follow_until_stopped(
    int (*look)(void *ctx, struct error *err), void *ctx, struct error *err)
{
	sigset_t stop;
	struct timespec pause;
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGINT);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	do {
		int64_t began_us = clock_mono_us();
		if (look(ctx, err) != 0)
			return -1;
		if (fflush(stdout) != 0)
			return 0;
		int64_t us = CALM * (clock_mono_us() - began_us);
		if (us < PAUSE_US)
			us = PAUSE_US;
		pause = (struct timespec){us / 1000000, us % 1000000 * 1000};
	} while (sigtimedwait(&stop, NULL, &pause) < 0);
	return 0;
}
