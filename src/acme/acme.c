#include "acme/acme.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "acme/acme_state.h"
#include "acme/renewal.h"
#include "util/arena.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"
#include "util/thread.h"

enum {
	ORDER_MS = 300000,
	REQUEST_MS = 30000,
	CONNECT_MS = 10000,
	KILL_AFTER_MS = 2000, /* its own deadline comes first, and says more */
	LOOK_MS = 60000       /* the clock may be set, the machine may sleep */
};

struct acme {
	struct acme_config config;
	struct acme_calls calls;
	struct arena *arena;
	struct acme_names names;
	char *names_text;
	char *file; /* the certificate's */
	pthread_t thread;
	int wake, stop; /* eventfds */
	struct acme_state state;
	struct certificate_facts facts; /* not_after_ms 0: there is none */
};

/* ---- what is asked ---- */

static json_t *acme_texts(const char *const *texts)
{
	json_t *array = json_array();
	for (size_t i = 0; i < ACME_DIRECTORIES_MAX && texts[i] != NULL; i++)
		(void)json_array_append_new(array, json_string(texts[i]));
	return array;
}

/* The type that did it last time first. */
static json_t *acme_types(const struct acme *acme)
{
	const char *types[ACME_DIRECTORIES_MAX] = {0};
	size_t count = 0;
	bool http_first = strcmp(acme->state.challenge, ORDER_HTTP) == 0;
	if (acme->config.http && http_first)
		types[count++] = ORDER_HTTP;
	if (acme->config.alpn)
		types[count++] = ORDER_ALPN;
	if (acme->config.http && !http_first)
		types[count++] = ORDER_HTTP;
	return acme_texts(types);
}

static json_t *acme_task(const struct acme *acme, const char *what)
{
	const struct acme_config *config = &acme->config;
	bool window = strcmp(what, "window") == 0;
	const char *issuer[ACME_DIRECTORIES_MAX] = {acme->state.directory};
	json_t *task = json_pack(
	    "{s:s, s:s, s:s, s:o, s:o, s:s*, s:s*, s:s*, s:I, s:I, s:I}", "task", what,
	    "dir", config->dir, "names", acme->names_text, "directories",
	    acme_texts(window ? issuer : config->directories), "types",
	    acme_types(acme), "email", config->email, "caFile", config->ca_file,
	    "profile", config->profile, "connectMs", (json_int_t)config->connect_ms,
	    "requestMs", (json_int_t)config->request_ms, "deadlineMs",
	    (json_int_t)config->order_ms);
	if (config->eab.id != NULL)
		(void)json_object_set_new(task, "eab",
		    json_pack(
			"{s:s, s:s}", "id", config->eab.id, "key", config->eab.key));
	if (acme->facts.id[0] != '\0' && acme->state.directory[0] != '\0')
		(void)json_object_set_new(task, "replaces",
		    json_pack("{s:s, s:s}", "directory", acme->state.directory, "id",
			acme->facts.id));
	return task;
}

static enum order_child_outcome acme_ask(
    struct acme *acme, json_t **answer, const char *what, struct error *err)
{
	json_t *task = acme_task(acme, what);
	const struct order_child child = {.program = acme->config.program,
	    .task = task,
	    .deadline_ms = acme->config.order_ms + KILL_AFTER_MS,
	    .stop = acme->stop,
	    .calls = &acme->calls.challenges};
	enum order_child_outcome outcome = order_child_run(answer, &child, err);
	json_decref(task);
	return outcome;
}

/* ---- what comes of it ---- */

static uint32_t acme_random(const struct acme *acme, int64_t salt)
{
	unsigned char hash[32];
	char text[CERTIFICATE_ID_SIZE + 64];
	uint32_t out;
	(void)snprintf(text, sizeof(text), "%s %lld %lld", acme->facts.id,
	    (long long)acme->facts.not_before_ms, (long long)salt);
	text_sha256(hash, span_of(text));
	memcpy(&out, hash, sizeof(out));
	return out;
}

static void acme_keep_state(struct acme *acme)
{
	struct error err;
	if (acme_state_write(&acme->state, acme->config.dir, &acme->names, &err) < 0)
		log_write(LOG_ERROR, "the state of the certificate cannot be kept",
		    "error", err.text, NULL);
}

