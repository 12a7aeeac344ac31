/* power_life -- a store at work: transactions that are numbered from 0, and what the store has
 * to be after the first so many of them. Transaction n is the same in every life:
 *   an event with the SID "E<n>" and two keys; some are large, some are of a person;
 *   n % 2 == 1: a document "D<n>" in "docs", under its key;
 *   n % 4 >= 2: one more in the count of "C<n % 17>" in "counters", an upsert;
 *   n % 8 == 7: the removal of document "D<n - 8>";
 *   n % 3 == 0: a job, which a later transaction ends and a still later one drops; every
 *               third of them fails once before; half of them are in groups.
 * A person is in LIFE_PERSON transactions one after another, and is then forgotten. */
#ifndef OFFHOOK_TESTS_POWER_LIFE_H
#define OFFHOOK_TESTS_POWER_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

enum { LIFE_MAX = 20000, LIFE_COUNTERS = 17, LIFE_PERSON = 200, LIFE_OLD_EVENTS = 5 };

/* Marks in the record (power_recorder.h). */
enum {
	LIFE_SUBMITTED,  /* transactions below this one were given to the store */
	LIFE_ACKED,      /* and are promised to be there */
	LIFE_FORGETTING, /* persons below this one are being forgotten, or are */
	LIFE_FORGOTTEN,  /* are: that is promised */
	LIFE_REKEYED,    /* 1: the events of an old store have keys */
	LIFE_MARKS
};

struct life {
	char dir[100];
	int64_t wal_limit_bytes;
	int64_t count; /* transactions */
	unsigned
	    seed; /* how many at a time, when the store is closed and opened again */
	bool old; /* the store was made by 0.1.0, with events of its own */
	/* The server before was killed, and who repeats an event that is found now is told
	 * that it is stored. */
	bool repeats;
};

/* Opens the store and goes on after the transactions that it has, marks what is promised,
 * and closes it: 0, or -1 with err. */
int life_run(const struct life *life, struct error *err);

/* What transaction n is about. */
bool life_has_doc(int64_t n);
size_t life_pad(int64_t n); /* bytes of its "pad" */
bool life_has_count(int64_t n);
bool life_removes(int64_t n);
bool life_has_person(int64_t n);
void life_number(char out[16], int64_t person);
int64_t life_forgets(int64_t person); /* how many transactions are before that */

/* The job of transaction n, when there are the first `count`. */
enum life_job { LIFE_NO_JOB, LIFE_OPEN, LIFE_TRIED, LIFE_DONE, LIFE_DROPPED };

enum life_job life_job(int64_t n, int64_t count);

/* An event's two keys; the first one's SID is in `sid`. And the key of an old event. */
struct store_key life_key(int64_t n, char sid[16]);
struct store_key life_seal(int64_t n);
struct store_key life_old_key(int64_t id);

/* With the life's settings. */
int life_open(struct store **out, const struct life *life, struct error *err);

#endif
