#include "twilio/diagnose.h"

#include "twilio/diagnose_body.h"
#include "twilio/diagnose_query.h"
#include "twilio/diagnose_url.h"

/* The refused request, and the verifier that checks its near misses. */
struct inquiry {
	const struct tokens *tokens; /* the verifier's */
	struct verifier *verifier;
	const struct signed_request *request;
	struct arena *arena;
};

static bool is_malformed(const struct inquiry *inquiry)
{
	struct span text = inquiry->request->signature;
	for (size_t i = 0; i + 1 < text.len; i++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			   "0123456789+/",
			text.ptr[i]) == NULL ||
		    text.ptr[i] == '\0')
			return true;
	bool length =
	    text.len == SIGNATURE_SIZE - 1 || text.len == SIGNATURE_MAX_SIZE - 1;
	return !length || text.ptr[text.len - 1] != '=';
}

/* A SharedKey signed it that is not configured here. */
static bool has_unknown_key(const struct inquiry *inquiry)
{
	struct span key = signature_key(inquiry->request->settings);
	return key.len > 0 && !tokens_have_key(inquiry->tokens, key);
}

/* A SharedKey signed it that is, and still it does not match: its header names another
 * algorithm, or its secret is another. */
static bool matches_without_key(const struct inquiry *inquiry)
{
	struct signed_request changed = *inquiry->request;
	changed.settings = (struct span){0};
	return signature_key(inquiry->request->settings).len > 0 &&
	       diagnose_matches(inquiry->verifier, &changed);
}

/* Neither the account itself nor "all other accounts" has a token. */
static bool has_no_token(const struct inquiry *inquiry)
{
	struct span account = inquiry->request->account_sid;
	if (account.len == 0 || tokens_list(inquiry->tokens, account))
		return false;
	for (size_t i = 0; i < tokens_count(inquiry->tokens); i++)
		if (tokens_at(inquiry->tokens, i)->account.len == 0 &&
		    tokens_at(inquiry->tokens, i)->key.len == 0)
			return false;
	return true;
}

static bool matches_any_token(const struct inquiry *inquiry)
{
	struct signed_request changed = *inquiry->request;
	changed.account_sid = (struct span){0};
	return diagnose_matches(inquiry->verifier, &changed);
}

static bool matches_listed(const struct inquiry *inquiry)
{
	return tokens_list(inquiry->tokens, inquiry->request->account_sid) &&
	       matches_any_token(inquiry);
}

static bool matches_unlisted(const struct inquiry *inquiry)
{
	return !tokens_list(inquiry->tokens, inquiry->request->account_sid) &&
	       matches_any_token(inquiry);
}

/* The URL without the body. */
static bool matches_url_alone(const struct inquiry *inquiry)
{
	struct signed_request changed = *inquiry->request;
	changed.params = NULL;
	changed.body = SPAN("");
	changed.bodyless = true;
	return diagnose_matches(inquiry->verifier, &changed);
}

static bool has_hash(const struct inquiry *inquiry)
{
	struct span target = inquiry->request->target;
	return memmem(target.ptr, target.len, "bodySHA256=", 11) != NULL;
}

static bool matches_but_hash(const struct inquiry *inquiry)
{
	return has_hash(inquiry) && matches_url_alone(inquiry);
}

static bool matches_but_form(const struct inquiry *inquiry)
{
	return inquiry->request->params != NULL && matches_url_alone(inquiry);
}

static bool matches_but_body(const struct inquiry *inquiry)
{
	return inquiry->request->params == NULL && matches_url_alone(inquiry);
}

static bool matches_params(const struct inquiry *inquiry, const struct params *params)
{
	struct signed_request changed = *inquiry->request;
	changed.params = params;
	return diagnose_matches(inquiry->verifier, &changed);
}

static bool matches_body_as_form(const struct inquiry *inquiry)
{
	struct params form;
	return inquiry->request->params == NULL && inquiry->request->body.len > 0 &&
	       params_parse(&form, inquiry->request->body, inquiry->arena) ==
		   PARAMS_OK &&
	       matches_params(inquiry, &form);
}

