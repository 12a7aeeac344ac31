#include "rest/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rest/api_error.h"
#include "util/clock.h"

enum { CONNECT_MS = 5000, REQUEST_MS = 6000 };

/* ---- the account ---- */

static bool rest_is_sid(const char *sid, const char *kind)
{
	struct span text = span_of(sid);
	bool begins = span_starts(text, span_of(kind)) && text.len == 34;
	for (size_t i = 2; begins && i < text.len; i++)
		begins = strchr("0123456789abcdef", text.ptr[i]) != NULL;
	return begins;
}

/* http only where nobody can listen. */
static bool rest_is_local(struct span url)
{
	static const char *const hosts[] = {
	    "http://127.0.0.1", "http://localhost", "http://[::1]"};
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		size_t len = strlen(hosts[i]);
		if (span_istarts(url, span_of(hosts[i])) &&
		    (url.len == len || url.ptr[len] == ':' || url.ptr[len] == '/'))
			return true;
	}
	return false;
}

static int rest_check_url(const char *url, struct error *err)
{
	struct span text = span_of(url);
	if (!span_istarts(text, SPAN("https://")) && !rest_is_local(text))
		return error_set(err, "TWILIO_API_URL does not begin with https://");
	if (text.ptr[text.len - 1] == '/')
		return error_set(err, "TWILIO_API_URL has no slash at its end");
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f ||
		    strchr("@?#\\", text.ptr[i]) != NULL)
			return error_set(
			    err, "TWILIO_API_URL is https://, a host and nothing else");
	return 0;
}

int rest_check(const struct rest_account *account, struct error *err)
{
	if (rest_check_url(account->url, err) < 0)
		return -1;
	if (!rest_is_sid(account->sid, "AC"))
		return error_set(err,
		    "TWILIO_ACCOUNT_SID is not an account's SID: AC and 32 lower-case "
		    "hexadecimal digits");
	if (strcmp(account->user, account->sid) != 0 &&
	    !rest_is_sid(account->user, "SK"))
		return error_set(err,
		    "TWILIO_API_KEY is not an API key's SID: SK and 32 lower-case "
		    "hexadecimal digits");
	return 0;
}

/* ---- a request ---- */

int rest_open(struct rest *out, const struct rest_account *account, int64_t until_us,
    struct error *err)
{
	*out = (struct rest){.account = *account, .until_us = until_us};
	if (rest_check_url(account->url, err) < 0 || curl_load(&out->curl, err) < 0)
		return -1;
	out->handle = out->curl.easy_init();
	if (out->handle == NULL)
		abort(); /* no memory: as util/mem.h */
	return 0;
}

void rest_close(struct rest *rest)
{
	if (rest->handle != NULL)
		rest->curl.easy_cleanup(rest->handle);
	rest->handle = NULL;
}

static size_t rest_on_body(const char *bytes, size_t one, size_t count, void *ctx)
{
	struct buf *out = ctx;
	if (out->len + one * count > REST_BODY_MAX)
		return 0;
	buf_add(out, bytes, one * count);
	return one * count;
}

/* "Date: Sat, 28 Nov 2026 06:10:00 GMT" */
static size_t rest_on_header(const char *bytes, size_t one, size_t count, void *ctx)
{
	struct rest *rest = ctx;
	struct span line = {bytes, one * count};
	char text[40];
	struct tm when = {0};
	if (!span_istarts(line, SPAN("Date:")))
		return line.len;
	struct span value = span_trim(span_from(line, strlen("Date:")));
	(void)snprintf(text, sizeof(text), "%.*s", SPAN_ARG(value));
	if (strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &when) != NULL) {
		rest->date_ms = (int64_t)timegm(&when) * 1000;
		rest->date_here_ms = clock_wall_ms();
	}
	return line.len;
}

