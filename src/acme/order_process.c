#include "acme/order_process.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "acme/acme_state.h"
#include "acme/order.h"
#include "util/clock.h"
#include "util/jsonw.h"
#include "util/mem.h"

enum { LINE_MAX_BYTES = 65536, DIRECTORIES_MAX = 8, TYPES_MAX = 4 };

struct order_process {
	json_t *task;
	struct acme_names names;
	struct transport transport;
	int64_t until_us;
	struct buf input;
	int64_t retry_after_ms; /* of the last failure */
	char problem[48];
};

static void process_say(const struct buf *line)
{
	(void)fprintf(stdout, "%s\n", buf_text(line));
	(void)fflush(stdout); /* who does not read it has ended: SIGPIPE */
}

/* The next line of standard input, as an object; NULL with err. */
static json_t *process_hear(struct order_process *process, struct error *err)
{
	struct buf *input = &process->input;
	for (;;) {
		size_t len = span_find(buf_span(input), '\n');
		if (len < input->len) {
			json_t *line = json_loadb(input->ptr, len, 0, NULL);
			input->len -= len + 1;
			memmove(input->ptr, input->ptr + len + 1, input->len);
			if (!json_is_object(line))
				(void)error_set(err, "a line that is no JSON object");
			return line;
		}
		int64_t left_us = process->until_us - clock_mono_us();
		struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
		int rc = left_us <= 0 ? 0 : poll(&ready, 1, (int)(left_us / 1000 + 1));
		if (rc < 0 && errno == EINTR)
			continue;
		buf_reserve(input, LINE_MAX_BYTES);
		ssize_t n = rc <= 0 || input->len >= LINE_MAX_BYTES
				? -1
				: read(STDIN_FILENO, input->ptr + input->len,
				      LINE_MAX_BYTES - input->len);
		if (n <= 0) {
			(void)error_set(err, "the server did not answer");
			return NULL;
		}
		input->len += (size_t)n;
	}
}

static const char *process_text(const json_t *doc, const char *name)
{
	return json_string_value(json_object_get(doc, name));
}

static int64_t process_number(const json_t *doc, const char *name, int64_t otherwise)
{
	json_int_t number = json_integer_value(json_object_get(doc, name));
	return number > 0 ? number : otherwise;
}

/* ---- challenges ---- */

static void process_tell_challenge(
    const char *what, const struct order_challenge *challenge)
{
	struct buf line = {0};
	buf_putc(&line, '{');
	jsonw_key(&line, span_of(what));
	buf_putc(&line, '{');
	jsonw_field(&line, "type", span_of(challenge->type));
	jsonw_field(&line, "name", span_of(challenge->name));
	jsonw_field(&line, "token", span_of(challenge->token));
	jsonw_field(&line, "keyAuthorization", span_of(challenge->key_authorization));
	buf_puts(&line, "}}");
	process_say(&line);
	buf_free(&line);
}

static int process_set(
    void *ctx, const struct order_challenge *challenge, struct error *err)
{
	process_tell_challenge("challenge", challenge);
	json_t *answer = process_hear(ctx, err);
	if (answer == NULL)
		return -1;
	int rc = json_is_true(json_object_get(answer, "ready")) ? 0 : 1;
	json_decref(answer);
	return rc;
}

static void process_clear(void *ctx, const struct order_challenge *challenge)
{
	(void)ctx;
	process_tell_challenge("clear", challenge);
}

/* ---- the tasks ---- */

static void process_session_config(struct session_config *out,
    const struct order_process *process, const char *directory)
{
	const json_t *eab = json_object_get(process->task, "eab");
	*out = (struct session_config){.directory = directory,
	    .dir = process_text(process->task, "dir"),
	    .email = process_text(process->task, "email"),
	    .eab = {process_text(eab, "id"), process_text(eab, "key")}};
	if (out->eab.key == NULL)
		out->eab.id = NULL;
}

static enum order_outcome process_refused(
    struct order_process *process, const struct problem *problem, struct error *err)
{
	(void)snprintf(process->problem, sizeof(process->problem), "%s", problem->type);
	process->retry_after_ms = problem->retry_after_ms;
	(void)problem_tell(err, problem, NULL);
	return ORDER_FAILED;
}