/* The query's parameters as if they had been posted, the query kept or not. */
static bool matches_query(const struct inquiry *inquiry, bool keep_query)
{
	struct signed_request changed = *inquiry->request;
	size_t mark = span_find(changed.target, '?');
	struct params query;
	if (changed.params != NULL || mark == changed.target.len ||
	    params_parse(&query, span_from(changed.target, mark + 1), inquiry->arena) !=
		PARAMS_OK)
		return false;
	changed.params = &query;
	if (!keep_query)
		changed.target = span_head(changed.target, mark);
	return diagnose_matches(inquiry->verifier, &changed);
}

static bool matches_query_twice(const struct inquiry *inquiry)
{
	return matches_query(inquiry, true);
}

static bool matches_query_posted(const struct inquiry *inquiry)
{
	return matches_query(inquiry, false);
}

/* The form's parameters for which keep is true (NULL: all), trimmed on request. */
static bool matches_kept(
    const struct inquiry *inquiry, bool (*keep)(const struct pair *param), bool trimmed)
{
	const struct params *form = inquiry->request->params;
	if (form == NULL)
		return false;
	struct params kept = {0};
	kept.items = arena_alloc(inquiry->arena, form->count * sizeof(*kept.items));
	for (size_t i = 0; i < form->count; i++) {
		struct pair param = form->items[i];
		if (trimmed)
			param.value = span_trim(param.value);
		if (keep == NULL || keep(&param))
			kept.items[kept.count++] = param;
	}
	return matches_params(inquiry, &kept);
}

static bool is_not_empty(const struct pair *param)
{
	return param->value.len > 0;
}

static bool is_not_late(const struct pair *param)
{
	return !span_is(param->name, "CallToken") &&
	       !span_is(param->name, "StirVerstat");
}

static bool matches_trimmed(const struct inquiry *inquiry)
{
	return matches_kept(inquiry, NULL, true) ||
	       matches_kept(inquiry, is_not_empty, false) ||
	       matches_kept(inquiry, is_not_empty, true);
}

static bool matches_without_late(const struct inquiry *inquiry)
{
	return matches_kept(inquiry, is_not_late, false);
}

/* Twilio always sends the places of both numbers, often empty. A proxy that drops empty
 * parameters breaks the signature. */
static bool matches_with_empties(const struct inquiry *inquiry)
{
	static const char *const places[] = {"FromCity", "FromState", "FromZip",
	    "FromCountry", "ToCity", "ToState", "ToZip", "ToCountry", "Body"};

	enum { PLACES = sizeof(places) / sizeof(places[0]) };
	const struct params *form = inquiry->request->params;
	if (form == NULL)
		return false;
	struct params filled = {.count = form->count};
	filled.items =
	    arena_alloc(inquiry->arena, (form->count + PLACES) * sizeof(*filled.items));
	for (size_t i = 0; i < form->count; i++)
		filled.items[i] = form->items[i];
	for (size_t i = 0; i < PLACES; i++)
		if (params_get(form, places[i]).ptr == NULL)
			filled.items[filled.count++] =
			    (struct pair){span_of(places[i]), SPAN("")};
	return matches_params(inquiry, &filled);
}

struct miss {
	bool (*matches)(const struct inquiry *inquiry);
	struct diagnosis found;
};

/* Tried first: what the headers say. */
static const struct miss header_misses[] = {
    {is_malformed,
	{"malformed",
	    "the X-Twilio-Signature header is not 28 (or, of a SharedKey, 44) "
	    "characters of Base64: something on the way changes it, or it is "
	    "not Twilio's"}},
    {has_unknown_key,
	{"shared-key",
	    "a SharedKey signed this that is not known here: add it to "
	    "TWILIO_SHARED_KEYS (the header X-Twilio-Webhooks-Signature-Settings names "
	    "its id)"}},
    {matches_without_key,
	{"shared-key", "the Auth Token signed this, but a header names a SharedKey: "
		       "something on the way adds it"}},
};

