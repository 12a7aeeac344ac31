#include "twilio/signature.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

enum {
	HASH_HEX_LEN = 64,
	HMAC_WORK = 1024, /* what an HMAC costs beside its bytes, in bytes */
	PARAM_WORK = 64   /* and sorting a parameter */
};

struct verifier {
	const struct tokens *tokens;
	EVP_MAC_CTX **macs; /* one a token, its key set */
	struct seal seal;   /* of the last match */
	uint64_t work_left; /* verifier_allow */
	bool exhausted;
};

static _Noreturn void die(void)
{
	log_fatal("OpenSSL has no HMAC");
}

/* An HMAC context with its key set. */
static EVP_MAC_CTX *mac_new(struct span key, enum token_algorithm algorithm)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac);
	EVP_MAC_free(hmac);
	char sha1[] = "SHA1", sha256[] = "SHA256";
	char *digest = algorithm == TOKEN_HMAC_SHA256 ? sha256 : sha1;
	const OSSL_PARAM settings[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end()};
	const unsigned char *bytes = (const unsigned char *)key.ptr;
	if (mac == NULL || EVP_MAC_init(mac, bytes, key.len, settings) != 1)
		die();
	return mac;
}

/* The HMAC of the two texts, one after the other. */
static size_t mac_make(
    EVP_MAC_CTX *mac, struct span url, struct span form, unsigned char out[SEAL_MAX])
{
	size_t len = 0;
	if (EVP_MAC_init(mac, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(mac, (const unsigned char *)url.ptr, url.len) != 1 ||
	    EVP_MAC_update(mac, (const unsigned char *)form.ptr, form.len) != 1 ||
	    EVP_MAC_final(mac, out, &len, SEAL_MAX) != 1)
		die();
	return len;
}

struct verifier *verifier_new(const struct tokens *tokens)
{
	struct verifier *verifier = mem_new(1, sizeof(*verifier));
	size_t count = tokens_count(tokens);
	verifier->tokens = tokens;
	verifier->work_left = UINT64_MAX;
	verifier->macs = mem_new(count, sizeof(EVP_MAC_CTX *));
	for (size_t i = 0; i < count; i++)
		verifier->macs[i] = mac_new(
		    tokens_at(tokens, i)->secret, tokens_at(tokens, i)->algorithm);
	return verifier;
}

void verifier_free(struct verifier *verifier)
{
	if (verifier == NULL)
		return;
	for (size_t i = 0; i < tokens_count(verifier->tokens); i++)
		EVP_MAC_CTX_free(verifier->macs[i]);
	free(verifier->macs);
	free(verifier);
}

void verifier_allow(struct verifier *verifier, uint64_t bytes)
{
	verifier->work_left = bytes;
	verifier->exhausted = false;
}

bool verifier_exhausted(const struct verifier *verifier)
{
	return verifier->exhausted;
}

uint64_t verifier_left(const struct verifier *verifier)
{
	return verifier->work_left;
}

const struct tokens *verifier_tokens(const struct verifier *verifier)
{
	return verifier->tokens;
}

static bool verifier_spend(struct verifier *verifier, uint64_t bytes)
{
	if (verifier->exhausted || bytes > verifier->work_left) {
		verifier->exhausted = true;
		return false;
	}
	verifier->work_left -= bytes;
	return true;
}

static char *append(char *at, struct span text)
{
	if (text.len > 0)
		memcpy(at, text.ptr, text.len);
	return at + text.len;
}

/* Names and values as they are signed, sorted by name. A repeated name is signed as the
 * official SDKs do it: once with each different value, sorted. */
static struct span form_text(const struct params *params, struct arena *arena)
{
	struct params sorted = params_sort(params, arena);
	size_t len = 0;
	for (size_t i = 0; i < sorted.count; i++)
		len += sorted.items[i].name.len + sorted.items[i].value.len;
	char *text = arena_alloc(arena, len);
	char *at = text;
	for (size_t i = 0; i < sorted.count; i++) {
		const struct pair *param = &sorted.items[i];
		if (i > 0 && span_eq(param->name, param[-1].name) &&
		    span_eq(param->value, param[-1].value))
			continue;
		at = append(at, param->name);
		at = append(at, param->value);
	}
	return (struct span){text, (size_t)(at - text)};
}

/* The first value of that name in the target's query, not decoded; or absent. */
static struct span query_value(struct span target, struct span name)
{
	size_t mark = span_find(target, '?');
	struct span rest = span_from(target, mark);
	while (rest.len > 0) {
		rest = span_from(rest, 1);
		struct span pair = span_head(rest, span_find(rest, '&'));
		size_t equals = span_find(pair, '=');
		if (equals < pair.len && span_eq(span_head(pair, equals), name))
			return span_from(pair, equals + 1);
		rest = span_from(rest, pair.len);
	}
	return (struct span){0};
}

static bool hash_matches(struct span hash, struct span body)
{
	unsigned char digest[32];
	char hex[HASH_HEX_LEN + 1];
	if (hash.len != HASH_HEX_LEN)
		return false;
	text_sha256(digest, body);
	text_hex(hex, digest, sizeof(digest));
	return CRYPTO_memcmp(hex, hash.ptr, HASH_HEX_LEN) == 0;
}

/* What may have been signed behind the URL: the form's text, nothing, or one of them. */
struct content {
	struct span texts[2];
	size_t count;
};

/* Nothing behind the URL is enough only when no body is left unsigned. */
static struct content content_of(
    const struct signed_request *request, struct arena *arena)
{
	struct content content = {.count = 0};
	const struct params *params = request->params;
	struct span hash = query_value(request->target, SPAN("bodySHA256"));
	bool hashed = hash.ptr != NULL && !request->bodyless;
	bool form = params != NULL && (params->count > 0 || !hashed);
	if (form)
		content.texts[content.count++] = form_text(params, arena);
	if (hashed ? hash_matches(hash, request->body)
		   : !form && request->body.len == 0)
		content.texts[content.count++] = SPAN("");
	return content;
}

/* Index of the colon before the port, which is behind userinfo and the "]" of an IPv6
 * address. */
static size_t host_len(struct span host)
{
	const char *at = memrchr(host.ptr, '@', host.len);
	size_t start = at == NULL ? 0 : (size_t)(at - host.ptr) + 1;
	const char *bracket = memrchr(host.ptr + start, ']', host.len - start);
	if (bracket != NULL)
		start = (size_t)(bracket - host.ptr) + 1;
	return start + span_find(span_from(host, start), ':');
}

/* The host in lower case, userinfo unchanged; absent when it is the same. */
static struct span host_lower(struct span host, struct arena *arena)
{
	const char *at = memrchr(host.ptr, '@', host.len);
	size_t start = at == NULL ? 0 : (size_t)(at - host.ptr) + 1;
	size_t upper = start;
	while (upper < host.len && !(host.ptr[upper] >= 'A' && host.ptr[upper] <= 'Z'))
		upper++;
	if (upper == host.len)
		return (struct span){0};
	char *copy = arena_strndup(arena, host);
	for (size_t i = upper; i < host.len; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] + ('a' - 'A'));
	return (struct span){copy, host.len};
}