static int process_profile(const struct order_process *process,
    const struct session *session, const char **out, struct error *err)
{
	bool address = false;
	const char *wanted = process_text(process->task, "profile");
	const json_t *known = session->directory.profiles;
	for (size_t i = 0; i < process->names.count; i++) {
		unsigned char bytes[ACME_ADDRESS_SIZE];
		address |= acme_name_address(bytes, process->names.names[i]) > 0;
	}
	*out = wanted;
	/* Let's Encrypt gives addresses certificates of this profile only. */
	if (wanted == NULL && address && json_object_get(known, "shortlived") != NULL)
		*out = "shortlived";
	if (wanted == NULL || json_object_get(known, wanted) != NULL)
		return 0;
	struct buf names = {0};
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)known, name, value)
		buf_printf(&names, "%s%.40s", names.len > 0 ? ", " : "", name);
	(void)error_set(err, "acme-profile: the CA has no profile %s; it has %s",
	    wanted, names.len > 0 ? buf_text(&names) : "none");
	buf_free(&names);
	return -1;
}

static enum order_outcome process_keep(struct order_process *process,
    const struct order_result *result, const char *directory, struct error *err)
{
	const char *dir = process_text(process->task, "dir");
	if (acme_state_keep(dir, &process->names, buf_span(&result->key),
		buf_span(&result->chain), err) < 0)
		return ORDER_OURS; /* no other CA would help */
	struct buf line = {0};
	buf_puts(&line, "{\"certificate\":{");
	jsonw_field(&line, "directory", span_of(directory));
	jsonw_field(&line, "type", span_of(result->type));
	buf_puts(&line, "}}");
	process_say(&line);
	buf_free(&line);
	return ORDER_DONE;
}

static enum order_outcome process_order(
    struct order_process *process, struct session *session, struct error *err)
{
	const struct order_calls calls = {process, process_set, process_clear};
	const char *types[TYPES_MAX + 1] = {0};
	struct order_result result = {0};
	struct problem problem;
	size_t i;
	const json_t *type;
	json_array_foreach(json_object_get(process->task, "types"), i, type)
		if (i < TYPES_MAX)
			types[i] = json_string_value(type);
	const json_t *old = json_object_get(process->task, "replaces");
	const char *old_directory = process_text(old, "directory");
	const char *directory = session->config.directory;
	struct order order = {
	    .names = &process->names, .types = types, .calls = &calls};
	if (old_directory != NULL && strcmp(old_directory, directory) == 0)
		order.replaces = process_text(old, "id");
	if (process_profile(process, session, &order.profile, err) < 0)
		return ORDER_FAILED;
	switch (session_account(session, &problem, err)) {
	case SESSION_OK:
		break;
	case SESSION_REFUSED:
		return process_refused(process, &problem, err);
	case SESSION_BROKEN:
		return ORDER_FAILED;
	}
	enum order_outcome outcome = order_run(&result, session, &order, err);
	(void)snprintf(
	    process->problem, sizeof(process->problem), "%s", result.problem);
	process->retry_after_ms = result.retry_after_ms;
	if (outcome == ORDER_DONE)
		outcome = process_keep(process, &result, directory, err);
	order_result_clear(&result);
	return outcome;
}

static enum order_outcome process_window(
    struct order_process *process, struct session *session, struct error *err)
{
	const char *base = session->directory.renewal_info;
	const char *id = process_text(json_object_get(process->task, "replaces"), "id");
	struct answer_window window = {0};
	struct response response = {0};
	struct buf line = {0};
	int rc = 0;
	if (base != NULL && id != NULL) {
		char *url = mem_printf("%s/%s", base, id);
		rc = transport_send(
		    &process->transport, "GET", url, NULL, &response, err);
		if (rc == 0 && response.status != 200)
			rc = error_set(err, "renewal information: the CA answered %ld",
			    response.status);
		if (rc == 0)
			rc = answer_window(&window, buf_span(&response.body), err);
		free(url);
	}
	buf_puts(&line, "{\"window\":");
	if (window.doc != NULL) {
		buf_putc(&line, '{');
		jsonw_field_int(&line, "start", window.start_ms);
		jsonw_field_int(&line, "end", window.end_ms);
		jsonw_field_int(&line, "retryAfterMs", response.retry_after_ms);
		jsonw_field(&line, "explanation", span_of(window.explanation));
		buf_putc(&line, '}');
	} else {
		buf_puts(&line, "null");
	}
	buf_putc(&line, '}');
	process->retry_after_ms = response.retry_after_ms;
	if (rc == 0)
		process_say(&line);
	json_decref(window.doc);
	buf_free(&line);
	response_clear(&response);
	return rc < 0 ? ORDER_FAILED : ORDER_DONE;
}

