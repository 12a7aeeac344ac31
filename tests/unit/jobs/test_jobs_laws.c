/* Whatever happens (workers that fail, snooze and give up, cancels, retries, pauses,
 * other workers, and servers killed in the midst of it), each job's effect is there once
 * when it is done, and else not; jobs of a group take effect in order; no more run at a
 * time than may; and a dead letter has failed as often as it was allowed to, or has been
 * given up. Each life of the server is a process, which is killed. */
#include "unit/store/store_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "engines/engines.h"
#include "jobs/jobs.h"
#include "util/clock.h"

enum { LIVES = 25, JOBS = 20000, MAX_TRIES = 4, GROUPS = 6, KEYS = 12, HANDS = 2 };

/* What outlives a server. */
struct record {
	atomic_bool acked[JOBS]; /* enqueued, and told so */
	atomic_int last;         /* id */
	atomic_int conflicts, kills, ends[5];
	char broken[200]; /* a law, while it ran */
};

struct life {
	struct record *record;
	struct store *store;
	struct store_reader *reader;
	struct jobs *jobs;
	bool gentle; /* all ends well, and nobody is killed */
	uint64_t random;
	pthread_mutex_t mutex;
	pthread_cond_t given;
	struct job_attempt *attempts[512];
	size_t count;
	bool over;
	atomic_int running[2];
};

static const struct job_worker workers[] = {
    {"a", MAX_TRIES, 1000, 3, 0, 1, 4, NULL, NULL},
    {"b", MAX_TRIES, 1000, 1, 0, 1, 4, NULL, NULL},
};

static uint32_t draw(uint64_t *random, uint32_t below)
{
	*random = *random * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*random >> 33) % below;
}

static void breaks(struct life *life, const char *what, int64_t id)
{
	(void)snprintf(life->record->broken, sizeof(life->record->broken),
	    "%s (job %lld)", what, (long long)id);
	_exit(3);
}

/* ---- workers ---- */

struct work {
	struct life *life;
	struct store_write write;
	struct store_job_write next;
	char doc[128];
};

static void release(void *ctx)
{
	free(ctx);
}

static const int64_t nobody = INT64_MAX;

static struct job_outcome outcome_of(
    struct work *work, const struct job_attempt *attempt, uint64_t *random)
{
	static const enum job_end ends[] = {JOB_END_OK, JOB_END_OK, JOB_END_OK,
	    JOB_END_OK, JOB_END_OK, JOB_END_FAILED, JOB_END_SNOOZED, JOB_END_GIVEN_UP};
	struct job_outcome outcome = {.release = release, .ctx = work};
	outcome.end = work->life->gentle ? JOB_END_OK : ends[draw(random, 8)];
	if (outcome.end == JOB_END_GIVEN_UP && draw(random, 4) > 0)
		outcome.end = JOB_END_FAILED;
	outcome.error = outcome.end == JOB_END_GIVEN_UP ? "given up" : "no luck";
	outcome.snooze_ms = draw(random, 5);
	outcome.writes = &work->write;
	(void)snprintf(work->doc, sizeof(work->doc),
	    "{\"job\":%lld,\"group\":\"%.*s/%.*s\"}", (long long)attempt->job.id,
	    SPAN_ARG(attempt->job.queue), SPAN_ARG(attempt->job.group));
	work->write = (struct store_write){.op = STORE_INSERT,
	    .collection = outcome.end == JOB_END_OK ? "effects" : "others",
	    .doc = span_of(work->doc),
	    .expect = -1};
	if (!work->life->gentle && draw(random, 16) == 0) {
		work->write = (struct store_write){.op = STORE_REMOVE,
		    .collection = "effects",
		    .ids = &nobody,
		    .id_count = 1,
		    .expect = 1};
		work->life->record->conflicts++;
	}
	if (!work->life->gentle && draw(random, 8) == 0) {
		work->next.op = JOB_ENQUEUE;
		work->next.job = (struct store_job){.queue = SPAN("b"),
		    .run_at_ms = clock_wall_ms(),
		    .payload = SPAN("{}")};
		outcome.jobs = &work->next;
	}
	return outcome;
}

