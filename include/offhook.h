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
 *		static const oh_route routes[] = {
 *		    {OH_MESSAGE, "/twilio/sms", .handler = on_sms}, {0}};
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
 * Memory. What a getter returns belongs to the event (or job) and lives until the
 * handler returns. OH_TAKES before an argument: the call takes the value over, also when
 * it fails; do not use or free it afterwards. OH_YOURS before a result: free it with
 * json_decref. Other JSON values stay the event's.
 *
 * Text. Getters of text never return NULL: "" stands for what is missing, and a getter
 * whose name ends in _or returns what you give it instead, also NULL. All text is valid
 * UTF-8: U+FFFD stands for a byte that is not, and for a NUL.
 *
 * Numbers are int64_t (int where they are small by their nature: attempts, priorities,
 * HTTP statuses), sizes size_t, seconds double, points in time int64_t milliseconds since
 * 1970, with _s and _ms at the end of their names.
 *
 * Mistakes are sticky: a NULL document (json_pack's failure), a wrong attribute, a
 * missing table entry, a store that cannot be read do not crash; the handler goes on,
 * and at its end the event is marked failed with the first mistake's message, its writes
 * undone, the fallback reply sent. So handlers need no checks, but one: ask oh_ok before
 * you do anything outside the store.
 *
 * Events and jobs are different types, and the compiler refuses a call that is for the
 * other one. A call whose first argument is named context takes either.
 *
 * Tables end with {0} ({} in C++). A row names the fields it needs, at least one of them
 * by a designator, and leaves the rest zero, which means the usual.
 *
 * Newer versions: a struct grows at its end only, and a program tells the sizes that it
 * was compiled with (oh_main, oh_enqueue and the verbs do so). So a program runs with a
 * newer library, in which the fields it does not know are zero.
 *
 * C11, C17, C++17, C++20. All functions are for the thread that runs the handler. */
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
#define OH_TAKES
#define OH_YOURS
/* In C++, a field that is not named is zero, without a warning. */
/* clang-format off */
#ifdef __cplusplus
#define OH_NOT_SET_ {}
#else
#define OH_NOT_SET_
#endif
/* clang-format on */

/* ------------------------------------------------------------------------------------
 * Types: what a program is made of
 */

/* What runs: a handler's webhook (oh_event), or a worker's job (oh_job). A function of
 * your own that is to serve both takes an oh_context, as the calls for both do:
 * oh_context_of(event) is one. */
#ifdef __cplusplus
struct oh_context {
	oh_context() = delete;
};

struct oh_event : oh_context {
};

struct oh_job : oh_context {
};
#else
typedef struct oh_context oh_context;
typedef struct oh_event oh_event;
typedef struct oh_job oh_job;
#endif

/* A place in the reply: its <Response>, or an element inside it. The verbs (oh_say,
 * oh_gather …) take one and give one. */
typedef struct oh_twiml oh_twiml;

/* What a handler, a filter or a worker returns. Anything else fails the event, too. */
enum oh_result {
	OH_OK = 0,      /* reply and writes stand */
	OH_PASS = 1,    /* a filter's: go on with the next one */
	OH_SNOOZED = 2, /* a worker's: oh_snooze says for how long */
	OH_FAILED = -1  /* undo; oh_fail says why */
};

/* What a route is for. It decides how its webhooks are answered, and how those are named
 * whose parameters do not say what they are. A status callback that comes to an OH_MESSAGE,
 * OH_CALL or OH_CALL_ACTION is stored and answered 204 without its handler. A webhook that
 * is answered with TwiML gets an empty <Response/> when the handler adds nothing to its
 * reply; Twilio reads no reply to a status callback, so adding to that is a mistake. */
enum oh_route_kind {
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
	/* The same, but anybody's: no signature is asked for. So a request is stored only
	 * when the handler (or a filter in its place) takes it: it returns OH_OK with a
	 * reply below 400, or with a write or a job, which is then stored with the request
	 * whatever the reply says. Of one that is turned away (a reply of 400 or more), and
	 * of one whose handler fails, crashes (500) or is late (503), nothing is stored: no
	 * event, no writes, no jobs, no alert, and .fallback is not used. What is stored is
	 * bounded by --max-unsigned an hour and route; then it is 503, as it is while half of
	 * --max-handlers are busy with such requests. */
	OH_UNSIGNED
};

typedef int (*oh_handler)(oh_event *event, oh_twiml *reply);

/* One line of the table. path is exact, but a segment may be a parameter
 * ("/orders/:id", oh_path_param) and the last one "*" for the rest. */
typedef struct oh_route {
	enum oh_route_kind kind OH_NOT_SET_;
	const char *path OH_NOT_SET_;
	oh_handler handler OH_NOT_SET_;
	/* Run before handler, in this order, NULL-terminated: each may pass on (OH_PASS),
	 * answer in the handler's place (OH_OK), or fail. */
	const oh_handler *filters OH_NOT_SET_;
	/* The reply when the handler fails or is late: TwiML's text, checked at start.
	 * NULL: an empty <Response/>, or an apology for calls. Not for OH_UNSIGNED. */
	const char *fallback OH_NOT_SET_;
	/* Until the fallback; 0: the --deadline setting. At most 13. */
	double deadline_s OH_NOT_SET_;
	/* "GET POST" (the default), "GET", "POST" … */
	const char *methods OH_NOT_SET_;
} oh_route;

/* Takes the jobs of a queue. An attempt that returns OH_OK is committed with the job's
 * end, as one transaction: its writes are there once, or not at all. Anything else (also
 * a crash, also an attempt that takes too long) undoes its writes; another attempt
 * follows, later and later, and after the last one the job is a dead letter: kept, with
 * the error of every attempt, until `offhook jobs retry` or `offhook jobs drop`.
 *
 * An attempt is counted before it runs: a job that takes its process with it, or the
 * whole server, ends as a dead letter too. What a worker does outside of the store (a
 * request to another company) may therefore happen more than once: where the other side
 * takes a key, give it the job's (oh_job_id).
 *
 * Workers run in processes of their own, beside those of handlers: no webhook waits
 * for them. */
typedef int (*oh_job_handler)(oh_job *job);

typedef struct oh_worker {
	const char *queue OH_NOT_SET_; /* a letter or _, then letters, digits, _ . - */
	oh_job_handler work OH_NOT_SET_;
	int max_tries OH_NOT_SET_; /* attempts, the first one included; 0: 20 */
	/* Of one attempt, whose process is then killed; 0: 60 */
	double timeout_s OH_NOT_SET_;
	int concurrency
	    OH_NOT_SET_; /* how many jobs of the queue run at a time; 0: 4 */
	/* After the n-th failed attempt: backoff_min_s, and some part, by chance, of
	 * backoff_s * 2^(n-1), at most backoff_max_s together; 0: 1, 2 and 3600. */
	double backoff_min_s OH_NOT_SET_;
	double backoff_s OH_NOT_SET_;
	double backoff_max_s OH_NOT_SET_;
	/* Runs by the clock, too: "minute hour day month weekday" as in crontab(5), or
	 * @hourly, @daily, @weekly, @monthly, @yearly. Each time runs once. Times that
	 * passed while no server ran are made up for by one run. Its job's payload is
	 * {"time": "2026-01-31T12:00:00.000Z"}: when it was due. NULL: no */
	const char *cron OH_NOT_SET_;
	const char *zone OH_NOT_SET_; /* of cron: "Europe/Stockholm"; NULL: UTC */
} oh_worker;

/* A collection with a key: the field (text or a whole number) that identifies its
 * documents. No two have the same, and reading and updating by it needs no search:
 * oh_get, oh_upsert, and filters that ask for its value, as {"messageSid": "SM…"}.
 * Collections without a key need no declaration. "sms_messages" has the key
 * "messageSid" and "calls" "callSid" unless declared otherwise. */
typedef struct oh_collection {
	const char *name OH_NOT_SET_; /* a letter or _, then letters, digits, _ . - */
	const char *key OH_NOT_SET_;
} oh_collection;

enum { OH_SECRETS_MAX = 32 };

typedef struct oh_app {
	const oh_route *routes OH_NOT_SET_; /* NULL: the built-in ones */
	const oh_worker *workers OH_NOT_SET_;
	const oh_collection *collections OH_NOT_SET_;
	/* Told, as a job of its own (queue "offhook.failures"), of what went wrong. Its
	 * payload: what ("event.failed", "event.late", "message.failed",
	 * "message.undelivered", "job.dead", "certificate.failed": there is no new one,
	 * "webhook.refused": many one after another, none of them Twilio's), id (of the event or job, a number), and
	 * where they apply sid, route, queue, error, errorCode (text). NULL: nobody is.
	 * The settings alert-url and alert-command need no program. */
	oh_job_handler on_failure OH_NOT_SET_;
	/* Called once in every handler process before its first event: open what handlers
	 * share. Anything but OH_OK keeps the process from starting. */
	int (*start)(void) OH_NOT_SET_;
	/* The names of the secrets that handlers and workers may ask for (oh_secret):
	 *   .secrets = {"OPENAI_KEY", "SHOP_KEY"}
	 * Their processes get these and no others; what signs Twilio's webhooks is for the
	 * server alone. */
	const char *secrets[OH_SECRETS_MAX] OH_NOT_SET_;
} oh_app;

/* The sizes that a program was compiled with. */
struct oh_sizes {
	size_t app, route, worker, collection;
};

/* oh_main(argc, argv, app): the whole command line. Returns the exit code for main to
 * return. */
OH_API int oh_main_(
    int argc, char **argv, const oh_app *app, const struct oh_sizes *sizes);

/* ------------------------------------------------------------------------------------
 * Contexts: what events and jobs have in common
 */

/* 1 while nothing has gone wrong in this run, 0 after a mistake, a failed read of the
 * store or oh_fail, when its writes will be undone. What a read returned may be wrong
 * then (oh_get gives NULL when it could not read, too). Ask before you do anything
 * outside the store:
 *   if (!oh_ok(job))
 *           return OH_FAILED;
 */
OH_API int oh_ok(const oh_context *context);
/* When the event was received (a job: when this attempt began): milliseconds since 1970,
 * and as documents hold it ("2026-01-31T12:00:00.000Z"). */
OH_API int64_t oh_time_ms(const oh_context *context);
OH_API const char *oh_time(const oh_context *context);
/* The public URL of a path of this app: oh_url(event, "/twilio/voice/menu") is
 * "https://sms.example.com/prefix/twilio/voice/menu". Twilio resolves "/twilio/…" in an
 * action without the path of --public-url: where that has one, give Twilio whole URLs.
 * Without --public-url an event's is the address that its request names (of an
 * OH_UNSIGNED route, anybody's word), and for a job it is a mistake, as is a path that
 * does not begin with /. */
OH_API const char *oh_url(oh_context *context, const char *path);
/* Text as printf makes it, valid until the handler returns. The format must be your own,
 * never what somebody sent. */
OH_API const char *oh_format(oh_context *context, const char *format, ...)
    OH_PRINTF(2, 3);
/* A line in the server's log, with the event's SID and route (a job's id and queue): a
 * message, then pairs of name and text, ended by NULL; a pair whose text is NULL is left
 * out:
 *   oh_log(event, "order placed", "order", id, NULL);
 * Do not log bodies, tokens or whole phone numbers. What a handler prints on stdout or
 * stderr goes to the server's stderr. */
OH_API __attribute__((sentinel)) void oh_log(
    oh_context *context, const char *message, ...);
/* Fails the event or job with a message for its owner, whatever is returned then.
 * Returns OH_FAILED, so that `return oh_fail(event, "no such order %s", id);` reads
 * well. */
OH_API OH_PRINTF(2, 3) int oh_fail(oh_context *context, const char *format, ...);
/* A secret by name, which the app declares in .secrets of its oh_app. `offhook env set NAME`
 * sets it; a variable of that name in the server's environment comes before it. When it
 * changes, new processes get the new value and the old ones end. Never logged. NULL while
 * it is not set, unlike other text: a secret that is missing must not equal a header that is
 * missing. A name that is not declared is a mistake. Valid until the handler returns. */
OH_API const char *oh_secret(oh_context *context, const char *name);

/* ------------------------------------------------------------------------------------
 * Events: what came in
 */

/* A parameter's first value ("" or otherwise when the request has none): of the form
 * that Twilio posted, or of the query of a GET.
 * https://www.twilio.com/docs/messaging/guides/webhook-request */
OH_API const char *oh_param(const oh_event *event, const char *name);
OH_API const char *oh_param_or(
    const oh_event *event, const char *name, const char *otherwise);
/* Its value when that is a whole number. */
OH_API int64_t oh_param_int(const oh_event *event, const char *name, int64_t otherwise);
/* Its bytes as they came, or NULL; *len (NULL: not wanted) without the NUL that
 * follows. */
OH_API const char *oh_param_raw(const oh_event *event, const char *name, size_t *len);
/* The n-th parameter in posted order, from 0: its name and value, and 1; past the last
 * "" and 0. */
OH_API int oh_param_at(
    const oh_event *event, size_t n, const char **name, const char **value);
/* All parameters as an object: {"From": "+1…", …}; a repeated one is an array. */
OH_API OH_YOURS json_t *oh_params(const oh_event *event);
/* The first value of that name in the URL's query, of any method: of
 * https://…/status?order=7, which you gave Twilio as a StatusCallback,
 * oh_query(event, "order") is "7". */
OH_API const char *oh_query(const oh_event *event, const char *name);
OH_API const char *oh_query_or(
    const oh_event *event, const char *name, const char *otherwise);
/* A segment of the path that the route calls :name; "" when it has none. */
OH_API const char *oh_path_param(const oh_event *event, const char *name);
/* A header's first value; case does not matter in its name. */
OH_API const char *oh_header(const oh_event *event, const char *name);
OH_API const char *oh_header_or(
    const oh_event *event, const char *name, const char *otherwise);
OH_API const char *oh_method(const oh_event *event); /* "POST" */
OH_API const char *oh_path(const oh_event *event);   /* as sent, without the query */
/* The body as received; *len (NULL: not wanted) without the NUL that follows. */
OH_API const char *oh_body(const oh_event *event, size_t *len);
/* A JSON body, parsed, which stays the event's; NULL when the body is not JSON. */
OH_API json_t *oh_json(oh_event *event);
/* "sms.received", "sms.status", "call.received", "call.action", "call.status",
 * "recording.status", "transcription", "json"; the name of another family of Twilio's,
 * such as "conference.status" (offhook(1), events, lists them); "other". */
OH_API const char *oh_kind(const oh_event *event);
/* MessageSid, CallSid, RecordingSid … of the event; "" when it names none. */
OH_API const char *oh_sid(const oh_event *event);
OH_API const char *oh_account_sid(const oh_event *event); /* "" when not told */
/* How many media a message has, and the n-th one's URL and MIME type, from 0; "" past
 * the last. What the type says is the sender's claim. */
OH_API size_t oh_media_count(const oh_event *event);
OH_API const char *oh_media_url(const oh_event *event, size_t n);
OH_API const char *oh_media_type(const oh_event *event, size_t n);
/* 1 when the event was signed with that Auth Token ("old,new": either), else 0. The
 * server has checked the signature of every route but OH_UNSIGNED ones; this call is for
 * those, when the server does not know the token. signature is the header
 * X-Twilio-Signature; url is what Twilio called; NULL: https://, the Host header, path
 * and query as sent. 0 also when the token (NULL, "") or the signature is missing. */
OH_API int oh_signature_valid(
    const oh_event *event, const char *token, const char *signature, const char *url);

/* ------------------------------------------------------------------------------------
 * Replies: what is answered
 * The elements of TwiML are the verbs of <offhook_twiml.h>, below: oh_message, oh_say, …
 */

/* More text inside an element: data, never markup; NULL adds none. Verbs take their own
 * text as it is; oh_format makes it of several:
 *   oh_say(reply, oh_format(event, "You are caller number %d", n));
 */
OH_API void oh_text(oh_twiml *element, const char *text);
OH_API void oh_text_raw(oh_twiml *element, const char *bytes, size_t len);
OH_API OH_PRINTF(2, 3) void oh_textf(oh_twiml *element, const char *format, ...);
/* An attribute that Twilio has and this version does not know: sent with a warning in the
 * log. */
OH_API void oh_attr(oh_twiml *element, const char *name, const char *value);
/* An answer that is not TwiML, in place of all elements; a later one replaces it.
 * content_type (NULL: none) and body (NULL: none) are copied. Meant for OH_SIGNED and
 * OH_UNSIGNED routes, and for filters that turn a request away.
 *   oh_reply(event, 403, "text/plain", "Forbidden");
 *   oh_reply(event, 204, NULL, NULL);
 * A status outside 200 to 599 is a mistake. So is, on a route that is answered with TwiML
 * (OH_MESSAGE, OH_CALL, OH_CALL_ACTION), a body with a status of 200 to 299, but for
 * audio/… to a call, which is played: Twilio would send a text/plain "OK" to the sender
 * as a message, or read it to the caller, and refuses JSON. There a text is
 * oh_message(reply, "OK"), and TwiML of one's own oh_reply_xml, which checks it. */
OH_API void oh_reply(
    oh_event *event, int status, const char *content_type, const char *body);
OH_API void oh_reply_raw(oh_event *event, int status, const char *content_type,
    const char *bytes, size_t len);
/* The reply as the text of a TwiML document, checked as the verbs are. {{From}} in it
 * stands for the parameter of that name, escaped, as in Twilio's TwiML Bins. */
OH_API void oh_reply_xml(oh_event *event, const char *xml);

/* ------------------------------------------------------------------------------------
 * Documents: a store of JSON in named collections
 * Filters and updates are MongoDB's: {"status": "sent", "n": {"$gt": 3}},
 * {"$set": {"done": true}}. Writes are staged, and committed with the event. After a
 * mistake (a NULL document, a wrong collection's name, a store that cannot be read) a call
 * returns "", NULL, an empty array or 0, and oh_ok is 0.
 */

/* Adds a document. Returns its "_id" ("" after a mistake), which the store makes. At
 * most 1,000 in one run of a handler. A key that another document has undoes all and
 * fails the event. */
OH_API const char *oh_insert(
    oh_context *context, const char *collection, OH_TAKES json_t *doc);
/* The document with that "_id" or key, or NULL; also for an id of NULL. Sees this
 * handler's own writes. */
OH_API OH_YOURS json_t *oh_get(
    oh_context *context, const char *collection, const char *id);
/* The documents that match filter (json_object() is all of them), as an array; at most
 * limit, 0: all. A filter has at most 100 $regex of 4,000 bytes each; when they take more
 * than a second of processor time in one call (each text may take 20 microseconds more),
 * or 16 MiB, that is a mistake, and never "no match". sort is {"field": 1 or -1}, or NULL: oldest first. Does not see this
 * handler's own writes. */
OH_API OH_YOURS json_t *oh_find(oh_context *context, const char *collection,
    OH_TAKES json_t *filter, OH_TAKES json_t *sort, size_t limit);
/* The first document that matches filter, or NULL. */
OH_API OH_YOURS json_t *oh_find_one(
    oh_context *context, const char *collection, OH_TAKES json_t *filter);
/* How many match filter. */
OH_API int64_t oh_count(
    oh_context *context, const char *collection, OH_TAKES json_t *filter);
/* Updates all that match filter and returns how many do. Which they are is looked up
 * now, as oh_find does (a filter on "_id" or the key sees own writes, too); whether each
 * still matches is checked at commit. What has changed by then is matched again, and $pull
 * matches then: all $regex of one run may take 50 ms there, or everything is undone and the
 * handler runs again; after three such runs the event has failed. */
OH_API int64_t oh_update(oh_context *context, const char *collection,
    OH_TAKES json_t *filter, OH_TAKES json_t *update);
/* As oh_update, but when another number than expected matches at commit, everything is
 * undone and the handler runs again; after three such runs the event has failed. */
OH_API void oh_update_expecting(oh_context *context, const char *collection,
    OH_TAKES json_t *filter, OH_TAKES json_t *update, int64_t expected);
/* Updates the document with that key, or, when there is none, inserts doc with update
 * applied to it. An empty update leaves an existing document as it is. The key need not
 * stand in doc, and must not be "". */
OH_API void oh_upsert(oh_context *context, const char *collection, const char *key,
    OH_TAKES json_t *doc, OH_TAKES json_t *update);
/* Removes all that match filter and returns how many do; they are looked up and checked
 * as oh_update's. */
OH_API int64_t oh_remove(
    oh_context *context, const char *collection, OH_TAKES json_t *filter);

/* ------------------------------------------------------------------------------------
 * Key-value: texts under a key, which may expire
 * They are part of the transaction, and stand in the collection "offhook.kv": {key, value,
 * expiresAt}. A key or value that is NULL or not UTF-8 is a mistake.
 */

/* Keeps value under key for ttl_s seconds, at most 100 years; 0: for ever. */
OH_API void oh_kv_set(
    oh_context *context, const char *key, const char *value, double ttl_s);
/* The value; "" or otherwise when there is none or it has expired. Sees this handler's own
 * writes. */
OH_API const char *oh_kv_get(oh_context *context, const char *key);
OH_API const char *oh_kv_get_or(
    oh_context *context, const char *key, const char *otherwise);
/* Does nothing when there is none. */
OH_API void oh_kv_remove(oh_context *context, const char *key);

/* ------------------------------------------------------------------------------------
 * Jobs: work for later
 */

/* How a job is to be done; what is left out is zero, and means the usual. */
typedef struct oh_job_options {
	const struct oh_attributes_are_named *oh_end_ OH_NOT_SET_;
	double delay_s OH_NOT_SET_;    /* not before so many seconds from now */
	int64_t run_at_ms OH_NOT_SET_; /* not before: milliseconds since 1970 */
	int priority OH_NOT_SET_;      /* -100 to 100: higher ones go first */
	/* Of one key there is one open job in the queue: while it waits or runs,
	 * enqueuing another does nothing; and for unique_s seconds after it was enqueued,
	 * even if it is done by then. At most 200 bytes; keys that begin with
	 * "offhook." are Offhook's. */
	const char *unique OH_NOT_SET_;
	double unique_s OH_NOT_SET_;
	/* The queue's jobs of one group (say, a conversation) run one after another, in
	 * the order in which they were enqueued; groups run in parallel. A job that
	 * waits, for its time or another attempt, holds up the jobs behind it. At most 200 bytes. */
	const char *group OH_NOT_SET_;
} oh_job_options;

/* oh_enqueue(context, queue, payload, ...): puts payload, an object, into a queue, to be
 * worked on once this is committed; never, when this fails. The queue must have a worker
 * in the app's table. Options by name:
 *   oh_enqueue(event, "remind", json_pack("{s:s}", "to", from), .delay_s = 3600);
 * and in C++17:
 *   oh_job_options how;
 *   how.delay_s = 3600;
 *   oh_enqueue(event, "remind", payload, how);
 * At most 10,000 in one run, whose payloads have at most 1 MiB each: what is larger is a
 * document, and its _id the payload. */
OH_API void oh_enqueue_job_(oh_context *context, const char *queue,
    OH_TAKES json_t *payload, const oh_job_options *options, size_t size);
/* Cancels the open jobs of a queue with that unique key (NULL is a mistake), once this is
 * committed. A job
 * that runs just then is not stopped, but what it does in the store is undone. */
OH_API void oh_cancel(oh_context *context, const char *queue, const char *unique);

/* Inside a worker. The job's payload, which stays the job's; never NULL. */
OH_API json_t *oh_payload(const oh_job *job);
/* A text field of it; "" or otherwise when it has none, or has another type. */
OH_API const char *oh_payload_str(const oh_job *job, const char *name);
OH_API const char *oh_payload_str_or(
    const oh_job *job, const char *name, const char *otherwise);
/* Its number, the same in every attempt and never used twice; which attempt this is, 1 for
 * the first; and 1 when a failure of this attempt would be the end. */
OH_API int64_t oh_job_id(const oh_job *job);
OH_API int oh_job_attempt(const oh_job *job);
OH_API int oh_job_is_last_attempt(
    const oh_job *job); /* 1: a failure would be the end */
/* Not now, but in so many seconds: what was written until here is committed, and the
 * attempt does not count. `return oh_snooze(job, 300);` */
OH_API int oh_snooze(oh_job *job, double seconds);
/* Fails the job for good: a dead letter at once, because another attempt cannot help.
 * `return oh_give_up(job, "no such number");` After a mistake, of which it may be a
 * consequence, another attempt follows all the same. */
OH_API OH_PRINTF(2, 3) int oh_give_up(oh_job *job, const char *format, ...);
/* Tells how far it is: shown by `offhook jobs`. Cut after 200 bytes; ten at once and then
 * ten a second are told, the rest is dropped; stored once a second at most. */
OH_API OH_PRINTF(2, 3) void oh_progress(oh_job *job, const char *format, ...);

/* What to do after an error code of Twilio's (a message's ErrorCode, or the code of a
 * REST answer). https://www.twilio.com/docs/api/errors */
enum oh_error_advice {
	OH_RETRY_NEVER,  /* nothing changes by itself; also 0 and unknown codes */
	OH_RETRY_LATER,  /* a later attempt can help */
	OH_RETRY_SLOWER, /* a later attempt can help; send more slowly from now on */
	OH_RETRY_ONCE,   /* one more attempt is worth it */
	OH_RETRY_CHECK   /* it may have been done: look before you send again */
};
OH_API enum oh_error_advice oh_error_advice(int64_t code);

/* ------------------------------------------------------------------------------------
 * The built-in app, in a table of one's own
 */

/* The handler of the app that answers when no app is given: what it does is decided by
 * the route's kind. It runs in the server; filters do not apply to it. */
OH_API int oh_builtin(oh_event *event, oh_twiml *reply);

/* All of its routes:
 *   {{OH_MESSAGE, "/orders", .handler = on_order}, OH_BUILTIN_ROUTES, {0}}
 * A route of your own with the path of one of them replaces it, for the methods that
 * yours takes and wherever it stands in the table; the log says so at start. A pattern
 * of your own ("/twilio/:what") replaces none: exact paths come before patterns, so it
 * gets the rest. Two routes of your own with one path and method are an error. */
/* clang-format off */
#define OH_BUILTIN_ROUTES \
	OH_BUILTIN_(OH_MESSAGE, "/twilio/sms"), \
	OH_BUILTIN_(OH_MESSAGE_STATUS, "/twilio/sms/status"), \
	OH_BUILTIN_(OH_MESSAGE_STATUS, "/twilio/status"), \
	OH_BUILTIN_(OH_CALL, "/twilio/voice"), \
	OH_BUILTIN_(OH_CALL_STATUS, "/twilio/voice/status"), \
	OH_BUILTIN_(OH_RECORDING, "/twilio/voice/recording"), \
	OH_BUILTIN_(OH_TRANSCRIPTION, "/twilio/voice/transcription"), \
	OH_BUILTIN_(OH_SIGNED, "/twilio/fallback")

#ifdef __cplusplus
}
#define OH_BUILTIN_(kind, path) {kind, path, oh_builtin}
inline oh_context *oh_context_of(oh_context *context)
{
	return context;
}
inline int oh_main(int argc, char **argv, const oh_app *app)
{
	const oh_sizes sizes = {
	    sizeof(oh_app), sizeof(oh_route), sizeof(oh_worker), sizeof(oh_collection)};
	return oh_main_(argc, argv, app, &sizes);
}
inline void oh_enqueue(oh_context *context, const char *queue, json_t *payload,
    const oh_job_options &options = oh_job_options())
{
	oh_enqueue_job_(context, queue, payload, &options, sizeof(options));
}
#else
#define OH_BUILTIN_(kind, path) {kind, path, .handler = oh_builtin}
#define oh_main(argc, argv, ...) \
	oh_main_(argc, argv, __VA_ARGS__, \
	    &(const struct oh_sizes){sizeof(oh_app), sizeof(oh_route), \
		sizeof(oh_worker), sizeof(oh_collection)})
#define oh_enqueue(...) OH_ENQUEUE_(__VA_ARGS__, .oh_end_ = 0)
#define OH_ENQUEUE_(context, queue, payload, ...) \
	OH_STRICT_(oh_enqueue_job_(oh_context_of(context), queue, payload, \
	    &(oh_job_options){__VA_ARGS__}, sizeof(oh_job_options)))
#include <offhook_types.h>
#endif
/* clang-format on */

#include <offhook_twiml.h>

#endif
