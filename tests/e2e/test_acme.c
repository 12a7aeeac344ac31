/* Certificates from a CA: against Pebble, and against a CA that answers what a test wants. */
#include "ca.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acme/acme.h"
#include "acme/acme_state.h"
#include "util/text.h"

/* Everything that an order needs: a CA, what answers its challenges, a directory. */
struct place {
	struct pebble pebble;
	struct responder responder;
	char dir[96];
	struct acme_names names;
};

static void place_open(struct place *place, const char *names)
{
	struct error err;
	responder_start(&place->responder);
	place->pebble.http_port = place->responder.http_port;
	place->pebble.tls_port = place->responder.tls_port;
	pebble_start(&place->pebble);
	(void)snprintf(place->dir, sizeof(place->dir), "%s/acme", place->pebble.dir);
	assert_int_equal(acme_names_parse(&place->names, span_of(names), &err), 0);
}

static void place_close(struct place *place)
{
	responder_stop(&place->responder);
	pebble_end(&place->pebble);
}

/* The task of an order; the test changes it and frees it. */
static json_t *place_task(const struct place *place, const char *names)
{
	return json_pack("{s:s, s:s, s:s, s:[s], s:[s, s], s:s, s:s, s:i, s:i}", "task",
	    "order", "dir", place->dir, "names", names, "directories",
	    place->pebble.directory, "types", ORDER_ALPN, ORDER_HTTP, "email",
	    "owner@example.com", "caFile", place->pebble.ca_file, "requestMs", 10000,
	    "deadlineMs", 60000);
}

static enum order_child_outcome place_order(
    const struct place *place, json_t *task, json_t **answer, struct error *err)
{
	const struct order_child child = {.program = OFFHOOK_BIN,
	    .task = task,
	    .deadline_ms = 62000,
	    .stop = -1,
	    .calls = &place->responder.calls};
	err->text[0] = '\0';
	return order_child_run(answer, &child, err);
}

/* Orders, and must get a certificate; frees the task. */
static void place_succeeds(const struct place *place, json_t *task)
{
	struct error err;
	json_t *answer = NULL;
	if (place_order(place, task, &answer, &err) != ORDER_CHILD_DONE)
		fail_msg("%s", err.text);
	json_decref(answer);
	json_decref(task);
}

/* Orders, must fail with that text, frees the task. */
static void place_fails(const struct place *place, json_t *task, const char *why)
{
	struct error err;
	json_t *answer = NULL;
	assert_int_equal(place_order(place, task, &answer, &err), ORDER_CHILD_FAILED);
	if (strstr(err.text, why) == NULL)
		fail_msg("wants: %s\ngets: %s", why, err.text);
	json_decref(answer);
	json_decref(task);
}

TEST(an_order_gets_a_chain_for_all_names_with_a_key_that_only_its_owner_can_read)
{
	struct place place = {0};
	struct certificate_facts facts;
	struct error err;
	struct stat status;
	place_open(&place, "a.example.com,b.example.com,127.0.0.1");
	place_succeeds(
	    &place, place_task(&place, "b.example.com,127.0.0.1,a.example.com"));
	if (acme_state_certificate(&facts, place.dir, &place.names, &err) != 0)
		fail_msg("%s", err.text);
	assert_true(facts.not_after_ms > facts.not_before_ms);
	assert_true(facts.id[0] != '\0');
	char *path = acme_state_path(place.dir, &place.names, ".pem");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	size_t len, certificates = 0;
	char *text = text_read_file(path, CERTIFICATE_BYTES, &len);
	for (const char *at = text; (at = strstr(at, "BEGIN CERTIFICATE")) != NULL;
	     at++)
		certificates++;
	assert_true(certificates > 1); /* Twilio wants the whole chain: error 11237 */
	free(text);
	free(path);
	assert_int_equal(place.responder.set, 3);
	assert_int_equal(place.responder.cleared, 3);
	place_close(&place);
}

