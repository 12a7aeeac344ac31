/* cmd_send -- plays Twilio: signed webhooks, as Twilio sends them. */
#include <stdlib.h>
#include <string.h>

#include "cli/locate.h"
#include "cli/options.h"
#include "cli/token_file.h"
#include "client/curl.h"
#include "simulator/burst.h"
#include "simulator/failing.h"
#include "simulator/forge.h"
#include "util/clock.h"
#include "util/suggest.h"
#include "view/phone.h"
#include "view/term.h"

enum { MOST_REPEATS = 10000000, MOST_THREADS = 1000 };

struct send {
	const struct options *options;
	struct forge forge;
	struct config config;
	struct located server; /* filled when --url and --connect do not say all */
	int64_t repeat, parallel;
	struct arena *arena;
	struct client_request fixed; /* all requests, unless --fresh */
	bool fresh;
	struct tally tally;
	struct failing failing;
	int64_t began_ms;
	struct error error; /* of the first request without an answer */
};

/* --- the options --- */

static const struct {
	const char *flag;
	enum sample_value value;
} chosen[] = {
    {"sid", SAMPLE_SID},
    {"call-sid", SAMPLE_CALL_SID},
    {"account", SAMPLE_ACCOUNT_SID},
    {"from", SAMPLE_FROM},
    {"to", SAMPLE_TO},
    {"body", SAMPLE_BODY},
    {"status", SAMPLE_MESSAGE_STATUS},
    {"call-status", SAMPLE_CALL_STATE},
    {"error-code", SAMPLE_ERROR_CODE},
    {"digits", SAMPLE_DIGITS},
    {"speech", SAMPLE_SPEECH},
    {"duration", SAMPLE_DURATION},
};

static int send_read_kind(struct send *send, struct error *err)
{
	struct span name = span_of(send->options->args[0]);
	struct suggestion suggestion = {.word = name};
	send->forge.kind = sample_find(name);
	if (send->forge.kind < SAMPLE_KINDS)
		return 0;
	for (enum sample_kind kind = SAMPLE_SMS; kind < SAMPLE_KINDS; kind++)
		suggest_offer(&suggestion, sample_name(kind));
	(void)error_set(err, "it cannot send \"%.*s\"", SPAN_ARG(name));
	return suggest_explain(
	    &suggestion, "; `offhook help send` lists what it can", err);
}

static int send_read_media(struct send *send, struct error *err)
{
	struct sample *sample = &send->forge.sample;
	int64_t count = 0;
	for (size_t i = 0; i < send->options->given_count; i++) {
		const struct options_given *given = &send->options->given[i];
		if (strcmp(given->flag->name, "media") != 0)
			continue;
		if (sample->media_count == SAMPLE_MAX_MEDIA)
			return error_set(err, "a message has at most 10 media");
		struct span text = span_of(given->value);
		size_t comma = span_find(text, ',');
		sample->media[sample->media_count++] =
		    (struct sample_media){span_head(text, comma),
			span_from(text, comma < text.len ? comma + 1 : comma)};
	}
	if (options_int(send->options, "num-media", 0, SAMPLE_MAX_MEDIA, &count, err) !=
	    0)
		return -1;
	if ((size_t)count > sample->media_count)
		sample->media_count = (size_t)count;
	return 0;
}

static int send_read_params(struct send *send, struct error *err)
{
	const struct options *options = send->options;
	struct pair *extra =
	    arena_alloc(send->arena, (options->given_count + 1) * sizeof(*extra));
	size_t count = 0;
	for (size_t i = 0; i < options->given_count; i++) {
		struct span text = span_of(options->given[i].value);
		size_t equals = span_find(text, '=');
		if (strcmp(options->given[i].flag->name, "param") != 0)
			continue;
		if (equals == text.len)
			return error_set(err, "--param \"%s\": it reads Name=Value",
			    options->given[i].value);
		extra[count++] =
		    (struct pair){span_head(text, equals), span_from(text, equals + 1)};
	}
	send->forge.extra = extra;
	send->forge.extra_count = count;
	return 0;
}

