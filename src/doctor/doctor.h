/* doctor -- all that can be looked at on an installation. It changes nothing. */
#ifndef OFFHOOK_DOCTOR_DOCTOR_H
#define OFFHOOK_DOCTOR_DOCTOR_H

#include <stdbool.h>

#include "config/config.h"
#include "doctor/findings.h"
#include "doctor/served.h"
#include "offhook.h"

/* Half a minute is the most it takes, whatever hangs. */
enum { DOCTOR_MS = 28000 };

/* The URL that Twilio is to call: public-url, or what `acme` makes one; NULL: there is
 * none. In the arena. */
const char *doctor_url(const struct config *config, struct arena *arena);
/* The public URL itself, and where its host leads. Unless the server
 * cannot run yet: whether it answers there. */
void doctor_check_url(struct findings *findings, const struct config *config,
    const struct served *served, bool runs);
/* Whether the server can listen where it is to; nothing when one runs there. */
void doctor_check_ports(struct findings *findings, const struct config *config);
/* The clock, by Twilio's. */
void doctor_check_clock(struct findings *findings, const struct config *config);
/* Everything; offline: what needs no network. The settings are those of `serve`. */
void doctor_check(
    struct findings *findings, struct config *config, const oh_app *app, bool offline);

#endif
