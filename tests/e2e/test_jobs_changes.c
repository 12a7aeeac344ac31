/* `offhook jobs retry, drop, cancel, pause, resume, follow` and `offhook events retry`. */
#include "jobs_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 1203, PATIENCE_MS = 10000 };

BOTH(ids_that_do_not_allow_it_are_said)
{
	const struct talk *talk = *state;
	WANT(1, "job 1 is done: only waiting, dead and cancelled jobs can be retried",
	    "jobs", "retry", "1");
	WANT(1, "there is no job 99", "jobs", "retry", "99");
	WANT(1, "job 5 is waiting: only done", "jobs", "drop", "5");
	WANT(1, "job 1 is done: only waiting, blocked and running", "jobs", "cancel",
	    "1");
	WANT(1, "\"x\" is no job's id", "jobs", "cancel", "x", "5");
	struct ran ran = RUN("jobs", "retry", "1", "2", "99", "2");
	assert_int_equal(ran.code, 0);
	assert_string_equal(buf_text(&ran.out), "1 job retried\n");
	assert_non_null(strstr(buf_text(&ran.err), "job 1 is done"));
	assert_non_null(strstr(buf_text(&ran.err), "no job 99"));
	done(&ran);
	WANT_IDS("2 4 5 7", "--state", "waiting");
	WANT(0, "\"tries\":0", "jobs", "show", "2", "--json");
	WANT(0, "\"due\":true", "jobs", "show", "2", "--json");
}

BOTH(a_dry_run_changes_nothing)
{
	const struct talk *talk = *state;
	WANT(0, "2 jobs would be retried\n", "jobs", "retry", "--all", "--dry-run");
	WANT(0, "     3  alpha", "jobs", "retry", "--all", "--dry-run");
	WANT(0, "{\"wouldChange\":2}\n", "jobs", "retry", "--all", "--dry-run",
	    "--json");
	WANT(0, "4 jobs would be cancelled\n", "jobs", "cancel", "--all", "--dry-run");
	WANT(0, "1 job would be dropped\n", "jobs", "drop", "1", "--dry-run");
	WANT(0, "3 events would be tried again\n", "events", "retry", "--all",
	    "--dry-run");
	WANT_IDS("2 3", "--state", "dead");
	WANT_IDS("1 2 3 4 5 6 7 8", "--limit", "0");
}

BOTH(filters_say_which_are_changed)
{
	const struct talk *talk = *state;
	WANT(0, "1 job retried\n", "jobs", "retry", "--error", "timeout");
	WANT_IDS("3", "--state", "dead");
	WANT(0, "1 job retried\n", "jobs", "retry", "--state", "waiting", "--unique",
	    "u");
	WANT(0, "{\"changed\":2}\n", "jobs", "cancel", "--group", "g", "--json");
	WANT_IDS("5 6 8", "--state", "cancelled");
	WANT(0, "1 job dropped\n", "jobs", "drop", "--older", "2h");
	WANT(0, "0 jobs dropped\n", "jobs", "drop", "--older", "2h");
	WANT(0, "4 jobs dropped\n", "jobs", "drop", "--all");
	WANT_IDS("2 4 7", "--limit", "0");
}

BOTH(queues_are_paused_and_resumed)
{
	const struct talk *talk = *state;
	WANT(1, "did you mean \"alpha\"", "jobs", "pause", "alhpa");
	WANT(1, "--force pauses it", "jobs", "pause", "morning");
	WANT(2, "a queue's name", "jobs", "pause", "1st");
	WANT(0, "{\"changed\":1}", "jobs", "pause", "morning", "--force", "--json");
	WANT(0, "{\"changed\":1}", "jobs", "pause", "alpha", "--json");
	WANT(0, "{\"changed\":0}", "jobs", "pause", "alpha", "--json");
	WANT(0, "paused", "jobs", "stats");
	WANT(0, "`offhook jobs resume alpha` lets it go on", "jobs", "show", "4");
	WANT(0, "{\"queue\":\"alpha\",\"paused\":true,", "jobs", "stats", "--json");
	WANT(0, "{\"changed\":1}", "jobs", "resume", "alpha", "--json");
	WANT(0, "{\"changed\":0}", "jobs", "resume", "alpha", "--json");
	struct ran shown = RUN("jobs", "show", "4");
	assert_null(strstr(buf_text(&shown.out), "paused"));
	done(&shown);
	WANT(1, "there is no queue \"delta\"", "jobs", "resume", "delta");
	WANT(0, "{\"queue\":\"alpha\",\"paused\":false,", "jobs", "stats", "--json");
}

BOTH(failed_and_late_events_are_tried_again)
{
	const struct talk *talk = *state;
	WANT(0, "     2  ", "events", "--error", "timed out");
	WANT(1, "event 1 is done", "events", "retry", "1");
	WANT(1, "no event 99", "events", "retry", "99");
	WANT(0, "1 event would be tried again", "events", "retry", "--dry-run",
	    "--error", "timed out");
	if (talk->pid > 0)
		return; /* what comes of it then is test_retries' */
	WANT(0, "1 event to be tried again", "events", "retry", "--state", "late");
	WANT(0, "2 events to be tried again", "events", "retry", "--all");
	WANT_IDS("9 10 11", "--queue", "offhook.events");
}