static int send_read_tamper(struct send *send, struct error *err)
{
	static const char *const ways[] = {[TAMPER_SIGNATURE] = "signature",
	    [TAMPER_BODY] = "body",
	    [TAMPER_PARAM] = "param",
	    [TAMPER_URL] = "url"};

	const char *way = options_value(send->options, "tamper");
	if (way == NULL)
		return 0;
	send->forge.tamper = TAMPER_SIGNATURE;
	while (send->forge.tamper <= TAMPER_URL && *way != '\0' &&
	       strcmp(way, ways[send->forge.tamper]) != 0)
		send->forge.tamper++;
	if (send->forge.tamper <= TAMPER_URL)
		return 0;
	return error_set(
	    err, "--tamper=%s: give one of signature, body, param, url", way);
}

/* A URL without a path calls the built-in app's path for the kind. */
static void send_add_path(struct send *send, struct url *url)
{
	if (url->target.len == 0 || span_is(url->target, "/"))
		url->target = span_of(sample_path(send->forge.kind));
	else if (url->target.ptr[0] == '?')
		url->target =
		    span_of(arena_printf(send->arena, "/%.*s", SPAN_ARG(url->target)));
}

/* --url and --connect. A URL that is only a path, or is not given, is one of the server
 * that send_find_server finds. */
static int send_read_url(struct send *send, struct error *err)
{
	const char *given = options_value(send->options, "url");
	const char *connect = options_value(send->options, "connect");
	struct url *url = &send->forge.url;
	if (connect != NULL)
		send->forge.dial = arena_printf(send->arena, "http://%s", connect);
	if (given == NULL || given[0] == '/')
		url->target = span_of(given != NULL ? given : "");
	else if (url_split(url, span_of(given), err) != 0)
		return -1;
	else if (span_istarts(url->scheme, SPAN("ws")))
		return error_set(err,
		    "--url: it sends webhooks, and Twilio opens %.*s:// as a WebSocket",
		    SPAN_ARG(url->scheme));
	send_add_path(send, url);
	return 0;
}

/* Our own server, whose certificate is for its name, not for this address. */
static void send_dial_server(struct send *send)
{
	const struct located *server = &send->server;
	send->forge.dial = arena_printf(send->arena, "http%s://%s",
	    server->pin != NULL ? "s" : "", server->address);
	if (server->pin != NULL)
		send->forge.pin = arena_printf(send->arena, "sha256//%s", server->pin);
}

/* The request is dialled past the proxy: what that takes off the path is not sent. */
static int send_find_server(struct send *send, struct error *err)
{
	struct url url, *wanted = &send->forge.url;
	if (wanted->host.len > 0)
		return 0;
	if (locate_server(&send->server, &send->config, send->arena, err) != 0) {
		if (send->forge.dial == NULL)
			return -1;
		send->server.url = send->forge.dial;
	}
	if (url_split(&url, span_of(send->server.url), err) != 0)
		return -1;
	if (url.target.len > 0)
		url.target = span_of(arena_printf(send->arena, "%.*s%.*s",
		    SPAN_ARG(url.target), SPAN_ARG(wanted->target)));
	else
		url.target = wanted->target;
	*wanted = url;
	send->forge.prefix_len = send->server.prefix_len;
	if (send->forge.dial == NULL)
		send_dial_server(send);
	if (strcmp(send->forge.dial, send->server.url) == 0)
		send->forge.dial = NULL;
	return 0;
}

/* What the user must know when nothing answers there. */
static int send_explain(const struct send *send, const char *why, struct error *err)
{
	const struct located *server = &send->server;
	if (server->address == NULL || options_has(send->options, "connect"))
		return error_set(err, "%s", why);
	if (server->other != NULL)
		return error_set(err,
		    "%s; the address was taken from %s, but the server of this directory "
		    "listens on %s: give --connect %s",
		    why, server->where, server->other, server->other);
	return error_set(err, "%s; the address was taken from %s", why, server->where);
}

