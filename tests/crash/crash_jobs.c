/* crash_jobs -- jobs under load; kill -9 of the server at random moments, and of its
 * handler processes. A webhook whose reply the kill took is sent again, as Twilio would.
 * In the end, when all queues are empty: every job of every webhook has left its effect
 * once, also those that failed or killed their process; in a group effects follow
 * the order of the webhooks; and dead letters are those jobs, and only those, that
 * cannot succeed.
 *
 *   crash_jobs ROUNDS [SEED]
 *
 * Prints TAP, one line for every store that lived through some rounds. */
#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../e2e/conversation.h"
#include "engines/engines.h"
#include "store/store.h"
#include "util/mem.h"
#include "util/text.h"

enum {
	CLIENTS = 4,
	ROUNDS_A_STORE = 10,
	MAX_WEBHOOKS = 100000,
	CHILDREN = 3,
	QUIET_MS = 180000 /* until the queues are empty */
};

/* The app's queues (tests/e2e/apps/toil.c), and how many of 100 webhooks go there. */
enum temper { PLAIN, SLOW, FLAKY, SLEEPER, PARENT, KILLER, CRASHER, DOOMED, TEMPERS };

static const struct {
	const char *queue;
	unsigned share;
} tempers[TEMPERS] = {
    [PLAIN] = {"plain", 54},
    [SLOW] = {"slow", 10},
    [FLAKY] = {"flaky", 10},
    [SLEEPER] = {"sleeper", 10},
    [PARENT] = {"parent", 10},
    [KILLER] = {"killer", 2},
    [CRASHER] = {"crasher", 2},
    [DOOMED] = {"doomed", 2},
};

enum fate {
	UNSENT,
	KEPT, /* acknowledged */
	LOST  /* its handler's process was killed: it got the fallback reply */
};

struct webhook {
	enum temper temper;
	enum fate fate;
	/* What was found in the store. */
	int effects, awake, children[CHILDREN], ordered, dead;
};

struct step { /* an effect in its group */
	int group;
	int64_t seq, n, after;
};

struct ledger {
	struct webhook *webhooks; /* by number, from 1 */
	atomic_uint count;
	struct step *steps;
	size_t step_count;
	int wrong; /* told so far */
};

struct client {
	struct ledger *ledger;
	int number, fd;
	unsigned seed;
	unsigned pending; /* sent, and not answered */
	pthread_t thread;
};

/* Says what is wrong, the first few times. */
__attribute__((format(printf, 2, 3))) static void wrong(
    struct ledger *ledger, const char *format, ...)
{
	va_list args;
	if (ledger->wrong++ >= 10)
		return;
	va_start(args, format);
	(void)printf("# ");
	(void)vprintf(format, args);
	(void)printf("\n");
	va_end(args);
}

/* ---- the load ---- */

static enum temper pick(unsigned *seed)
{
	unsigned at = (unsigned)rand_r(seed) % 100;
	enum temper temper = PLAIN;
	while (at >= tempers[temper].share)
		at -= tempers[temper++].share;
	return temper;
}

static void make_request(struct buf *out, const struct client *client)
{
	char form[200];
	char signature[64];
	(void)snprintf(form, sizeof(form),
	    "MessageSid=SM%032x&From=%%2B1555%d&To=%%2B1556&Body=%s", client->pending,
	    client->number,
	    tempers[client->ledger->webhooks[client->pending].temper].queue);
	talk_signature(signature, TALK_TOKEN, TALK_URL "/sms", form);
	buf_clear(out);
	talk_request(out, "/sms", signature, form);
}

/* Sends what is pending, or the next one. False when it got no answer. */
static bool send_one(struct client *client, struct buf *request, struct buf *answer)
{
	struct ledger *ledger = client->ledger;
	if (client->pending == 0) {
		unsigned n = atomic_fetch_add(&ledger->count, 1) + 1;
		ledger->webhooks[n].temper = pick(&client->seed);
		client->pending = n;
	}
	make_request(request, client);
	if (!talk_try(client->fd, request, answer) ||
	    strstr(answer->ptr, "HTTP/1.1 200") != answer->ptr)
		return false;
	ledger->webhooks[client->pending].fate =
	    strstr(answer->ptr, "Kept") != NULL ? KEPT : LOST;
	client->pending = 0;
	return true;
}

