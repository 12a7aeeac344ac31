/* keys_merge -- writing a new segment, a step at a time: from the memory table that is
 * being sealed, or from several segments that become one. A job's steps run inside the
 * writer's transactions and may be rolled back: what it holds in memory then goes back
 * to where it was. */
#ifndef OFFHOOK_KEYS_KEYS_MERGE_H
#define OFFHOOK_KEYS_KEYS_MERGE_H

#include "keys/keys_segment.h"

enum { KEYS_FAN_MAX = 16 };

/* Where a job's entries come from: sorted, in memory or a segment. */
struct keys_input {
	struct keys_segment segment;
	struct keys_entry *sorted; /* owned; NULL: from the segment */
	struct keys_chunk cache;
};

struct keys_progress {
	bool done;                           /* written and, once committed, live */
	uint64_t at[KEYS_FAN_MAX];           /* entries taken of each input */
	uint64_t chunks, pieces;             /* written */
	unsigned char bits[KEYS_PIECE_SIZE]; /* of the piece that comes next */
	struct keys_sums sums; /* of the chunks since the last row of them */
};

struct keys_job {
	struct keys_segment out;
	struct keys_shape shape;
	size_t input_count;
	struct keys_input *inputs; /* the oldest first */
	struct keys_progress now, committed;
	bool touched;    /* now is ahead of committed */
	bool unreadable; /* the last step failed to read an input, and wrote nothing */
};

/* out: the segment to be written, all of it but count (merging: and log_end) as wanted;
 * its range of rows is nobody else's until keys_job_committed says it is done. */

/* Of the table, as it is now. */
struct keys_job *keys_job_seal(
    const struct keys_segment *out, const struct keys_table *table);
/* Of `count` segments, the oldest first; at most KEYS_FAN_MAX. */
struct keys_job *keys_job_merge(
    const struct keys_segment *out, const struct keys_segment *inputs, size_t count);
void keys_job_free(struct keys_job *job); /* NULL is fine */
/* One chunk further, and after the last one: lists the new segment in key_segments
 * instead of what it replaces. Adds the bytes written to *spent. -1 with err; a job that is
 * unreadable then can be given up with the transaction going on. */
int keys_job_step(
    struct keys_job *job, struct keys_rows *rows, size_t *spent, struct error *err);
void keys_job_committed(struct keys_job *job);
void keys_job_rolled_back(struct keys_job *job);

#endif