static int send_read_options(struct send *send, struct error *err)
{
	const struct options *options = send->options;
	const char *method = options_value(options, "method");
	for (size_t i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++) {
		const char *value = options_value(options, chosen[i].flag);
		if (value != NULL)
			send->forge.sample.values[chosen[i].value] = span_of(value);
	}
	if (method != NULL && strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0)
		return error_set(err, "--method: Twilio uses GET or POST");
	send->forge.get = method != NULL && strcmp(method, "GET") == 0;
	send->fresh = options_has(options, "fresh");
	if (send_read_url(send, err) != 0 ||
	    options_int(options, "repeat", 1, MOST_REPEATS, &send->repeat, err) != 0 ||
	    options_int(options, "parallel", 1, MOST_THREADS, &send->parallel, err) !=
		0 ||
	    send_read_media(send, err) != 0 || send_read_params(send, err) != 0)
		return -1;
	return send_read_tamper(send, err);
}

/* Not read when the options say all, so that a mistake in them does not matter then. */
static int send_read_settings(struct send *send, struct error *err)
{
	bool token = options_has(send->options, "no-signature") ||
		     options_has(send->options, "token-env");
	if (token && send->forge.url.host.len > 0)
		return 0;
	return locate_data(&send->config, send->options, err);
}

/* Twilio signs with the primary token, the first one in a list. */
static int send_find_token(struct send *send, struct error *err)
{
	const char *name = options_value(send->options, "token-env");
	if (options_has(send->options, "no-signature"))
		return 0;
	if (name != NULL) {
		send->forge.token = getenv(name);
		if (send->forge.token == NULL || send->forge.token[0] == '\0')
			return error_set(err, "the variable %s is not set", name);
		return 0;
	}
	send->forge.token = send->config.first_token;
	if (send->forge.token == NULL)
		send->forge.token = token_file_find(send->arena);
	if (send->forge.token == NULL)
		return error_set(err,
		    "no Auth Token to sign with: export TWILIO_AUTH_TOKEN=…, the same "
		    "as the server's (or --token-env NAME, or --no-signature)");
	return 0;
}

/* --- the replies --- */

