/* host -- the inside of a handler process: takes events and jobs from the server, runs the
 * app's handlers and workers on them, one at a time, and sends the outcomes back
 * (frame/frame.h). */
#ifndef OFFHOOK_HOST_HOST_H
#define OFFHOOK_HOST_HOST_H

#include "offhook.h"

/* Whether this process was started as a handler process (OFFHOOK_HANDLER is set). */
int host_wanted(void);
/* Runs until the server closes the socket. Gives the exit code. */
int host_run(const oh_app *app);

#endif
