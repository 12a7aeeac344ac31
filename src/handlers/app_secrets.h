/* app_secrets -- the secrets that a program declares, as its processes get them. What it says
 * of itself comes from a process, so it is checked. */
#ifndef OFFHOOK_HANDLERS_APP_SECRETS_H
#define OFFHOOK_HANDLERS_APP_SECRETS_H

#include "frame/frame.h"
#include "secrets/secrets.h"
#include "util/error.h"

/* -1 with err: a name is none, or is a setting of the server's that is secret. */
int app_secrets_check(const struct frame_manifest *manifest, struct error *err);
/* Appends the FRAME_SECRETS; nothing when it declares none. Wipe *out. */
void app_secrets_put(struct buf *out, const struct frame_manifest *manifest,
    const struct secrets *secrets);
/* Whether the program gets the same from both. */
bool app_secrets_same(const struct frame_manifest *manifest, const struct secrets *a,
    const struct secrets *b);
/* A warning in the log that lists those that are not set. */
void app_secrets_tell_missing(
    const struct frame_manifest *manifest, const struct secrets *secrets);

#endif