/* Tried before other URLs: causes that a URL cannot explain, or explains less well. */
static const struct miss first_misses[] = {
    {matches_listed,
	{"token", "another token configured here signed this: add it to the account's "
		  "tokens in TWILIO_AUTH_TOKENS"}},
    {matches_unlisted,
	{"token", "a token listed for another account signed this: list it for this "
		  "account too, in TWILIO_AUTH_TOKENS"}},
    {has_no_token,
	{"account", "this account has no token here, and there is no default one: add "
		    "AC…:token to TWILIO_AUTH_TOKENS or set TWILIO_AUTH_TOKEN"}},
    {matches_but_hash,
	{"body-hash", "the URL is signed, but the body is not the one that bodySHA256 "
		      "stands for: let no proxy change the body"}},
    {matches_but_form,
	{"json-as-form",
	    "the signature covers the URL without the form: this was signed "
	    "as GET or JSON; keep the method and Content-Type Twilio sends"}},
    {matches_but_body,
	{"body-hash",
	    "the URL is signed, but nothing in it covers the body: bodySHA256 "
	    "is missing; let no proxy change the query"}},
    {matches_body_as_form,
	{"form-as-json",
	    "the body is signed as a form, but its Content-Type is JSON's: "
	    "let the proxy keep the Content-Type Twilio sends"}},
    {matches_query_twice,
	{"get-params", "the signature counts the query's parameters twice: with GET, "
		       "whatever signs must cover the URL alone"}},
    {matches_query_posted,
	{"get-params", "this was signed as POST and came as GET: a redirect loses the "
		       "form; give Twilio the URL it leads to"}},
};

/* Tried after other URLs: other forms that may have been signed. */
static const struct miss last_misses[] = {
    {matches_trimmed,
	{"trimmed", "the signature covers the form trimmed or without empty values: "
		    "sign it as it is sent"}},
    {matches_with_empties,
	{"trimmed", "a program in front of this server drops empty values: let it pass "
		    "the body through as it is"}},
    {matches_without_late,
	{"call-token",
	    "the signature does not cover CallToken or StirVerstat: something "
	    "on the way adds them, or Twilio does after signing; please "
	    "report it"}},
};

static bool find_miss(struct diagnosis *out, const struct inquiry *inquiry,
    const struct miss *misses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (misses[i].matches(inquiry)) {
			*out = misses[i].found;
			return true;
		}
	}
	return false;
}

struct diagnosis diagnose(struct verifier *verifier,
    const struct signed_request *request, const struct diagnose_hints *hints,
    struct arena *arena)
{
	struct inquiry inquiry = {verifier_tokens(verifier), verifier, request, arena};
	struct diagnosis found = {"unknown",
	    "no near miss matches: if this is Twilio's, compare its URL with --public-url "
	    "and the account's primary Auth Token (not an API key) with the one here"};

	enum {
		HEADER = sizeof(header_misses) / sizeof(header_misses[0]),
		FIRST = sizeof(first_misses) / sizeof(first_misses[0]),
		LAST = sizeof(last_misses) / sizeof(last_misses[0])
	};

	bool some = find_miss(&found, &inquiry, header_misses, HEADER) ||
		    diagnose_body(&found, verifier, request, arena) ||
		    find_miss(&found, &inquiry, first_misses, FIRST) ||
		    diagnose_url(&found, verifier, request, hints, arena) ||
		    find_miss(&found, &inquiry, last_misses, LAST) ||
		    diagnose_query(&found, verifier, request, arena);
	if (!some && verifier_exhausted(verifier))
		found = (struct diagnosis){DIAGNOSIS_NONE,
		    "trying all near misses of this request takes too long: it is large, "
		    "many tokens are configured, or many others were refused; offhook "
		    "verify tries all of them"};
	return found;
}