/* The target with every `from` in its query replaced by `to`; absent when there is
 * none. */
static struct span query_rewrite(
    struct span target, struct span from, struct span to, struct arena *arena)
{
	size_t mark = span_find(target, '?');
	struct span rest = span_from(target, mark);
	if (memmem(rest.ptr, rest.len, from.ptr, from.len) == NULL)
		return (struct span){0};
	char *copy = arena_alloc(arena, mark + rest.len * to.len);
	char *at = append(copy, span_head(target, mark));
	while (rest.len > 0) {
		bool here = span_starts(rest, from);
		at = append(at, here ? to : span_head(rest, 1));
		rest = span_from(rest, here ? from.len : 1);
	}
	return (struct span){copy, (size_t)(at - copy)};
}

static struct span join(struct arena *arena, struct span a, struct span b)
{
	char *copy = arena_alloc(arena, a.len + b.len);
	(void)append(append(copy, a), b);
	return (struct span){copy, a.len + b.len};
}

/* The host without its port; or, when it has none, with the scheme's own. */
static struct span host_other_port(
    struct span host, struct span default_port, struct arena *arena)
{
	size_t bare = host_len(host);
	if (bare < host.len)
		return span_head(host, bare);
	return join(arena, host, default_port);
}

enum { HOST_FORMS = 4, TARGET_FORMS = 4 };

/* Each host goes with each target; absent ones are skipped. The likeliest come first. */
struct candidates {
	struct span hosts[HOST_FORMS];
	struct span targets[TARGET_FORMS];
};

/* Whether Twilio signs the port depends on product and scheme. Some proxies exchange '
 * and %27. A WebSocket handshake may have been signed with a slash that was not sent. */
static struct candidates candidates_of(
    const struct signed_request *request, struct arena *arena)
{
	bool secure_socket = span_ieq(request->scheme, SPAN("wss"));
	bool websocket = secure_socket || span_ieq(request->scheme, SPAN("ws"));
	bool secure = secure_socket || span_ieq(request->scheme, SPAN("https"));
	struct span port = secure ? SPAN(":443") : SPAN(":80");
	struct span target = request->target;
	struct span lower = host_lower(request->host, arena);
	struct candidates out = {
	    .hosts = {request->host, host_other_port(request->host, port, arena),
		lower},
	    .targets = {target, query_rewrite(target, SPAN("'"), SPAN("%27"), arena),
		query_rewrite(target, SPAN("%27"), SPAN("'"), arena)},
	};
	if (lower.ptr != NULL)
		out.hosts[3] = host_other_port(lower, port, arena);
	/* A URL without a path is signed so, and cannot be asked for without "/". */
	if (target.len == 0 || target.ptr[0] == '?')
		out.targets[3] = join(arena, SPAN("/"), target);
	else if (target.ptr[0] == '/' && (target.len == 1 || target.ptr[1] == '?'))
		out.targets[3] = span_from(target, 1);
	if (websocket && out.targets[1].ptr == NULL)
		out.targets[1] = join(arena, target, SPAN("/"));
	return out;
}