static void send_print_json(const struct client_request *request,
    const struct client_reply *reply, const struct error *err)
{
	json_t *line = json_pack("{s:i, s:o, s:o, s:f, s:o}", "status",
	    err != NULL ? 0 : reply->status, "contentType",
	    term_json_text(span_of(reply->type[0] != '\0' ? reply->type : NULL)),
	    "body", term_json_text(buf_span(&reply->body)), "ms",
	    (double)reply->us / 1000, "sid", term_json_text(span_of(request->label)));
	if (err != NULL)
		(void)json_object_set_new(
		    line, "error", term_json_text(span_of(err->text)));
	if (err == NULL && reply->event[0] != '\0')
		(void)json_object_set_new(
		    line, "state", term_json_text(span_of(reply->event)));
	term_json_dump(stdout, line, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(line);
}

static void send_make(
    void *ctx, int64_t n, struct arena *arena, struct client_request *out)
{
	const struct send *send = ctx;
	(void)n;
	if (send->fresh)
		forge_make(&send->forge, out, arena);
	else
		*out = send->fixed;
}

static void send_done(void *ctx, const struct client_request *request,
    const struct client_reply *reply, const struct error *err)
{
	struct send *send = ctx;
	struct client_reply none = {.us = reply->us};
	if (err != NULL && send->error.text[0] == '\0')
		send->error = *err;
	tally_add(&send->tally, err == NULL ? reply : &none);
	failing_add(&send->failing, request, err == NULL ? reply : &none);
	if (send->options->json)
		send_print_json(request, reply, err);
}

static void send_print_first(struct send *send)
{
	const struct client_reply *reply = &send->tally.first;
	enum sample_kind kind = send->forge.kind;
	struct span from = send->forge.sample.values[SAMPLE_TO];
	bool is_call =
	    kind == SAMPLE_CALL || kind == SAMPLE_GATHER || kind == SAMPLE_RECORD;
	if (reply->status == 0)
		return;
	bool readable = phone_show(stdout,
	    &(struct phone_reply){.status = reply->status,
		.type = span_of(reply->type),
		.body = buf_span(&reply->body),
		.call = is_call,
		.callback = kind == SAMPLE_STATUS || kind == SAMPLE_CALL_STATUS ||
			    kind == SAMPLE_RECORDING || kind == SAMPLE_TRANSCRIPTION,
		.from = from.ptr != NULL ? from : SPAN("+15559876543")});
	send->failing.misread =
	    !readable && (is_call || kind == SAMPLE_SMS || kind == SAMPLE_MMS);
	if (send->repeat == 1) {
		(void)printf("%d%s", reply->status, reply->type[0] != '\0' ? " " : "");
		term_print(stdout, span_of(reply->type), false);
		(void)printf(" in %.1f ms\n", tally_ms(&send->tally, 500));
	}
}

static void send_print_summary(struct send *send, double seconds)
{
	struct tally *tally = &send->tally;
	(void)printf("%zu requests in %.2f s, %.0f a second\n", tally->count, seconds,
	    (double)tally->count / (seconds > 0 ? seconds : 1));
	for (size_t status = 0; status < 600; status++) {
		if (tally->statuses[status] == 0)
			continue;
		if (status == 0)
			(void)printf("  no answer  ");
		else
			(void)printf("  %-11zu", status);
		(void)printf("%lld\n", (long long)tally->statuses[status]);
	}
	(void)printf("replies %s; p50 %.1f ms, p99 %.1f ms, slowest %.1f ms\n",
	    tally->differ ? "differ" : "are identical", tally_ms(tally, 500),
	    tally_ms(tally, 990), tally_ms(tally, 1000));
}

static int send_all(struct send *send, struct error *err)
{
	struct curl curl;
	char uuid[SAMPLE_UUID_SIZE];
	struct forge *forge = &send->forge;
	if (curl_load(&curl, err) != 0)
		return -1;
	if (!send->fresh)
		forge->uuid = arena_strdup(send->arena, sample_uuid(uuid));
	forge_make(forge, &send->fixed, send->arena);
	if (!send->options->json)
		term_say(stderr, "%s %.*s://%.*s%.*s%s%s  %s %s",
		    forge->get ? "GET" : "POST", SPAN_ARG(forge->url.scheme),
		    SPAN_ARG(forge->url.host), SPAN_ARG(forge->url.target),
		    forge->dial != NULL ? " by " : "",
		    forge->dial != NULL ? forge->dial : "", sample_name(forge->kind),
		    send->fixed.label);
	int64_t start = clock_mono_us();
	send->began_ms = clock_wall_ms();
	burst_run(&(struct burst){.curl = &curl,
	    .count = send->repeat,
	    .threads =
		(int)(send->parallel < send->repeat ? send->parallel : send->repeat),
	    .make = send_make,
	    .done = send_done,
	    .ctx = send});
	if (send->options->json)
		return 0;
	send_print_first(send);
	if (send->repeat > 1)
		send_print_summary(send, (double)(clock_mono_us() - start) / 1e6);
	return 0;
}

static int send_run(const struct options *options)
{
	struct error err;
	struct send send = {
	    .options = options, .repeat = 1, .parallel = 1, .arena = options->arena};
	if (send_read_kind(&send, &err) != 0 || send_read_options(&send, &err) != 0)
		return options_misused(options, &err);
	int rc = send_read_settings(&send, &err);
	if (rc == 0)
		rc = send_find_token(&send, &err);
	if (rc == 0)
		rc = send_find_server(&send, &err);
	if (rc == 0)
		rc = send_all(&send, &err);
	if (rc == 0 && send.error.text[0] != '\0')
		rc = send_explain(&send, send.error.text, &err);
	else if (rc == 0)
		rc = failing_explain(
		    &send.failing, send.config.data, send.began_ms, &err);
	int code = rc != 0 ? options_fail(options, &err) : EXIT_OK;
	if (send.tally.statuses[403] > 0 && send.server.url_where != NULL)
		term_say(stderr,
		    "403: it was signed as a call of %s (taken from %s); if the signature "
		    "was refused, the server's log says why",
		    send.server.url, send.server.url_where);
	tally_free(&send.tally);
	config_clear(&send.config);
	return code;
}

static const struct flag flags[] = {
    {"from", "NUMBER", .help = "who writes or calls (+15551234567)"},
    {"to", "NUMBER", .help = "your number (+15559876543)"},
    {"body", "TEXT", .help = "the message; what was transcribed"},
    {"media", "URL[,TYPE]", .help = "a medium of the message; may be repeated",
	.repeats = true},
    {"num-media", "N", .help = "so many media, with made-up URLs"},
    {"sid", "SID", .help = "of the message, the call, the recording … (random)"},
    {"call-sid", "CA…", .help = "of the recording's or transcription's call (random)"},
    {"account", "AC…", .help = "the account (AC and zeros)"},
    {"status", "STATUS", .help = "status: MessageStatus (delivered)"},
    {"error-code", "CODE", .help = "status: ErrorCode (30003 when it failed)"},
    {"call-status", "STATUS", .help = "CallStatus (ringing; call-status: completed)"},
    {"duration", "SECONDS", .help = "of the call or the recording"},
    {"digits", "KEYS", .help = "gather: keys pressed (1)"},
    {"speech", "TEXT", .help = "gather: what was said"},
    {"param", "NAME=VALUE", .help = "set any parameter; may be repeated",
	.repeats = true},
    {"url", "URL", .help = "what is called and signed; or a path of your server"},
    {"connect", "A:P", .help = "dial this instead, in plain HTTP"},
    {"method", "METHOD", .help = "POST or GET (POST)"},
    {"token-env", "NAME", .help = "the variable with the token (TWILIO_AUTH_TOKEN)"},
    {"no-signature", .help = "do not sign"},
    {"tamper", "WHAT", .help = "spoil it: signature, body, param or url",
	.optional = true},
    {"repeat", "N", .help = "send the very same request N times"},
    {"fresh", .help = "with --repeat: new SIDs for each"},
    {"parallel", "N", .help = "so many at once"},
    {0},
};

static const char *send_word(size_t index)
{
	enum sample_kind kind = SAMPLE_SMS + (enum sample_kind)index;
	return kind < SAMPLE_KINDS ? sample_name(kind) : NULL;
}

const struct command cmd_send = {
    .name = "send",
    .usage = "KIND [options]",
    .summary = "play Twilio: send a signed webhook",
    .about =
	"KIND is sms, mms, status (of a message), call, call-status, gather and record\n"
	"(what <Gather> and <Record> lead to), recording (its status) or transcription;\n"
	"or an event of another family: partial (a Gather's), realtime (transcription),\n"
	"stream, siprec, pay, amd, conference, conversation, chat, taskrouter, assignment,\n"
	"sync, video, composition, debugger, link, usage, proxy, fax. --param changes what\n"
	"it says.\n"
	"What stands behind a # in --url (#rc=2&rp=…, how often Twilio tries again) is not\n"
	"sent and not signed. Prints what the phone would show. Without a path in --url,\n"
	"the built-in app's for that kind is called (gather leads to a route of your own:\n"
	"give --url /your/route). Without --url, your server is called: its address (listen,\n"
	"public-url) and its token come from the environment, ./.env or offhook.conf, else\n"
	"from the server that runs here: that of the data directory, or `offhook dev` in\n"
	"this directory.\n"
	"Exits 0 when every answer is 2xx and Twilio can read it; 1 when one is not, when\n"
	"a handler failed or was late (its error is shown when the store is here), or when\n"
	"nothing answers; 2 when the command line is wrong.\n",
    .examples =
	"  offhook send sms --body \"Hello there\"\n"
	"  offhook send mms --media https://example.com/cat.jpg,image/jpeg\n"
	"  offhook send status --sid SM0123456789abcdef0123456789abcdef --status failed\n"
	"  offhook send sms --repeat 3            # a retry gets the first reply\n"
	"  offhook send sms --url /my/route       # of the same server\n"
	"  offhook send sms --tamper=body         # is refused\n"
	"  offhook send call --url https://sms.example.com --connect 127.0.0.1:8080\n",
    .flags = flags,
    .settings = SETTINGS_DATA,
    .sealed = true,
    .json = true,
    .min_args = 1,
    .max_args = 1,
    .word = send_word,
    .run = send_run,
};
