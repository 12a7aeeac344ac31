/* Any sequence of changes against a plain model of what the store promises: who is
 * open, who waits, in which order a group goes, and that nothing ends twice. */
#include "job_fixture.h"

enum { JOBS_MAX = 400, STEPS = 1500, GROUPS = 4, KEYS = 3 };

struct model_job {
	enum job_state state;
	int tries, group, key;
};

struct model {
	struct model_job jobs[JOBS_MAX + 1]; /* by id; 0: none */
	int64_t count;
	bool dropped[JOBS_MAX + 1];
};

static bool is_open(const struct model_job *job)
{
	return job->state == JOB_WAITING || job->state == JOB_BLOCKED;
}

static int64_t head_of(const struct model *m, int group)
{
	for (int64_t id = 1; id <= m->count; id++) {
		if (m->jobs[id].group == group && m->jobs[id].state == JOB_WAITING)
			return id;
	}
	return 0;
}

static bool key_is_taken(const struct model *m, int key)
{
	for (int64_t id = 1; id <= m->count; id++) {
		if (m->jobs[id].key == key && is_open(&m->jobs[id]))
			return true;
	}
	return false;
}

static void end(struct model *m, int64_t id, enum job_state state)
{
	int group = m->jobs[id].group;
	m->jobs[id].state = state;
	if (group == 0 || head_of(m, group) != 0)
		return;
	for (int64_t next = 1; next <= m->count; next++) {
		if (m->jobs[next].group == group &&
		    m->jobs[next].state == JOB_BLOCKED) {
			m->jobs[next].state = JOB_WAITING;
			return;
		}
	}
}

/* A number below `below`; the same ones at every run. */
static uint32_t pick(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*seed >> 33) % below;
}

/* ---- one step of each ---- */

static void step_enqueue(struct fixture *f, struct model *m, int group, int key)
{
	static const char *const groups[] = {NULL, "a", "b", "c"};
	static const char *const keys[] = {NULL, "k", "l"};
	struct store_job_write write = new_job("q", "{}");
	write.job.group = span_of(groups[group]);
	write.job.unique = span_of(keys[key]);
	write = done(f, write);
	bool taken = key != 0 && key_is_taken(m, key);
	assert_int_equal(write.changed, !taken);
	if (taken)
		return;
	assert_int_equal(write.job.id, m->count + 1);
	bool behind = group != 0 && head_of(m, group) != 0;
	m->jobs[++m->count] =
	    (struct model_job){behind ? JOB_BLOCKED : JOB_WAITING, 0, group, key};
}

static void step_settle(
    struct fixture *f, struct model *m, int64_t id, int try, enum job_state to)
{
	struct model_job *job = &m->jobs[id];
	struct store_job_write write = settled(id, try, to);
	bool fits =
	    job->state == JOB_WAITING && !m->dropped[id] && try == job->tries + 1;
	assert_int_equal(commit_job(f, &write), fits ? STORE_OK : STORE_CONFLICT);
	assert_int_equal(write.fenced, !fits);
	if (!fits)
		return;
	job->tries++;
	if (to != JOB_WAITING)
		end(m, id, to);
}

static void step_change(struct fixture *f, struct model *m, enum job_op op, int64_t id)
{
	struct model_job *job = &m->jobs[id];
	bool changed = done(f, change_of(op, id)).changed;
	if (m->dropped[id]) {
		assert_false(changed);
	} else if (op == JOB_CANCEL) {
		assert_int_equal(changed, is_open(job));
		if (changed)
			end(m, id, JOB_CANCELLED);
	} else if (op == JOB_DROP) {
		assert_int_equal(changed, !is_open(job));
		m->dropped[id] = changed;
	} else {
		bool dead = job->state == JOB_DEAD || job->state == JOB_CANCELLED;
		assert_int_equal(changed, dead || job->state == JOB_WAITING);
		if (!dead)
			return;
		bool behind = job->group != 0 && head_of(m, job->group) != 0;
		job->state = behind ? JOB_BLOCKED : JOB_WAITING;
		job->tries = 0;
	}
}

static void assert_as_the_model(struct fixture *f, const struct model *m)
{
	static char got[65536], want[65536];
	size_t len = 0;
	got[0] = want[0] = '\0';
	for (int64_t id = 1; id <= m->count; id++) {
		if (m->dropped[id])
			continue;
		len += (size_t)snprintf(want + len, sizeof(want) - len, "%lld %s %d\n",
		    (long long)id, job_state_name(m->jobs[id].state),
		    m->jobs[id].tries);
	}
	len = 0;
	for (int64_t id = 1; id <= m->count; id++) {
		struct kept_job kept = {.arena = arena_new()};
		if (store_job_get(f->reader, id, kept.arena, &kept.job, &f->err) == 1)
			len += (size_t)snprintf(got + len, sizeof(got) - len,
			    "%lld %s %d\n", (long long)id,
			    job_state_name(kept.job.state), kept.job.tries);
		arena_free(kept.arena);
	}
	assert_string_equal(got, want);
}

STORE_TEST(the_store_and_the_model_agree)
{
	static const enum job_state ends[] = {
	    JOB_DONE, JOB_DONE, JOB_WAITING, JOB_DEAD, JOB_CANCELLED};

	static const enum job_op changes[] = {
	    JOB_CANCEL, JOB_RETRY, JOB_RETRY, JOB_DROP};
	struct fixture *f = *state;
	struct model *m = calloc(1, sizeof(*m));
	uint64_t seed = 20260131;
	for (int i = 0; i < STEPS; i++) {
		int64_t id = 1 + (int64_t)pick(&seed, (uint32_t)m->count + 1);
		uint32_t what = pick(&seed, 10);
		if (m->count < JOBS_MAX && (what < 4 || id > m->count))
			step_enqueue(
			    f, m, (int)pick(&seed, GROUPS), (int)pick(&seed, KEYS));
		else if (id <= m->count && what < 8)
			step_settle(f, m, id,
			    m->jobs[id].tries + (pick(&seed, 8) > 0 ? 1 : 2),
			    ends[pick(&seed, 5)]);
		else if (id <= m->count)
			step_change(f, m, changes[pick(&seed, 4)], id);
		if (i % 250 == 249) {
			fixture_reopen(f);
			assert_as_the_model(f, m);
		}
	}
	assert_true(m->count > 100);
	free(m);
}
