/* certificates -- those of the server: read at the start, and again when their files change
 * or the settings are reloaded. What cannot be used is told in the log and by an alert, and
 * those before it serve on. */
#ifndef OFFHOOK_APP_CERTIFICATES_H
#define OFFHOOK_APP_CERTIFICATES_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "http/tls.h"
#include "webhook/lane.h"

struct certificates;

/* *out is NULL where the settings name none, and none to get (app/issuance.h). -1 with err when one cannot be used. The service
 * needs its store only when certificates_look is called. */
int certificates_open(
    struct certificates **out, struct service *service, struct error *err);
/* Whether certificates_open would succeed; -1 with err. */
int certificates_check(const struct config *config, struct error *err);
/* After the servers that use them. NULL is fine. */
void certificates_close(struct certificates *certificates);
/* NULL for NULL. */
struct tls *certificates_tls(struct certificates *certificates);

/* From now on this file, with key and chain, is served besides; again: it has changed. Any
 * thread. */
void certificates_add(struct certificates *certificates, const char *file);

/* Tells of a certificate that cannot be had or used, by an alert (alert/failure.h). Any
 * thread, once the store is open. */
void certificates_alert(struct certificates *certificates, const char *why);

/* About once a second; NULL is fine. */
void certificates_look(struct certificates *certificates, int64_t now_us);
/* Reads them again, changed or not. Any thread; NULL is fine. */
void certificates_reload(struct certificates *certificates);

#endif
