#include "doctor/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client/curl.h"
#include "util/buf.h"
#include "util/clock.h"

enum { CONNECT_MS = 4000, REQUEST_MS = 6000, BODY_MAX = 16 * 1024, DAY_S = 24 * 3600 };

/* ---- the certificate ---- */

/* "Nov 28 06:10:43 2026 GMT" of OpenSSL, "2026-11-28 06:10:43 GMT" of GnuTLS; -1: neither. */
static int64_t probe_date_s(struct span text)
{
	char copy[40];
	struct tm when = {0};
	(void)snprintf(copy, sizeof(copy), "%.*s", SPAN_ARG(text));
	if (strptime(copy, "%b %d %H:%M:%S %Y", &when) == NULL) {
		when = (struct tm){0};
		if (strptime(copy, "%Y-%m-%d %H:%M:%S", &when) == NULL)
			return -1;
	}
	return (int64_t)timegm(&when);
}

void probe_judge_dates(
    struct findings *findings, struct span start, struct span expire, int64_t now_ms)
{
	int64_t from_s = probe_date_s(start), to_s = probe_date_s(expire);
	int64_t left_s = to_s - now_ms / 1000;
	if (from_s < 0 || to_s <= from_s)
		return;
	/* Whatever renews begins with a third left, or half of a short life. */
	if (left_s < (to_s - from_s) / 6)
		findings_add(findings,
		    left_s < (to_s - from_s) / 50 ? FINDING_ERROR : FINDING_WARNING,
		    "certificate",
		    "see why it was not renewed: the server's log (acme), or that of "
		    "certbot and the like; restart or reload whatever serves it",
		    "the certificate ends in %lld hours (%.*s)",
		    (long long)(left_s / 3600), SPAN_ARG(expire));
	else
		findings_add(findings, FINDING_OK, "certificate", NULL,
		    "the certificate is trusted, of this name, and good for %lld days",
		    (long long)(left_s / DAY_S));
}

static void probe_check_certificate(
    struct findings *findings, const struct curl *curl, CURL *handle)
{
	struct curl_certinfo *chain = NULL;
	struct span start = {0}, expire = {0};
	curl->easy_getinfo(handle, CURLINFO_CERTINFO, &chain);
	if (chain == NULL || chain->num_of_certs < 1)
		return;
	for (struct curl_slist *at = chain->certinfo[0]; at != NULL; at = at->next) {
		struct span line = span_of(at->data);
		if (span_istarts(line, SPAN("Start date:")))
			start = span_from(line, strlen("Start date:"));
		else if (span_istarts(line, SPAN("Expire date:")))
			expire = span_from(line, strlen("Expire date:"));
	}
	probe_judge_dates(findings, start, expire, clock_wall_ms());
}

/* ---- the answer ---- */

void probe_judge(
    struct findings *findings, const struct probe *probe, long status, struct span body)
{
	char *pass = arena_printf(findings->arena,
	    "whatever answers there (a proxy, a tunnel, another program) has to pass "
	    "this URL on to %s, with its path and method",
	    probe->listen);
	/* webhook/intake.c says so. */
	if (status == 400 && span_starts(body, SPAN("this is for Twilio: ")))
		findings_add(findings, FINDING_OK, "reach", NULL,
		    "Offhook answers at %s, and refuses what is not signed",
		    probe->url);
	else if (status >= 300 && status < 400)
		findings_add(findings, FINDING_ERROR, "reach",
		    "set public-url to where it leads, or end the redirect",
		    "%s is redirected (%ld): Twilio's signature is of the URL it was "
		    "given",
		    probe->url, status);
	else if (status == 502 || status == 504)
		findings_add(findings, FINDING_ERROR, "reach",
		    "start the server (`offhook serve`, or systemctl start offhook), and "
		    "see that the proxy passes on to where it listens",
		    "%s is answered %ld: a proxy is there, and no server behind it",
		    probe->url, status);
	else if (status == 503)
		findings_add(findings, FINDING_ERROR, "reach",
		    "see the server's log: it cannot store, or too many connect",
		    "%s is answered 503", probe->url);
	else
		findings_add(findings, FINDING_ERROR, "reach", pass,
		    "%s is answered %ld, and not by Offhook", probe->url, status);
}