/* False when there is no time left. */
static bool rest_limit(struct rest *rest)
{
	int64_t left_ms = (rest->until_us - clock_mono_us()) / 1000;
	int64_t whole_ms = left_ms < REQUEST_MS ? left_ms : REQUEST_MS;
	if (left_ms <= 0)
		return false;
	rest->curl.easy_setopt(
	    rest->handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	rest->curl.easy_setopt(rest->handle, CURLOPT_TIMEOUT_MS, (long)whole_ms);
	return true;
}

static void rest_set(
    struct rest *rest, const char *url, const struct buf *form, struct buf *out)
{
	CURLcode (*set)(CURL *, CURLoption, ...) = rest->curl.easy_setopt;
	CURL *handle = rest->handle;
	set(handle, CURLOPT_URL, url);
	set(handle, CURLOPT_PROTOCOLS_STR,
	    rest_is_local(span_of(url)) ? "http" : "https");
	set(handle, CURLOPT_FOLLOWLOCATION, 0L);
	set(handle, CURLOPT_NOSIGNAL, 1L);
	set(handle, CURLOPT_QUICK_EXIT, 1L); /* no wait for a name server that hangs */
	set(handle, CURLOPT_USERAGENT, "offhook/" OFFHOOK_VERSION);
	set(handle, CURLOPT_WRITEFUNCTION, rest_on_body);
	set(handle, CURLOPT_WRITEDATA, out);
	set(handle, CURLOPT_HEADERFUNCTION, rest_on_header);
	set(handle, CURLOPT_HEADERDATA, rest);
	if (form != NULL) {
		set(handle, CURLOPT_POST, 1L);
		set(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)form->len);
		set(handle, CURLOPT_POSTFIELDS, buf_text(form));
	} else {
		set(handle, CURLOPT_HTTPGET, 1L);
	}
}

static int rest_send(struct rest *rest, const char *path, const struct buf *form,
    struct buf *out, struct error *err)
{
	char said[CURL_ERROR_SIZE] = "";
	struct buf url = {0};
	rest->status = 0;
	if (!rest_limit(rest))
		return error_set(err, "%s did not answer in time", rest->account.url);
	buf_printf(&url, "%s%s", rest->account.url, path);
	rest_set(rest, buf_text(&url), form, out);
	rest->curl.easy_setopt(rest->handle, CURLOPT_ERRORBUFFER, said);
	CURLcode code = rest->curl.easy_perform(rest->handle);
	rest->curl.easy_setopt(rest->handle, CURLOPT_ERRORBUFFER, NULL);
	rest->curl.easy_getinfo(rest->handle, CURLINFO_RESPONSE_CODE, &rest->status);
	buf_free(&url);
	if (code == CURLE_WRITE_ERROR)
		return error_set(
		    err, "%s sends more than any answer has", rest->account.url);
	if (code != CURLE_OK)
		return error_set(err, "%s: %s", rest->account.url,
		    said[0] != '\0' ? said : rest->curl.easy_strerror(code));
	return 0;
}

int rest_call(struct rest *rest, const char *path, const struct buf *form,
    struct buf *out, struct error *err)
{
	CURLcode (*set)(CURL *, CURLoption, ...) = rest->curl.easy_setopt;
	set(rest->handle, CURLOPT_USERNAME, rest->account.user);
	set(rest->handle, CURLOPT_PASSWORD, rest->account.password);
	int rc = rest_send(rest, path, form, out, err);
	set(rest->handle, CURLOPT_USERNAME, NULL);
	set(rest->handle, CURLOPT_PASSWORD, NULL);
	if (rc == 0 && (rest->status < 200 || rest->status > 299))
		return api_error_tell(rest->status, buf_span(out), err);
	return rc;
}

int rest_touch(struct rest *rest, struct error *err)
{
	struct buf out = {0};
	int rc = rest_send(rest, "/2010-04-01.json", NULL, &out, err);
	buf_free(&out);
	return rc;
}

void rest_field(struct buf *form, const char *name, const char *value)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-._~";
	buf_printf(form, "%s%s=", form->len > 0 ? "&" : "", name);
	for (const char *c = value; *c != '\0'; c++)
		if (strchr(plain, *c) != NULL)
			buf_putc(form, *c);
		else
			buf_printf(form, "%%%02X", (unsigned)(unsigned char)*c);
}