static void *hand(void *ctx)
{
	struct life *life = ctx;
	uint64_t random = (uint64_t)clock_mono_us();
	for (;;) {
		(void)pthread_mutex_lock(&life->mutex);
		while (life->count == 0 && !life->over)
			(void)pthread_cond_wait(&life->given, &life->mutex);
		struct job_attempt *attempt =
		    life->count == 0 ? NULL : life->attempts[--life->count];
		(void)pthread_mutex_unlock(&life->mutex);
		if (attempt == NULL)
			return NULL;
		if (draw(&random, 4) == 0)
			(void)usleep(draw(&random, 400));
		struct work *work = calloc(1, sizeof(*work));
		work->life = life;
		struct job_outcome outcome = outcome_of(work, attempt, &random);
		life->record->ends[outcome.end]++;
		life->running[attempt->job.queue.ptr[0] - 'a']--;
		jobs_ended(life->jobs, attempt, &outcome);
	}
}

static void start_attempt(void *ctx, struct job_attempt *attempt)
{
	struct life *life = ctx;
	int queue = attempt->job.queue.ptr[0] - 'a';
	if (++life->running[queue] > workers[queue].concurrency)
		breaks(life, "too many at a time", attempt->job.id);
	if (attempt->nth != attempt->job.tries + 1 || attempt->nth > MAX_TRIES)
		breaks(life, "more tries than allowed", attempt->job.id);
	(void)pthread_mutex_lock(&life->mutex);
	life->attempts[life->count++] = attempt;
	(void)pthread_cond_signal(&life->given);
	(void)pthread_mutex_unlock(&life->mutex);
}

/* ---- what others do meanwhile ---- */

static void enqueue_some(struct life *life)
{
	struct store_job_write writes[10] = {0};
	char groups[10][16], keys[10][16];
	uint32_t count = 1 + draw(&life->random, 10);
	for (uint32_t i = 0; i < count; i++) {
		struct store_job *job = &writes[i].job;
		writes[i].next = i + 1 < count ? &writes[i + 1] : NULL;
		job->queue = draw(&life->random, 3) > 0 ? SPAN("a") : SPAN("b");
		job->payload = SPAN("{}");
		job->priority = (int)draw(&life->random, 3) - 1;
		job->created_at_ms = job->run_at_ms = clock_wall_ms();
		if (draw(&life->random, 5) == 0)
			job->run_at_ms += draw(&life->random, 20);
		(void)snprintf(groups[i], 16, "g%u", draw(&life->random, GROUPS));
		(void)snprintf(keys[i], 16, "u%u", draw(&life->random, KEYS));
		if (draw(&life->random, 2) == 0)
			job->group = span_of(groups[i]);
		if (draw(&life->random, 6) == 0)
			job->unique = span_of(keys[i]);
	}
	struct store_txn txn = {.jobs = writes};
	if (store_commit(life->store, &txn) != STORE_OK)
		breaks(life, txn.error.text, 0);
	for (uint32_t i = 0; i < count; i++) {
		if (writes[i].job.id >= JOBS)
			breaks(life, "the test is too small", writes[i].job.id);
		if (writes[i].job.id > 0) {
			life->record->acked[writes[i].job.id] = true;
			life->record->last = (int)writes[i].job.id;
		}
	}
}

/* A retried job comes after those of its group that came later: only others are. */
static void change_one(struct life *life, enum job_op op)
{
	struct store_job_write write = {.op = op, .now_ms = clock_wall_ms()};
	struct store_txn txn = {.jobs = &write};
	struct error err;
	struct store_job job;
	struct arena *arena = arena_new();
	int last = life->record->last;
	write.job.id = 1 + draw(&life->random, last > 200 ? 200U : (uint32_t)last + 1);
	write.job.id += last > 200 ? last - 200 : 0;
	write.job.run_at_ms = write.now_ms;
	write.job.queue = draw(&life->random, 2) == 0 ? SPAN("a") : SPAN("b");
	bool alone =
	    store_job_get(life->reader, write.job.id, arena, &job, &err) == 1 &&
	    job.group.ptr == NULL;
	arena_free(arena);
	if (op != JOB_RETRY || alone)
		(void)store_commit(life->store, &txn);
}