static void acme_failed(
    struct acme *acme, const json_t *answer, const struct error *err)
{
	char next[CLOCK_ISO_SIZE], until[CLOCK_ISO_SIZE];
	int64_t now_ms = clock_wall_ms();
	int64_t retry_ms = json_integer_value(
	    json_object_get(json_object_get(answer, "error"), "retryAfterMs"));
	struct acme_state *state = &acme->state;
	state->failures++;
	state->failed_ms = now_ms;
	state->next_try_ms = now_ms + renewal_back_off(state->failures, retry_ms,
					  acme_random(acme, now_ms));
	(void)snprintf(state->failure, sizeof(state->failure), "%s", err->text);
	acme_keep_state(acme);
	clock_iso(next, state->next_try_ms);
	clock_iso(until, acme->facts.not_after_ms);
	log_write(LOG_ERROR, "no certificate", "names", acme->names_text, "error",
	    err->text, "next_try", next, "present_until",
	    acme->facts.not_after_ms != 0 ? until : NULL, NULL);
	acme->calls.failed(
	    acme->calls.ctx, err->text, state->next_try_ms, acme->facts.not_after_ms);
}

static bool acme_load(struct acme *acme)
{
	struct error err;
	int rc =
	    acme_state_certificate(&acme->facts, acme->config.dir, &acme->names, &err);
	if (rc < 0)
		log_write(LOG_WARN, "the kept certificate is of no use", "error",
		    err.text, NULL);
	if (rc != 0)
		acme->facts = (struct certificate_facts){0};
	return rc == 0;
}

static void acme_got(struct acme *acme, const json_t *answer)
{
	char until[CLOCK_ISO_SIZE];
	const json_t *certificate = json_object_get(answer, "certificate");
	const char *directory =
	    json_string_value(json_object_get(certificate, "directory"));
	const char *type = json_string_value(json_object_get(certificate, "type"));
	struct acme_state next = {0};
	(void)snprintf(next.directory, sizeof(next.directory), "%s",
	    directory != NULL ? directory : "");
	(void)snprintf(next.challenge, sizeof(next.challenge), "%s",
	    type != NULL ? type : acme->state.challenge);
	acme->state = next;
	acme_keep_state(acme);
	if (!acme_load(acme))
		return;
	clock_iso(until, acme->facts.not_after_ms);
	log_write(LOG_INFO, "certificate", "names", acme->names_text, "from",
	    next.directory, "by", type, "until", until, NULL);
	acme->calls.certificate_ready(acme->calls.ctx, acme->file);
}

static void acme_order(struct acme *acme)
{
	struct error err;
	json_t *answer = NULL;
	enum order_child_outcome outcome = ORDER_CHILD_DONE;
	for (size_t i = 0; i < acme->names.count && acme->calls.preflight != NULL; i++)
		if (outcome == ORDER_CHILD_DONE &&
		    acme->calls.preflight(acme->calls.ctx, acme->names.names[i], &err) <
			0)
			outcome = ORDER_CHILD_FAILED;
	if (outcome == ORDER_CHILD_DONE)
		outcome = acme_ask(acme, &answer, "order", &err);
	switch (outcome) {
	case ORDER_CHILD_DONE:
		acme_got(acme, answer);
		break;
	case ORDER_CHILD_FAILED:
		acme_failed(acme, answer, &err);
		break;
	case ORDER_CHILD_STOPPED:
		break;
	}
	json_decref(answer);
}

/* The CA's suggestion. That it does not answer is no failure: two thirds of the
 * certificate's life hold then. */
static void acme_look(struct acme *acme)
{
	struct error err;
	json_t *answer = NULL;
	struct acme_state *state = &acme->state;
	enum order_child_outcome outcome = acme_ask(acme, &answer, "window", &err);
	if (outcome == ORDER_CHILD_STOPPED)
		return;
	const json_t *window = json_object_get(answer, "window");
	int64_t retry_ms = json_integer_value(json_object_get(window, "retryAfterMs"));
	state->look_again_ms = renewal_look_again(clock_wall_ms(), retry_ms);
	if (outcome == ORDER_CHILD_DONE) {
		int64_t start = json_integer_value(json_object_get(window, "start"));
		const char *why =
		    json_string_value(json_object_get(window, "explanation"));
		if (why != NULL && start != state->window_start_ms)
			log_write(LOG_WARN,
			    "the CA suggests another time for the renewal", "names",
			    acme->names_text, "why", why, NULL);
		state->window_start_ms = start;
		state->window_end_ms =
		    json_integer_value(json_object_get(window, "end"));
	} else {
		log_write(LOG_DEBUG, "no renewal information", "error", err.text, NULL);
	}
	acme_keep_state(acme);
	json_decref(answer);
}

/* ---- when ---- */

