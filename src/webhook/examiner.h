/* examiner -- the thread oh-diagnose: what takes too long about signatures for a socket
 * loop. It verifies requests that are large for the number of tokens, and it looks for
 * the cause of refusals. What strangers can give it to do has bounds. */
#ifndef OFFHOOK_WEBHOOK_EXAMINER_H
#define OFFHOOK_WEBHOOK_EXAMINER_H

#include <stdbool.h>

#include "twilio/signature.h"
#include "util/error.h"

struct examiner;

enum exam_kind {
	EXAM_VERIFY,   /* a reply waits for it: taken first; 32 wait at most */
	EXAM_DIAGNOSE, /* nobody waits for it; 16 wait at most */
	EXAM_KINDS
};

/* Embed it in what it is about. */
struct exam {
	struct exam *next; /* the examiner's */
	/* On the examiner's thread, once; afterwards the examiner does not touch the exam.
	 * The verifier has a limit (verifier_allow): 1 GB to verify, 64 MB to diagnose,
	 * and 128 MB for all diagnoses of a second. */
	void (*run)(struct exam *exam, struct verifier *verifier);
};

/* The tokens must outlive it. */
int examiner_open(
    struct examiner **out, const struct tokens *tokens, struct error *err);
/* Other tokens count from now on; both must outlive it. Any thread. NULL is fine. */
void examiner_renew(struct examiner *examiner, const struct tokens *tokens);
/* Any thread. False: too many wait, or it has stopped; then run is never called. NULL is
 * an examiner that has stopped. */
bool examiner_put(struct examiner *examiner, enum exam_kind kind, struct exam *exam);
/* Runs what waits, with a limit of nothing, and ends the thread. NULL is fine. */
void examiner_stop(struct examiner *examiner);
/* After examiner_stop, when nobody calls examiner_put any more. NULL is fine. */
void examiner_free(struct examiner *examiner);

#endif
