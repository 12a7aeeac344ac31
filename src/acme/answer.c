#include "acme/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acme/base64url.h"
#include "util/text.h"

bool answer_is_url(struct span text)
{
	const struct span scheme = SPAN("https://");
	if (!span_istarts(text, scheme) || text.len == scheme.len ||
	    text.len > ANSWER_URL_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || text.ptr[i] == '"' ||
		    text.ptr[i] == '\\')
			return false;
	return true;
}

static json_t *answer_load(struct span json, const char *what, struct error *err)
{
	json_t *doc = json.len == 0 ? NULL
				    : json_loadb(json.ptr, json.len,
					  JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(doc)) {
		json_decref(doc);
		(void)error_set(err, "the CA sent no %s", what);
		return NULL;
	}
	return doc;
}

static const char *answer_text(const json_t *doc, const char *name)
{
	return json_string_value(json_object_get(doc, name));
}

static const char *answer_url(const json_t *doc, const char *name)
{
	const char *text = answer_text(doc, name);
	return text != NULL && answer_is_url(span_of(text)) ? text : NULL;
}

/* Ends the object that lacks something. */
static int answer_lacks(json_t **doc, const char *what, struct error *err)
{
	json_decref(*doc);
	*doc = NULL;
	return error_set(err, "the CA's %s", what);
}

int answer_directory(struct answer_directory *out, struct span json, struct error *err)
{
	*out = (struct answer_directory){.doc = answer_load(json, "directory", err)};
	if (out->doc == NULL)
		return -1;
	const json_t *meta = json_object_get(out->doc, "meta");
	out->new_nonce = answer_url(out->doc, "newNonce");
	out->new_account = answer_url(out->doc, "newAccount");
	out->new_order = answer_url(out->doc, "newOrder");
	out->renewal_info = answer_url(out->doc, "renewalInfo");
	out->terms = answer_url(meta, "termsOfService");
	out->account_required =
	    json_is_true(json_object_get(meta, "externalAccountRequired"));
	const json_t *profiles = json_object_get(meta, "profiles");
	out->profiles = json_is_object(profiles) ? profiles : NULL;
	if (out->new_nonce == NULL || out->new_account == NULL ||
	    out->new_order == NULL)
		return answer_lacks(
		    &out->doc, "directory lacks newNonce, newAccount or newOrder", err);
	return 0;
}

static bool answer_status(enum answer_status *out, const json_t *doc)
{
	static const struct {
		const char *name;
		enum answer_status status;
	} names[] = {{"pending", ANSWER_PENDING}, {"ready", ANSWER_READY},
	    {"processing", ANSWER_PROCESSING}, {"valid", ANSWER_VALID},
	    {"invalid", ANSWER_INVALID}, {"deactivated", ANSWER_INVALID},
	    {"expired", ANSWER_INVALID}, {"revoked", ANSWER_INVALID}};

	const char *text = answer_text(doc, "status");
	for (size_t i = 0; text != NULL && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i].name) == 0) {
			*out = names[i].status;
			return true;
		}
	return false;
}

static bool answer_all_urls(const json_t *array)
{
	size_t i;
	const json_t *one;
	if (json_array_size(array) == 0 || json_array_size(array) > ACME_NAMES_MAX)
		return false;
	json_array_foreach(array, i, one)
		if (!json_is_string(one) ||
		    !answer_is_url(span_of(json_string_value(one))))
			return false;
	return true;
}

int answer_order(struct answer_order *out, struct span json, struct error *err)
{
	*out = (struct answer_order){.doc = answer_load(json, "order", err)};
	if (out->doc == NULL)
		return -1;
	out->authorizations = json_object_get(out->doc, "authorizations");
	out->finalize = answer_url(out->doc, "finalize");
	out->certificate = answer_url(out->doc, "certificate");
	out->error = json_object_get(out->doc, "error");
	if (!answer_status(&out->status, out->doc) || out->finalize == NULL ||
	    !answer_all_urls(out->authorizations))
		return answer_lacks(&out->doc,
		    "order lacks its status, its authorizations or finalize", err);
	if (out->status == ANSWER_VALID && out->certificate == NULL)
		return answer_lacks(
		    &out->doc, "order is valid and has no certificate", err);
	return 0;
}