static void *client_thread(void *arg)
{
	struct client *client = arg;
	struct buf request = {0};
	struct buf answer = {0};
	while (client->ledger->count < MAX_WEBHOOKS - CLIENTS &&
	       send_one(client, &request, &answer))
		(void)usleep((useconds_t)rand_r(&client->seed) % 2000);
	buf_free(&request);
	buf_free(&answer);
	return NULL;
}

static bool settle_pending(struct client *client, const char *address)
{
	struct buf request = {0};
	struct buf answer = {0};
	client->fd = talk_connect(address);
	bool good = client->pending == 0 || send_one(client, &request, &answer);
	(void)close(client->fd);
	buf_free(&request);
	buf_free(&answer);
	return good;
}

/* ---- the killing ---- */

static bool is_child(pid_t pid, pid_t parent)
{
	char path[64];
	int found = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return false;
	/* Its name, in parentheses, has none itself. */
	bool read = fscanf(file, "%*d (%*[^)]) %*c %d", &found) == 1;
	(void)fclose(file);
	return read && found == (int)parent;
}

/* One of the server's processes, if any. */
static void kill_some_process(pid_t server, unsigned *seed)
{
	DIR *proc = opendir("/proc");
	pid_t chosen = 0;
	unsigned seen = 0;
	const struct dirent *entry;
	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (pid > 1 && is_child(pid, server) &&
		    (unsigned)rand_r(seed) % ++seen == 0)
			chosen = pid;
	}
	if (proc != NULL)
		(void)closedir(proc);
	if (chosen > 0)
		(void)kill(chosen, SIGKILL);
}

static void kill_round(struct talk *talk, struct client *clients, unsigned *seed)
{
	int left_ms = 5 + rand_r(seed) % 300;
	bool processes = rand_r(seed) % 2 == 0;
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].fd = talk_connect(talk->address);
		(void)pthread_create(
		    &clients[i].thread, NULL, client_thread, &clients[i]);
	}
	while (left_ms > 0) {
		int wait_ms = 1 + rand_r(seed) % 40;
		wait_ms = wait_ms < left_ms ? wait_ms : left_ms;
		(void)usleep((useconds_t)wait_ms * 1000);
		left_ms -= wait_ms;
		if (processes)
			kill_some_process(talk->pid, seed);
	}
	talk_kill(talk);
	for (int i = 0; i < CLIENTS; i++) {
		(void)pthread_join(clients[i].thread, NULL);
		(void)close(clients[i].fd);
	}
	talk_again(talk);
}

/* ---- what is in the store then ---- */

static bool becomes_quiet(struct ledger *ledger, struct store_reader *reader)
{
	struct error err = {0};
	int64_t open = 1;
	for (int waited = 0; open > 0 && waited < QUIET_MS; waited += 50) {
		(void)usleep(50000);
		struct arena *arena = arena_new();
		struct store_queue *queue;
		int rc = store_queues(reader, true, arena, &queue, &err);
		open = 0;
		for (; rc == 0 && queue != NULL; queue = queue->next)
			open += queue->counts[JOB_WAITING] +
				queue->counts[JOB_BLOCKED] + queue->counts[JOB_RUNNING];
		arena_free(arena);
		if (rc < 0) {
			wrong(ledger, "%s", err.text);
			return false;
		}
	}
	if (open > 0)
		wrong(ledger, "%" PRId64 " jobs are open still", open);
	return open == 0;
}

static int64_t field_int(const json_t *doc, const char *name)
{
	return json_integer_value(json_object_get(doc, name));
}