/* A finding for a request that had no answer. */
static void probe_failed(struct findings *findings, const struct probe *probe,
    CURLcode code, const char *said, const char *family)
{
	const char *mend = arena_printf(findings->arena,
	    "is the server started, does it listen on %s, does the firewall or router "
	    "let this port in, does the name lead here? A machine behind a router may "
	    "be unable to call itself: then ask from elsewhere",
	    probe->listen);
	const char *check = "reach";
	if (code == CURLE_PEER_FAILED_VERIFICATION) {
		check = "certificate";
		mend =
		    "Twilio refuses it, too (errors 11235 to 11237): serve a "
		    "certificate of a public CA for this name, its issuers behind it "
		    "(fullchain.pem), as `acme` does by itself";
	} else if (code == CURLE_SSL_CONNECT_ERROR) {
		check = "certificate";
		mend = "does what answers there speak HTTPS, and has it a certificate? "
		       "See tls-cert and acme, or end HTTPS in a proxy";
	}
	findings_add(findings,
	    strcmp(family, "IPv6") == 0 ? FINDING_WARNING : FINDING_ERROR, check, mend,
	    "%s by %s: %s", probe->url, family, said);
}

static size_t probe_on_body(const char *bytes, size_t one, size_t count, void *ctx)
{
	struct buf *out = ctx;
	if (out->len < BODY_MAX)
		buf_add(out, bytes, one * count);
	return one * count;
}

static void probe_set(
    const struct curl *curl, CURL *handle, const struct probe *probe, struct buf *body)
{
	CURLcode (*set)(CURL *, CURLoption, ...) = curl->easy_setopt;
	int64_t left_ms = (probe->until_us - clock_mono_us()) / 1000;
	left_ms = left_ms < 1 ? 1 : left_ms > REQUEST_MS ? REQUEST_MS : left_ms;
	set(handle, CURLOPT_URL, probe->url);
	set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
	set(handle, CURLOPT_FOLLOWLOCATION, 0L);
	set(handle, CURLOPT_NOSIGNAL, 1L);
	set(handle, CURLOPT_QUICK_EXIT, 1L); /* no wait for a name server that hangs */
	set(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	set(handle, CURLOPT_TIMEOUT_MS, (long)left_ms);
	set(handle, CURLOPT_USERAGENT, "offhook-doctor/" OFFHOOK_VERSION);
	set(handle, CURLOPT_CERTINFO, 1L);
	set(handle, CURLOPT_POST, 1L);
	set(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
	set(handle, CURLOPT_POSTFIELDS, "");
	set(handle, CURLOPT_WRITEFUNCTION, probe_on_body);
	set(handle, CURLOPT_WRITEDATA, body);
}

static void probe_by(struct findings *findings, const struct probe *probe,
    const struct curl *curl, long family)
{
	char said[CURL_ERROR_SIZE] = "";
	struct buf body = {0};
	long status = 0;
	const char *name = family == CURL_IPRESOLVE_V6 ? "IPv6" : "IPv4";
	CURL *handle = curl->easy_init();
	if (handle == NULL)
		abort(); /* no memory: as util/mem.h */
	probe_set(curl, handle, probe, &body);
	curl->easy_setopt(handle, CURLOPT_IPRESOLVE, family);
	curl->easy_setopt(handle, CURLOPT_ERRORBUFFER, said);
	CURLcode code = curl->easy_perform(handle);
	curl->easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK) {
		probe_failed(findings, probe, code,
		    said[0] != '\0' ? said : curl->easy_strerror(code), name);
	} else {
		probe_check_certificate(findings, curl, handle);
		probe_judge(findings, probe, status, buf_span(&body));
	}
	curl->easy_cleanup(handle);
	buf_free(&body);
}

void probe_check(struct findings *findings, const struct probe *probe, bool v4, bool v6)
{
	struct curl curl;
	struct error err;
	if (curl_load(&curl, &err) < 0) {
		findings_add(findings, FINDING_WARNING, "reach", NULL,
		    "not looked at: %s", err.text);
		return;
	}
	if (v4)
		probe_by(findings, probe, &curl, CURL_IPRESOLVE_V4);
	if (v6)
		probe_by(findings, probe, &curl, CURL_IPRESOLVE_V6);
}
