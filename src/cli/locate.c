#include "cli/locate.h"

#include <string.h>
#include <unistd.h>

#include "cli/token_file.h"
#include "control/control.h"
#include "util/text.h"

static const char dev_data[] = TOKEN_FILE_DIR "/data";

int locate_data(struct config *out, const struct options *options, struct error *err)
{
	if (options_config(out, options, err) != 0)
		return -1;
	struct config_value *data = config_value(out, "data");
	if (data->source != CONFIG_DEFAULT || access(dev_data, F_OK) != 0)
		return 0;
	bool dev_runs = control_running(dev_data);
	bool other_runs = control_running(out->data);
	if (dev_runs && other_runs) {
		(void)error_set(err,
		    "`offhook dev` runs here, and another server: which? Give --data %s "
		    "or --data %s",
		    dev_data, out->data);
		config_clear(out);
		return -1;
	}
	if (dev_runs || (!other_runs && access(out->data, F_OK) != 0)) {
		out->data = dev_data;
		data->where = "`offhook dev` in this directory";
	}
	return 0;
}

int locate_explain_data(struct config *config, struct error *err)
{
	const struct config_value *data = config_value(config, "data");
	struct error inner = *err;
	if (data->source == CONFIG_FLAG)
		return -1;
	if (data->source == CONFIG_DEFAULT && config->data != dev_data)
		return error_set(err,
		    "%s (nothing says where the store is: no --data, no setting data, no "
		    "`offhook dev` here)",
		    inner.text);
	return error_set(
	    err, "%s (the directory was taken from %s)", inner.text, data->where);
}

/* --- the server --- */

/* An address to listen on as one to dial: that of this machine, when it is all. */
static const char *locate_dial(struct span listen, struct arena *arena)
{
	size_t colon = listen.len;
	while (colon > 0 && listen.ptr[colon - 1] != ':')
		colon--;
	struct span host = span_head(listen, colon > 0 ? colon - 1 : 0);
	struct span port = span_from(listen, colon);
	if (host.len == 0 || span_is(host, "0.0.0.0"))
		host = SPAN("127.0.0.1");
	else if (span_is(host, "[::]"))
		host = SPAN("[::1]");
	return arena_printf(arena, "%.*s:%.*s", SPAN_ARG(host), SPAN_ARG(port));
}

static bool is_port_zero(const char *listen)
{
	const char *port = strrchr(listen, ':');
	int64_t number;
	return port != NULL && text_int(span_of(port + 1), 0, 0, &number);
}

/* What the server of the data directory tells of itself; NULL: none runs, or it is too old
 * to tell. */
static json_t *locate_ask(const struct config *config)
{
	json_t *request = json_pack("{s:s}", "command", "server"), *answer = NULL;
	struct error ignored;
	if (control_request(config->data, request, &answer, &ignored) != 0)
		answer = NULL;
	json_decref(request);
	return answer;
}

static int locate_address(struct located *out, struct config *config,
    const char *running, struct arena *arena, struct error *err)
{
	const struct config_value *listen = config_value(config, "listen");
	bool given = listen->source != CONFIG_DEFAULT && !is_port_zero(config->listen);
	if (!given && running == NULL && is_port_zero(config->listen))
		return error_set(err,
		    "no server runs in %s, and %s (%s) names no port to find one at",
		    config->data, listen->text, listen->where);
	out->address = given || running == NULL
			   ? locate_dial(span_of(config->listen), arena)
			   : running;
	out->where =
	    given ? listen->where
	    : running != NULL
		? arena_printf(arena, "the server of %s", config->data)
		: arena_printf(arena,
		      "the defaults: nothing sets listen, and no server runs in "
		      "%s",
		      config->data);
	if (running != NULL && strcmp(running, out->address) != 0)
		out->other = running;
	return 0;
}

int locate_server(
    struct located *out, struct config *config, struct arena *arena, struct error *err)
{
	json_t *told = locate_ask(config);
	const char *running = json_string_value(json_object_get(told, "address"));
	const char *url = json_string_value(json_object_get(told, "publicUrl"));
	const char *pin = json_string_value(json_object_get(told, "pin"));
	*out = (struct located){0};
	if (running != NULL)
		running = locate_dial(span_of(running), arena);
	int rc = locate_address(out, config, running, arena, err);
	if (rc == 0 && out->other == NULL && pin != NULL)
		out->pin = arena_strdup(arena, pin);
	if (rc == 0 && config->public_url != NULL) {
		out->url = config->public_url;
		out->prefix_len = config->public_prefix.len;
		out->url_where = config_value(config, "public-url")->where;
	} else if (rc == 0 && url != NULL && out->other == NULL) {
		const char *host = strstr(url, "://");
		const char *path = host != NULL ? strchr(host + 3, '/') : NULL;
		out->url = arena_strdup(arena, url);
		out->prefix_len = path != NULL ? strlen(path) : 0;
		out->url_where = arena_printf(arena, "the server of %s", config->data);
	} else if (rc == 0) {
		out->url = arena_printf(
		    arena, "http%s://%s", out->pin != NULL ? "s" : "", out->address);
		out->url_where = out->where;
	}
	json_decref(told);
	return rc;
}
