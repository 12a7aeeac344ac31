/* crash_server -- load, kill -9 at a random moment, start again: every acknowledged
 * webhook is there, once, with its document, and a repeat of it gets the first reply.
 *
 *   crash_server ROUNDS [SEED]
 *
 * Prints TAP, one line a round. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../e2e/conversation.h"
#include "engines/engines.h"
#include "store/store.h"
#include "util/text.h"

enum { CLIENTS = 4, MAX_ACKS = 100000 };

struct ack {
	char sid[35];
	unsigned char digest[32]; /* of the reply's body */
	bool is_status;
};

struct client {
	int fd;
	unsigned seed;
	pthread_t thread;
	struct ack *acks;
	size_t count;
};

static atomic_uint next_number = 1;

static void make_request(struct buf *out, const char *sid, bool is_status)
{
	char form[300];
	char signature[64];
	const char *path = is_status ? "/twilio/sms/status" : "/twilio/sms";
	char url[100];
	(void)snprintf(form, sizeof(form),
	    "MessageSid=%s&From=%%2B1555&To=%%2B1556&%s%s", sid,
	    is_status ? "MessageStatus=delivered" : "NumMedia=0&Body=number+",
	    is_status ? "" : sid);
	(void)snprintf(url, sizeof(url), TALK_URL "%s", path);
	talk_signature(signature, TALK_TOKEN, url, form);
	buf_clear(out);
	talk_request(out, path, signature, form);
}

static void digest_body(unsigned char out[32], const struct buf *answer)
{
	const char *body = strstr(answer->ptr, "\r\n\r\n") + 4;
	text_sha256(out, span_of(body));
}

static void *client_thread(void *arg)
{
	struct client *client = arg;
	struct buf request = {0};
	struct buf answer = {0};
	char last[35] = "";
	while (client->count < MAX_ACKS) {
		struct ack *ack = &client->acks[client->count];
		ack->is_status = *last != '\0' && rand_r(&client->seed) % 4 == 0;
		if (!ack->is_status)
			(void)snprintf(last, sizeof(last), "SM%032x",
			    atomic_fetch_add(&next_number, 1));
		(void)snprintf(ack->sid, sizeof(ack->sid), "%s", last);
		make_request(&request, ack->sid, ack->is_status);
		if (ack->is_status)
			last[0] = '\0'; /* one status a message: a second is a repeat */
		if (!talk_try(client->fd, &request, &answer) ||
		    strstr(answer.ptr, "HTTP/1.1 20") != answer.ptr)
			break;
		digest_body(ack->digest, &answer);
		client->count++;
	}
	(void)close(client->fd);
	buf_free(&request);
	buf_free(&answer);
	return NULL;
}

/* There, once, with its document; and again: the same reply. */
static bool verify(struct store_reader *reader, int fd, const struct ack *ack)
{
	struct error err = {0};
	size_t counts[2] = {0, 0};
	struct store_event_query query = {.sid = span_of(ack->sid)};
	json_t *doc = NULL;
	struct store_event event;
	int rc;
	struct store_events *events = store_events_open(reader, &query);
	while ((rc = store_events_next(events, &event, &err)) == 1)
		counts[strcmp(event.kind, "sms.status") == 0 ? 1 : 0]++;
	store_events_close(events);
	if (rc < 0 || counts[ack->is_status] != 1) {
		(void)printf("# %s: %zu events, %s\n", ack->sid, counts[ack->is_status],
		    err.text);
		return false;
	}
	if (store_get(reader, "sms_messages", span_of(ack->sid), false, &doc, &err) !=
	    1) {
		(void)printf("# %s: no document, %s\n", ack->sid, err.text);
		return false;
	}
	json_decref(doc);
	struct buf request = {0};
	struct buf answer = {0};
	unsigned char digest[32];
	make_request(&request, ack->sid, ack->is_status);
	bool same = talk_try(fd, &request, &answer);
	if (same) {
		digest_body(digest, &answer);
		same = memcmp(digest, ack->digest, sizeof(digest)) == 0;
	}
	if (!same)
		(void)printf("# %s: another reply\n", ack->sid);
	buf_free(&request);
	buf_free(&answer);
	return same;
}

static bool verify_all(const struct talk *talk, const struct client *clients)
{
	struct error err = {0};
	struct store_reader *reader = NULL;
	if (store_reader_open(&reader, engines_for(talk->data), talk->data, &err) < 0) {
		(void)printf("# %s\n", err.text);
		return false;
	}
	int fd = talk_connect(talk->address);
	bool good = true;
	for (int i = 0; i < CLIENTS; i++)
		for (size_t n = 0; n < clients[i].count && good; n++)
			good = verify(reader, fd, &clients[i].acks[n]);
	(void)close(fd);
	store_reader_close(reader);
	return good;
}

static bool crash_round(struct talk *talk, unsigned *seed, size_t *acked)
{
	struct client clients[CLIENTS] = {0};
	for (int i = 0; i < CLIENTS; i++) {
		/* Not in the thread: the kill may come before it runs. */
		clients[i].fd = talk_connect(talk->address);
		clients[i].seed = (unsigned)rand_r(seed);
		clients[i].acks = calloc(MAX_ACKS, sizeof(struct ack));
		(void)pthread_create(
		    &clients[i].thread, NULL, client_thread, &clients[i]);
	}
	(void)usleep(5000 + (useconds_t)rand_r(seed) % 150000);
	talk_kill(talk);
	for (int i = 0; i < CLIENTS; i++) {
		(void)pthread_join(clients[i].thread, NULL);
		*acked += clients[i].count;
	}
	talk_again(talk);
	bool good = verify_all(talk, clients);
	for (int i = 0; i < CLIENTS; i++)
		free(clients[i].acks);
	return good;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 50;
	unsigned seed = argc > 2 ? (unsigned)atol(argv[2]) : (unsigned)getpid();
	struct talk talk;
	static const char *const extra[] = {"--log-level", "warn", NULL};
	size_t total = 0;
	int failed = 0;
	(void)printf("# seed %u\n1..%d\n", seed, rounds);
	talk_start(&talk, extra);
	for (int round = 1; round <= rounds; round++) {
		size_t acked = 0;
		bool good = crash_round(&talk, &seed, &acked);
		(void)printf("%s %d - %zu acknowledged before kill -9\n",
		    good ? "ok" : "not ok", round, acked);
		(void)fflush(stdout);
		failed += good ? 0 : 1;
		total += acked;
	}
	if (failed == 0)
		talk_end(&talk);
	else
		(void)printf("# kept: %s\n", talk.dir);
	(void)printf("# %d rounds, %zu acknowledged webhooks, %d rounds failed\n",
	    rounds, total, failed);
	return failed == 0 ? 0 : 1;
}
