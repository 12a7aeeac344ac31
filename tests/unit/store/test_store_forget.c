/* Forgetting one person: the records go, their bytes too, the keys stay. */
#include "job_fixture.h"

#include <sqlite3.h>
#include <stddef.h>

#define PERSON "+15550001234"

static void add_of(
    struct fixture *f, const char *sid, const char *params, const char *reply)
{
	struct store_txn txn = event_txn(sid, reply);
	txn.event.params = span_of(params);
	txn.event.raw = span_of(params);
	txn.event.query = span_of(params);
	txn.event.request = span_of(params);
	assert_int_equal(store_commit(f->store, &txn), STORE_OK);
}

static int files_that_hold(const struct fixture *f, const char *text)
{
	char command[160], answer[32] = "";
	(void)snprintf(
	    command, sizeof(command), "grep -rlaF -e '%s' %s | wc -l", text, f->dir);
	FILE *in = popen(command, "r");
	assert_non_null(fgets(answer, sizeof(answer), in));
	(void)pclose(in);
	return (int)strtol(answer, NULL, 10);
}

static void forget(struct fixture *f, const char *address, struct store_forgotten want)
{
	struct store_forgotten got;
	if (store_forget(f->store, span_of(address), &got, &f->err) < 0)
		fail_msg("%s", f->err.text);
	assert_int_equal(got.events, want.events);
	assert_int_equal(got.documents, want.documents);
	assert_int_equal(got.jobs, want.jobs);
	assert_int_equal(got.errors, want.errors);
	assert_int_equal(got.names, want.names);
}

STORE_TEST(a_person_is_nowhere_afterwards)
{
	struct fixture *f = *state;
	char large[9000];
	assert_int_equal(store_declare(f->store, "sms", "sid", &f->err), 0);
	assert_int_equal(store_index(f->store, "sms", "from", &f->err), 0);
	add_of(f, "SM1", "{\"From\":\"" PERSON "\",\"To\":\"+1555\"}", "for " PERSON);
	add_of(
	    f, "SM2", "{\"From\":\"+15559999999\",\"To\":[\"a\",\"" PERSON "\"]}", "r");
	add_of(f, "SM3", "{\"From\":\"+15559999999\"}", "stays");
	(void)insert(f, "sms", "{\"sid\":\"a\",\"from\":\"" PERSON "\"}", "a");
	(void)insert(
	    f, "sms", "{\"sid\":\"b\",\"x\":{\"y\":[1,{\"z\":\"" PERSON "\"}]}}", "b");
	(void)insert(f, "sms", "{\"sid\":\"c\",\"from\":\"+15559999999\"}", "c");
	(void)snprintf(large, sizeof(large),
	    "{\"sid\":\"d\",\"pad\":\"%08000d\",\"from\":\"%s\"}", 0, PERSON);
	(void)insert(f, "sms", large, "d");
	forget(f, PERSON, (struct store_forgotten){.events = 2, .documents = 3});
	assert_int_equal(files_that_hold(f, PERSON), 0);
	assert_int_equal(files_that_hold(f, "+15559999999"), 1);
	assert_found(f, "sms", NULL, "{\"sid\":\"c\",\"from\":\"+15559999999\"}");
	assert_events(f, (struct store_event_query){0}, "1 2 3");
	forget(f, PERSON, (struct store_forgotten){0});
}

/* The target of a route with parameters in its path (struct store_event). */
STORE_TEST(a_person_in_a_path_is_forgotten)
{
	static const struct {
		const char *target;
		int64_t want;
	} rows[] = {
	    {"/people/" PERSON, 1},
	    {"/people/%2B15550001234/orders?a=b", 1},
	    {"/people/%2b15550001234", 1},
	    {"/people/" PERSON "5", 0},
	    {"/people/%2B1555000123", 0},
	    {"/people/%2B%", 0},
	    {"/people//", 0},
	};

	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_txn txn = event_txn("SM1", "r");
		txn.event.query = span_of(rows[i].target);
		assert_int_equal(store_commit(f->store, &txn), STORE_OK);
		forget(f, PERSON, (struct store_forgotten){.events = rows[i].want});
	}
	assert_int_equal(files_that_hold(f, "/people/%2B15550001234"), 0);
}