static void cancel_by_key(struct life *life)
{
	char key[16];
	struct store_job_write write = {.op = JOB_CANCEL, .now_ms = clock_wall_ms()};
	struct store_txn txn = {.jobs = &write};
	(void)snprintf(key, sizeof(key), "u%u", draw(&life->random, KEYS));
	write.job.queue = SPAN("a");
	write.job.unique = span_of(key);
	(void)store_commit(life->store, &txn);
}

static void meddle(struct life *life)
{
	uint32_t what = draw(&life->random, 20);
	if (what < 10)
		enqueue_some(life);
	else if (what < 13)
		change_one(life, JOB_CANCEL);
	else if (what < 15)
		change_one(life, JOB_RETRY);
	else if (what == 15)
		change_one(life, JOB_PAUSE);
	else if (what < 18)
		change_one(life, JOB_RESUME);
	else if (what == 18)
		cancel_by_key(life);
	else
		(void)jobs_set_workers(
		    life->jobs, workers, 1 + draw(&life->random, 2), NULL);
}

/* ---- lives ---- */

static void finish_all(struct life *life)
{
	struct error err;
	int64_t open = 1;
	for (int i = 0; i < 60000 && open > 0; i++) {
		struct arena *arena = arena_new();
		struct store_queue *queue;
		open = 0;
		if (store_queues(life->reader, true, arena, &queue, &err) < 0)
			breaks(life, err.text, 0);
		for (; queue != NULL; queue = queue->next)
			open += queue->counts[JOB_WAITING] +
				queue->counts[JOB_BLOCKED] + queue->counts[JOB_RUNNING];
		arena_free(arena);
		(void)usleep(1000);
	}
	if (open > 0)
		breaks(life, "jobs are left", open);
}

static void resume(struct life *life, const char *queue)
{
	struct store_job_write write = {
	    .op = JOB_RESUME, .job = {.queue = span_of(queue)}};
	struct store_txn txn = {.jobs = &write};
	(void)store_commit(life->store, &txn);
}

static void live(struct life *life, const char *dir)
{
	struct store_config store = {.dir = dir, .seal_count = 64};
	struct error err = {""};
	pthread_t hands[HANDS];
	if (store_open(&life->store, engines_for(store.dir), &store, &err) < 0 ||
	    store_reader_new(&life->reader, life->store, &err) < 0)
		breaks(life, err.text, 0);
	struct jobs_config config = {.store = life->store,
	    .workers = workers,
	    .worker_count = 2,
	    .runner = {.run = start_attempt, .ctx = life}};
	if (jobs_open(&life->jobs, &config, &err) < 0)
		breaks(life, err.text, 0);
	for (int i = 0; i < HANDS; i++)
		(void)pthread_create(&hands[i], NULL, hand, life);
	uint32_t steps = 1 + draw(&life->random, 60);
	for (uint32_t i = 0; i < steps && !life->gentle; i++)
		meddle(life);
	if (!life->gentle && draw(&life->random, 4) > 0) {
		(void)usleep(draw(&life->random, 3000));
		life->record->kills++;
		(void)raise(SIGKILL);
	}
	if (life->gentle) {
		resume(life, "a");
		resume(life, "b");
		finish_all(life);
	}
	jobs_close(life->jobs);
	(void)pthread_mutex_lock(&life->mutex);
	life->over = true;
	(void)pthread_cond_broadcast(&life->given);
	(void)pthread_mutex_unlock(&life->mutex);
	for (int i = 0; i < HANDS; i++)
		(void)pthread_join(hands[i], NULL);
	store_reader_close(life->reader);
	store_close(life->store);
}