static enum order_outcome process_at(
    struct order_process *process, const char *directory, struct error *err)
{
	struct session_config config;
	struct session session;
	enum order_outcome outcome = ORDER_FAILED;
	const char *task = process_text(process->task, "task");
	bool order = task != NULL && strcmp(task, "order") == 0;
	process->retry_after_ms = 0;
	process->problem[0] = '\0';
	process_session_config(&config, process, directory);
	if (session_open(&session, &config, &process->transport, err) == 0)
		outcome = order ? process_order(process, &session, err)
				: process_window(process, &session, err);
	session_close(&session);
	return outcome;
}

/* One directory after another. */
static int process_work(struct order_process *process, struct error *err)
{
	size_t i;
	const json_t *directory;
	enum order_outcome outcome = ORDER_FAILED;
	char *causes = NULL;
	(void)error_set(err, "no directory is given");
	json_array_foreach(
	    json_object_get(process->task, "directories"), i, directory) {
		if (outcome != ORDER_FAILED || i >= DIRECTORIES_MAX)
			break;
		outcome = process_at(process, json_string_value(directory), err);
		if (outcome != ORDER_FAILED)
			break;
		char *all = causes == NULL
				? mem_strdup(err->text)
				: mem_printf("%s; then %s", causes, err->text);
		free(causes);
		causes = all;
	}
	if (outcome == ORDER_FAILED && causes != NULL)
		(void)error_set(err, "%s", causes);
	free(causes);
	return outcome == ORDER_DONE ? 0 : -1;
}

static int process_begin(struct order_process *process, struct error *err)
{
	enum {
		READ_MS = 10000,
		CONNECT_MS = 10000,
		REQUEST_MS = 30000,
		ALL_MS = 300000
	};

	process->until_us = clock_mono_us() + INT64_C(1000) * READ_MS;
	process->task = process_hear(process, err);
	if (process->task == NULL)
		return -1;
	const json_t *task = process->task;
	const char *names = process_text(task, "names");
	if (names == NULL || process_text(task, "dir") == NULL)
		return error_set(err, "the task lacks its names or its directory");
	process->until_us =
	    clock_mono_us() + 1000 * process_number(task, "deadlineMs", ALL_MS);
	const struct transport_config config = {.ca_file = process_text(task, "caFile"),
	    .connect_ms = process_number(task, "connectMs", CONNECT_MS),
	    .request_ms = process_number(task, "requestMs", REQUEST_MS),
	    .until_us = process->until_us};
	if (acme_names_parse(&process->names, span_of(names), err) < 0 ||
	    acme_state_dir(process_text(task, "dir"), err) < 0)
		return -1;
	return transport_open(&process->transport, &config, err);
}

int order_process_run(void)
{
	struct error err;
	struct order_process *process = mem_new(1, sizeof(*process));
	/* It must not outlive the server, whatever the CA does. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	int rc = process_begin(process, &err);
	if (rc == 0)
		rc = process_work(process, &err);
	if (rc < 0) {
		struct buf line = {0};
		buf_puts(&line, "{\"error\":{");
		jsonw_field(&line, "text", span_of(err.text));
		jsonw_field(&line, "problem", span_of(process->problem));
		jsonw_field_int(&line, "retryAfterMs", process->retry_after_ms);
		buf_puts(&line, "}}");
		process_say(&line);
		buf_free(&line);
	}
	transport_close(&process->transport);
	json_decref(process->task);
	buf_free(&process->input);
	free(process);
	return rc < 0 ? 1 : 0;
}
