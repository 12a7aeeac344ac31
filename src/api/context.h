/* context -- what a handler or worker works on. struct oh_context holds what both have:
 * the writes staged so far and the first mistake; struct oh_event and struct oh_job begin
 * with it and add what came in and how it ends. One run of one handler; one thread. */
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
	/* Either may be NULL: nobody reads. */
	void (*log)(void *ctx, const struct frame_log *line);
	void (*progress)(void *ctx, const struct frame_progress *progress);
	void *ctx;
	struct frame_settings settings; /* what the server has told */
	struct frame_settings secrets;  /* those that the app declares */
};

struct oh_context {
	struct arena *arena;
	const struct context_world *world;
	const struct frame_run *run; /* the event's, or the job's */
	int64_t time_ms;             /* oh_time_ms */
	struct span base_url;        /* oh_url; absent when not known */

	struct staged *staged, **staged_end; /* api/stage.h */
	uint32_t staged_count;
	uint32_t rows_used; /* of run->row_count */
	struct staged_job *jobs, **jobs_end;
	uint32_t job_count;
	struct budget budget; /* of the call on documents that is under way */

	struct twiml *twiml; /* the reply; NULL: a job's */
	const char *mistake; /* the first one; NULL: none */
};

/* An answer that is not the tree: status 0 when there is none. */
struct event_answer {
	int status;
	struct span content_type, body;
};

struct oh_event {
	struct oh_context context;
	const struct frame_event *frame;
	enum oh_route_kind kind; /* the route's */
	struct oh_twiml root;
	struct event_answer answer;
	json_t *body_json; /* oh_json's; freed at the end */
};

struct oh_job {
	struct oh_context context;
	const struct frame_job_run *frame;
	json_t *payload; /* freed at the end */
	bool snoozed, given_up;
	int64_t snooze_ms;
	int64_t progress_us; /* see oh_progress */
};

/* Which TwiML an event is answered with. */
enum twiml_kind event_language(const oh_event *event);
/* Whether Twilio reads TwiML in the answer. */
bool event_wants_twiml(const oh_event *event);
/* All that they hold is in the arena, but what the closing calls free. */
void event_open(oh_event *out, const struct context_world *world,
    const struct frame_event *frame, enum oh_route_kind kind, struct arena *arena);
void event_close(oh_event *event);
void job_open(oh_job *out, const struct context_world *world,
    const struct frame_job_run *frame, struct arena *arena);
void job_close(oh_job *job);

/* Notes a mistake, unless there was one before. */
OH_PRINTF(2, 3) void context_fail(oh_context *context, const char *format, ...);
/* A line of text as printf makes it, repaired and cut to what struct error holds. */
__attribute__((format(printf, 2, 0))) const char *context_line(
    const oh_context *context, const char *format, va_list args);
/* Text as printf makes it. */
__attribute__((format(printf, 2, 0))) const char *context_format(
    struct arena *arena, const char *format, va_list args);
/* Text as handlers get it: valid UTF-8 without a NUL in it, NUL-terminated; otherwise for
 * an absent span. A NUL must follow the bytes. */
const char *context_text(
    const oh_context *context, struct span bytes, const char *otherwise);
/* Compact JSON text in the arena; absent when it has none (api/json_text.h). */
#define CONTEXT_NO_JSON "has a text that is not UTF-8, or a value that is within itself"
struct span context_json(const oh_context *context, const json_t *json);

#endif