STORE_TEST(what_was_overwritten_before_is_gone_too)
{
	struct fixture *f = *state;
	char doc[128], key[16];
	assert_int_equal(store_declare(f->store, "sms", "sid", &f->err), 0);
	for (int i = 0; i < 200; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		(void)snprintf(
		    doc, sizeof(doc), "{\"sid\":\"%s\",\"from\":\"%s\"}", key, PERSON);
		assert_int_equal(insert(f, "sms", doc, key), STORE_OK);
	}
	/* Rows that grow move about, and leave pages behind. */
	static const char *const updates[] = {
	    "{\"$set\":{\"note\":\"0123456789012345678901234567890123456789\"}}",
	    "{\"$set\":{\"more\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}}",
	    "{\"$unset\":{\"note\":1}}"};
	for (int i = 0; i < 600; i++) {
		struct update *update = update_of(updates[i / 200]);
		(void)snprintf(key, sizeof(key), "k%d", i * 7 % 200);
		struct store_write write = {.op = STORE_UPDATE,
		    .collection = "sms",
		    .key = span_of(key),
		    .update = update,
		    .expect = 1};
		assert_int_equal(commit_write(f, &write), STORE_OK);
		update_free(update);
	}
	forget(f, PERSON, (struct store_forgotten){.documents = 200});
	assert_int_equal(files_that_hold(f, PERSON), 0);
}

/* Rows that grow push others onto new pages, and copies stay behind; faults 4.2 */
enum { PEOPLE = 400, ROUNDS = 12, AT_ONCE = 200, SIZES = 3 };

static void churn(
    struct fixture *f, const char *collection, unsigned chance, const char *person)
{
	static char docs[PEOPLE][160], keys[PEOPLE][16];
	struct update *updates[SIZES];
	static const int sizes[SIZES] = {5, 5000, 200};
	assert_int_equal(store_declare(f->store, collection, "sid", &f->err), 0);
	for (size_t i = 0; i < SIZES; i++) {
		char text[5100];
		(void)snprintf(
		    text, sizeof(text), "{\"$set\":{\"note\":\"%0*d\"}}", sizes[i], 0);
		updates[i] = update_of(text);
	}
	for (int round = 0; round < ROUNDS; round++) {
		static struct store_write writes[AT_ONCE];
		struct store_txn txn = {.writes = writes};
		for (int i = 0; i < AT_ONCE; i++) {
			chance = chance * 1103515245 + 12345;
			unsigned n = chance / 65536 % PEOPLE;
			(void)snprintf(keys[n], sizeof(keys[n]), "k%u", n);
			(void)snprintf(docs[n], sizeof(docs[n]),
			    "{\"sid\":\"%s\",\"from\":\"%s\",\"note\":\"%0*u\"}",
			    keys[n], n % 2 == 0 ? person : "+15559999999",
			    (int)(n % 90), n);
			writes[i] = (struct store_write){.op = STORE_UPDATE,
			    .collection = collection,
			    .doc = span_of(docs[n]),
			    .key = span_of(keys[n]),
			    .update = updates[chance / 256 % SIZES],
			    .expect = -1,
			    .next = i + 1 < AT_ONCE ? &writes[i + 1] : NULL};
		}
		assert_int_equal(store_commit(f->store, &txn), STORE_OK);
	}
	for (size_t i = 0; i < SIZES; i++)
		update_free(updates[i]);
}

STORE_TEST(what_moved_to_another_page_is_gone_too)
{
	static const char *const collections[] = {"a", "b", "c", "d", "e", "f"};
	struct fixture *f = *state;
	struct store_forgotten got;
	for (unsigned i = 0; i < 6; i++)
		churn(f, collections[i], i, PERSON);
	assert_int_equal(store_forget(f->store, SPAN(PERSON), &got, &f->err), 0);
	assert_in_range(got.documents, 6 * PEOPLE / 3, 6 * PEOPLE / 2);
	assert_int_equal(files_that_hold(f, PERSON), 0);
	/* Nor does it come back from the pages that the writer has in memory. */
	for (unsigned i = 0; i < 6; i++)
		churn(f, collections[i], i + 100, "+15557777777");
	assert_int_equal(files_that_hold(f, PERSON), 0);
}

struct asked {
	struct store_claim claim;
	_Atomic int told;
};

static void told(struct store_claim *claim)
{
	((struct asked *)claim)->told++;
}

STORE_TEST(a_forgotten_event_is_still_known_as_a_repeat)
{
	struct fixture *f = *state;
	struct asked asked = {.claim = {.arena = arena_new(), .done = told}};
	add_of(f, "SM1", "{\"From\":\"" PERSON "\"}", "for " PERSON);
	forget(f, PERSON, (struct store_forgotten){.events = 1});
	asked.claim.key = key_of("SM1");
	if (!store_claim(f->store, &asked.claim, true)) {
		while (asked.told == 0)
			(void)usleep(100);
	}
	assert_int_equal(asked.claim.outcome, CLAIM_REPEAT);
	assert_int_equal(asked.claim.reply.status, 200);
	assert_null(asked.claim.reply.body.ptr);
	arena_free(asked.claim.arena);
}

