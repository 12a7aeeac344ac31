#include "config/setting_parse.h"

#include <stdlib.h>

#include "client/standard_webhook.h"
#include "config/config.h"
#include "config/public_url.h"
#include "util/mem.h"
#include "util/suggest.h"
#include "util/text.h"

static int64_t *number_field(struct config *config, const struct setting *setting)
{
	return (int64_t *)(void *)((char *)config + setting->field);
}

int setting_parse_text(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	(void)err;
	const char **field = (const char **)(void *)((char *)config + setting->field);
	*field = text.len == 0 ? NULL : arena_strndup(config->arena, text);
	return 0;
}

/* "none" overrides a value that another source has set. */
int setting_parse_optional(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	if (span_is(text, "none"))
		text.len = 0;
	return setting_parse_text(config, setting, text, err);
}

int setting_parse_address(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	size_t colon = text.len;
	int64_t port;
	if (text.len == 0 || span_is(text, "none"))
		return setting_parse_optional(config, setting, text, err);
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
	return setting_parse_text(config, setting, text, err);
}

int setting_parse_listen(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	if (span_is(text, "none"))
		return error_set(err, "the server must listen somewhere");
	return setting_parse_address(config, setting, text, err);
}

int setting_parse_list(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	const char *const **field =
	    (const char *const **)(void *)((char *)config + setting->field);
	size_t count = 0;
	*field = NULL;
	if (text.len == 0 || span_is(text, "none"))
		return 0;
	const char **list =
	    arena_alloc(config->arena, (SETTING_LIST_MAX + 1) * sizeof(*list));
	for (struct span rest = text; rest.ptr != NULL; count++) {
		size_t comma = span_find(rest, ',');
		struct span item = span_trim(span_head(rest, comma));
		if (item.len == 0)
			return error_set(err, "an element of the list is empty");
		if (count == SETTING_LIST_MAX)
			return error_set(
			    err, "it has more than %d elements", SETTING_LIST_MAX);
		list[count] = arena_strndup(config->arena, item);
		rest = comma < rest.len ? span_from(rest, comma + 1) : (struct span){0};
	}
	list[count] = NULL;
	*field = list;
	return 0;
}

int setting_parse_public_url(struct config *config, const struct setting *setting,
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

int setting_parse_proxies(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	(void)setting;
	if (span_is(text, "none"))
		return 0;
	return proxies_add(config->proxies, text, err);
}

int setting_parse_count(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	if (!text_int(text, setting->min, setting->max, number_field(config, setting)))
		return error_set(err,
		    "\"%.*s\" is not a whole number from %lld to %lld", SPAN_ARG(text),
		    (long long)setting->min, (long long)setting->max);
	return 0;
}

int setting_parse_size(struct config *config, const struct setting *setting,
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

int setting_parse_duration(struct config *config, const struct setting *setting,
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

/* The index of the text in words, which end with NULL; -1 with err when it is not
 * there. */
static int choose_word(struct span text, const char *const *words, struct error *err)
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
	error_set(err, "\"%.*s\" is not one of %s", SPAN_ARG(text), buf_text(&all));
	buf_free(&all);
	return suggest_explain(&suggestion, "", err);
}

int setting_parse_log_level(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	static const char *const words[] = {[LOG_DEBUG] = "debug",
	    [LOG_INFO] = "info",
	    [LOG_WARN] = "warn",
	    [LOG_ERROR] = "error",
	    NULL};

	(void)setting;
	int chosen = choose_word(text, words, err);
	if (chosen < 0)
		return -1;
	config->log_level = (enum log_level)chosen;
	return 0;
}

int setting_parse_log_format(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	static const char *const words[] = {
	    [LOG_AUTO] = "auto", [LOG_TEXT] = "text", [LOG_JSON] = "json", NULL};

	(void)setting;
	int chosen = choose_word(text, words, err);
	if (chosen < 0)
		return -1;
	config->log_format = (enum log_format)chosen;
	return 0;
}

int setting_parse_sandbox(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	static const char *const words[] = {"off", "on", NULL};
	(void)setting;
	int chosen = choose_word(text, words, err);
	if (chosen < 0)
		return -1;
	config->handler_sandbox = chosen == 1;
	return 0;
}

int setting_parse_tokens(struct config *config, const struct setting *setting,
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

int setting_parse_alert_url(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	if (text.len > 0 && !span_is(text, "none") &&
	    !span_starts(text, SPAN("http://")) && !span_starts(text, SPAN("https://")))
		return error_set(err, "it begins with https:// or http://");
	return setting_parse_optional(config, setting, text, err);
}

int setting_parse_alert_secret(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	unsigned char key[STANDARD_WEBHOOK_KEY_MAX];
	(void)setting;
	if (text.len == 0)
		return 0;
	size_t len = standard_webhook_key(key, text, err);
	explicit_bzero(key, sizeof(key));
	if (len == 0)
		return -1;
	config->alert_secret = mem_strndup(text);
	return 0;
}

int setting_parse_secret(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	char **field = (char **)(void *)((char *)config + setting->field);
	(void)err;
	*field = text.len == 0 ? NULL : mem_strndup(text);
	return 0;
}

int setting_parse_account_tokens(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	(void)setting;
	return text.len == 0 ? 0 : tokens_add_accounts(config->tokens, text, err);
}

int setting_parse_shared_keys(struct config *config, const struct setting *setting,
    struct span text, struct error *err)
{
	(void)setting;
	return text.len == 0 ? 0 : tokens_add_shared(config->tokens, text, err);
}
