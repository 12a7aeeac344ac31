/* context -- what a handler works on: struct oh_context, which offhook.h calls
 * oh_event and oh_job. It holds what came in, the writes the handler has staged, the
 * reply it is building, and the first mistake it made. One run of one handler; one
 * thread. */
#ifndef OFFHOOK_API_CONTEXT_H
#define OFFHOOK_API_CONTEXT_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>

#include "api/oh_twiml.h"
#include "frame/frame.h"
#include "offhook.h"
#include "store/store.h"
#include "twilio/twiml.h"
#include "util/arena.h"
#include "util/span.h"

/* What all runs of a process share. */
struct context_world {
	const oh_app *app;
	struct store_reader *reader; /* NULL: there is no store to read */
	void (*log)(void *ctx, const struct frame_log *line); /* NULL: nobody reads */
	/* NULL: nobody wants to know. */
	void (*progress)(void *ctx, const struct frame_progress *progress);
	void *ctx;
	struct frame_settings settings; /* what the server has told */
};

/* An answer that is not the tree: status 0 when there is none. */
struct context_answer {
	int status;
	struct span content_type, body;
};

struct oh_context {
	struct arena *arena;
	const struct context_world *world;
	const struct frame_run *run;     /* the event's, or the job's */
	const struct frame_event *event; /* a job's has nothing in it */
	const struct frame_job_run *job; /* NULL: this is an event */
	enum oh_kind kind;               /* the route's */

	struct staged *staged, **staged_end; /* app/stage.h */
	uint32_t staged_count;
	uint32_t rows_used;                  /* of run->row_count */
	struct staged_job *jobs, **jobs_end; /* likewise */
	uint32_t job_count;

	struct twiml *twiml;
	struct oh_twiml root;
	struct context_answer answer;

	json_t *body_json; /* oh_json's; freed at the end */

	/* Of a job: */
	json_t *payload; /* NULL for events; freed at the end */
	bool snoozed, given_up;
	int64_t snooze_ms;
	int64_t progress_us; /* see oh_progress */

	const char *mistake; /* the first one; NULL: none */
};

/* Whether it is a job's. */
static inline bool context_is_job(const oh_context *context)
{
	return context->job != NULL;
}

/* Which TwiML it is answered with. */
enum twiml_kind context_language(const oh_context *context);
/* All of it lives in the arena. */
void context_open(struct oh_context *out, const struct context_world *world,
    const struct frame_event *event, enum oh_kind kind, struct arena *arena);
void context_open_job(struct oh_context *out, const struct context_world *world,
    const struct frame_job_run *job, struct arena *arena);
/* Frees what the arena does not. */
void context_close(struct oh_context *context);
/* Notes a mistake, unless there was one before. */
OH_PRINTF(2, 3) void context_fail(oh_context *context, const char *format, ...);
/* A line of text as printf makes it, repaired and cut to what struct error holds. */
__attribute__((format(printf, 2, 0))) const char *context_line(
    const oh_context *context, const char *format, va_list args);
/* Valid UTF-8, NUL-terminated; NULL for an absent span, whose bytes a NUL follows. */
const char *context_text(const oh_context *context, struct span bytes);
/* Compact JSON text in the arena. */
struct span context_json(const oh_context *context, const json_t *json);

#endif
