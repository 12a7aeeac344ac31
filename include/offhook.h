/* offhook.h -- answer Twilio's webhooks in C.
 *
 * A program is one include, handlers, a table and oh_main:
 *
 *	#include <offhook.h>
 *
 *	static int on_sms(oh_event *event, oh_twiml *reply)
 *	{
 *		const char *body = oh_param(event, "Body");
 *		oh_message(reply, oh_format(event, "Thanks! You wrote: %s", body));
 *		return OH_OK;
 *	}
 *
 *	int main(int argc, char **argv)
 *	{
 *		static const oh_route routes[] = {{OH_MESSAGE, "/twilio/sms", on_sms}, {0}};
 *		return oh_main(argc, argv, &(oh_app){.routes = routes});
 *	}
 *
 * and it is the whole product: `./app serve`, `./app send sms`, `./app query …`.
 *
 * What a handler may rely on
 *  - Nothing leaves before it is stored. The event, the handler's writes and its jobs
 *    are one transaction; the reply is sent when it is on disk.
 *  - It runs once for each event. When Twilio repeats a webhook the stored reply goes
 *    out again and no handler runs.
 *  - It runs in a handler process, never in the server: it may block, and when it
 *    crashes it costs its one webhook the reply (the route's fallback is sent), nothing
 *    else.
 *  - Handlers of one conversation (CallSid, or From and To) run one after another;
 *    different conversations in parallel, in several processes: static variables are
 *    not shared and not kept.
 *  - Each read sees the latest commit and holds no snapshot after it. oh_get by _id and
 *    the key-value calls see the handler's own writes; oh_find does not.
 *  - Ten seconds after its request's first byte a webhook gets the route's fallback
 *    reply and its event is marked late. Writes of a handler that then still returns
 *    OH_OK are committed; its reply is dropped.
 *
 * Memory: what a getter returns belongs to the event (or job) and lives until the
 * handler returns. JSON values given to a function marked (takes) are taken over: do
 * not free them. Values returned marked (yours) must be freed with json_decref.
 *
 * Mistakes are sticky: a NULL document (json_pack's failure), a wrong attribute, a
 * missing table entry do not crash; the handler goes on, and at its end the event is
 * marked failed with the first mistake's message, its writes undone, the fallback reply
 * sent. So handlers need no checks.
 *
 * C11, C17, C++17. All functions are for the thread that runs the handler. */
#ifndef OFFHOOK_H
#define OFFHOOK_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OH_API                 __attribute__((visibility("default")))
#define OH_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* ------------------------------------------------------------------------------------
 * Types
 */

/* What runs: a handler's webhook, or a worker's job. Both read and write documents, log
 * and enqueue with the same calls. */
typedef struct oh_context oh_event;
typedef struct oh_context oh_job;
typedef struct oh_context oh_context;

/* A place in the reply: its <Response>, or an element inside it. The verbs (oh_say,
 * oh_gather …) take one and give one. */
typedef struct oh_twiml oh_twiml;

/* What a handler, a filter or a worker returns. Anything else fails the event, too. */
enum oh_result {
	OH_OK = 0,     /* reply and writes stand */
	OH_PASS = 1,   /* a filter's: go on with the next one */
	OH_FAILED = -1 /* undo; oh_fail says why */
};

/* What a route is for. It decides how its webhooks are named and answered. Those that
 * are answered with TwiML get an empty <Response/> when the handler adds nothing to
 * its reply; Twilio reads no reply to a status callback, so adding to one is a
 * mistake. */
enum oh_kind {
	OH_MESSAGE,        /* "A message comes in": messaging TwiML */
	OH_MESSAGE_STATUS, /* a message's StatusCallback: 204 */
	OH_CALL,           /* "A call comes in": voice TwiML */
	OH_CALL_ACTION,    /* action of Gather, Record, Dial …: voice TwiML */
	OH_CALL_STATUS,    /* "Call status changes": 204 */
	OH_RECORDING,      /* recordingStatusCallback: 204 */
	OH_TRANSCRIPTION,  /* transcribeCallback: 204 */
	/* Any other request that Twilio signs: 204, oh_reply, or TwiML: messaging when it
	 * has a MessageSid, else voice. */
	OH_SIGNED,
	OH_UNSIGNED /* the same, but anybody's: no signature is asked for */
};

