#include "keys/keys_merge.h"

#include <assert.h>
#include <stdlib.h>

#include "util/mem.h"

static struct keys_job *job_new(const struct keys_segment *out, size_t input_count)
{
	struct keys_job *job = mem_new(1, sizeof(*job));
	job->out = *out;
	job->out.count = 0;
	job->out.summed = true;
	job->input_count = input_count;
	job->inputs = mem_new(input_count, sizeof(*job->inputs));
	return job;
}

static void job_add_input(
    struct keys_job *job, size_t i, const struct keys_segment *input)
{
	job->inputs[i].segment = *input;
	job->out.count += input->count;
	if (job->out.log_end < input->log_end)
		job->out.log_end = input->log_end;
	job->shape = keys_filter_shape(job->out.count);
}

struct keys_job *keys_job_seal(
    const struct keys_segment *out, const struct keys_table *table)
{
	struct keys_job *job = job_new(out, 1);
	job_add_input(job, 0, &(struct keys_segment){.count = table->count});
	job->inputs[0].sorted = keys_table_sorted(table);
	return job;
}

struct keys_job *keys_job_merge(
    const struct keys_segment *out, const struct keys_segment *inputs, size_t count)
{
	assert(count > 0 && count <= KEYS_FAN_MAX);
	struct keys_job *job = job_new(out, count);
	for (size_t i = 0; i < count; i++)
		job_add_input(job, i, &inputs[i]);
	return job;
}

void keys_job_free(struct keys_job *job)
{
	if (job == NULL)
		return;
	for (size_t i = 0; i < job->input_count; i++)
		free(job->inputs[i].sorted);
	free(job->inputs);
	free(job);
}

/* The input's entry after the first `at`; NULL at its end, or with *failed set. */
static const struct keys_entry *job_peek(struct keys_input *input, uint64_t at,
    struct keys_rows *rows, bool *failed, struct error *err)
{
	if (at == input->segment.count)
		return NULL;
	if (input->sorted != NULL)
		return &input->sorted[at];
	uint64_t index = at / KEYS_CHUNK_ENTRIES;
	if (input->cache.row != input->segment.first + (int64_t)index &&
	    keys_chunk_read(rows, &input->segment, index, &input->cache, err) < 0) {
		*failed = true;
		return NULL;
	}
	return &input->cache.entries[at % KEYS_CHUNK_ENTRIES];
}

/* Takes the inputs' smallest entries, of equal keys the oldest first, until the chunk
 * is full or nothing is left. */
static int job_fill(struct keys_job *job, struct keys_rows *rows,
    struct keys_chunk *chunk, struct error *err)
{
	const struct keys_entry *heads[KEYS_FAN_MAX] = {NULL};
	bool failed = false;
	for (size_t i = 0; i < job->input_count; i++)
		heads[i] =
		    job_peek(&job->inputs[i], job->now.at[i], rows, &failed, err);
	while (!failed && chunk->count < KEYS_CHUNK_ENTRIES) {
		size_t least = job->input_count;
		for (size_t i = 0; i < job->input_count; i++) {
			if (heads[i] != NULL &&
			    (least == job->input_count ||
				keys_entry_compare(heads[i], heads[least]) < 0))
				least = i;
		}
		if (least == job->input_count)
			break;
		chunk->entries[chunk->count++] = *heads[least];
		heads[least] = job_peek(
		    &job->inputs[least], ++job->now.at[least], rows, &failed, err);
	}
	return failed ? -1 : 0;
}

/* Writes the filter's pieces up to, not including, `piece`. */
static int job_flush_pieces(struct keys_job *job, struct keys_rows *rows,
    uint64_t piece, size_t *spent, struct error *err)
{
	struct keys_progress *now = &job->now;
	size_t size = keys_filter_size(job->shape);
	for (; now->pieces < piece; now->pieces++) {
		int64_t row = job->out.first + (int64_t)now->pieces;
		if (keys_piece_write(rows, row, now->bits, size, err) < 0)
			return -1;
		memset(now->bits, 0, size);
		*spent += size;
	}
	return 0;
}

/* The last step: from the commit on, the new segment stands for what it was made of. */
static int job_finish(
    struct keys_job *job, struct keys_rows *rows, size_t *spent, struct error *err)
{
	if (job_flush_pieces(job, rows, job->shape.pieces, spent, err) < 0 ||
	    keys_segment_write(rows, &job->out, err) < 0)
		return -1;
	for (size_t i = 0; i < job->input_count; i++) {
		if (job->inputs[i].sorted == NULL &&
		    keys_rows_run(rows->db, "DELETE FROM key_segments WHERE id = ?1",
			&job->inputs[i].segment.id, err) < 0)
			return -1;
	}
	job->now.done = true;
	return 0;
}

int keys_job_step(
    struct keys_job *job, struct keys_rows *rows, size_t *spent, struct error *err)
{
	struct keys_progress *now = &job->now;
	struct keys_chunk chunk = {.count = 0};
	assert(!now->done);
	job->touched = true;
	job->unreadable = job_fill(job, rows, &chunk, err) < 0;
	if (job->unreadable)
		return -1;
	chunk.row = job->out.first + (int64_t)now->chunks;
	for (size_t i = 0; i < chunk.count; i++) {
		uint64_t piece = keys_filter_piece(job->shape, &chunk.entries[i]);
		if (job_flush_pieces(job, rows, piece, spent, err) < 0)
			return -1;
		keys_filter_add(now->bits, job->shape, &chunk.entries[i]);
	}
	if (keys_chunk_write(rows, &chunk, &now->sums.sums[now->sums.count], err) < 0)
		return -1;
	now->chunks++;
	*spent += chunk.count * KEYS_ENTRY_SIZE;
	bool last = now->chunks == keys_chunk_count(job->out.count);
	if ((++now->sums.count == KEYS_SUMS || last) &&
	    keys_sums_write(rows, &job->out, &now->sums, err) < 0)
		return -1;
	if (now->sums.count == KEYS_SUMS)
		now->sums = (struct keys_sums){.from = now->chunks};
	if (last)
		return job_finish(job, rows, spent, err);
	return 0;
}

void keys_job_committed(struct keys_job *job)
{
	if (job->touched)
		job->committed = job->now;
	job->touched = false;
}

void keys_job_rolled_back(struct keys_job *job)
{
	if (job->touched)
		job->now = job->committed;
	job->touched = false;
}
