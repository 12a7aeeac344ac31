/* proxies -- whose X-Forwarded-Proto and X-Forwarded-Host are believed: addresses and
 * networks, IPv4 and IPv6. Immutable once filled; any thread. */
#ifndef OFFHOOK_CONFIG_PROXIES_H
#define OFFHOOK_CONFIG_PROXIES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "util/error.h"
#include "util/span.h"

struct proxies;

struct proxies *proxies_new(void);
void proxies_free(struct proxies *proxies); /* NULL is fine */
/* Adds a list: addresses or CIDR networks, separated by commas or blanks. An error
 * names the entry, and nothing is added. */
int proxies_add(struct proxies *proxies, struct span list, struct error *err);
size_t proxies_count(const struct proxies *proxies);
/* Whether the peer is one of them. An IPv4 address mapped into IPv6 counts as IPv4.
 * False for other families. */
bool proxies_trust(const struct proxies *proxies, const struct sockaddr_storage *peer);

#endif
