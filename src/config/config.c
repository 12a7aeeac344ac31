#include "config/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/setting_parse.h"
#include "secrets/sealed.h"
#include "util/mem.h"
#include "util/suggest.h"
#include "util/text.h"

enum { FILE_LIMIT = 1024 * 1024 };

static const char default_file[] = "offhook.conf";

/* One setting as text, before it is checked. */
struct raw {
	struct span text;
	const char *where;
	enum config_source source;
};

/* The state of loading. */
struct loading {
	struct config *config;
	struct raw raw[SETTING_MAX]; /* in the order of setting_table */
	char *file_text;             /* raw points into it; wiped at the end */
	size_t file_len;
};

static void loading_clear(struct loading *loading)
{
	if (loading->file_text != NULL)
		explicit_bzero(loading->file_text, loading->file_len);
	free(loading->file_text);
}

/* Keeps an error: loading goes on, so that all of them are told. */
static void loading_failed(struct loading *loading, const struct error *err)
{
	config_complain(loading->config, "%s", err->text);
}

static size_t setting_index(const struct setting *setting)
{
	return (size_t)(setting - setting_table);
}

static int unknown_setting(struct span name, struct error *err)
{
	struct suggestion suggestion = {.word = name};
	for (size_t i = 0; i < setting_count; i++)
		suggest_offer(&suggestion, setting_table[i].name);
	(void)error_set(err, "there is no setting \"%.*s\"", SPAN_ARG(name));
	return suggest_explain(&suggestion, "; `offhook config` lists them", err);
}

/* --- the file --- */

/* Removes a comment, which begins with # at the line's start or after a blank. */
static struct span without_comment(struct span line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] == '#' &&
		    (i == 0 || strchr(" \t", line.ptr[i - 1]) != NULL))
			return span_head(line, i);
	}
	return line;
}

static int read_line(
    struct loading *loading, struct span line, const char *where, struct error *err)
{
	line = span_trim(without_comment(line));
	if (line.len == 0)
		return 0;
	size_t equals = span_find(line, '=');
	if (equals == line.len)
		return error_set(err, "a line reads \"setting = value\"");
	struct span name = span_trim(span_head(line, equals));
	struct span value = span_trim(span_from(line, equals + 1));
	if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
		value = (struct span){value.ptr + 1, value.len - 2};
	const struct setting *setting = setting_find(name);
	if (setting == NULL)
		return unknown_setting(name, err);
	struct raw *raw = &loading->raw[setting_index(setting)];
	if (raw->source == CONFIG_FILE)
		return error_set(
		    err, "%s was set before, at %s", setting->name, raw->where);
	if (value.len == 0)
		return error_set(err, "%s has no value", setting->name);
	if (span_find(value, '\0') < value.len)
		return error_set(err, "%s holds a NUL byte", setting->name);
	*raw = (struct raw){value, where, CONFIG_FILE};
	return 0;
}

static void read_lines(struct loading *loading, const char *path)
{
	struct error err;
	struct span rest = {loading->file_text, loading->file_len};
	for (int number = 1; rest.len > 0; number++) {
		size_t end = span_find(rest, '\n');
		const char *where =
		    arena_printf(loading->config->arena, "%s:%d", path, number);
		if (read_line(loading, span_head(rest, end), where, &err) != 0) {
			(void)error_wrap(&err, "%s", where);
			loading_failed(loading, &err);
		}
		rest = span_from(rest, end < rest.len ? end + 1 : end);
	}
}

static void read_file(struct loading *loading, const char *path, bool must_exist)
{
	struct config *config = loading->config;
	struct stat info;
	if (stat(path, &info) != 0 && errno == ENOENT && !must_exist)
		return;
	loading->file_text = text_read_file(path, FILE_LIMIT, &loading->file_len);
	if (loading->file_text == NULL) {
		config_complain(config, "%s: %s", path,
		    errno == EFBIG ? "too large for a settings file" : strerror(errno));
		return;
	}
	config->file = arena_strdup(config->arena, path);
	read_lines(loading, config->file);
	bool closed = (info.st_mode & (S_IRWXG | S_IRWXO)) == 0;
	for (size_t i = 0; i < setting_count && !closed; i++) {
		if (setting_table[i].secret && loading->raw[i].source == CONFIG_FILE)
			config_complain(config,
			    "%s: %s is secret, but others may open the file; run: "
			    "chmod 600 %s",
			    loading->raw[i].where, setting_table[i].name, path);
	}
}

