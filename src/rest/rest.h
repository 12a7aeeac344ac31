/* rest -- requests to Twilio's REST API: https://www.twilio.com/docs/usage/api
 * Credentials go to its base URL and nowhere else: no redirect is followed. One thread. */
#ifndef OFFHOOK_REST_REST_H
#define OFFHOOK_REST_REST_H

#include <jansson.h>
#include <stdint.h>

#include "client/curl.h"
#include "util/buf.h"
#include "util/error.h"

#define REST_URL "https://api.twilio.com"

enum { REST_BODY_MAX = 4 * 1024 * 1024 };

/* Who asks. The texts are the caller's. */
struct rest_account {
	const char *url;      /* without a slash at its end; REST_URL */
	const char *sid;      /* "AC…" */
	const char *user;     /* the same, or an API key's SID, "SK…" */
	const char *password; /* the Auth Token, or the API key's secret */
};

/* -1 with err: the URL is not https (http is for this machine's own addresses alone), or a
 * SID does not have its form. err shows no password. */
int rest_check(const struct rest_account *account, struct error *err);

struct rest {
	struct rest_account account;
	struct curl curl;
	CURL *handle;
	int64_t until_us; /* of the monotonic clock; nothing lasts longer */
	/* What the last answer's Date header said, and the clock when it came; 0: none. */
	int64_t date_ms, date_here_ms;
	long status; /* of the last answer; 0: none came */
};

/* -1 with err: there is no libcurl. The account has been checked, or is only a URL. */
int rest_open(struct rest *out, const struct rest_account *account, int64_t until_us,
    struct error *err);
void rest_close(struct rest *rest); /* one that is all zero is fine */

/* GET of a path, or, with a form ("Name=value&…"), POST of it. Appends the body. -1 with
 * err: no answer, or none of success; err says what Twilio said. */
int rest_call(struct rest *rest, const char *path, const struct buf *form,
    struct buf *out, struct error *err);
/* Only an answer, whatever it is, for its Date; without credentials. */
int rest_touch(struct rest *rest, struct error *err);
/* Appends "Name=value" to a form. */
void rest_field(struct buf *form, const char *name, const char *value);

#endif