/* Whether a request that names that key (or none) and account may be signed with it. */
static bool token_counts(const struct token *token, struct span key,
    struct span account, bool account_listed)
{
	if (key.len > 0 || token->key.len > 0)
		return span_eq(token->key, key);
	return account_listed ? span_eq(token->account, account)
			      : account.len == 0 || token->account.len == 0;
}

static bool text_matches(struct verifier *verifier,
    const struct signed_request *request, struct span url, struct span form)
{
	char expected[SIGNATURE_MAX_SIZE];
	struct span account = request->account_sid;
	struct span key = signature_key(request->settings);
	bool listed = tokens_list(verifier->tokens, account);
	for (size_t i = 0; i < tokens_count(verifier->tokens); i++) {
		const struct token *token = tokens_at(verifier->tokens, i);
		struct seal *seal = &verifier->seal;
		if (!token_counts(token, key, account, listed))
			continue;
		if (!verifier_spend(verifier, url.len + form.len + HMAC_WORK))
			return false;
		seal->len = mac_make(verifier->macs[i], url, form, seal->bytes);
		seal->account = token->account.len > 0 ? token->account : account;
		seal->token = token;
		size_t len = text_base64(expected, seal->bytes, seal->len);
		if (request->signature.len == len &&
		    CRYPTO_memcmp(expected, request->signature.ptr, len) == 0)
			return true;
	}
	return false;
}

/* Whether one host and target was signed with what may follow the URL. */
static bool url_matches(struct verifier *verifier, const struct signed_request *request,
    struct span url, const struct content *content)
{
	for (size_t i = 0; i < content->count; i++)
		if (text_matches(verifier, request, url, content->texts[i]))
			return true;
	return false;
}

static size_t longest(const struct span *spans, size_t count)
{
	size_t len = 0;
	for (size_t i = 0; i < count; i++)
		len = spans[i].len > len ? spans[i].len : len;
	return len;
}

bool verifier_check(struct verifier *verifier, const struct signed_request *request,
    struct arena *arena)
{
	if (request->signature.len == 0 || request->host.len == 0 ||
	    request->target.ptr == NULL)
		return false;
	size_t params = request->params == NULL ? 0 : request->params->count;
	if (!verifier_spend(verifier, request->body.len + params * PARAM_WORK))
		return false;
	struct content content = content_of(request, arena);
	struct candidates forms = candidates_of(request, arena);
	char *url = arena_alloc(arena, request->scheme.len + SPAN("://").len +
					   longest(forms.hosts, HOST_FORMS) +
					   longest(forms.targets, TARGET_FORMS));
	char *host_at = append(append(url, request->scheme), SPAN("://"));
	for (size_t t = 0; t < TARGET_FORMS; t++) {
		for (size_t h = 0; h < HOST_FORMS; h++) {
			if (forms.targets[t].ptr == NULL || forms.hosts[h].ptr == NULL)
				continue;
			char *at = append(host_at, forms.hosts[h]);
			at = append(at, forms.targets[t]);
			struct span text = {url, (size_t)(at - url)};
			if (url_matches(verifier, request, text, &content))
				return true;
		}
	}
	return false;
}

const struct seal *verifier_seal(const struct verifier *verifier)
{
	return &verifier->seal;
}

struct span signature_key(struct span settings)
{
	struct span rest = settings;
	while (rest.len > 0) {
		struct span piece = span_head(rest, span_find(rest, ','));
		size_t equals = span_find(piece, '=');
		rest =
		    span_from(rest, piece.len < rest.len ? piece.len + 1 : piece.len);
		if (equals < piece.len &&
		    span_is(span_trim(span_head(piece, equals)), "key"))
			return span_trim(span_from(piece, equals + 1));
	}
	return SPAN("");
}

void signature_make(char out[SIGNATURE_SIZE], struct span token, struct span url,
    const struct params *params)
{
	struct arena *arena = arena_new();
	unsigned char bytes[SEAL_MAX];
	EVP_MAC_CTX *mac = mac_new(token, TOKEN_HMAC_SHA1);
	struct span form = params != NULL ? form_text(params, arena) : SPAN("");
	size_t len = mac_make(mac, url, form, bytes);
	(void)text_base64(out, bytes, len);
	EVP_MAC_CTX_free(mac);
	arena_free(arena);
}

bool signature_split_url(struct signed_request *request, struct span url)
{
	const char *colon = url.len == 0 ? NULL : memmem(url.ptr, url.len, "://", 3);
	size_t scheme_len = colon == NULL ? 0 : (size_t)(colon - url.ptr);
	if (scheme_len == 0 || span_find(url, '/') < scheme_len)
		return false;
	struct span rest = span_from(url, scheme_len + 3);
	rest = span_head(rest, span_find(rest, '#'));
	size_t host = 0;
	while (host < rest.len && rest.ptr[host] != '/' && rest.ptr[host] != '?')
		host++;
	request->scheme = span_head(url, scheme_len);
	request->host = span_head(rest, host);
	request->target = span_from(rest, host);
	return host > 0;
}