/* --- the environment --- */

/* An empty variable counts as not set: NULL. */
static const char *environment_lookup(char *const *environment, const char *variable)
{
	size_t len = strlen(variable);
	for (; environment != NULL && *environment != NULL; environment++) {
		const char *entry = *environment;
		if (strncmp(entry, variable, len) == 0 && entry[len] == '=' &&
		    entry[len + 1] != '\0')
			return entry + len + 1;
	}
	return NULL;
}

/* Kubernetes sets these for a service called offhook; they are not settings. */
static bool service_link(const char *entry)
{
	return strncmp(entry, "OFFHOOK_PORT", strlen("OFFHOOK_PORT")) == 0 ||
	       strncmp(entry, "OFFHOOK_SERVICE_", strlen("OFFHOOK_SERVICE_")) == 0;
}

static int check_variable(struct span name, struct error *err)
{
	char variables[SETTING_MAX][SETTING_NAME_SIZE];
	struct suggestion suggestion = {.word = name};
	if (span_is(name, "OFFHOOK_CONFIG"))
		return 0;
	for (size_t i = 0; i < setting_count; i++) {
		const char *known = setting_variable(variables[i], &setting_table[i]);
		if (span_is(name, known))
			return 0;
		suggest_offer(&suggestion, known);
	}
	if (suggestion.best != NULL)
		return error_set(err, "%.*s is not a setting; did you mean %s?",
		    SPAN_ARG(name), suggestion.best);
	return error_set(
	    err, "%.*s is not a setting; `offhook config` lists them", SPAN_ARG(name));
}

static void check_variables(
    struct loading *loading, char *const *environment, const char *file)
{
	struct error err;
	for (; environment != NULL && *environment != NULL; environment++) {
		struct span entry = span_of(*environment);
		if (!span_starts(entry, SPAN("OFFHOOK_")) ||
		    service_link(*environment) ||
		    check_variable(span_head(entry, span_find(entry, '=')), &err) == 0)
			continue;
		if (file != NULL)
			(void)error_wrap(&err, "%s", file);
		loading_failed(loading, &err);
	}
}

/* In: " in .env", or "". */
static void read_environment(
    struct loading *loading, char *const *environment, const char *in)
{
	char buffer[SETTING_NAME_SIZE];
	for (size_t i = 0; i < setting_count; i++) {
		const char *variable = setting_variable(buffer, &setting_table[i]);
		const char *value = environment_lookup(environment, variable);
		if (value == NULL)
			continue;
		loading->raw[i] = (struct raw){span_trim(span_of(value)),
		    arena_printf(loading->config->arena, "%s%s", variable, in),
		    CONFIG_ENVIRONMENT};
	}
}

/* Some platforms give the port in PORT. It counts unless listen is set. */
static void read_port(struct loading *loading, const struct config_input *input)
{
	const char *port = environment_lookup(input->environment, "PORT");
	struct raw *raw = &loading->raw[setting_index(setting_find(SPAN("listen")))];
	const char *where = port != NULL ? "PORT" : "PORT in .env";
	if (port == NULL)
		port = environment_lookup(input->dotenv, "PORT");
	if (port == NULL || raw->source != CONFIG_DEFAULT)
		return;
	*raw = (struct raw){span_of(arena_printf(loading->config->arena, ":%s", port)),
	    where, CONFIG_ENVIRONMENT};
}

/* --- the sealed secrets --- */

