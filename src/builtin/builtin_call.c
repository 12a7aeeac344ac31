#include "builtin/builtin_call.h"

#include "util/clock.h"
#include "util/jsonw.h"
#include "util/text.h"
#include "webhook/webhook.h"

struct call_edit {
	const char *status; /* of the call; NULL: leave it */
	int64_t duration;   /* seconds; -1: not told */
	const char *updated_at;
	/* A recording of it; recording_sid NULL: none. NULL texts stay as they are. */
	const char *recording_sid, *url, *recording_status;
	int64_t recording_duration;
	const char *transcription_sid, *transcription_status, *transcription_text;
};

static int64_t call_seconds(const struct webhook *webhook, const char *name)
{
	int64_t seconds;
	bool is_number =
	    text_int(params_get(&webhook->params, name), 0, INT32_MAX, &seconds);
	return is_number ? seconds : -1;
}

/* The document of a call that is not known yet. The edit then adds the recording. */
static struct span call_doc(struct webhook *webhook, const char *status)
{
	const struct params *params = &webhook->params;
	struct buf *out = &webhook->lane->scratch;
	int64_t duration = call_seconds(webhook, "CallDuration");
	buf_clear(out);
	buf_putc(out, '{');
	jsonw_field(out, "callSid", params_get_filled(params, "CallSid"));
	jsonw_field(out, "from", params_get_filled(params, "From"));
	jsonw_field(out, "to", params_get_filled(params, "To"));
	jsonw_field(out, "status", span_of(status));
	jsonw_field(out, "direction", params_get_filled(params, "Direction"));
	if (duration >= 0)
		jsonw_field_int(out, "duration", duration);
	else
		jsonw_field_null(out, "duration");
	jsonw_key(out, SPAN("recordings"));
	buf_puts(out, "[]");
	jsonw_field_time(out, "receivedAt", webhook->received_at_ms);
	if (webhook->event.kind == EVENT_CALL_RECEIVED)
		jsonw_field_null(out, "updatedAt");
	else
		jsonw_field_time(out, "updatedAt", webhook->received_at_ms);
	buf_putc(out, '}');
	return arena_copy(webhook->arena, buf_span(out));
}

/* Rank 0 has two statuses, queued and then initiated; every other rank has one, or is
 * terminal. So SequenceNumber decides nothing. */
static bool call_rises(const char *from, const char *to)
{
	int rank = event_call_rank(span_of(to));
	int now = from == NULL ? -1 : event_call_rank(span_of(from));
	if (rank == 0 && now == 0)
		return strcmp(from, "queued") == 0 && strcmp(to, "initiated") == 0;
	return rank > now;
}

static int call_set_text(json_t *object, const char *name, const char *value)
{
	return value == NULL ? 0
			     : json_object_set_new(object, name, json_string(value));
}

static int call_set_seconds(json_t *object, const char *name, int64_t seconds)
{
	return seconds < 0 ? 0
			   : json_object_set_new(object, name, json_integer(seconds));
}

static json_t *call_recording(json_t *recordings, const char *sid)
{
	size_t index;
	json_t *recording;
	json_array_foreach(recordings, index, recording) {
		const char *known =
		    json_string_value(json_object_get(recording, "recordingSid"));
		if (known != NULL && strcmp(known, sid) == 0)
			return recording;
	}
	recording = json_pack("{s:s, s:n, s:n, s:n, s:n, s:n, s:n}", "recordingSid",
	    sid, "url", "duration", "status", "transcriptionSid", "transcriptionStatus",
	    "transcriptionText");
	return json_array_append_new(recordings, recording) < 0 ? NULL : recording;
}

