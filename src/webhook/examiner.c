#include "webhook/examiner.h"

#include <assert.h>
#include <stdlib.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/thread.h"

#define DIAGNOSED_A_SECOND ((uint64_t)128 << 20)

/* How many wait at most, and how many bytes one may hash. */
static const struct {
	int waiting;
	uint64_t work;
} examiner_limits[EXAM_KINDS] = {
    [EXAM_VERIFY] = {32, (uint64_t)1 << 30},
    [EXAM_DIAGNOSE] = {16, (uint64_t)64 << 20},
};

struct exam_queue {
	struct exam *first;
	struct exam **end;
	int count;
};

struct examiner {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wanted;
	struct exam_queue queues[EXAM_KINDS]; /* under the mutex */
	const struct tokens *tokens;          /* under the mutex */
	bool stopping;                        /* under the mutex */
	/* the thread's */
	struct verifier *verifier;
	int64_t second; /* in which diagnosed was hashed */
	uint64_t diagnosed;
};

/* The next one, with what it may hash and the tokens that count; NULL: none, and it is to
 * stop. */
static struct exam *examiner_take(struct examiner *examiner, enum exam_kind *kind,
    uint64_t *work, const struct tokens **tokens)
{
	struct exam *exam = NULL;
	mutex_lock(&examiner->mutex);
	for (;;) {
		for (*kind = 0; *kind < EXAM_KINDS; (*kind)++)
			if (examiner->queues[*kind].first != NULL)
				break;
		if (*kind < EXAM_KINDS || examiner->stopping)
			break;
		cond_wait(&examiner->wanted, &examiner->mutex);
	}
	if (*kind < EXAM_KINDS) {
		struct exam_queue *queue = &examiner->queues[*kind];
		exam = queue->first;
		queue->first = exam->next;
		if (queue->first == NULL)
			queue->end = &queue->first;
		queue->count--;
		*tokens = examiner->tokens;
		*work = examiner->stopping ? 0 : examiner_limits[*kind].work;
	}
	mutex_unlock(&examiner->mutex);
	return exam;
}

static void *examiner_main(void *ctx)
{
	struct examiner *examiner = ctx;
	struct exam *exam;
	enum exam_kind kind;
	uint64_t work;
	const struct tokens *tokens;
	while ((exam = examiner_take(examiner, &kind, &work, &tokens)) != NULL) {
		if (verifier_tokens(examiner->verifier) != tokens) {
			verifier_free(examiner->verifier);
			examiner->verifier = verifier_new(tokens);
		}
		int64_t second = clock_mono_us() / 1000000;
		if (second != examiner->second)
			examiner->diagnosed = 0;
		examiner->second = second;
		uint64_t left = DIAGNOSED_A_SECOND - examiner->diagnosed;
		if (kind == EXAM_DIAGNOSE && work > left)
			work = left;
		verifier_allow(examiner->verifier, work);
		exam->run(exam, examiner->verifier);
		if (kind == EXAM_DIAGNOSE)
			examiner->diagnosed += work - verifier_left(examiner->verifier);
	}
	return NULL;
}

int examiner_open(struct examiner **out, const struct tokens *tokens, struct error *err)
{
	struct examiner *examiner = mem_new(1, sizeof(*examiner));
	mutex_init(&examiner->mutex);
	cond_init(&examiner->wanted);
	for (int i = 0; i < EXAM_KINDS; i++)
		examiner->queues[i].end = &examiner->queues[i].first;
	examiner->tokens = tokens;
	examiner->verifier = verifier_new(tokens);
	if (thread_start(
		&examiner->thread, "oh-diagnose", examiner_main, examiner, err) < 0) {
		examiner_free(examiner);
		return -1;
	}
	*out = examiner;
	return 0;
}

void examiner_renew(struct examiner *examiner, const struct tokens *tokens)
{
	if (examiner == NULL)
		return;
	mutex_lock(&examiner->mutex);
	examiner->tokens = tokens;
	mutex_unlock(&examiner->mutex);
}

bool examiner_put(struct examiner *examiner, enum exam_kind kind, struct exam *exam)
{
	if (examiner == NULL)
		return false;
	struct exam_queue *queue = &examiner->queues[kind];
	mutex_lock(&examiner->mutex);
	bool takes =
	    !examiner->stopping && queue->count < examiner_limits[kind].waiting;
	if (takes) {
		exam->next = NULL;
		*queue->end = exam;
		queue->end = &exam->next;
		queue->count++;
		cond_signal(&examiner->wanted);
	}
	mutex_unlock(&examiner->mutex);
	return takes;
}

void examiner_stop(struct examiner *examiner)
{
	if (examiner == NULL)
		return;
	mutex_lock(&examiner->mutex);
	examiner->stopping = true;
	cond_signal(&examiner->wanted);
	mutex_unlock(&examiner->mutex);
	thread_join(examiner->thread);
}

void examiner_free(struct examiner *examiner)
{
	if (examiner == NULL)
		return;
	for (int i = 0; i < EXAM_KINDS; i++)
		assert(examiner->queues[i].first == NULL);
	verifier_free(examiner->verifier);
	cond_clear(&examiner->wanted);
	mutex_clear(&examiner->mutex);
	free(examiner);
}