/* Of a setting that says where the secrets are. */
static const char *sealed_setting(
    const struct loading *loading, const char *name, const char *none)
{
	const struct raw *raw =
	    &loading->raw[setting_index(setting_find(span_of(name)))];
	return raw->text.len == 0 || span_is(raw->text, "none")
		   ? none
		   : arena_strndup(loading->config->arena, raw->text);
}

/* After all else, because all else counts before them. */
static void read_sealed(struct loading *loading, const struct config_input *input)
{
	struct config *config = loading->config;
	char buffer[SETTING_NAME_SIZE];
	struct error err, warning;
	struct sealed_place place = {
	    .dir = sealed_setting(loading, "data", "."),
	    .key_file = sealed_setting(loading, "key-file", NULL),
	    .credentials =
		environment_lookup(input->environment, "CREDENTIALS_DIRECTORY"),
	};
	secrets_free(config->secrets);
	if (sealed_read(&config->secrets, &place, &warning, &err) < 0)
		loading_failed(loading, &err);
	if (warning.text[0] != '\0')
		config_warn(config, "%s", warning.text);
	for (size_t i = 0; i < setting_count; i++) {
		const struct secret *secret = secrets_find(config->secrets,
		    span_of(setting_variable(buffer, &setting_table[i])));
		if (secret != NULL && loading->raw[i].source == CONFIG_DEFAULT &&
		    setting_sealable(&setting_table[i]))
			loading->raw[i] = (struct raw){
			    span_trim((struct span){secret->value, secret->len}),
			    "secrets", CONFIG_SEALED};
	}
}

/* --- flags, and all together --- */

static int read_flag(
    struct loading *loading, const struct config_flag *flag, struct error *err)
{
	const struct setting *setting = setting_find(span_of(flag->name));
	if (setting == NULL)
		return unknown_setting(span_of(flag->name), err);
	if (setting->secret)
		return error_set(err,
		    "--%s would show in the list of processes; set the variable %s",
		    setting->name, setting->variable);
	if (flag->value[0] == '\0')
		return error_set(err, "--%s has no value", setting->name);
	struct arena *arena = loading->config->arena;
	struct raw *raw = &loading->raw[setting_index(setting)];
	const char *text = flag->value;
	if (setting->repeated && raw->source == CONFIG_FLAG)
		text = arena_printf(arena, "%.*s,%s", SPAN_ARG(raw->text), text);
	*raw = (struct raw){
	    span_of(text), arena_printf(arena, "--%s", flag->name), CONFIG_FLAG};
	return 0;
}

static void config_gather(struct loading *loading, const struct config_input *input)
{
	struct error err;
	const char *path = input->file;
	for (size_t i = 0; i < setting_count; i++)
		loading->raw[i] = (struct raw){
		    span_of(setting_table[i].initial), "default", CONFIG_DEFAULT};
	if (path == NULL)
		path = environment_lookup(input->environment, "OFFHOOK_CONFIG");
	if (path == NULL)
		path = environment_lookup(input->dotenv, "OFFHOOK_CONFIG");
	read_file(loading, path != NULL ? path : default_file, path != NULL);
	check_variables(loading, input->dotenv, ".env");
	check_variables(loading, input->environment, NULL);
	read_environment(loading, input->dotenv, " in .env");
	read_environment(loading, input->environment, "");
	for (size_t i = 0; i < input->flag_count; i++)
		if (read_flag(loading, &input->flags[i], &err) != 0)
			loading_failed(loading, &err);
	read_port(loading, input);
	if (input->sealed)
		read_sealed(loading, input);
}

/* What is wrong counts as not given, so that the rest can be checked. */
static void config_parse_one(struct loading *loading, const struct setting *setting)
{
	struct config *config = loading->config;
	const struct raw *raw = &loading->raw[setting_index(setting)];
	struct error err;
	if (setting->parse(config, setting, raw->text, &err) == 0)
		return;
	if (raw->source == CONFIG_FILE || raw->source == CONFIG_SEALED)
		(void)error_wrap(&err, "%s", setting->name);
	(void)error_wrap(&err, "%s", raw->where);
	loading_failed(loading, &err);
	(void)setting->parse(config, setting, span_of(setting->initial), &err);
}