STORE_TEST(an_address_within_a_text_is_found_and_a_longer_one_is_not)
{
	struct fixture *f = *state;
	add_of(f, "SM1", "{\"From\":\"" PERSON "5\"}", "r");
	add_of(f, "SM2", "{\"From\":\"a\\\"b\\\\c\"}", "r");
	add_of(f, "SM3", "{\"" PERSON "\":\"x\"}", "r");
	add_of(f, "SM4", "{\"Body\":\"call " PERSON "!\"}", "r");
	(void)insert(f, "sms", "{\"note\":\"" PERSON "7\"}", NULL);
	(void)insert(f, "sms", "{\"note\":\"call " PERSON "!\"}", NULL);
	(void)insert(f, "sms", "{\"" PERSON "\":{}}", NULL);
	(void)insert(f, "sms", "{\"waId\":15550001234}", NULL);
	forget(f, PERSON, (struct store_forgotten){.events = 2, .documents = 3});
	forget(f, "a\"b\\c", (struct store_forgotten){.events = 1});
	assert_int_equal(files_that_hold(f, PERSON "5"), 1);
	assert_int_equal(files_that_hold(f, PERSON "7"), 1);
	struct store_forgotten none;
	assert_int_equal(store_forget(f->store, SPAN(""), &none, &f->err), -1);
}

/* Every column that has words of a request; faults 4.2 */
STORE_TEST(no_part_of_an_event_keeps_it)
{
	static const size_t parts[] = {offsetof(struct store_event, sid),
	    offsetof(struct store_event, route), offsetof(struct store_event, query),
	    offsetof(struct store_event, failure), offsetof(struct store_event, params),
	    offsetof(struct store_event, raw), offsetof(struct store_event, request),
	    offsetof(struct store_event, reply.type),
	    offsetof(struct store_event, reply.body)};

	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct store_txn txn = event_txn("SM1", "r");
		char *event = (char *)&txn.event;
		*(struct span *)(void *)(event + parts[i]) =
		    SPAN("{\"x\":\"" PERSON "\"}");
		txn.event.state = EVENT_FAILED;
		assert_int_equal(store_commit(f->store, &txn), STORE_OK);
		forget(f, PERSON, (struct store_forgotten){.events = 1});
		assert_int_equal(files_that_hold(f, PERSON), 0);
	}
	assert_int_equal(files_that_hold(f, "/twilio/sms"), 1);
}

/* What was said in a person's call names the call alone. */
STORE_TEST(what_is_told_of_a_persons_call_goes_with_it)
{
#define CALL(n)    "CA0000000000000000000000000000000" n
#define TEXT(n)    "{\"CallSid\":\"" CALL(n) "\",\"TranscriptionData\":\"secret " n "\"}"
#define FROM(n, p) "{\"CallSid\":\"" CALL(n) "\",\"From\":\"" p "\"}"
	struct fixture *f = *state;
	add_of(f, "GT1", TEXT("1"), "r");
	add_of(f, CALL("1"), FROM("1", PERSON), "r");
	add_of(f, "GT2", TEXT("1"), "r");
	add_of(f, "GT3", TEXT("2"), "r");
	add_of(f, CALL("2"), FROM("2", "+15559999999"), "r");
	/* Told in the same call, of somebody else. */
	add_of(f, "XX1", FROM("1", "+15559999998"), "r");
	add_of(f, "XX2", "{\"ParentCallSid\":\"" CALL("1") "\",\"x\":\"stays\"}", "r");
	forget(f, PERSON, (struct store_forgotten){.events = 3});
	assert_int_equal(files_that_hold(f, "secret 1"), 0);
	assert_int_equal(files_that_hold(f, "secret 2"), 1);
	assert_int_equal(files_that_hold(f, "+15559999998"), 1);
	assert_int_equal(files_that_hold(f, "stays"), 1);
	forget(f, PERSON, (struct store_forgotten){0});
}