TEST(each_type_of_challenge_does_alone_and_the_next_one_where_the_first_does_not)
{
	static const struct {
		bool refuse_alpn, refuse_http, close_tls;
		const char *type;
	} rows[] = {{.refuse_http = true, .type = ORDER_ALPN},
	    {.refuse_alpn = true, .type = ORDER_HTTP},
	    {.close_tls = true, .type = ORDER_HTTP}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct place place = {0};
		struct error err;
		json_t *answer = NULL;
		place_open(&place, "hooks.example.com");
		place.responder.refuse_alpn = rows[i].refuse_alpn;
		place.responder.refuse_http = rows[i].refuse_http;
		if (rows[i].close_tls)
			(void)shutdown(place.responder.tls_fd, SHUT_RDWR);
		json_t *task = place_task(&place, "hooks.example.com");
		if (place_order(&place, task, &answer, &err) != ORDER_CHILD_DONE)
			fail_msg("%s: %s", rows[i].type, err.text);
		assert_string_equal(
		    json_string_value(json_object_get(
			json_object_get(answer, "certificate"), "type")),
		    rows[i].type);
		json_decref(answer);
		json_decref(task);
		place_close(&place);
	}
}

TEST(twenty_five_of_twenty_five_orders_succeed_at_a_ca_that_refuses_half_of_all_nonces)
{
	struct place place = {.pebble.nonce_reject = "50"};
	place_open(&place, "hooks.example.com");
	for (int i = 0; i < 25; i++)
		place_succeeds(&place, place_task(&place, "hooks.example.com"));
	place_close(&place);
}

TEST(a_failed_validation_names_its_cause_for_each_challenge)
{
	struct place place = {0};
	place_open(&place, "hooks.example.com");
	place.responder.wrong = true;
	place_fails(&place, place_task(&place, "hooks.example.com"),
	    "hooks.example.com: the CA refuses the authorization (tls-alpn-01: port 443)");
	place.responder.wrong = false;
	(void)shutdown(place.responder.tls_fd, SHUT_RDWR);
	(void)shutdown(place.responder.http_fd, SHUT_RDWR);
	place_fails(&place, place_task(&place, "hooks.example.com"),
	    "hooks.example.com: the CA cannot connect to the name");
	place_close(&place);
}

TEST(an_account_that_the_ca_has_forgotten_is_made_anew)
{
	struct place place = {0};
	place_open(&place, "hooks.example.com");
	place_succeeds(&place, place_task(&place, "hooks.example.com"));
	pebble_stop(&place.pebble);
	pebble_again(&place.pebble);
	place_succeeds(&place, place_task(&place, "hooks.example.com"));
	place_close(&place);
}

TEST(a_ca_that_wants_an_account_of_its_own_gets_it_by_its_key)
{
	struct place place = {.pebble.account_required = true};
	place_open(&place, "hooks.example.com");
	place_fails(&place, place_task(&place, "hooks.example.com"), "set acme-eab");
	json_t *task = place_task(&place, "hooks.example.com");
	(void)json_object_set_new(
	    task, "eab", json_pack("{s:s, s:s}", "id", "kid-1", "key", PEBBLE_EAB_KEY));
	place_succeeds(&place, task);
	place_close(&place);
}

TEST(a_ca_that_accepts_and_never_answers_costs_the_deadline_and_the_next_one_is_asked)
{
	struct place place = {0};
	char mute[64];
	int port = 0, fd = ca_listen(&port);
	place_open(&place, "hooks.example.com");
	(void)snprintf(mute, sizeof(mute), "https://localhost:%d/dir", port);
	json_t *task = place_task(&place, "hooks.example.com");
	(void)json_object_set_new(task, "directories", json_pack("[s]", mute));
	(void)json_object_set_new(task, "deadlineMs", json_integer(500));
	place_fails(&place, task, "localhost");
	task = place_task(&place, "hooks.example.com");
	(void)json_object_set_new(
	    task, "directories", json_pack("[s, s]", mute, place.pebble.directory));
	(void)json_object_set_new(task, "requestMs", json_integer(500));
	(void)json_object_set_new(task, "connectMs", json_integer(500));
	/* The time-out is for Pebble, too. */
	struct error err;
	json_t *answer = NULL;
	(void)place_order(&place, task, &answer, &err);
	assert_true(answer != NULL);
	if (json_object_get(answer, "certificate") == NULL)
		assert_non_null(strstr(err.text, "; then "));
	json_decref(answer);
	json_decref(task);
	(void)close(fd);
	place_close(&place);
}

