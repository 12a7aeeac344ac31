/* faults 3.3: what strangers can have examined is bounded, and never holds a loop. */
#include "test.h"

#include <stdlib.h>

#include "util/container.h"
#include "util/thread.h"
#include "webhook/examiner.h"

enum { MANY = 100, VERIFIES = 32, DIAGNOSES = 16 };

static struct play {
	struct tokens *tokens;
	struct examiner *examiner;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool held, inside; /* an exam waits inside its run, until it is let go */
	int runs;
	uint64_t left[MANY];
	enum exam_kind kinds[MANY];
} play;

struct some_exam {
	struct exam exam;
	enum exam_kind kind;
	bool holds;
};

static void run(struct exam *exam, struct verifier *verifier)
{
	const struct some_exam *some = container_of(exam, struct some_exam, exam);
	mutex_lock(&play.mutex);
	play.kinds[play.runs] = some->kind;
	play.left[play.runs++] = verifier_left(verifier);
	play.inside = some->holds;
	cond_broadcast(&play.changed);
	while (some->holds && play.held)
		cond_wait(&play.changed, &play.mutex);
	mutex_unlock(&play.mutex);
}

static bool put(struct some_exam *exam, enum exam_kind kind)
{
	exam->exam.run = run;
	exam->kind = kind;
	return examiner_put(play.examiner, kind, &exam->exam);
}

/* The thread is inside this one until release(). */
static void hold(struct some_exam *exam)
{
	play.held = true;
	exam->holds = true;
	assert_true(put(exam, EXAM_VERIFY));
	mutex_lock(&play.mutex);
	while (!play.inside)
		cond_wait(&play.changed, &play.mutex);
	mutex_unlock(&play.mutex);
}

static void release(void)
{
	mutex_lock(&play.mutex);
	play.held = false;
	cond_broadcast(&play.changed);
	mutex_unlock(&play.mutex);
}

static int setup(void **state)
{
	struct error err;
	(void)state;
	play = (struct play){.tokens = tokens_new()};
	mutex_init(&play.mutex);
	cond_init(&play.changed);
	assert_int_equal(
	    tokens_add(play.tokens, SPAN("12345678901234567890123456789012"), NULL), 0);
	assert_int_equal(examiner_open(&play.examiner, play.tokens, &err), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	examiner_free(play.examiner);
	tokens_free(play.tokens);
	cond_clear(&play.changed);
	mutex_clear(&play.mutex);
	return 0;
}

TEST_WITH(what_waits_is_bounded_and_replies_come_first, setup, teardown)
{
	static struct some_exam exams[1 + MANY], more;
	hold(&exams[0]);
	int diagnoses = 0, verifies = 0;
	while (put(&exams[1 + diagnoses], EXAM_DIAGNOSE))
		diagnoses++;
	while (put(&exams[1 + diagnoses + verifies], EXAM_VERIFY))
		verifies++;
	assert_int_equal(diagnoses, DIAGNOSES);
	assert_int_equal(verifies, VERIFIES);
	release();
	mutex_lock(&play.mutex);
	while (play.runs < 1 + diagnoses + verifies)
		cond_wait(&play.changed, &play.mutex);
	mutex_unlock(&play.mutex);
	for (int i = 0; i < play.runs; i++) {
		bool verify = i <= verifies;
		assert_int_equal(play.kinds[i], verify ? EXAM_VERIFY : EXAM_DIAGNOSE);
		assert_true(play.left[i] <= (uint64_t)(verify ? 1024 : 64) << 20);
	}
	assert_true(put(&more, EXAM_DIAGNOSE));
	examiner_stop(play.examiner);
}

static void *stop(void *examiner)
{
	examiner_stop(examiner);
	return NULL;
}

TEST_WITH(who_stops_it_waits_for_no_work, setup, teardown)
{
	static struct some_exam exams[1 + DIAGNOSES], late[VERIFIES];
	int put_late = 0;
	pthread_t stopper;
	struct error err;
	hold(&exams[0]);
	for (int i = 1; i <= DIAGNOSES; i++)
		assert_true(put(&exams[i], EXAM_DIAGNOSE));
	assert_int_equal(
	    thread_start(&stopper, "stopper", stop, play.examiner, &err), 0);
	/* Until it is full or has begun to stop. */
	while (put_late < VERIFIES && put(&late[put_late], EXAM_VERIFY))
		put_late++;
	bool stopping = put_late < VERIFIES;
	release();
	thread_join(stopper);
	assert_int_equal(play.runs, 1 + DIAGNOSES + put_late);
	for (int i = 1; i < play.runs; i++)
		assert_true(!stopping || play.left[i] == 0);
}

TEST(without_an_examiner_nothing_waits)
{
	struct some_exam exam = {0};
	assert_false(examiner_put(NULL, EXAM_VERIFY, &exam.exam));
}