static size_t list_count(const char *const *list)
{
	size_t count = 0;
	while (list != NULL && list[count] != NULL)
		count++;
	return count;
}

static void config_check_tls(struct config *config)
{
	size_t certificates = list_count(config->tls_cert);
	size_t keys = list_count(config->tls_key);
	if (keys > 0 && certificates == 0)
		config_complain(config, "tls-key is the key of nothing: set tls-cert");
	else if (keys > 0 && keys != certificates)
		config_complain(config,
		    "tls-cert names %zu files and tls-key %zu: each certificate needs "
		    "its key, in the same order",
		    certificates, keys);
	if (config->redirect_listen != NULL && !config_https(config))
		config_complain(config,
		    "redirect-listen sends clients to https, which is not served: set "
		    "tls-cert or acme");
}

static void config_parse(struct loading *loading)
{
	struct config *config = loading->config;
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];
		const struct raw *raw = &loading->raw[i];
		struct config_value *value = &config->values[i];
		config_parse_one(loading, setting);
		value->source = raw->source;
		value->where = raw->where;
		bool secret = setting->secret || raw->source == CONFIG_SEALED;
		if (secret)
			text_sha256(value->digest, raw->text);
		value->text = !secret ? arena_strndup(config->arena, raw->text)
			      : raw->text.len > 0 ? "(set)"
						  : "";
	}
	config_check_tls(config);
	if (tokens_look_odd(config->tokens))
		config_warn(config,
		    "an Auth Token has 32 lower-case hexadecimal digits; "
		    "one of those given does not: is it an API key?");
}

__attribute__((format(printf, 5, 0))) static void config_say(struct config *config,
    const char **texts, size_t *count, size_t max, const char *format, va_list args)
{
	struct error err;
	if (*count == max)
		return;
	(void)vsnprintf(err.text, sizeof(err.text), format, args);
	texts[(*count)++] = arena_strdup(config->arena, err.text);
}

void config_complain(struct config *config, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	config_say(config, config->errors, &config->error_count, CONFIG_MAX_ERRORS,
	    format, args);
	va_end(args);
}

void config_warn(struct config *config, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	config_say(config, config->warnings, &config->warning_count,
	    CONFIG_MAX_WARNINGS, format, args);
	va_end(args);
}

void config_read(struct config *out, const struct config_input *input)
{
	struct loading loading = {.config = out};
	*out = (struct config){.arena = arena_new(),
	    .proxies = proxies_new(),
	    .tokens = tokens_new(),
	    .secrets = secrets_new()};
	config_gather(&loading, input);
	config_parse(&loading);
	loading_clear(&loading);
}

int config_load(struct config *out, const struct config_input *input, struct error *err)
{
	config_read(out, input);
	if (out->error_count == 0)
		return 0;
	(void)error_set(err, "%s", out->errors[0]);
	config_clear(out);
	return -1;
}

enum log_format config_log_format(const struct config_input *input)
{
	struct config config;
	config_read(&config, input);
	enum log_format format = config.log_format;
	config_clear(&config);
	return format;
}

bool config_https(const struct config *config)
{
	return config->tls_cert != NULL || config->acme != NULL;
}

bool config_can_verify(const struct config *config)
{
	return tokens_count(config->tokens) > 0;
}

static void wipe_secret(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void config_clear(struct config *config)
{
	wipe_secret(config->first_token);
	wipe_secret(config->alert_secret);
	wipe_secret(config->acme_eab);
	secrets_free(config->secrets);
	tokens_free(config->tokens);
	proxies_free(config->proxies);
	arena_free(config->arena);
	*config = (struct config){0};
}

struct config_value *config_value(struct config *config, const char *name)
{
	return &config->values[setting_index(setting_find(span_of(name)))];
}

bool config_alerts(const struct config *config)
{
	return config->alert_url != NULL || config->alert_command != NULL;
}
