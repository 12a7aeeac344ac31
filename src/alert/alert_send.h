/* alert_send -- sends one alert: by an HTTP request, by a command. */
#ifndef OFFHOOK_ALERT_ALERT_SEND_H
#define OFFHOOK_ALERT_ALERT_SEND_H

#include <stdint.h>

#include "alert/alert_message.h"
#include "util/error.h"

enum { ALERT_URL_MS = 10000, ALERT_COMMAND_MS = 30000 };

/* POSTs the JSON to an http:// or https:// URL, signed (client/standard_webhook.h) unless
 * secret is NULL. 0 when the answer is 2xx. Of the URL errors name the host only. */
int alert_post(const char *url, const char *secret, const struct alert_message *message,
    struct error *err);
/* Runs the command by /bin/sh -c, with the JSON as standard input and the sentence in
 * OFFHOOK_ALERT_TEXT. 0 when it exits with 0 within timeout_ms; after that its process
 * group is killed. */
int alert_run(const char *command, int timeout_ms, const struct alert_message *message,
    struct error *err);

#endif