typedef int (*oh_handler)(oh_event *event, oh_twiml *reply);

/* One line of the table. path is exact, but a segment may be a parameter
 * ("/orders/:id", oh_path_param) and the last one "*" for the rest. What is left out
 * is zero, and means the usual; with -Wextra, give -Wno-missing-field-initializers. */
typedef struct oh_route {
	enum oh_kind kind;
	const char *path;
	oh_handler handler;
	/* Run before handler, in this order, NULL-terminated: each may pass on (OH_PASS),
	 * answer in the handler's place (OH_OK), or fail. */
	const oh_handler *filters;
	/* The reply when the handler fails or is late: TwiML's text, checked at start.
	 * NULL: an empty <Response/>, or an apology for calls. */
	const char *fallback;
	/* Seconds until the fallback; 0: the --deadline setting. At most 13. */
	int deadline_s;
	const char *methods; /* "GET POST" (the default), "GET", "POST" … */
	void *reserved[4];   /* leave zero, as all of this name */
} oh_route;

/* Work for later, by queue name. Anything but OH_OK is tried again, with backoff.
 * Jobs are stored (collection "offhook.jobs"), but this version does not run them yet. */
typedef int (*oh_work)(oh_job *job);

typedef struct oh_worker {
	const char *queue;
	oh_work work;
	int max_tries;   /* 0: 20 */
	int timeout_s;   /* 0: 60 */
	int concurrency; /* 0: 4 */
	void *reserved[4];
} oh_worker;

/* A collection with a key: the field (text or a whole number) that identifies its
 * documents. No two have the same, and reading and updating by it needs no search:
 * oh_get, oh_upsert, and filters that ask for its value, as {"messageSid": "SM…"}.
 * Collections without a key need no declaration. "sms_messages" has the key
 * "messageSid" and "calls" "callSid" unless declared otherwise. */
typedef struct oh_collection {
	const char *name; /* a letter or _, then letters, digits, _ . - */
	const char *key;
} oh_collection;

typedef struct oh_app {
	const oh_route *routes;           /* end with {0}; NULL: the built-in ones */
	const oh_worker *workers;         /* end with {0}; may be NULL */
	const oh_collection *collections; /* end with {0}; may be NULL */
	/* Called once in every handler process before its first event: open what handlers
	 * share. Anything but OH_OK keeps the process from starting. */
	int (*start)(void);
	void *reserved[8];
} oh_app;

/* The whole command line. Returns the exit code for main to return. */
OH_API int oh_main(int argc, char **argv, const oh_app *app);

/* ------------------------------------------------------------------------------------
 * Events: what came in
 */

/* A parameter's first value as valid UTF-8 (U+FFFD for bad bytes), or NULL when the
 * request has none. https://www.twilio.com/docs/messaging/guides/webhook-request */
OH_API const char *oh_param(const oh_event *event, const char *name);
/* Its bytes as they came; *len (NULL: not wanted) without the NUL that follows. */
OH_API const char *oh_param_raw(const oh_event *event, const char *name, size_t *len);
/* The n-th parameter in posted order, from 0: its value, its name in *name; NULL past
 * the last. */
OH_API const char *oh_param_at(const oh_event *event, size_t n, const char **name);
/* All of them as an object (yours): {"From": "+1…", …}; a repeated one as an array. */
OH_API json_t *oh_params(const oh_event *event);
/* A whole number, or otherwise when there is none. */
OH_API long oh_param_int(const oh_event *event, const char *name, long otherwise);
/* A segment of the path that the route calls :name; NULL when it has none. */
OH_API const char *oh_path_param(const oh_event *event, const char *name);
/* A header's value, or NULL. */
OH_API const char *oh_header(const oh_event *event, const char *name);
OH_API const char *oh_method(const oh_event *event); /* "POST" */
OH_API const char *oh_path(const oh_event *event);
/* The body as received; *len (NULL: not wanted) without the NUL that follows. */
OH_API const char *oh_body(const oh_event *event, size_t *len);
/* A JSON body, parsed (borrowed); NULL when it is none. */
OH_API json_t *oh_json(oh_event *event);
/* "sms.received", "sms.status", "call.received", "call.action", "call.status",
 * "recording.status", "transcription", "json", "other". */
