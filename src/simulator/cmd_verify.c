/* cmd_verify -- checks the signature of a request, and explains why it does not match. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/token_file.h"
#include "simulator/url.h"
#include "twilio/diagnose.h"
#include "util/text.h"
#include "view/term.h"

enum { BODY_LIMIT = 16 * 1024 * 1024 };

struct verify {
	const struct options *options;
	struct tokens *tokens;
	struct signed_request request;
	struct params params;
	struct diagnose_hints hints;
	char *file_body;
};

static int verify_read_tokens(
    struct verify *verify, struct config *config, struct error *err)
{
	const char *name = options_value(verify->options, "token-env");
	const char *token = options_value(verify->options, "token");
	if (token == NULL && name == NULL) {
		if (options_config(config, verify->options, err) != 0)
			return -1;
		verify->tokens = config->tokens;
		if (tokens_count(verify->tokens) > 0)
			return 0;
		token = token_file_find(verify->options->arena);
		if (token != NULL)
			return tokens_add(verify->tokens, span_of(token), err);
		return error_set(err, "no Auth Token to check with: export "
				      "TWILIO_AUTH_TOKEN=… (or --token-env NAME)");
	}
	if (token == NULL)
		token = getenv(name);
	if (token == NULL || *token == '\0')
		return error_set(err, "the variable %s is not set", name);
	config->tokens = verify->tokens = tokens_new();
	return tokens_add(verify->tokens, span_of(token), err);
}

static int verify_read_body(struct verify *verify, struct error *err)
{
	const char *body = options_value(verify->options, "body");
	const char *file = options_value(verify->options, "body-file");
	size_t len;
	if (body != NULL && file != NULL)
		return error_set(err, "give --body or --body-file, not both");
	verify->request.body = body != NULL ? span_of(body) : SPAN("");
	if (file == NULL)
		return 0;
	verify->file_body = text_read_file(
	    strcmp(file, "-") == 0 ? "/dev/stdin" : file, BODY_LIMIT, &len);
	if (verify->file_body == NULL)
		return error_set(err, "%s: %s", file, strerror(errno));
	verify->request.body = (struct span){verify->file_body, len};
	return 0;
}

/* A posted body is a form unless its type says otherwise. */
static int verify_read_form(struct verify *verify, struct error *err)
{
	const char *type = options_value(verify->options, "content-type");
	const char *method = options_value(verify->options, "method");
	struct span media = span_media_type(span_of(type));
	bool posted =
	    method == NULL ? verify->request.body.len > 0 : strcmp(method, "GET") != 0;
	bool form =
	    type == NULL || span_ieq(media, SPAN("application/x-www-form-urlencoded"));
	verify->hints.json = span_ieq(media, SPAN("application/json"));
	if (!posted || !form)
		return 0;
	switch (params_parse(
	    &verify->params, verify->request.body, verify->options->arena)) {
	case PARAMS_OK:
		break;
	case PARAMS_BAD_ESCAPE:
		return error_set(err,
		    "the body is no form: a %% is not followed by two "
		    "hexadecimal digits");
	case PARAMS_TOO_MANY:
		return error_set(err, "the form has over %d parameters", PARAMS_MAX);
	}
	verify->request.params = &verify->params;
	struct span account = params_get(&verify->params, "AccountSid");
	if (account.ptr != NULL)
		verify->request.account_sid = account;
	return 0;
}

static int verify_read_url(struct verify *verify, struct error *err)
{
	const char *text = options_value(verify->options, "url");
	const char *signature = options_value(verify->options, "signature");
	struct url url;
	struct params query;
	if (text == NULL || signature == NULL)
		return error_set(err, "--url and --signature are needed");
	if (url_split(&url, span_of(text), err) != 0)
		return -1;
	verify->request.scheme = url.scheme;
	verify->request.host = url.host;
	verify->request.target = url.target;
	verify->request.signature = span_of(signature);
	verify->request.account_sid = SPAN("");
	verify->hints.raw_target = url.target;
	size_t mark = span_find(url.target, '?');
	if (mark < url.target.len &&
	    params_parse(&query, span_from(url.target, mark + 1),
		verify->options->arena) == PARAMS_OK &&
	    params_get(&query, "AccountSid").ptr != NULL)
		verify->request.account_sid = params_get(&query, "AccountSid");
	return 0;
}

static int verify_check(const struct verify *verify)
{
	struct arena *arena = verify->options->arena;
	struct verifier *verifier = verifier_new(verify->tokens);
	bool genuine = verifier_check(verifier, &verify->request, arena);
	struct diagnosis why = {0};
	if (!genuine)
		why = diagnose(verifier, &verify->request, &verify->hints, arena);
	verifier_free(verifier);
	if (genuine) {
		(void)puts(verify->options->json ? "{\"genuine\":true}" : "genuine");
		return EXIT_OK;
	}
	if (verify->options->json) {
		term_json(stdout,
		    json_pack("{s:b, s:s, s:o}", "genuine", 0, "cause", why.cause,
			"advice", term_json_text(span_of(why.advice))));
	} else {
		(void)printf("not genuine: ");
		term_print(stdout, span_of(why.advice), false);
		(void)printf("\n");
	}
	return EXIT_FAILED;
}

static int verify_run(const struct options *options)
{
	struct verify verify = {.options = options};
	struct config config = {0};
	struct error err;
	int code;
	if (verify_read_url(&verify, &err) != 0)
		code = options_misused(options, &err);
	else if (verify_read_body(&verify, &err) != 0 ||
		 verify_read_form(&verify, &err) != 0 ||
		 verify_read_tokens(&verify, &config, &err) != 0)
		code = options_fail(options, &err);
	else
		code = verify_check(&verify);
	free(verify.file_body);
	config_clear(&config);
	return code;
}

static const struct flag flags[] = {
    {"url", "URL", .help = "the URL that Twilio called, exactly"},
    {"signature", "TEXT", .help = "the value of X-Twilio-Signature"},
    {"body", "TEXT", .help = "the body, as it was received"},
    {"body-file", "FILE", .help = "the body from a file; - for standard input"},
    {"content-type", "TYPE", .help = "of the body (a form)"},
    {"method", "METHOD", .help = "GET or POST (POST when there is a body)"},
    {"token", "TOKEN",
	.help = "the token itself; other users of this machine can see it"},
    {"token-env", "NAME", .help = "the variable with the token (TWILIO_AUTH_TOKEN)"},
    {0},
};

const struct command cmd_verify = {
    .name = "verify",
    .usage = "--url URL --signature TEXT [options]",
    .summary = "check a webhook's signature, and say why it does not match",
    .about =
	"The token comes from TWILIO_AUTH_TOKEN, ./.env, offhook.conf, or of\n"
	"`offhook dev` in this directory. What stands behind a # in the URL (#rc=2&rp=…,\n"
	"how often Twilio tries again) is not signed, and may be left out.\n"
	"Exits 0 when the request is genuine, else 1.\n",
    .examples =
	"  offhook verify --url https://example.com/twilio/sms --body-file body.txt \\\n"
	"      --signature 'RSOYDt4T1cUTdK1PDd93/VVr8B8='\n",
    .flags = flags,
    .settings = SETTINGS_FILE,
    .json = true,
    .run = verify_run,
};
