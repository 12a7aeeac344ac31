/* probe -- whether this installation answers through its public URL, and with what
 * certificate. */
#ifndef OFFHOOK_DOCTOR_PROBE_H
#define OFFHOOK_DOCTOR_PROBE_H

#include <stdint.h>

#include "doctor/findings.h"
#include "util/span.h"

struct probe {
	const char *url;    /* the public one, with a path that wants a signature */
	const char *listen; /* where the server listens, for advice */
	int64_t until_us;
};

/* Posts an empty form without a signature, which Offhook alone refuses as it does. By IPv4
 * or by IPv6, as the host has addresses; the log of the server has a line of it. */
void probe_check(
    struct findings *findings, const struct probe *probe, bool v4, bool v6);

/* What an answer means. */
void probe_judge(struct findings *findings, const struct probe *probe, long status,
    struct span body);
/* Judges a certificate by its lines "Start date" and "Expire date" as libcurl gives them,
 * whichever library it has. */
void probe_judge_dates(
    struct findings *findings, struct span start, struct span expire, int64_t now_ms);

#endif