/* Ends the CA as soon as the first challenge stands. */
struct killer {
	struct place *place;
};

static bool killer_set(void *ctx, const struct order_challenge *challenge)
{
	struct place *place = ((struct killer *)ctx)->place;
	(void)challenge;
	pebble_stop(&place->pebble);
	return true;
}

static void killer_clear(void *ctx, const struct order_challenge *challenge)
{
	(void)ctx;
	(void)challenge;
}

TEST(
    a_ca_that_ends_in_the_middle_leaves_the_old_certificate_and_the_next_order_succeeds)
{
	struct place place = {0};
	struct certificate_facts before, after;
	struct error err;
	json_t *answer = NULL;
	place_open(&place, "hooks.example.com");
	place_succeeds(&place, place_task(&place, "hooks.example.com"));
	assert_int_equal(
	    acme_state_certificate(&before, place.dir, &place.names, &err), 0);
	struct killer killer = {&place};
	const struct order_child_calls calls = {&killer, killer_set, killer_clear};
	json_t *task = place_task(&place, "hooks.example.com");
	const struct order_child child = {.program = OFFHOOK_BIN,
	    .task = task,
	    .deadline_ms = 62000,
	    .stop = -1,
	    .calls = &calls};
	assert_int_equal(order_child_run(&answer, &child, &err), ORDER_CHILD_FAILED);
	json_decref(answer);
	json_decref(task);
	assert_int_equal(
	    acme_state_certificate(&after, place.dir, &place.names, &err), 0);
	assert_string_equal(before.id, after.id);
	pebble_again(&place.pebble);
	place_succeeds(&place, place_task(&place, "hooks.example.com"));
	place_close(&place);
}

TEST(what_a_ca_refuses_says_what_to_change_and_when_to_come_again)
{
	struct place place = {0};
	struct fake_ca ca = {.status = 429,
	    .headers = "Retry-After: 7200\r\n",
	    .body = "{\"type\":\"urn:ietf:params:acme:error:rateLimited\","
		    "\"detail\":\"too many certificates\"}"};
	struct error err;
	json_t *answer = NULL;
	place_open(&place, "hooks.example.com");
	fake_ca_start(&ca, place.pebble.dir);
	json_t *task = place_task(&place, "hooks.example.com");
	(void)json_object_set_new(task, "directories", json_pack("[s]", ca.directory));
	(void)json_object_set_new(task, "caFile", json_string(ca.ca_file));
	(void)json_object_set_new(task, "profile", json_string("shortlived"));
	(void)json_object_set_new(task, "replaces",
	    json_pack("{s:s, s:s}", "directory", ca.directory, "id", "abc.def"));
	assert_int_equal(place_order(&place, task, &answer, &err), ORDER_CHILD_FAILED);
	assert_non_null(strstr(err.text, "enough certificates or refusals for now"));
	assert_int_equal(json_integer_value(json_object_get(
			     json_object_get(answer, "error"), "retryAfterMs")),
	    7200000);
	assert_true(fake_ca_was_asked(&ca, "\"profile\":\"shortlived\""));
	assert_true(fake_ca_was_asked(&ca, "\"replaces\":\"abc.def\""));
	json_decref(answer);
	(void)json_object_set_new(task, "profile", json_string("fast"));
	place_fails(&place, task,
	    "acme-profile: the CA has no profile fast; it has classic, shortlived");
	fake_ca_stop(&ca);
	place_close(&place);
}

/* ---- the loop that keeps a certificate ---- */

struct heard {
	pthread_mutex_t lock;
	char why[512];
	int failed, ready;
};

static void heard_ready(void *ctx, const char *file)
{
	struct heard *heard = ctx;
	(void)pthread_mutex_lock(&heard->lock);
	heard->ready += access(file, R_OK) == 0;
	(void)pthread_mutex_unlock(&heard->lock);
}

static void heard_failed(
    void *ctx, const char *why, int64_t next_ms, int64_t not_after_ms)
{
	struct heard *heard = ctx;
	(void)not_after_ms;
	(void)pthread_mutex_lock(&heard->lock);
	heard->failed += next_ms > 0;
	(void)snprintf(heard->why, sizeof(heard->why), "%s", why);
	(void)pthread_mutex_unlock(&heard->lock);
}