static void note_step(struct ledger *ledger, const json_t *doc, int64_t n)
{
	const char *group = json_string_value(json_object_get(doc, "group"));
	ledger->webhooks[n].ordered++;
	if (ledger->step_count >= MAX_WEBHOOKS)
		return;
	ledger->steps[ledger->step_count++] = (struct step){
	    .group = group == NULL ? -1 : atoi(group + strlen("+1555")),
	    .seq = field_int(doc, "seq"),
	    .n = n,
	    .after = field_int(doc, "after"),
	};
}

static void note_effect(struct ledger *ledger, const json_t *doc)
{
	int64_t n = field_int(doc, "n");
	const char *part = json_string_value(json_object_get(doc, "part"));
	if (n < 1 || n > ledger->count || part == NULL) {
		wrong(ledger, "an effect of no webhook");
		return;
	}
	struct webhook *webhook = &ledger->webhooks[n];
	if (strcmp(part, "main") == 0)
		webhook->effects++;
	else if (strcmp(part, "awake") == 0)
		webhook->awake++;
	else if (strcmp(part, "ordered") == 0)
		note_step(ledger, doc, n);
	else if (strncmp(part, "child", 5) == 0 && part[5] < '0' + CHILDREN)
		webhook->children[part[5] - '0']++;
	else
		wrong(ledger, "%" PRId64 ": an effect \"%s\"", n, part);
}

static void note_dead(struct ledger *ledger, const struct store_job *job)
{
	json_t *payload = json_loadb(job->payload.ptr, job->payload.len, 0, NULL);
	json_t *errors = job->errors.ptr == NULL
			     ? NULL
			     : json_loadb(job->errors.ptr, job->errors.len, 0, NULL);
	int64_t n = field_int(payload, "n");
	if (!span_is(job->queue, "doomed") || n < 1 || n > ledger->count)
		wrong(ledger, "%" PRId64 ": dead in %.*s: %.*s", n,
		    SPAN_ARG(job->queue), SPAN_ARG(job->errors));
	else if (job->tries != 3 || json_array_size(errors) < 3)
		wrong(ledger, "%" PRId64 ": dead after %d tries: %.*s", n, job->tries,
		    SPAN_ARG(job->errors));
	else
		ledger->webhooks[n].dead++;
	json_decref(payload);
	json_decref(errors);
}

static void check_webhook(struct ledger *ledger, unsigned n)
{
	const struct webhook *hook = &ledger->webhooks[n];
	int once = hook->fate == KEPT ? 1 : 0;
	int doomed = hook->temper == DOOMED ? once : 0;
	int awake = hook->temper == SLEEPER ? once : 0;
	int child = hook->temper == PARENT ? once : 0;
	const char *queue = tempers[hook->temper].queue;
	if (hook->fate == UNSENT)
		wrong(ledger, "%u: never answered", n);
	if (hook->effects != once - doomed || hook->awake != awake)
		wrong(ledger, "%u (%s): %d effects, %d awake; wanted %d, %d", n, queue,
		    hook->effects, hook->awake, once - doomed, awake);
	for (int i = 0; i < CHILDREN; i++)
		if (hook->children[i] != child)
			wrong(ledger, "%u (%s): child %d has %d effects", n, queue, i,
			    hook->children[i]);
	if (hook->ordered != once)
		wrong(ledger, "%u: %d effects in order; wanted %d", n, hook->ordered,
		    once);
	if (hook->dead != doomed)
		wrong(ledger, "%u (%s): %d dead letters; wanted %d", n, queue,
		    hook->dead, doomed);
}