static void put_many(struct store *store)
{
	struct store_job_write *writes = calloc(MANY, sizeof(*writes));
	assert_non_null(writes);
	for (size_t i = 0; i < MANY; i++)
		writes[i] = (struct store_job_write){
		    .next = i + 1 < MANY ? &writes[i + 1] : NULL,
		    .op = JOB_ENQUEUE,
		    .job = {.queue = SPAN("many"), .payload = SPAN("{}")}};
	struct store_txn txn = {.jobs = writes};
	commit(store, &txn);
	free(writes);
}

static void add_many(struct talk *talk)
{
	bool running = talk->pid > 0;
	if (running)
		talk_stop(talk);
	struct store *store = open_store(talk);
	put_many(store);
	store_close(store);
	if (running)
		talk_again(talk);
}

BOTH(thousands_are_changed)
{
	struct talk *talk = *state;
	char text[40];
	add_many(talk);
	(void)snprintf(text, sizeof(text), "%d jobs cancelled\n", MANY);
	WANT(0, text, "jobs", "cancel", "--queue", "many");
	(void)snprintf(text, sizeof(text), "%d jobs would be dropped\n", MANY);
	WANT(0, text, "jobs", "drop", "--queue", "many", "--dry-run");
	(void)snprintf(text, sizeof(text), "%d jobs dropped\n", MANY);
	WANT(0, text, "jobs", "drop", "--queue", "many");
	WANT_IDS("1 2 3 4 5 6 7 8", "--limit", "0");
}

/* ---- following ---- */

/* Starts `offhook jobs follow --json`, its output in DIR/follow. */
static pid_t start_follow(const struct talk *talk, char path[100])
{
	(void)snprintf(path, 100, "%s/follow", talk->dir);
	pid_t pid = fork();
	if (pid == 0) {
		FILE *out = freopen(path, "w", stdout);
		if (out != NULL)
			execl(OFFHOOK_BIN, OFFHOOK_BIN, "jobs", "follow", "--json",
			    "--data", talk->data, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static bool appears(const char *path, const char *text, int patience_ms)
{
	char command[300];
	(void)snprintf(command, sizeof(command), "grep -qs '%s' %s", text, path);
	for (int waited = 0; waited < patience_ms; waited += 20) {
		if (system(command) == 0)
			return true;
		(void)usleep(20000);
	}
	return false;
}

/* It does not tell of what was before it: so this makes sure that it looks on. */
static void await_look(const struct talk *talk, const char *path, const char *id)
{
	char text[40];
	(void)snprintf(text, sizeof(text), "\"id\":%s,", id);
	for (int tries = 0; tries < 50; tries++) {
		struct ran ran = RUN("jobs", "retry", id);
		done(&ran);
		if (appears(path, text, 300))
			return;
	}
	fail_msg("job %s is not told of", id);
}

static void stop_follow(pid_t pid)
{
	int status = -1;
	assert_int_equal(kill(pid, SIGINT), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

BOTH(changes_are_followed)
{
	const struct talk *talk = *state;
	char path[100];
	pid_t pid = start_follow(talk, path);
	await_look(talk, path, "4");
	WANT(0, "1 job cancelled", "jobs", "cancel", "5");
	assert_true(appears(path, "\"id\":5,.*\"state\":\"cancelled\"", PATIENCE_MS));
	assert_true(appears(path, "\"id\":6,.*\"state\":\"waiting\"", PATIENCE_MS));
	WANT(0, "1 job retried", "jobs", "retry", "3");
	assert_true(appears(path, "\"id\":3,.*\"state\":\"waiting\"", PATIENCE_MS));
	stop_follow(pid);
}

BOTH(ends_of_older_jobs_are_followed_once)
{
	struct talk *talk = *state;
	char path[100], newest[24], command[300];
	add_many(talk);
	(void)snprintf(newest, sizeof(newest), "%d", 8 + MANY);
	pid_t pid = start_follow(talk, path);
	await_look(talk, path, newest);
	WANT(0, "1 job cancelled", "jobs", "cancel", "5");
	assert_true(appears(path, "\"id\":5,.*\"state\":\"cancelled\"", PATIENCE_MS));
	WANT(0, "1 job cancelled", "jobs", "cancel", newest);
	assert_true(
	    appears(path, "\"queue\":\"many\",\"state\":\"cancelled\"", PATIENCE_MS));
	stop_follow(pid);
	(void)snprintf(command, sizeof(command),
	    "test $(grep -c '\"id\":5,' %s) = 1 && ! grep -q '\"id\":1,' %s", path,
	    path);
	assert_int_equal(system(command), 0);
}