static int call_edit_recording(const struct call_edit *edit, json_t *doc)
{
	json_t *recordings = json_object_get(doc, "recordings");
	if (!json_is_array(recordings)) {
		recordings = json_array();
		if (json_object_set_new(doc, "recordings", recordings) < 0)
			return -1;
	}
	json_t *recording = call_recording(recordings, edit->recording_sid);
	if (recording == NULL)
		return -1;
	/* The first terminal status stays: in-progress may arrive after completed. */
	const char *now = json_string_value(json_object_get(recording, "status"));
	bool open = now == NULL || strcmp(now, "in-progress") == 0;
	if (open && call_set_text(recording, "status", edit->recording_status) < 0)
		return -1;
	if (call_set_text(recording, "url", edit->url) < 0 ||
	    call_set_seconds(recording, "duration", edit->recording_duration) < 0 ||
	    call_set_text(recording, "transcriptionSid", edit->transcription_sid) < 0 ||
	    call_set_text(
		recording, "transcriptionStatus", edit->transcription_status) < 0 ||
	    call_set_text(recording, "transcriptionText", edit->transcription_text) < 0)
		return -1;
	return 0;
}

static int call_edit_doc(const void *ctx, json_t *doc, struct error *err)
{
	const struct call_edit *edit = ctx;
	const char *status = json_string_value(json_object_get(doc, "status"));
	bool up = edit->status != NULL && call_rises(status, edit->status);
	if (!up && edit->recording_sid == NULL)
		return 0;
	int rc = call_set_text(doc, "updatedAt", edit->updated_at);
	if (up)
		rc |= call_set_text(doc, "status", edit->status) |
		      call_set_seconds(doc, "duration", edit->duration);
	if (edit->recording_sid != NULL)
		rc |= call_edit_recording(edit, doc);
	return rc < 0 ? error_set(err, "calls: the event holds what is no text") : 1;
}

/* An unknown call is inserted, then edited. */
static void call_stage(struct webhook *webhook, struct call_edit *edit)
{
	struct span call_sid = params_get_filled(&webhook->params, "CallSid");
	if (call_sid.len == 0)
		return;
	char *now = arena_alloc(webhook->arena, CLOCK_ISO_SIZE);
	clock_iso(now, webhook->received_at_ms);
	edit->updated_at = now;
	struct store_write *write = webhook_write(webhook, STORE_UPDATE, "calls");
	write->key = call_sid;
	write->doc = call_doc(webhook, edit->status);
	write->edit = call_edit_doc;
	write->edit_ctx = edit;
}

static struct call_edit *call_edit_new(struct webhook *webhook)
{
	struct call_edit *edit = arena_zalloc(webhook->arena, sizeof(*edit));
	edit->duration = -1;
	edit->recording_duration = -1;
	return edit;
}

void builtin_call_status(struct webhook *webhook)
{
	struct call_edit *edit = call_edit_new(webhook);
	edit->status = webhook_param(webhook, "CallStatus");
	edit->duration = call_seconds(webhook, "CallDuration");
	if (event_call_rank(span_of(edit->status)) >= 0)
		call_stage(webhook, edit);
}

/* A Record action may lack RecordingSid; then the URL ends with it. */
static const char *call_recording_sid(struct webhook *webhook)
{
	const char *sid = webhook_param(webhook, "RecordingSid");
	const char *url = webhook_param(webhook, "RecordingUrl");
	if (sid != NULL || url == NULL)
		return sid;
	const char *last = strrchr(url, '/');
	return last != NULL && strncmp(last, "/RE", 3) == 0 ? last + 1 : NULL;
}

void builtin_call_recording(struct webhook *webhook)
{
	struct call_edit *edit = call_edit_new(webhook);
	edit->recording_sid = call_recording_sid(webhook);
	edit->url = webhook_param(webhook, "RecordingUrl");
	edit->recording_status = webhook_param(webhook, "RecordingStatus");
	edit->recording_duration = call_seconds(webhook, "RecordingDuration");
	if (edit->recording_sid != NULL)
		call_stage(webhook, edit);
}

void builtin_call_transcription(struct webhook *webhook)
{
	struct call_edit *edit = call_edit_new(webhook);
	edit->recording_sid = call_recording_sid(webhook);
	edit->url = webhook_param(webhook, "RecordingUrl");
	edit->transcription_sid = webhook_param(webhook, "TranscriptionSid");
	edit->transcription_status = webhook_param(webhook, "TranscriptionStatus");
	edit->transcription_text = webhook_param(webhook, "TranscriptionText");
	if (edit->recording_sid != NULL)
		call_stage(webhook, edit);
}