static void answer_challenges(struct answer_authorization *out)
{
	size_t i;
	const json_t *one;
	json_array_foreach(json_object_get(out->doc, "challenges"), i, one) {
		struct answer_challenge challenge = {.type = answer_text(one, "type"),
		    .url = answer_url(one, "url"),
		    .token = answer_text(one, "token"),
		    .error = json_object_get(one, "error")};
		/* The token becomes part of a path. */
		if (challenge.type != NULL && challenge.url != NULL &&
		    challenge.token != NULL &&
		    strlen(challenge.token) <= ACME_NAME_SIZE &&
		    base64url_is(span_of(challenge.token)) &&
		    out->challenge_count < ANSWER_CHALLENGES_MAX)
			out->challenges[out->challenge_count++] = challenge;
	}
}

int answer_authorization(
    struct answer_authorization *out, struct span json, struct error *err)
{
	*out = (struct answer_authorization){
	    .doc = answer_load(json, "authorization", err)};
	if (out->doc == NULL)
		return -1;
	out->name = answer_text(json_object_get(out->doc, "identifier"), "value");
	if (!answer_status(&out->status, out->doc) || out->name == NULL ||
	    strlen(out->name) >= ACME_NAME_SIZE)
		return answer_lacks(
		    &out->doc, "authorization lacks its status or its name", err);
	answer_challenges(out);
	return 0;
}

const struct answer_challenge *answer_find_challenge(
    const struct answer_authorization *authorization, const char *type)
{
	for (size_t i = 0; i < authorization->challenge_count; i++)
		if (strcmp(authorization->challenges[i].type, type) == 0)
			return &authorization->challenges[i];
	return NULL;
}

/* "Z", or "+01:00": how far it is from UTC. False when it is neither. */
static bool answer_offset(const char *text, int64_t *out_s)
{
	int64_t hours = 0, minutes = 0;
	*out_s = 0;
	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
		return true;
	if (strlen(text) != strlen("+hh:mm") || text[3] != ':' ||
	    (text[0] != '+' && text[0] != '-') ||
	    !text_int((struct span){text + 1, 2}, 0, 23, &hours) ||
	    !text_int((struct span){text + 4, 2}, 0, 59, &minutes))
		return false;
	*out_s = (text[0] == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
	return true;
}

/* A time of RFC 3339; 0: it is none. */
static int64_t answer_time(const char *text)
{
	struct tm tm = {0};
	int64_t offset_s;
	const char *rest =
	    text == NULL ? NULL : strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (rest == NULL)
		return 0;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (!answer_offset(rest, &offset_s))
		return 0;
	return ((int64_t)timegm(&tm) - offset_s) * 1000;
}

int answer_window(struct answer_window *out, struct span json, struct error *err)
{
	*out = (struct answer_window){
	    .doc = answer_load(json, "renewal information", err)};
	if (out->doc == NULL)
		return -1;
	const json_t *window = json_object_get(out->doc, "suggestedWindow");
	out->start_ms = answer_time(answer_text(window, "start"));
	out->end_ms = answer_time(answer_text(window, "end"));
	out->explanation = answer_url(out->doc, "explanationURL");
	if (out->start_ms <= 0 || out->end_ms < out->start_ms)
		return answer_lacks(
		    &out->doc, "renewal information has no window", err);
	return 0;
}

static bool answer_is_number(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	return text.len > 0;
}

int64_t answer_retry_after_ms(struct span value, int64_t now_ms)
{
	char text[40];
	struct tm tm = {0};
	int64_t wait_ms = 0;
	value = span_trim(value);
	if (answer_is_number(value))
		return text_int(value, 0, ANSWER_WAIT_MAX_S, &wait_ms)
			   ? wait_ms * 1000
			   : INT64_C(1000) * ANSWER_WAIT_MAX_S;
	if (value.len == 0 || value.len >= sizeof(text))
		return -1;
	(void)snprintf(text, sizeof(text), "%.*s", SPAN_ARG(value));
	const char *rest = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	if (rest == NULL || *rest != '\0')
		return -1;
	wait_ms = (int64_t)timegm(&tm) * 1000 - now_ms;
	if (wait_ms > INT64_C(1000) * ANSWER_WAIT_MAX_S)
		return INT64_C(1000) * ANSWER_WAIT_MAX_S;
	return wait_ms < 0 ? 0 : wait_ms;
}