static bool heard_await(struct heard *heard, const int *count, int least)
{
	for (int waited = 0; waited < 2000; waited++) {
		(void)pthread_mutex_lock(&heard->lock);
		bool there = *count >= least;
		(void)pthread_mutex_unlock(&heard->lock);
		if (there)
			return true;
		(void)usleep(10000);
	}
	return false;
}

static struct acme *loop_open(struct place *place, struct heard *heard)
{
	struct acme *acme = NULL;
	struct error err;
	const struct acme_config config = {.program = OFFHOOK_BIN,
	    .dir = place->dir,
	    .names = &place->names,
	    .directories = {place->pebble.directory},
	    .ca_file = place->pebble.ca_file,
	    .alpn = true,
	    .http = true,
	    .request_ms = 10000};
	const struct acme_calls calls = {.challenges = place->responder.calls,
	    .ctx = heard,
	    .certificate_ready = heard_ready,
	    .failed = heard_failed};
	assert_int_equal(acme_open(&acme, &config, &calls, &err), 0);
	return acme;
}

TEST(a_certificate_is_kept_over_a_restart_and_renewed_when_the_ca_suggests_it)
{
	struct place place = {0};
	struct heard heard = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct fake_ca ca = {
	    .window = "{\"suggestedWindow\":{\"start\":\"2021-01-03T00:00:00Z\","
		      "\"end\":\"2021-01-07T00:00:00Z\"}}"};
	struct acme_state kept;
	struct certificate_facts facts;
	struct error err;
	place_open(&place, "hooks.example.com");
	struct acme *acme = loop_open(&place, &heard);
	assert_true(heard_await(&heard, &heard.ready, 1));
	acme_close(acme);
	assert_int_equal(heard.failed, 0);
	assert_int_equal(
	    acme_state_certificate(&facts, place.dir, &place.names, &err), 0);

	/* The same certificate, as if another CA had given it, which wants it renewed now. */
	fake_ca_start(&ca, place.pebble.dir);
	acme_state_read(&kept, place.dir, &place.names);
	assert_string_equal(kept.directory, place.pebble.directory);
	(void)snprintf(kept.directory, sizeof(kept.directory), "%s", ca.directory);
	kept.look_again_ms = 0;
	assert_int_equal(acme_state_write(&kept, place.dir, &place.names, &err), 0);
	(void)snprintf(
	    place.pebble.directory, sizeof(place.pebble.directory), "%s", ca.directory);
	(void)snprintf(
	    place.pebble.ca_file, sizeof(place.pebble.ca_file), "%s", ca.ca_file);
	acme = loop_open(&place, &heard);
	assert_int_equal(heard.ready, 2); /* at once */
	char wanted[CERTIFICATE_ID_SIZE + 32];
	(void)snprintf(wanted, sizeof(wanted), "\"replaces\":\"%s\"", facts.id);
	assert_true(fake_ca_was_asked(&ca, wanted));
	assert_true(heard_await(&heard, &heard.failed, 1));
	acme_close(acme);
	acme_state_read(&kept, place.dir, &place.names);
	assert_true(kept.next_try_ms > kept.failed_ms && kept.failures == 1);
	/* The old one is still there. */
	assert_int_equal(
	    acme_state_certificate(&facts, place.dir, &place.names, &err), 0);
	fake_ca_stop(&ca);
	place_close(&place);
}

TEST(an_order_ends_with_the_server_whatever_the_ca_does)
{
	struct place place = {0};
	struct heard heard = {.lock = PTHREAD_MUTEX_INITIALIZER};
	int port = 0, fd = ca_listen(&port);
	place_open(&place, "hooks.example.com");
	(void)snprintf(place.pebble.directory, sizeof(place.pebble.directory),
	    "https://localhost:%d/dir", port);
	struct acme *acme = loop_open(&place, &heard);
	assert_true(accept(fd, NULL, NULL) >= 0); /* it asks */
	acme_close(acme);
	assert_int_equal(heard.failed, 0);
	(void)close(fd);
	place_close(&place);
}