static void live_and_die(
    struct record *record, const char *dir, uint64_t seed, bool gentle)
{
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		static struct life life;
		life.record = record;
		life.gentle = gentle;
		life.random = seed;
		(void)pthread_mutex_init(&life.mutex, NULL);
		(void)pthread_cond_init(&life.given, NULL);
		live(&life, dir);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (record->broken[0] != '\0')
		fail_msg("%s", record->broken);
	if (WIFSIGNALED(status))
		assert_int_equal(WTERMSIG(status), SIGKILL);
	else
		assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- the judgement ---- */

struct judge {
	struct record *record;
	int effects[JOBS];
	int64_t last_of_group[2][GROUPS];
	int states[JOB_STATES];
	bool seen[JOBS];
};

static void note_effect(struct judge *judge, const struct store_doc *doc)
{
	int64_t id = json_integer_value(json_object_get(doc->json, "job"));
	const char *group = json_string_value(json_object_get(doc->json, "group"));
	assert_true(doc->row > 0 && id > 0 && id < JOBS);
	judge->effects[id]++;
	if (strlen(group) == strlen("a/g0")) {
		int64_t *last = &judge->last_of_group[group[0] - 'a'][group[3] - '0'];
		if (id < *last)
			fail_msg("job %lld after %lld of %s", (long long)id,
			    (long long)*last, group);
		*last = id;
	}
}

static void judge_job(struct judge *judge, const struct store_job *job)
{
	judge->seen[job->id] = true;
	judge->states[job->state]++;
	if (judge->effects[job->id] != (job->state == JOB_DONE))
		fail_msg("job %lld is %s and has %d effects", (long long)job->id,
		    job_state_name(job->state), judge->effects[job->id]);
	assert_in_range(job->tries, 0, MAX_TRIES);
	if (job->state != JOB_DEAD)
		return;
	json_t *errors = json_loadb(job->errors.ptr, job->errors.len, 0, NULL);
	size_t count = json_array_size(errors);
	assert_true(count > 0);
	const char *last = json_string_value(
	    json_object_get(json_array_get(errors, count - 1), "error"));
	if (strcmp(last, "given up") != 0) {
		assert_int_equal(job->tries, MAX_TRIES);
		assert_true(count >= MAX_TRIES);
	}
	json_decref(errors);
}

static void judge_all(struct judge *judge, const char *dir)
{
	struct store_reader *reader;
	struct error err = {""};
	struct store_query effects = {.collection = "effects"};
	struct store_doc doc;
	struct store_job job;
	int docs_rc, jobs_rc;
	if (store_reader_open(&reader, engines_for(dir), dir, &err) < 0)
		fail_msg("%s", err.text);
	struct store_docs *docs = store_docs_open(reader, &effects);
	while ((docs_rc = store_docs_next(docs, &doc, &err)) == 1)
		note_effect(judge, &doc);
	store_docs_close(docs);
	struct store_jobs *jobs = store_jobs_open(reader, &(struct store_job_query){0});
	while ((jobs_rc = store_jobs_next(jobs, &job, &err)) == 1)
		judge_job(judge, &job);
	store_jobs_close(jobs);
	if (docs_rc < 0 || jobs_rc < 0)
		fail_msg("%s", err.text);
	store_reader_close(reader);
	for (int i = 0; i < JOBS; i++)
		assert_true(judge->seen[i] || !judge->record->acked[i]);
}

TEST(each_effect_is_there_once_in_order_and_no_dead_letter_is_undeserved)
{
	char parent[] = "/tmp/offhook-test-XXXXXX", dir[64], command[96];
	uint64_t seed = (uint64_t)time(NULL) * 1000;
	const char *given = getenv("SEED");
	assert_non_null(mkdtemp(parent));
	(void)snprintf(dir, sizeof(dir), "%s/data", parent);
	struct record *record = mmap(NULL, sizeof(*record), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(record, MAP_FAILED);
	seed = given != NULL ? strtoull(given, NULL, 10) : seed;
	print_message("SEED=%llu\n", (unsigned long long)seed);
	for (uint64_t life = 0; life < LIVES; life++)
		live_and_die(record, dir, seed + life, false);
	live_and_die(record, dir, seed + LIVES, true);
	struct judge *judge = calloc(1, sizeof(*judge));
	judge->record = record;
	judge_all(judge, dir);
	print_message("%d kills; done %d, dead %d, cancelled %d; conflicts %d\n",
	    record->kills, judge->states[JOB_DONE], judge->states[JOB_DEAD],
	    judge->states[JOB_CANCELLED], record->conflicts);
	assert_true(judge->states[JOB_DONE] > 0);
	free(judge);
	(void)munmap(record, sizeof(*record));
	(void)snprintf(command, sizeof(command), "rm -rf %s", parent);
	assert_int_equal(system(command), 0);
}
