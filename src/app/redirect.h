/* redirect -- the listener of plain HTTP beside HTTPS: it sends clients on to https, and
 * reads nothing but the heads of their requests. */
#ifndef OFFHOOK_APP_REDIRECT_H
#define OFFHOOK_APP_REDIRECT_H

#include "config/config.h"
#include "util/error.h"

struct redirect;

/* https: the address of the server of HTTPS, whose port is part of the URL unless it is 443.
 * -1 with err when it cannot listen. */
int redirect_open(struct redirect **out, const struct config *config, const char *https,
    struct error *err);
const char *redirect_address(const struct redirect *redirect);
void redirect_close(struct redirect *redirect); /* NULL is fine */

#endif
