/* execute -- the commands that need only the store. The server that owns it executes
 * them, or, without a server, the command's own process. */
#include "control/control.h"
#include "store/reserved.h"
#include "util/clock.h"

static int execute_forget(
    struct store *store, const json_t *request, json_t **answer, struct error *err)
{
	const char *address = json_string_value(json_object_get(request, "address"));
	struct store_forgotten forgotten = {0};
	if (address == NULL || *address == '\0')
		return error_set(err, "forget: no address");
	if (store_forget(store, span_of(address), &forgotten, err) < 0)
		return -1;
	*answer = json_pack("{s:I, s:I, s:I, s:I, s:I}", "events",
	    (json_int_t)forgotten.events, "documents", (json_int_t)forgotten.documents,
	    "jobs", (json_int_t)forgotten.jobs, "errors", (json_int_t)forgotten.errors,
	    "names", (json_int_t)forgotten.names);
	return 0;
}

static int execute_index(
    struct store *store, const json_t *request, json_t **answer, struct error *err)
{
	const char *collection =
	    json_string_value(json_object_get(request, "collection"));
	const char *path = json_string_value(json_object_get(request, "path"));
	if (collection == NULL || path == NULL)
		return error_set(err, "index: no collection or no path");
	if (store_index(store, collection, path, err) < 0)
		return -1;
	*answer = json_pack("{s:s, s:s}", "collection", collection, "path", path);
	return 0;
}

/* ---- jobs ---- */

/* Of one request; they are one transaction. */
struct changes {
	struct store_job_write *writes;
	size_t count;
	struct arena *arena;
};

static struct store_job_write *change(struct changes *changes, enum job_op op)
{
	struct store_job_write *write = arena_zalloc(changes->arena, sizeof(*write));
	write->op = op;
	write->now_ms = clock_wall_ms();
	write->job.run_at_ms = write->now_ms;
	write->job.created_at_ms = write->now_ms;
	write->next = changes->writes;
	changes->writes = write;
	changes->count++;
	return write;
}

static int commit(struct store *store, const struct changes *changes, json_t **answer,
    struct error *err)
{
	struct store_txn txn = {.jobs = changes->writes};
	json_int_t changed = 0;
	if (store_commit(store, &txn) != STORE_OK)
		return error_set(err, "%s", txn.error.text);
	for (const struct store_job_write *write = changes->writes; write != NULL;
	     write = write->next)
		changed +=
		    write->op == JOB_ENQUEUE ? write->job.id != 0 : write->changed;
	*answer = json_pack("{s:I}", "changed", changed);
	return 0;
}

/* Counted from the last id: changes are put before each other, so the list of them is
 * in the order of the request. */
static int64_t id_at(const json_t *ids, size_t n)
{
	return json_integer_value(json_array_get(ids, json_array_size(ids) - 1 - n));
}

static int check_ids(const json_t *ids, struct error *err)
{
	size_t count = json_array_size(ids);
	if (count == 0 || count > CONTROL_IDS)
		return error_set(
		    err, "ids: a list of 1 to %d numbers is needed", CONTROL_IDS);
	for (size_t i = 0; i < count; i++)
		if (id_at(ids, i) <= 0)
			return error_set(err, "ids: a number above 0 is needed");
	return 0;
}

static int change_jobs(
    struct changes *changes, enum job_op op, const json_t *request, struct error *err)
{
	const json_t *ids = json_object_get(request, "ids");
	if (check_ids(ids, err) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(ids); i++)
		change(changes, op)->job.id = id_at(ids, i);
	return 0;
}

static int change_queue(
    struct changes *changes, enum job_op op, const json_t *request, struct error *err)
{
	struct span queue =
	    span_of(json_string_value(json_object_get(request, "queue")));
	if (queue.ptr == NULL || !store_name_valid(queue))
		return error_set(err, "jobs: no queue, or no such name");
	change(changes, op)->job.queue = queue;
	return 0;
}

static const struct {
	const char *name;
	enum job_op op;
	int (*make)(struct changes *changes, enum job_op op, const json_t *request,
	    struct error *err);
} job_actions[] = {
    {"retry", JOB_RETRY, change_jobs},
    {"cancel", JOB_CANCEL, change_jobs},
    {"drop", JOB_DROP, change_jobs},
    {"pause", JOB_PAUSE, change_queue},
    {"resume", JOB_RESUME, change_queue},
};

static int execute_jobs(
    struct store *store, const json_t *request, json_t **answer, struct error *err)
{
	struct span what = span_of(json_string_value(json_object_get(request, "do")));
	struct changes changes = {.arena = arena_new()};
	int rc = -1;
	size_t i = 0;
	size_t count = sizeof(job_actions) / sizeof(job_actions[0]);
	while (i < count && !span_is(what, job_actions[i].name))
		i++;
	if (i == count)
		(void)error_set(err, "jobs: cannot do \"%.*s\"", SPAN_ARG(what));
	else if (job_actions[i].make(&changes, job_actions[i].op, request, err) == 0)
		rc = commit(store, &changes, answer, err);
	arena_free(changes.arena);
	return rc;
}

/* workers/retry.h finds out whether an event can be handled again. */
static int execute_events_retry(
    struct store *store, const json_t *request, json_t **answer, struct error *err)
{
	const json_t *ids = json_object_get(request, "ids");
	struct changes changes = {.arena = arena_new()};
	int rc = check_ids(ids, err);
	for (size_t i = 0; rc == 0 && i < json_array_size(ids); i++) {
		struct store_job *job = &change(&changes, JOB_ENQUEUE)->job;
		job->queue = SPAN(QUEUE_EVENTS);
		job->unique = span_of(
		    arena_printf(changes.arena, "%lld", (long long)id_at(ids, i)));
		job->payload = span_of(arena_printf(
		    changes.arena, "{\"event\":%.*s}", SPAN_ARG(job->unique)));
	}
	if (rc == 0)
		rc = commit(store, &changes, answer, err);
	arena_free(changes.arena);
	return rc;
}

static const struct {
	const char *name;
	int (*execute)(struct store *store, const json_t *request, json_t **answer,
	    struct error *err);
} commands[] = {
    {"forget", execute_forget},
    {"index", execute_index},
    {"jobs", execute_jobs},
    {"events-retry", execute_events_retry},
};

int control_execute(
    struct store *store, const json_t *request, json_t **answer, struct error *err)
{
	struct span name =
	    span_of(json_string_value(json_object_get(request, "command")));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (span_is(name, commands[i].name))
			return commands[i].execute(store, request, answer, err);
	return error_set(err, "the server does not know the command %s; is it older?",
	    name.ptr == NULL ? "(none)" : name.ptr);
}