OH_API const char *oh_kind(const oh_event *event);
/* MessageSid, CallSid, RecordingSid … of the event; "" when it names none. */
OH_API const char *oh_sid(const oh_event *event);
OH_API const char *oh_account_sid(const oh_event *event); /* "" when not told */
/* When it was received: milliseconds since 1970, and as documents hold it
 * ("2026-01-31T12:00:00.000Z"). */
OH_API int64_t oh_time_ms(const oh_context *context);
OH_API const char *oh_time(const oh_context *context);
/* How many media a message has, and the n-th one's URL and MIME type, from 0; NULL past
 * the last. What the type says is the sender's claim. */
OH_API size_t oh_media_count(const oh_event *event);
OH_API const char *oh_media_url(const oh_event *event, size_t n);
OH_API const char *oh_media_type(const oh_event *event, size_t n);
/* Whether the event was signed with that Auth Token ("old,new": either). The server has
 * checked the signature of every route but OH_UNSIGNED ones; this is for theirs, when
 * the token is not the server's to know. signature is the header X-Twilio-Signature;
 * url is what Twilio called; NULL: https://, the Host header, path and query as sent.
 * 0 also when one of them is missing. */
OH_API int oh_signature_valid(
    const char *token, const char *signature, const char *url, const oh_event *event);

/* ------------------------------------------------------------------------------------
 * Replies. The verbs come from <offhook_twiml.h>, below: oh_message, oh_say, …
 */

/* Text inside an element: data, never markup. */
OH_API void oh_text(oh_twiml *element, const char *text);
OH_API void oh_text_raw(oh_twiml *element, const char *bytes, size_t len);
OH_API OH_PRINTF(2, 3) void oh_textf(oh_twiml *element, const char *format, ...);
/* Text as printf makes it, for the verbs, which take theirs as it is:
 *   oh_say(reply, oh_format(event, "You are caller number %d", n));
 * The format must be your own, never what somebody sent. */
OH_API const char *oh_format(oh_context *context, const char *format, ...)
    OH_PRINTF(2, 3);
/* An attribute that Twilio has and this version does not know. */
OH_API void oh_attr(oh_twiml *element, const char *name, const char *value);
/* An answer that is not TwiML: replaces the element tree. content_type and body are
 * copied; body NULL sends none. Meant for OH_SIGNED and OH_UNSIGNED routes, and for
 * filters that turn a request away; XML goes through oh_reply_xml, which checks it. */
OH_API void oh_reply(
    oh_event *event, int status, const char *content_type, const char *body);
OH_API void oh_reply_raw(oh_event *event, int status, const char *content_type,
    const char *bytes, size_t len);
/* The reply as the text of a TwiML document, checked like the rest. {{From}} in it
 * stands for the parameter of that name, escaped, as in Twilio's TwiML Bins. */
OH_API void oh_reply_xml(oh_event *event, const char *xml);

/* ------------------------------------------------------------------------------------
 * Documents: JSON in named collections. Filters and updates are MongoDB's:
 * {"status": "sent", "n": {"$gt": 3}}, {"$set": {"done": true}}. Writes are staged, and
 * committed with the event.
 */

/* Adds a document (takes). Gives its "_id" ("" after a mistake), which the store
 * makes. At most 1,000 in one run of a handler. A key that another document has undoes
 * all and fails the event. */
OH_API const char *oh_insert(oh_context *context, const char *collection, json_t *doc);
/* The document with that "_id" or key (yours), or NULL. Sees this handler's own
 * writes. */
OH_API json_t *oh_get(oh_context *context, const char *collection, const char *id);
/* The documents that match filter (takes; json_object() is all of them), as an array
 * (yours); at most limit, 0: all. sort (takes) is {"field": 1 or -1}, or NULL: oldest
 * first. Does not see this handler's own writes. */
OH_API json_t *oh_find(oh_context *context, const char *collection, json_t *filter,
    json_t *sort, size_t limit);
/* The first document that matches filter (takes), yours, or NULL. */
OH_API json_t *oh_find_one(oh_context *context, const char *collection, json_t *filter);
/* How many match filter (takes). */
OH_API int64_t oh_count(oh_context *context, const char *collection, json_t *filter);
/* Updates all that match filter (takes both) and gives how many do. Which they are is
 * looked up now, as oh_find does (a filter on "_id" or the key sees own writes, too);
 * whether each still matches is checked at commit. */
