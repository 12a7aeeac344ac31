#include "config/setting.h"

#include <ctype.h>
#include <stdlib.h>

#include "client/standard_webhook.h"
#include "config/config.h"
#include "config/public_url.h"
#include "util/mem.h"
#include "util/suggest.h"
#include "util/text.h"

static const char **text_field(struct config *config, const struct setting *setting)
{
	return (const char **)(void *)((char *)config + setting->field);
}

static int64_t *number_field(struct config *config, const struct setting *setting)
{
	return (int64_t *)(void *)((char *)config + setting->field);
}

static int parse_text(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	(void)err;
	*text_field(config, setting) =
	    text.len == 0 ? NULL : arena_strndup(config->arena, text);
	return 0;
}

/* "none" is how a file or a flag takes back what another place has set. */
static int parse_optional(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	if (span_is(text, "none"))
		text.len = 0;
	return parse_text(config, setting, text, err);
}

static int parse_address(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	size_t colon = text.len;
	int64_t port;
	if (text.len == 0 || span_is(text, "none"))
		return parse_optional(config, setting, text, err);
	while (colon > 0 && text.ptr[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return error_set(err,
		    "\"%.*s\" is not ADDRESS:PORT; for all addresses give :PORT",
		    SPAN_ARG(text));
	struct span host = span_head(text, colon - 1);
	if (!text_int(span_from(text, colon), 0, 65535, &port))
		return error_set(err,
		    "the port of \"%.*s\" is not a number from 0 to 65535",
		    SPAN_ARG(text));
	bool bracketed =
	    host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
	if (!bracketed && span_find(host, ':') < host.len)
		return error_set(err, "an IPv6 address stands in brackets: [%.*s]:%d",
		    SPAN_ARG(host), (int)port);
	return parse_text(config, setting, text, err);
}

static int parse_listen(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	if (span_is(text, "none"))
		return error_set(err, "the server must listen somewhere");
	return parse_address(config, setting, text, err);
}

static int parse_public_url(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	struct public_url url;
	if (text.len == 0 || span_is(text, "none"))
		return 0;
	if (public_url_parse(&url, text, config->arena, err) != 0)
		return -1;
	config->public_url = arena_printf(config->arena, "%.*s://%.*s%.*s",
	    SPAN_ARG(url.scheme), SPAN_ARG(url.host), SPAN_ARG(url.prefix));
	config->public_scheme = url.scheme;
	config->public_host = url.host;
	config->public_prefix = url.prefix;
	if (url.had_userinfo)
		config_warn(config,
		    "%s: user and password are left out: Twilio does not sign them",
		    setting->name);
	if (url.had_fragment)
		config_warn(config,
		    "%s: the part from # on is left out: it belongs into the Twilio Console",
		    setting->name);
	if (url.has_underscore)
		config_warn(config,
		    "%s: Twilio refuses host names with an underscore (error 11100)",
		    setting->name);
	return 0;
}

static int parse_proxies(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	(void)setting;
	if (span_is(text, "none"))
		return 0;
	return proxies_add(config->proxies, text, err);
}

static int parse_count(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	if (!text_int(text, setting->min, setting->max, number_field(config, setting)))
		return error_set(err,
		    "\"%.*s\" is not a whole number from %lld to %lld", SPAN_ARG(text),
		    (long long)setting->min, (long long)setting->max);
	return 0;
}

static int parse_size(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	int64_t bytes;
	if (!text_size(text, &bytes))
		return error_set(err, "\"%.*s\" is not a size such as 65536, 64k or 1M",
		    SPAN_ARG(text));
	if (bytes < setting->min || bytes > setting->max)
		return error_set(err, "\"%.*s\" is not within %lldk and %lldM",
		    SPAN_ARG(text), (long long)setting->min / 1024,
		    (long long)setting->max / 1024 / 1024);
	*number_field(config, setting) = bytes;
	return 0;
}

static int parse_duration(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	int64_t ms;
	if (!text_duration(text, &ms))
		return error_set(err, "\"%.*s\" is not a time such as 500ms, 10s or 5m",
		    SPAN_ARG(text));
	if (ms < setting->min || ms > setting->max)
		return error_set(err, "\"%.*s\" is not within %lldms and %llds",
		    SPAN_ARG(text), (long long)setting->min,
		    (long long)setting->max / 1000);
	*number_field(config, setting) = ms;
	return 0;
}

/* Which of the words it is; -1 with err when none. */
static int choose(struct span text, const char *const *words, struct error *err)
{
	struct suggestion suggestion = {.word = text};
	struct buf all = {0};
	for (int i = 0; words[i] != NULL; i++) {
		if (span_is(text, words[i])) {
			buf_free(&all);
			return i;
		}
		suggest_offer(&suggestion, words[i]);
		buf_printf(&all, "%s%s", i == 0 ? "" : ", ", words[i]);
	}
	if (suggestion.best != NULL)
		error_set(err, "\"%.*s\" is not one of %s; did you mean \"%s\"?",
		    SPAN_ARG(text), buf_text(&all), suggestion.best);
	else
		error_set(
		    err, "\"%.*s\" is not one of %s", SPAN_ARG(text), buf_text(&all));
	buf_free(&all);
	return -1;
}

static int parse_log_level(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	static const char *const words[] = {"debug", "info", "warn", "error", NULL};

	static const enum log_level levels[] = {
	    LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR};

	(void)setting;
	int chosen = choose(text, words, err);
	if (chosen < 0)
		return -1;
	config->log_level = levels[chosen];
	return 0;
}

static int parse_log_format(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	static const char *const words[] = {"auto", "text", "json", NULL};

	static const enum log_format formats[] = {LOG_AUTO, LOG_TEXT, LOG_JSON};

	(void)setting;
	int chosen = choose(text, words, err);
	if (chosen < 0)
		return -1;
	config->log_format = formats[chosen];
	return 0;
}

static int parse_tokens(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	(void)setting;
	if (text.len == 0)
		return 0;
	if (tokens_add(config->tokens, text, err) != 0)
		return -1;
	config->first_token =
	    mem_strndup(span_trim(span_head(text, span_find(text, ','))));
	return 0;
}

static int parse_alert_url(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	if (text.len > 0 && !span_is(text, "none") &&
	    !span_starts(text, SPAN("http://")) && !span_starts(text, SPAN("https://")))
		return error_set(err, "it begins with https:// or http://");
	return parse_optional(config, setting, text, err);
}

static int parse_alert_secret(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	unsigned char key[ALERT_KEY_MAX];
	(void)setting;
	if (text.len == 0)
		return 0;
	size_t len = alert_sign_key(key, text, err);
	explicit_bzero(key, sizeof(key));
	if (len == 0)
		return -1;
	config->alert_secret = mem_strndup(text);
	return 0;
}

static int parse_account_tokens(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	(void)setting;
	return text.len == 0 ? 0 : tokens_add_accounts(config->tokens, text, err);
}

/* A row. (Plain braces of unequal length make clang-format 14 crash.) */
#define SETTING(...)                                                                   \
	{                                                                              \
		__VA_ARGS__                                                            \
	}
#define SECONDS(n)  (INT64_C(1000) * (n))
#define YEAR_S      (INT64_C(366) * 24 * 3600)
#define MIB(n)      (INT64_C(1024) * 1024 * (n))
#define FIELD(name) offsetof(struct config, name)

const struct setting setting_table[SETTING_COUNT] = {
    SETTING(.name = "listen", .argument = "ADDR:PORT", .initial = ":8080",
	.help = "where to listen for webhooks",
	.more = "An address, a colon and a port; without the address, all of them. "
		"IPv6 addresses stand in brackets. Port 0 picks a free one. "
		"Without this setting the variable PORT, if set, gives the port.",
	.parse = parse_listen, .field = FIELD(listen)),
    SETTING(.name = "public-url", .argument = "URL", .initial = "",
	.help = "the address Twilio calls: https://host[:port][/prefix]",
	.more = "Twilio signs the address it calls, so a server behind a proxy or a "
		"tunnel must know it. A path prefix that the proxy takes off belongs "
		"to it. User, password and fragment are left out.",
	.parse = parse_public_url),
    SETTING(.name = "data", .argument = "DIR", .initial = "./offhook-data",
	.help = "the directory of the store",
	.more = "Made with mode 0700 when it does not exist.", .parse = parse_text,
	.field = FIELD(data)),
    SETTING(.name = "admin", .argument = "ADDR:PORT", .initial = "",
	.help = "where to serve /healthz, /readyz and /metrics",
	.more = "Not set: nowhere. Keep it away from the public.",
	.parse = parse_address, .field = FIELD(admin)),
    SETTING(.name = "trusted-proxy", .argument = "LIST", .initial = "",
	.help = "addresses or networks whose X-Forwarded-* headers are believed",
	.more = "Separated by commas, as in 127.0.0.1,10.0.0.0/8,fd00::/8. "
		"Only used without public-url.",
	.parse = parse_proxies),
    SETTING(.name = "templates", .argument = "DIR", .initial = "",
	.help = "TwiML files that replace the built-in app's replies",
	.parse = parse_optional, .field = FIELD(templates)),
    SETTING(.name = "threads", .argument = "N", .initial = "0",
	.help = "I/O threads; 0: one for each core", .parse = parse_count,
	.field = FIELD(threads), .min = 0, .max = 256),
    SETTING(.name = "max-body", .argument = "SIZE", .initial = "1M",
	.help = "largest body of a webhook; larger ones are answered 413",
	.parse = parse_size, .field = FIELD(max_body), .min = 1024, .max = MIB(64)),
    SETTING(.name = "max-connections", .argument = "N", .initial = "20000",
	.help = "connections open at once; more are answered 503", .parse = parse_count,
	.field = FIELD(max_connections), .min = 1, .max = 1000000),
    SETTING(.name = "request-timeout", .argument = "TIME", .initial = "10s",
	.help = "how long a request may take to arrive; then 408",
	.parse = parse_duration, .field = FIELD(request_timeout_ms), .min = 100,
	.max = SECONDS(60)),
    SETTING(.name = "idle-timeout", .argument = "TIME", .initial = "75s",
	.help = "how long a connection may stay without a request",
	.parse = parse_duration, .field = FIELD(idle_timeout_ms), .min = 100,
	.max = SECONDS(3600)),
    SETTING(.name = "deadline", .argument = "TIME", .initial = "10s",
	.help = "then a webhook is late and gets its route's fallback reply",
	.more = "Counted from the request's first byte. Twilio itself gives up after "
		"15 s.",
	.parse = parse_duration, .field = FIELD(deadline_ms), .min = 100,
	.max = SECONDS(13)),
    SETTING(.name = "drain-timeout", .argument = "TIME", .initial = "15s",
	.help = "how long requests in flight may take to end when stopping",
	.parse = parse_duration, .field = FIELD(drain_timeout_ms), .min = 0,
	.max = SECONDS(600)),
    SETTING(.name = "handlers", .argument = "N", .initial = "0",
	.help = "handler processes; 0: two for each core, at least 4",
	.parse = parse_count, .field = FIELD(handlers), .min = 0, .max = 1000),
    SETTING(.name = "max-handlers", .argument = "N", .initial = "64",
	.help = "handler processes while slow handlers hold all of them up",
	.parse = parse_count, .field = FIELD(max_handlers), .min = 1, .max = 1000),
    SETTING(.name = "handler-timeout", .argument = "TIME", .initial = "30s",
	.help = "how long a handler may run before its process is killed",
	.more = "Its webhook has had the fallback reply since the deadline; until "
		"then its writes may still be committed.",
	.parse = parse_duration, .field = FIELD(handler_timeout_ms), .min = 100,
	.max = SECONDS(3600)),
    SETTING(.name = "handler-memory", .argument = "SIZE", .initial = "512M",
	.help = "address space of a handler process; 0: no limit", .parse = parse_size,
	.field = FIELD(handler_memory), .min = 0, .max = MIB(1048576)),
    SETTING(.name = "workers", .argument = "N", .initial = "0",
	.help = "processes kept ready for jobs; 0: one for each core",
	.parse = parse_count, .field = FIELD(workers), .min = 0, .max = 1000),
    SETTING(.name = "max-workers", .argument = "N", .initial = "64",
	.help = "processes for jobs while slow jobs hold all of them up",
	.more = "Never more than all the app's workers together may run at a time.",
	.parse = parse_count, .field = FIELD(max_workers), .min = 1, .max = 1000),
    SETTING(.name = "jobs-keep", .argument = "TIME", .initial = "7d",
	.help = "how long jobs that are done or cancelled are kept",
	.parse = parse_duration, .field = FIELD(jobs_keep_ms), .min = SECONDS(1),
	.max = SECONDS(10 * YEAR_S)),
    SETTING(.name = "dead-jobs-keep", .argument = "TIME", .initial = "90d",
	.help = "how long dead letters are kept", .parse = parse_duration,
	.field = FIELD(dead_jobs_keep_ms), .min = SECONDS(1),
	.max = SECONDS(10 * YEAR_S)),
    SETTING(.name = "alert-url", .argument = "URL", .initial = "",
	.help = "where alerts are posted to as JSON",
	.more = "An alert tells of events that failed or were late, messages that "
		"were not delivered, and dead letters; all of one kind, route, error "
		"code or queue together. Its field \"text\" is a sentence, which is "
		"what chat services show. With alert-secret it is signed. An address "
		"that is itself a secret belongs into the file or the variable. "
		"Redirects are not followed.",
	.parse = parse_alert_url, .field = FIELD(alert_url)),
    SETTING(.name = "alert-command", .argument = "COMMAND", .initial = "",
	.help = "what is run for each alert, by /bin/sh",
	.more = "It gets the alert's JSON on its standard input, the sentence in "
		"OFFHOOK_ALERT_TEXT, and 30 seconds. Unless it exits with 0 the alert "
		"is tried again.",
	.parse = parse_optional, .field = FIELD(alert_command)),
    SETTING(.name = "alert-interval", .argument = "TIME", .initial = "5m",
	.help = "least time between two alerts of the same kind",
	.more = "What happens meanwhile is told by the next one.",
	.parse = parse_duration, .field = FIELD(alert_interval_ms), .min = 0,
	.max = SECONDS(YEAR_S)),
    SETTING(.name = "alert-delay", .argument = "TIME", .initial = "10s",
	.help = "how long the first alert waits for more of its kind",
	.parse = parse_duration, .field = FIELD(alert_delay_ms), .min = 0,
	.max = SECONDS(3600)),
    SETTING(.name = "alert-secret", .argument = "whsec_…", .initial = "",
	.help = "signs what is posted to alert-url",
	.more = "As Standard Webhooks have it: whsec_ and 24 to 64 random bytes in "
		"Base64. The headers are webhook-id, webhook-timestamp and "
		"webhook-signature.",
	.variable = "OFFHOOK_ALERT_SECRET", .secret = true,
	.parse = parse_alert_secret),
    SETTING(.name = "log-level", .argument = "LEVEL", .initial = "info",
	.help = "least level that is logged: debug, info, warn or error",
	.parse = parse_log_level),
    SETTING(.name = "log-format", .argument = "FORMAT", .initial = "auto",
	.help = "text, json, or auto: text on a terminal", .parse = parse_log_format),
    SETTING(.name = "auth-token", .argument = "TOKEN", .initial = "",
	.help = "the Twilio account's Auth Token",
	.more = "While it is being rotated: the old and the new one, separated by a "
		"comma.",
	.variable = "TWILIO_AUTH_TOKEN", .secret = true, .parse = parse_tokens),
    SETTING(.name = "auth-tokens", .argument = "AC…:TOKEN,…", .initial = "",
	.help = "Auth Tokens by account, for subaccounts",
	.more = "An account listed here uses only its own tokens; list it twice while "
		"its token is being rotated.",
	.variable = "TWILIO_AUTH_TOKENS", .secret = true,
	.parse = parse_account_tokens),
};

const struct setting *setting_find(struct span name)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		if (span_is(name, setting_table[i].name))
			return &setting_table[i];
	}
	return NULL;
}

const char *setting_suggest(struct span name)
{
	struct suggestion suggestion = {.word = name};
	for (size_t i = 0; i < SETTING_COUNT; i++)
		suggest_offer(&suggestion, setting_table[i].name);
	return suggestion.best;
}

const char *setting_variable(char out[SETTING_NAME_SIZE], const struct setting *setting)
{
	if (setting->variable != NULL)
		return setting->variable;
	size_t len = strlen("OFFHOOK_");
	memcpy(out, "OFFHOOK_", len);
	for (const char *c = setting->name; *c != '\0'; c++)
		out[len++] = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
	out[len] = '\0';
	return out;
}
