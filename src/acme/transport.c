#include "acme/transport.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme/answer.h"
#include "acme/base64url.h"
#include "util/clock.h"

int transport_open(
    struct transport *out, const struct transport_config *config, struct error *err)
{
	*out = (struct transport){.config = *config};
	if (curl_load(&out->curl, err) < 0)
		return -1;
	out->handle = out->curl.easy_init();
	if (out->handle == NULL)
		abort(); /* no memory: as util/mem.h */
	return 0;
}

void transport_close(struct transport *transport)
{
	if (transport->handle != NULL)
		transport->curl.easy_cleanup(transport->handle);
	transport->handle = NULL;
}

void response_clear(struct response *response)
{
	buf_free(&response->body);
}

static size_t transport_on_body(const char *bytes, size_t one, size_t count, void *ctx)
{
	struct response *response = ctx;
	size_t len = one * count;
	if (response->body.len + len > TRANSPORT_BODY_MAX)
		return 0;
	buf_add(&response->body, bytes, len);
	return len;
}

static void transport_keep(char out[TRANSPORT_HEADER_SIZE], struct span value)
{
	if (value.len < TRANSPORT_HEADER_SIZE)
		(void)snprintf(out, TRANSPORT_HEADER_SIZE, "%.*s", SPAN_ARG(value));
}

static size_t transport_on_header(
    const char *bytes, size_t one, size_t count, void *ctx)
{
	struct response *response = ctx;
	struct span line = {bytes, one * count};
	size_t colon = span_find(line, ':');
	if (colon == line.len)
		return line.len;
	struct span name = span_head(line, colon);
	struct span value = span_trim(span_from(line, colon + 1));
	if (span_ieq(name, SPAN("Replay-Nonce")) && base64url_is(value))
		transport_keep(response->nonce, value);
	else if (span_ieq(name, SPAN("Location")) && answer_is_url(value))
		transport_keep(response->location, value);
	else if (span_ieq(name, SPAN("Retry-After"))) {
		int64_t wait_ms = answer_retry_after_ms(value, clock_wall_ms());
		response->retry_after_ms = wait_ms > 0 ? wait_ms : 0;
	}
	return line.len;
}

static int64_t transport_left_ms(const struct transport *transport)
{
	return (transport->config.until_us - clock_mono_us()) / 1000;
}

static void transport_limit(struct transport *transport, int64_t left_ms)
{
	const struct transport_config *config = &transport->config;
	int64_t request_ms =
	    left_ms < config->request_ms ? left_ms : config->request_ms;
	transport->curl.easy_setopt(
	    transport->handle, CURLOPT_CONNECTTIMEOUT_MS, (long)config->connect_ms);
	transport->curl.easy_setopt(
	    transport->handle, CURLOPT_TIMEOUT_MS, (long)request_ms);
}

static struct curl_slist *transport_set(struct transport *transport, const char *method,
    const char *url, const struct buf *body, struct response *out)
{
	CURLcode (*set)(CURL *, CURLoption, ...) = transport->curl.easy_setopt;
	CURL *handle = transport->handle;
	struct curl_slist *headers = NULL;
	set(handle, CURLOPT_URL, url);
	set(handle, CURLOPT_PROTOCOLS_STR, "https");
	set(handle, CURLOPT_NOSIGNAL, 1L);
	set(handle, CURLOPT_USERAGENT, "offhook/" OFFHOOK_VERSION);
	set(handle, CURLOPT_WRITEFUNCTION, transport_on_body);
	set(handle, CURLOPT_WRITEDATA, out);
	set(handle, CURLOPT_HEADERFUNCTION, transport_on_header);
	set(handle, CURLOPT_HEADERDATA, out);
	if (transport->config.ca_file != NULL)
		set(handle, CURLOPT_CAINFO, transport->config.ca_file);
	if (strcmp(method, "POST") == 0) {
		headers = transport->curl.slist_append(
		    NULL, "Content-Type: application/jose+json");
		set(handle, CURLOPT_POST, 1L);
		set(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
		set(handle, CURLOPT_POSTFIELDS, buf_text(body));
		set(handle, CURLOPT_HTTPHEADER, headers);
	} else {
		set(handle, CURLOPT_HTTPHEADER, NULL);
		set(handle, CURLOPT_HTTPGET, 1L);
		set(handle, CURLOPT_NOBODY, strcmp(method, "HEAD") == 0 ? 1L : 0L);
	}
	return headers;
}

/* What to change, where libcurl says it in its own words only. */
static const char *transport_advice(CURLcode code, const struct transport *transport)
{
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return transport->config.ca_file != NULL
			   ? "; its certificate is not of the authorities in acme-ca-file"
			   : "; for a private CA set acme-ca-file; is the clock right?";
	if (code == CURLE_SSL_CACERT_BADFILE)
		return "; look at acme-ca-file";
	if (code == CURLE_COULDNT_RESOLVE_HOST)
		return "; look at acme-directory and at this machine's DNS";
	if (code == CURLE_WRITE_ERROR)
		return "; it sent more than any CA would";
	return "";
}

int transport_send(struct transport *transport, const char *method, const char *url,
    const struct buf *body, struct response *out, struct error *err)
{
	char said[CURL_ERROR_SIZE] = "";
	int64_t left_ms = transport_left_ms(transport);
	struct span host = {url, strlen(url)};
	out->status = 0;
	out->nonce[0] = out->location[0] = '\0';
	out->retry_after_ms = 0;
	buf_clear(&out->body);
	if (span_istarts(host, SPAN("https://")))
		host = span_from(host, strlen("https://"));
	host.len = strcspn(host.ptr, "/?#");
	if (left_ms <= 0)
		return error_set(err, "%.*s: the deadline has passed", SPAN_ARG(host));
	struct curl_slist *headers = transport_set(transport, method, url, body, out);
	transport_limit(transport, left_ms);
	transport->curl.easy_setopt(transport->handle, CURLOPT_ERRORBUFFER, said);
	CURLcode code = transport->curl.easy_perform(transport->handle);
	transport->curl.easy_getinfo(
	    transport->handle, CURLINFO_RESPONSE_CODE, &out->status);
	transport->curl.easy_setopt(transport->handle, CURLOPT_ERRORBUFFER, NULL);
	transport->curl.easy_setopt(transport->handle, CURLOPT_HTTPHEADER, NULL);
	transport->curl.slist_free_all(headers);
	if (code != CURLE_OK)
		return error_set(err, "%.*s: %s%s", SPAN_ARG(host),
		    said[0] != '\0' ? said : transport->curl.easy_strerror(code),
		    transport_advice(code, transport));
	return 0;
}

int transport_wait(struct transport *transport, int64_t wait_ms, struct error *err)
{
	if (wait_ms > transport_left_ms(transport))
		return error_set(err, "the CA took too long: the deadline came first");
	int64_t until_us = clock_mono_us() + wait_ms * 1000;
	for (int64_t left_us; (left_us = until_us - clock_mono_us()) > 0;)
		(void)poll(NULL, 0, (int)(left_us / 1000 + 1));
	return 0;
}