/* Alerts and the jobs of others stay, without the texts; faults 4.2 */
STORE_TEST(an_error_that_tells_of_the_person_is_replaced)
{
	struct fixture *f = *state;
	struct store_job_write failed = settled(1, 1, JOB_WAITING);
	struct store_job_write progress = change_of(JOB_PROGRESS, 1);
	assert_int_equal(
	    store_declare(f->store, "offhook.alerts", "group", &f->err), 0);
	(void)insert(f, "offhook.alerts",
	    "{\"group\":\"g\",\"count\":7,\"lastError\":\"no " PERSON "\"}", "g");
	(void)insert(f, "offhook.alerts",
	    "{\"group\":\"h\",\"count\":8,\"lastError\":\"no\"}", "h");
	(void)insert(
	    f, "offhook.alerts", "{\"group\":\"" PERSON "\",\"count\":9}", PERSON);
	(void)enqueue(f, new_job("q", "{}"));
	failed.error = SPAN("cannot reach " PERSON);
	(void)done(f, failed);
	failed.nth = 2;
	failed.error = SPAN("busy");
	(void)done(f, failed);
	progress.job.progress = SPAN("calling " PERSON);
	(void)done(f, progress);
	forget(f, PERSON, (struct store_forgotten){.documents = 1, .errors = 2});
	assert_int_equal(files_that_hold(f, PERSON), 0);
	assert_found(f, "offhook.alerts", NULL,
	    "{\"group\":\"g\",\"count\":7,\"lastError\":null} "
	    "{\"group\":\"h\",\"count\":8,\"lastError\":\"no\"}");
	assert_jobs(f, "1 waiting");
	assert_int_equal(files_that_hold(f, "(erased)"), 1);
	assert_int_equal(files_that_hold(f, "busy"), 1);
	forget(f, PERSON, (struct store_forgotten){0});
}

STORE_TEST(what_is_named_after_a_person_is_emptied_and_told)
{
	struct fixture *f = *state;
	(void)insert(f, "chat_15550001234", "{\"text\":\"a secret\"}", NULL);
	(void)enqueue(f, new_job("remind_15550001234", "{}"));
	forget(f, PERSON, (struct store_forgotten){.documents = 1, .names = 2});
	assert_int_equal(files_that_hold(f, "a secret"), 0);
}

STORE_TEST(a_reader_that_stands_still_is_named)
{
	struct fixture *f = *state;
	struct store_forgotten got;
	char path[96];
	sqlite3 *db = NULL;
	add_of(f, "SM1", "{\"From\":\"" PERSON "\"}", "r");
	(void)snprintf(path, sizeof(path), "%s/offhook.db", f->dir);
	assert_int_equal(
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN; SELECT * FROM event;", NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(store_forget(f->store, SPAN(PERSON), &got, &f->err), -1);
	assert_non_null(strstr(f->err.text, "a reader"));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	forget(f, PERSON, (struct store_forgotten){0});
	assert_int_equal(files_that_hold(f, PERSON), 0);
}

STORE_TEST(a_persons_jobs_are_dropped)
{
	struct fixture *f = *state;
	char large[9000];
	struct store_job_write of_group = grouped_job("q", PERSON);
	struct store_job_write unique = new_job("q", "{}");
	unique.job.unique = SPAN(PERSON);
	(void)enqueue(f, new_job("q", "{\"to\":[\"" PERSON "\"]}"));
	(void)enqueue(f, grouped_job("q", PERSON));
	(void)enqueue(f, of_group);
	(void)enqueue(f, unique);
	(void)enqueue(f, new_job("q", "{\"note\":\"not " PERSON "5\"}"));
	(void)enqueue(f, new_job("q", "\"" PERSON "\""));
	(void)snprintf(
	    large, sizeof(large), "{\"pad\":\"%08000d\",\"to\":\"%s\"}", 0, PERSON);
	(void)enqueue(f, new_job("q", large));
	struct store_job_write write = settled(1, 1, JOB_DEAD);
	write.error = SPAN("cannot reach " PERSON);
	(void)done(f, write);
	assert_true(store_job_began(f->store, 2, 1));
	forget(f, PERSON, (struct store_forgotten){.jobs = 6});
	assert_jobs(f, "5 waiting");
	(void)done(f, change_of(JOB_CANCEL, 5));
	(void)done(f, change_of(JOB_DROP, 5));
	forget(f, "nobody", (struct store_forgotten){0});
	assert_int_equal(files_that_hold(f, PERSON), 0);
	/* What ran meanwhile writes nothing. */
	write = settled(2, 1, JOB_DONE);
	assert_int_equal(commit_job(f, &write), STORE_CONFLICT);
}

STORE_TEST(a_forgotten_job_lets_its_group_go_on)
{
	struct fixture *f = *state;
	struct store_job_write write = grouped_job("q", "a");
	write.job.payload = SPAN("{\"from\":\"" PERSON "\"}");
	(void)enqueue(f, write);
	(void)enqueue(f, grouped_job("q", "a"));
	forget(f, PERSON, (struct store_forgotten){.jobs = 1});
	assert_jobs(f, "2 waiting");
}
