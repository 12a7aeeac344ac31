/* transport -- HTTPS requests to a CA, one after another, each with its time-outs, and all
 * of them within one deadline. One thread. */
#ifndef OFFHOOK_ACME_TRANSPORT_H
#define OFFHOOK_ACME_TRANSPORT_H

#include <stdint.h>

#include "client/curl.h"
#include "util/buf.h"
#include "util/error.h"

enum { TRANSPORT_BODY_MAX = 256 * 1024, TRANSPORT_HEADER_SIZE = 2048 };

struct transport_config {
	const char *ca_file; /* instead of the system's; NULL: the system's */
	int64_t connect_ms, request_ms;
	int64_t until_us; /* nothing lasts longer; of the monotonic clock */
};

struct transport {
	struct transport_config config;
	struct curl curl;
	CURL *handle;
};

/* Start from {0}; its body is used again by the next request. */
struct response {
	long status;
	struct buf body;
	char nonce[TRANSPORT_HEADER_SIZE],
	    location[TRANSPORT_HEADER_SIZE]; /* "": none */
	int64_t retry_after_ms;              /* 0: none, or now */
};

/* -1 with err: there is no libcurl. */
int transport_open(
    struct transport *out, const struct transport_config *config, struct error *err);
void transport_close(struct transport *transport);
/* GET, HEAD, or a POST of a body. 0: it was answered, whatever the status. -1 with err:
 * no answer came in time, or one that is too large; err names the host. */
int transport_send(struct transport *transport, const char *method, const char *url,
    const struct buf *body, struct response *out, struct error *err);
/* Waits, -1 with err when the deadline comes before that. */
int transport_wait(struct transport *transport, int64_t wait_ms, struct error *err);
void response_clear(struct response *response);

#endif