static int by_group_and_seq(const void *a, const void *b)
{
	const struct step *x = a;
	const struct step *y = b;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* Each was run when the one enqueued before it had been, and they were enqueued as
 * their client sent them. */
static void check_order(struct ledger *ledger)
{
	struct step before = {.group = -1};
	if (ledger->step_count > 0)
		qsort(ledger->steps, ledger->step_count, sizeof(struct step),
		    by_group_and_seq);
	for (size_t i = 0; i < ledger->step_count; i++) {
		struct step step = ledger->steps[i];
		if (step.group != before.group)
			before = (struct step){.group = step.group};
		if (step.after != before.seq)
			wrong(ledger,
			    "group %d: job %" PRId64 " ran after %" PRId64
			    ", not after %" PRId64,
			    step.group, step.seq, step.after, before.seq);
		if (step.n <= before.n)
			wrong(ledger, "group %d: %" PRId64 " comes after %" PRId64,
			    step.group, step.n, before.n);
		before = step;
	}
}

static void check_store(struct ledger *ledger, struct store_reader *reader)
{
	struct error err = {0};
	const struct store_query effects = {.collection = "effects"};
	const struct store_job_query dead = {.states = 1U << JOB_DEAD};
	struct store_doc doc;
	struct store_job job;
	int docs_rc, jobs_rc;
	struct store_docs *docs = store_docs_open(reader, &effects);
	while ((docs_rc = store_docs_next(docs, &doc, &err)) == 1)
		note_effect(ledger, doc.json);
	store_docs_close(docs);
	struct store_jobs *jobs = store_jobs_open(reader, &dead);
	while ((jobs_rc = store_jobs_next(jobs, &job, &err)) == 1)
		note_dead(ledger, &job);
	store_jobs_close(jobs);
	if (docs_rc < 0 || jobs_rc < 0)
		wrong(ledger, "%s", err.text);
	for (unsigned n = 1; n <= ledger->count; n++)
		check_webhook(ledger, n);
	check_order(ledger);
}

/* ---- a store's life ---- */

static bool live(int rounds, unsigned *seed, int number)
{
	static const char *const extra[] = {"--log-level", "error", NULL};
	struct ledger ledger = {
	    .webhooks = mem_new(MAX_WEBHOOKS + 1, sizeof(struct webhook)),
	    .steps = mem_new(MAX_WEBHOOKS, sizeof(struct step))};
	struct client clients[CLIENTS] = {0};
	struct talk talk;
	struct error err = {0};
	struct store_reader *reader = NULL;
	talk_start_program(&talk, APPS_DIR "/toil", extra);
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].ledger = &ledger;
		clients[i].number = i;
		clients[i].seed = (unsigned)rand_r(seed);
	}
	for (int i = 0; i < rounds; i++)
		kill_round(&talk, clients, seed);
	for (int i = 0; i < CLIENTS; i++)
		if (!settle_pending(&clients[i], talk.address))
			wrong(&ledger, "client %d: no answer", i);
	if (store_reader_open(&reader, engines_for(talk.data), talk.data, &err) < 0)
		wrong(&ledger, "%s", err.text);
	else if (becomes_quiet(&ledger, reader))
		check_store(&ledger, reader);
	store_reader_close(reader);
	bool good = ledger.wrong == 0;
	(void)printf("%s %d - %d kills, %u webhooks%s%s\n", good ? "ok" : "not ok",
	    number, rounds, ledger.count, good ? "" : "; kept: ", good ? "" : talk.dir);
	(void)fflush(stdout);
	if (good)
		talk_end(&talk);
	else
		talk_stop(&talk);
	free(ledger.webhooks);
	free(ledger.steps);
	return good;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 50;
	unsigned seed = argc > 2 ? (unsigned)atol(argv[2]) : (unsigned)getpid();
	int stores = (rounds + ROUNDS_A_STORE - 1) / ROUNDS_A_STORE;
	int failed = 0;
	(void)printf("# seed %u\n1..%d\n", seed, stores);
	for (int i = 0; i < stores; i++) {
		int left = rounds - i * ROUNDS_A_STORE;
		failed +=
		    !live(left < ROUNDS_A_STORE ? left : ROUNDS_A_STORE, &seed, i + 1);
	}
	(void)printf("# %d rounds, %d of %d stores failed\n", rounds, failed, stores);
	return failed == 0 ? 0 : 1;
}
