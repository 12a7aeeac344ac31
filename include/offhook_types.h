/* offhook_types.h -- the C compiler checks which call is for what. Included by offhook.h:
 * an oh_job given to oh_param does not compile (older compilers would only warn), and a
 * call for both takes an oh_event or an oh_job. C++ does this by itself.
 *
 * Each macro is the function of its name. Define OH_PLAIN_CALLS to leave the macros out,
 * as bindings for other languages need it. */
#ifndef OFFHOOK_TYPES_H
#define OFFHOOK_TYPES_H

#include <offhook.h>

#ifndef __cplusplus

static inline oh_context *oh_event_as_context_(oh_event *event)
{
	return (oh_context *)event;
}

static inline const oh_context *oh_const_event_as_context_(const oh_event *event)
{
	return (const oh_context *)event;
}

static inline oh_context *oh_job_as_context_(oh_job *job)
{
	return (oh_context *)job;
}

static inline const oh_context *oh_const_job_as_context_(const oh_job *job)
{
	return (const oh_context *)job;
}

static inline oh_context *oh_same_context_(oh_context *context)
{
	return context;
}

static inline const oh_context *oh_same_const_context_(const oh_context *context)
{
	return context;
}

/* clang-format off */
#define oh_context_of(event_or_job) \
	_Generic((event_or_job), \
	    oh_event *: oh_event_as_context_, \
	    const oh_event *: oh_const_event_as_context_, \
	    oh_job *: oh_job_as_context_, \
	    const oh_job *: oh_const_job_as_context_, \
	    oh_context *: oh_same_context_, \
	    const oh_context *: oh_same_const_context_)(event_or_job)
#define OH_EVENT_(event) \
	_Generic((event), oh_event *: (event), const oh_event *: (event))
#define OH_JOB_(job) _Generic((job), oh_job *: (job), const oh_job *: (job))

#ifndef OH_PLAIN_CALLS

/* For events and jobs. */
#define oh_ok(context) oh_ok(oh_context_of(context))
#define oh_time_ms(context) oh_time_ms(oh_context_of(context))
#define oh_time(context) oh_time(oh_context_of(context))
#define oh_url(context, ...) oh_url(oh_context_of(context), __VA_ARGS__)
#define oh_secret(context, ...) oh_secret(oh_context_of(context), __VA_ARGS__)
#define oh_format(context, ...) oh_format(oh_context_of(context), __VA_ARGS__)
#define oh_log(context, ...) oh_log(oh_context_of(context), __VA_ARGS__)
#define oh_fail(context, ...) oh_fail(oh_context_of(context), __VA_ARGS__)
#define oh_insert(context, ...) oh_insert(oh_context_of(context), __VA_ARGS__)
#define oh_get(context, ...) oh_get(oh_context_of(context), __VA_ARGS__)
#define oh_find(context, ...) oh_find(oh_context_of(context), __VA_ARGS__)
#define oh_find_one(context, ...) oh_find_one(oh_context_of(context), __VA_ARGS__)
#define oh_count(context, ...) oh_count(oh_context_of(context), __VA_ARGS__)
#define oh_update(context, ...) oh_update(oh_context_of(context), __VA_ARGS__)
#define oh_update_expecting(context, ...) oh_update_expecting(oh_context_of(context), __VA_ARGS__)
#define oh_upsert(context, ...) oh_upsert(oh_context_of(context), __VA_ARGS__)
#define oh_remove(context, ...) oh_remove(oh_context_of(context), __VA_ARGS__)
#define oh_kv_set(context, ...) oh_kv_set(oh_context_of(context), __VA_ARGS__)
#define oh_kv_get(context, ...) oh_kv_get(oh_context_of(context), __VA_ARGS__)
#define oh_kv_get_or(context, ...) oh_kv_get_or(oh_context_of(context), __VA_ARGS__)
#define oh_kv_remove(context, ...) oh_kv_remove(oh_context_of(context), __VA_ARGS__)
#define oh_cancel(context, ...) oh_cancel(oh_context_of(context), __VA_ARGS__)

/* For events. */
#define oh_param(event, ...) oh_param(OH_EVENT_(event), __VA_ARGS__)
#define oh_param_or(event, ...) oh_param_or(OH_EVENT_(event), __VA_ARGS__)
#define oh_param_int(event, ...) oh_param_int(OH_EVENT_(event), __VA_ARGS__)
#define oh_param_raw(event, ...) oh_param_raw(OH_EVENT_(event), __VA_ARGS__)
#define oh_param_at(event, ...) oh_param_at(OH_EVENT_(event), __VA_ARGS__)
#define oh_params(event) oh_params(OH_EVENT_(event))
#define oh_query(event, ...) oh_query(OH_EVENT_(event), __VA_ARGS__)
#define oh_query_or(event, ...) oh_query_or(OH_EVENT_(event), __VA_ARGS__)
#define oh_path_param(event, ...) oh_path_param(OH_EVENT_(event), __VA_ARGS__)
#define oh_header(event, ...) oh_header(OH_EVENT_(event), __VA_ARGS__)
#define oh_header_or(event, ...) oh_header_or(OH_EVENT_(event), __VA_ARGS__)
#define oh_method(event) oh_method(OH_EVENT_(event))
#define oh_path(event) oh_path(OH_EVENT_(event))
#define oh_body(event, ...) oh_body(OH_EVENT_(event), __VA_ARGS__)
#define oh_json(event) oh_json(OH_EVENT_(event))
#define oh_kind(event) oh_kind(OH_EVENT_(event))
#define oh_sid(event) oh_sid(OH_EVENT_(event))
#define oh_account_sid(event) oh_account_sid(OH_EVENT_(event))
#define oh_media_count(event) oh_media_count(OH_EVENT_(event))
#define oh_media_url(event, ...) oh_media_url(OH_EVENT_(event), __VA_ARGS__)
#define oh_media_type(event, ...) oh_media_type(OH_EVENT_(event), __VA_ARGS__)
#define oh_signature_valid(event, ...) oh_signature_valid(OH_EVENT_(event), __VA_ARGS__)
#define oh_reply(event, ...) oh_reply(OH_EVENT_(event), __VA_ARGS__)
#define oh_reply_raw(event, ...) oh_reply_raw(OH_EVENT_(event), __VA_ARGS__)
#define oh_reply_xml(event, ...) oh_reply_xml(OH_EVENT_(event), __VA_ARGS__)

/* For jobs. */
#define oh_payload(job) oh_payload(OH_JOB_(job))
#define oh_payload_str(job, ...) oh_payload_str(OH_JOB_(job), __VA_ARGS__)
#define oh_payload_str_or(job, ...) oh_payload_str_or(OH_JOB_(job), __VA_ARGS__)
#define oh_job_id(job) oh_job_id(OH_JOB_(job))
#define oh_job_attempt(job) oh_job_attempt(OH_JOB_(job))
#define oh_job_is_last_attempt(job) oh_job_is_last_attempt(OH_JOB_(job))
#define oh_snooze(job, ...) oh_snooze(OH_JOB_(job), __VA_ARGS__)
#define oh_give_up(job, ...) oh_give_up(OH_JOB_(job), __VA_ARGS__)
#define oh_progress(job, ...) oh_progress(OH_JOB_(job), __VA_ARGS__)
#endif
/* clang-format on */

#endif
#endif
