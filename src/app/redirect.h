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
/* From now on GET /.well-known/acme-challenge/TOKEN gives that text, until it is forgotten:
 * https://www.rfc-editor.org/rfc/rfc8555#section-8.3. Any thread. */
void redirect_answer(struct redirect *redirect, const char *token, const char *text);
void redirect_forget(struct redirect *redirect, const char *token);
void redirect_close(struct redirect *redirect); /* NULL is fine */

#endif
