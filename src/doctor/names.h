/* names -- where the public URL's host leads. */
#ifndef OFFHOOK_DOCTOR_NAMES_H
#define OFFHOOK_DOCTOR_NAMES_H

#include <stdbool.h>
#include <sys/socket.h>

#include "doctor/findings.h"
#include "util/span.h"

struct names {
	bool v4, v6; /* it has addresses of that kind */
};

/* "hooks.example.com" of "hooks.example.com:8443", "::1" of "[::1]:443". */
struct span names_host(struct span host);
/* Whether no packet from the Internet comes to that address. */
bool names_private(const struct sockaddr *address);
/* Looks the host up, for at most some seconds, and judges what it finds. */
void names_check(struct names *out, struct findings *findings, struct span host);

#endif
