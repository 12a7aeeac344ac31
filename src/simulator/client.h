/* client -- an HTTP client that behaves like Twilio's: it waits 15 s at most, follows
 * no redirects and sends the target byte for byte. Uses libcurl, which curl_load loads,
 * so that a server does without it. One connection, kept alive; one thread at a time. */
#ifndef OFFHOOK_SIMULATOR_CLIENT_H
#define OFFHOOK_SIMULATOR_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/error.h"
#include "util/span.h"

struct client;
struct curl;

enum { CLIENT_MAX_REPLY = 1024 * 1024, CLIENT_TIMEOUT_MS = 15000 };

struct client_request {
	const char *url; /* what is dialled: scheme, host, port */
	/* "sha256//…" of the only public key that is believed, whatever name its certificate
	 * is for; NULL: who a trusted CA says has the URL's name */
	const char *pin;
	const char *target;         /* path and query, sent unchanged */
	const char *const *headers; /* "Name: value" …, NULL; may have Host */
	bool get;                   /* GET without a body; else POST */
	struct span body;
	const char *label; /* the caller's own; not sent */
};

struct client_reply {
	int status;
	char type[128];  /* Content-Type, or "" */
	char event[16];  /* X-Offhook-Event: "failed", "late", or "" */
	struct buf body; /* longer than CLIENT_MAX_REPLY is an error */
	int64_t us;      /* from the first byte sent to the last one received */
};

/* curl (client/curl.h) must outlive it. */
struct client *client_new(const struct curl *curl);
void client_free(struct client *client); /* NULL is fine */
/* -1 with err when no answer came. Clears reply->body first; the caller frees it. */
int client_send(struct client *client, const struct client_request *request,
    struct client_reply *reply, struct error *err);

#endif