static int64_t acme_renew_at(const struct acme *acme)
{
	const struct renewal renewal = {.not_before_ms = acme->facts.not_before_ms,
	    .not_after_ms = acme->facts.not_after_ms,
	    .window_start_ms = acme->state.window_start_ms,
	    .window_end_ms = acme->state.window_end_ms,
	    .random = acme_random(acme, acme->state.window_start_ms)};
	return acme->facts.not_after_ms == 0 ? 0 : renewal_time(&renewal);
}

/* Does what is due. */
static void acme_do(struct acme *acme)
{
	int64_t now_ms = clock_wall_ms();
	bool waits = now_ms < acme->state.next_try_ms;
	if (acme->facts.id[0] != '\0' && acme->state.directory[0] != '\0' &&
	    now_ms >= acme->state.look_again_ms)
		acme_look(acme);
	if (now_ms >= acme_renew_at(acme) && !waits)
		acme_order(acme);
}

static bool acme_is_set(int fd)
{
	uint64_t count;
	return read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

static void *acme_run(void *ctx)
{
	struct acme *acme = ctx;
	for (;;) {
		acme_do(acme);
		int64_t left_ms = acme->state.next_try_ms - clock_wall_ms();
		struct pollfd ready[] = {{.fd = acme->stop, .events = POLLIN},
		    {.fd = acme->wake, .events = POLLIN}};
		(void)poll(ready, 2,
		    left_ms > 0 && left_ms < LOOK_MS ? (int)left_ms + 1 : LOOK_MS);
		if (ready[0].revents != 0)
			return NULL;
		if (acme_is_set(acme->wake))
			acme->state.next_try_ms = 0;
	}
}

/* ---- begin and end ---- */

static char *acme_copy(struct acme *acme, const char *text)
{
	return text == NULL ? NULL : arena_strdup(acme->arena, text);
}

static void acme_copy_config(struct acme *acme, const struct acme_config *config)
{
	struct acme_config *own = &acme->config;
	*own = *config;
	own->program = acme_copy(acme, config->program);
	own->dir = acme_copy(acme, config->dir);
	own->email = acme_copy(acme, config->email);
	own->ca_file = acme_copy(acme, config->ca_file);
	own->profile = acme_copy(acme, config->profile);
	own->eab.id = acme_copy(acme, config->eab.id);
	own->eab.key = acme_copy(acme, config->eab.key);
	for (size_t i = 0; i < ACME_DIRECTORIES_MAX; i++)
		own->directories[i] = acme_copy(acme, config->directories[i]);
	own->order_ms = config->order_ms > 0 ? config->order_ms : ORDER_MS;
	own->request_ms = config->request_ms > 0 ? config->request_ms : REQUEST_MS;
	own->connect_ms = config->connect_ms > 0 ? config->connect_ms : CONNECT_MS;
	acme->names = *config->names;
	own->names = &acme->names;
	struct buf text = {0};
	for (size_t i = 0; i < acme->names.count; i++)
		buf_printf(&text, "%s%s", i > 0 ? "," : "", acme->names.names[i]);
	acme->names_text = arena_strdup(acme->arena, buf_text(&text));
	buf_free(&text);
}

static void acme_free(struct acme *acme)
{
	if (acme->wake >= 0)
		(void)close(acme->wake);
	if (acme->stop >= 0)
		(void)close(acme->stop);
	free(acme->file);
	arena_free(acme->arena);
	free(acme);
}

int acme_open(struct acme **out, const struct acme_config *config,
    const struct acme_calls *calls, struct error *err)
{
	struct acme *acme = mem_new(1, sizeof(*acme));
	*acme = (struct acme){.calls = *calls,
	    .arena = arena_new(),
	    .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	    .stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	acme_copy_config(acme, config);
	int rc = acme->wake < 0 || acme->stop < 0
		     ? error_set(err, "eventfd: %s", strerror(errno))
		     : acme_state_dir(acme->config.dir, err);
	if (rc == 0) {
		acme->file = acme_state_path(acme->config.dir, &acme->names, ".pem");
		acme_state_read(&acme->state, acme->config.dir, &acme->names);
		if (acme_load(acme))
			calls->certificate_ready(calls->ctx, acme->file);
		rc = thread_start(&acme->thread, "oh-acme", acme_run, acme, err);
	}
	if (rc < 0)
		acme_free(acme);
	else
		*out = acme;
	return rc;
}

static void acme_signal(int fd)
{
	const uint64_t one = 1;
	(void)!write(fd, &one, sizeof(one));
}

void acme_wake(struct acme *acme)
{
	acme_signal(acme->wake);
}

void acme_close(struct acme *acme)
{
	if (acme == NULL)
		return;
	acme_signal(acme->stop);
	thread_join(acme->thread);
	acme_free(acme);
}
