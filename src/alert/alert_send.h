/* alert_send -- one alert on its way: an HTTP request, a command. */
#ifndef OFFHOOK_ALERT_ALERT_SEND_H
#define OFFHOOK_ALERT_ALERT_SEND_H

#include <stdint.h>

#include "alert/alert_message.h"
#include "util/error.h"

enum { ALERT_URL_MS = 10000, ALERT_COMMAND_MS = 30000 };

/* POSTs the JSON, signed when there is a secret (app/alert_sign.h), to an http:// or
 * https:// URL. 0 when the answer was 2xx; errors name the host only. */
int alert_post(const char *url, const char *secret, const struct alert_message *message,
    struct error *err);
/* Runs it by /bin/sh -c with the JSON on its standard input and the sentence in
 * OFFHOOK_ALERT_TEXT. 0 when it exits with 0 within timeout_ms; after that it is killed,
 * with all it has started in its process group. */
int alert_run(const char *command, int timeout_ms, const struct alert_message *message,
    struct error *err);

#endif
