/* cmd_jobs_queues -- the verbs for whole queues: pause, resume, stats. */
#include <string.h>

#include "cli/data.h"
#include "cmd/verbs.h"
#include "util/clock.h"
#include "view/term.h"
#include "view/when.h"

/* --- pause and resume --- */

static int queue_check(const struct options *options, struct error *err)
{
	struct store_reader *reader = NULL;
	bool pause = strcmp(options->args[0], "pause") == 0;
	int rc = data_open(&reader, options, err);
	if (rc == 0)
		rc = data_check_queue(reader, options->app, span_of(options->args[1]),
		    pause ? " yet; --force pauses it before its first job" : "", err);
	store_reader_close(reader);
	return rc;
}

static int queue_set_paused(const struct options *options, bool paused)
{
	struct error err;
	json_t *answer = NULL;
	const char *queue = options->args[1];
	if (!store_name_valid(span_of(queue))) {
		(void)error_set(&err,
		    "a queue's name is a letter or _, then letters, digits, _ . -");
		return options_misused(options, &err);
	}
	if (!options_has(options, "force") && queue_check(options, &err) != 0)
		return options_fail(options, &err);
	json_t *request = json_pack("{s:s, s:s, s:s}", "command", "jobs", "do",
	    paused ? "pause" : "resume", "queue", queue);
	if (data_change(&answer, options, request, &err) != 0)
		return options_fail(options, &err);
	bool changed = json_integer_value(json_object_get(answer, "changed")) > 0;
	if (options->json)
		term_json(stdout, json_incref(answer));
	else if (paused)
		(void)fprintf(stderr, "%s is %spaused; what runs goes on\n", queue,
		    changed ? "" : "already ");
	else
		(void)fprintf(
		    stderr, "%s %s\n", queue, changed ? "goes on" : "was not paused");
	json_decref(answer);
	return EXIT_OK;
}

int cmd_jobs_pause(const struct options *options)
{
	return queue_set_paused(options, true);
}

int cmd_jobs_resume(const struct options *options)
{
	return queue_set_paused(options, false);
}

/* --- stats --- */

struct stats {
	int64_t now_ms;
	bool colour;
	int width; /* of the longest name */
};

static void stats_print_json(const struct stats *stats, const struct store_queue *queue)
{
	char oldest[CLOCK_ISO_SIZE];
	bool any = queue->oldest_due_ms != INT64_MAX;
	int64_t late_ms = any ? stats->now_ms - queue->oldest_due_ms : 0;
	json_t *line = json_pack("{s:s%, s:b}", "queue", queue->name.ptr,
	    queue->name.len, "paused", queue->paused);
	for (enum job_state i = JOB_WAITING; i < JOB_STATES; i++)
		(void)json_object_set_new(
		    line, job_state_name(i), json_integer(queue->counts[i]));
	if (any)
		clock_iso(oldest, queue->oldest_due_ms);
	(void)json_object_set_new(
	    line, "nextDueAt", any ? json_string(oldest) : json_null());
	(void)json_object_set_new(
	    line, "lateMs", json_integer(late_ms > 0 ? late_ms : 0));
	term_json(stdout, line);
}

static void stats_print(const struct stats *stats, const struct store_queue *queue)
{
	char due[WHEN_SIZE] = "-";
	(void)printf("%-*.*s", stats->width, SPAN_ARG(queue->name));
	for (enum job_state i = JOB_WAITING; i < JOB_STATES; i++) {
		bool bad = stats->colour && i == JOB_DEAD && queue->counts[i] > 0;
		(void)printf("%s %9lld%s", bad ? "\033[31m" : "",
		    (long long)queue->counts[i], bad ? "\033[0m" : "");
	}
	if (queue->oldest_due_ms != INT64_MAX)
		(void)when_text(due, queue->oldest_due_ms, stats->now_ms);
	(void)printf(queue->paused ? "  %-16s  paused\n" : "  %s\n", due);
}

static void stats_print_head(const struct stats *stats)
{
	(void)printf("%s%-*s", stats->colour ? "\033[2m" : "", stats->width, "QUEUE");
	for (enum job_state i = JOB_WAITING; i < JOB_STATES; i++) {
		char name[16];
		size_t len = 0;
		for (const char *c = job_state_name(i); *c != '\0'; c++)
			name[len++] = (char)(*c - 'a' + 'A');
		(void)printf(" %9.*s", (int)len, name);
	}
	(void)printf("  OLDEST DUE%s\n", stats->colour ? "\033[0m" : "");
}

int cmd_jobs_stats(const struct options *options)
{
	struct store_reader *reader = NULL;
	struct store_queue *queues;
	struct error err;
	struct stats stats = {.now_ms = clock_wall_ms(),
	    .colour = term_colour(stdout),
	    .width = (int)strlen("QUEUE")};
	int rc = data_open(&reader, options, &err);
	if (rc == 0)
		rc = store_queues(reader, true, options->arena, &queues, &err);
	store_reader_close(reader);
	if (rc != 0)
		return options_fail(options, &err);
	for (const struct store_queue *q = queues; q != NULL; q = q->next) {
		if (stats.width < (int)q->name.len)
			stats.width = (int)q->name.len;
	}
	if (queues == NULL && !options->json)
		(void)fprintf(stderr, "there are no queues yet\n");
	else if (!options->json)
		stats_print_head(&stats);
	for (const struct store_queue *q = queues; q != NULL; q = q->next)
		(options->json ? stats_print_json : stats_print)(&stats, q);
	return EXIT_OK;
}
