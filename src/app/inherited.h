/* inherited -- listening sockets that the service manager opened and hands over: systemd's
 * socket activation, as sd_listen_fds(3) says, without its library. They outlive a restart:
 * who connects meanwhile waits in the socket's queue. */
#ifndef OFFHOOK_APP_INHERITED_H
#define OFFHOOK_APP_INHERITED_H

#include "config/config.h"

/* From LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES, if they are for this process: the socket
 * named "admin" takes the place of the setting admin, "redirect" that of redirect-listen,
 * another one that of listen. A second one of these is an error, and one named "redirect" where
 * HTTPS is not served; they are added to config->errors. */
void inherited_take(struct config *config);

#endif