OH_API int64_t oh_update(
    oh_context *context, const char *collection, json_t *filter, json_t *update);
/* As oh_update, but when another number than expected matches at commit, everything is
 * undone and the handler runs again; after three such runs the event has failed. */
OH_API void oh_update_expecting(oh_context *context, const char *collection,
    json_t *filter, json_t *update, int64_t expected);
/* Updates the document with that key, or, when there is none, inserts doc with update
 * applied to it (takes both). An empty update leaves an existing document as it is.
 * The key need not stand in doc. */
OH_API void oh_upsert(oh_context *context, const char *collection, const char *key,
    json_t *doc, json_t *update);
/* Removes all that match filter (takes) and gives how many do; as oh_update. */
OH_API int64_t oh_remove(oh_context *context, const char *collection, json_t *filter);

/* ------------------------------------------------------------------------------------
 * Key-value: texts under a key, which may expire. Part of the transaction too. They
 * stand in the collection "offhook.kv": {key, value, expiresAt}.
 */

/* ttl_s seconds from now; 0: for ever. value NULL removes. */
OH_API void oh_set(oh_context *context, const char *key, const char *value, long ttl_s);
/* The value, or NULL when there is none or it has expired. Sees own writes. */
OH_API const char *oh_kv(oh_context *context, const char *key);

/* ------------------------------------------------------------------------------------
 * Jobs, logs, secrets, failing
 */

/* Puts payload (takes) into a queue, to be worked on once this is committed. The queue
 * must have a worker in the app's table. */
OH_API void oh_enqueue(oh_context *context, const char *queue, json_t *payload);
/* Not before delay_s seconds from now. */
OH_API void oh_enqueue_in(
    oh_context *context, const char *queue, json_t *payload, double delay_s);
/* A job's payload: a text field of it (NULL when it has none), or all of it
 * (borrowed). */
OH_API const char *oh_payload_str(const oh_job *job, const char *name);
OH_API json_t *oh_payload(const oh_job *job);
OH_API int oh_try(const oh_job *job); /* 1 for the first */

/* A line in the server's log, with the event's SID and route: a message, then pairs of
 * name and text, ended by NULL; a pair whose text is NULL is left out:
 *   oh_log(event, "order placed", "order", id, NULL);
 * Do not log bodies, tokens or whole phone numbers. What a handler prints on stdout or
 * stderr goes to the server's stderr. */
OH_API __attribute__((sentinel)) void oh_log(
    oh_context *context, const char *message, ...);
/* A secret by name (from the environment), or NULL. Never logged. */
OH_API const char *oh_secret(const char *name);
/* Fails the event or job with a message for its owner, whatever is returned then.
 * Returns OH_FAILED, so that `return oh_fail(event, "no such order %s", id);` reads
 * well. */
OH_API OH_PRINTF(2, 3) int oh_fail(oh_context *context, const char *format, ...);

/* ------------------------------------------------------------------------------------
 * The built-in app, in a table of one's own
 */

/* The handler of the app that answers when no app is given: what it does is decided by
 * the route's kind. It runs in the server; filters do not apply to it. */
OH_API int oh_builtin(oh_event *event, oh_twiml *reply);

/* All of its routes: {{OH_MESSAGE, "/orders", on_order}, OH_BUILTIN_ROUTES, {0}} */
/* clang-format off */
#define OH_BUILTIN_ROUTES \
	{OH_MESSAGE, "/twilio/sms", oh_builtin}, \
	{OH_MESSAGE_STATUS, "/twilio/sms/status", oh_builtin}, \
	{OH_MESSAGE_STATUS, "/twilio/status", oh_builtin}, \
	{OH_CALL, "/twilio/voice", oh_builtin}, \
	{OH_CALL_STATUS, "/twilio/voice/status", oh_builtin}, \
	{OH_RECORDING, "/twilio/voice/recording", oh_builtin}, \
	{OH_TRANSCRIPTION, "/twilio/voice/transcription", oh_builtin}, \
	{OH_SIGNED, "/twilio/fallback", oh_builtin}
/* clang-format on */

#ifdef __cplusplus
}
#endif

#include <offhook_twiml.h>

#endif
