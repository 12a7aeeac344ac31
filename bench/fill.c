/* fill -- a data directory that has seen millions of messages: every one an event and
 * a keyed document, put in through the store's own interface, so that it is in every
 * way what `offhook serve` would have left. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engines/engines.h"
#include "message.h"
#include "store/store.h"
#include "util/clock.h"
#include "util/jsonw.h"
#include "util/mem.h"
#include "util/text.h"

enum {
	SLOTS = 16384, /* transactions in flight; a commit takes what waits */
	FLUSH_EVERY = 2048,
	BYTES_AN_EVENT = 1600 /* on disk, with room for merging keys */
};

struct slot {
	struct store_txn txn; /* first: a transaction's slot is where it is */
	struct store_write write;
	struct buf params, doc, reply;
	char sid[40];
	sem_t *free;
};

static void on_done(struct store_txn *txn)
{
	struct slot *slot = (struct slot *)(void *)txn;
	if (txn->result != STORE_OK) {
		fprintf(stderr, "fill: %s\n", txn->error.text);
		exit(1);
	}
	sem_post(slot->free);
}

static void write_texts(struct slot *slot, const struct message_maker *maker)
{
	size_t count;
	const struct message_field *fields = message_fields(maker, &count);
	buf_clear(&slot->params);
	buf_putc(&slot->params, '{');
	for (size_t i = 0; i < count; i++)
		jsonw_field(&slot->params, fields[i].name, span_of(fields[i].value));
	buf_putc(&slot->params, '}');
	buf_clear(&slot->doc);
	buf_putc(&slot->doc, '{');
	jsonw_field(&slot->doc, "messageSid", span_of(slot->sid));
	jsonw_field(&slot->doc, "from", span_of(message_value(maker, "From")));
	jsonw_field(&slot->doc, "to", span_of(message_value(maker, "To")));
	jsonw_field(&slot->doc, "body", span_of(message_value(maker, "Body")));
	jsonw_field(&slot->doc, "direction", SPAN("inbound"));
	jsonw_field_int(&slot->doc, "numMedia", 0);
	jsonw_field_time(&slot->doc, "receivedAt", slot->txn.event.received_at_ms);
	jsonw_field(&slot->doc, "status", SPAN("received"));
	buf_putc(&slot->doc, '}');
	buf_clear(&slot->reply);
	buf_printf(&slot->reply,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message>Thanks for "
	    "your message! We received: \"%s\"</Message></Response>",
	    message_value(maker, "Body"));
}

static void fill_slot(struct slot *slot, const struct message_maker *maker)
{
	unsigned char hash[32];
	snprintf(
	    slot->sid, sizeof(slot->sid), "%s", message_value(maker, "MessageSid"));
	text_sha256(hash, span_of(slot->sid));
	slot->txn = (struct store_txn){.keyed = true,
	    .writes = &slot->write,
	    .done = on_done,
	    .event = {.received_at_ms = clock_wall_ms(),
		.kind = "sms.received",
		.sid = span_of(slot->sid),
		.route = SPAN("/twilio/sms"),
		.state = EVENT_DONE}};
	slot->txn.key.sid = slot->txn.event.sid;
	memcpy(slot->txn.key.hash, hash, STORE_KEY_SIZE);
	write_texts(slot, maker);
	slot->txn.event.params = buf_span(&slot->params);
	slot->txn.event.reply = (struct store_reply){
	    200, SPAN("text/xml; charset=utf-8"), buf_span(&slot->reply)};
	slot->write = (struct store_write){.op = STORE_INSERT,
	    .expect = -1,
	    .collection = "sms_messages",
	    .doc = buf_span(&slot->doc),
	    .key = span_of(slot->sid)};
}

static void show_progress(int64_t done, int64_t events)
{
	if (isatty(STDERR_FILENO) && (done % 100000 == 0 || done == events))
		fprintf(stderr, "\rfill: %" PRId64 " of %" PRId64 " events%s", done,
		    events, done == events ? "\n" : "");
}

static void fill(struct store *store, int64_t events)
{
	struct message_maker *maker = message_maker_new(MESSAGE_SMS, "https://x/", "x");
	struct slot *slots = mem_new(SLOTS, sizeof(*slots));
	sem_t free_slots;
	sem_init(&free_slots, 0, SLOTS);
	for (int64_t i = 0; i < events; i++) {
		struct slot *slot = &slots[i % SLOTS];
		while (sem_wait(&free_slots) != 0)
			continue;
		message_next(maker);
		fill_slot(slot, maker);
		slot->free = &free_slots;
		while (!store_submit(store, &slot->txn)) {
			store_flush(store);
			usleep(1000);
		}
		if (i % FLUSH_EVERY == FLUSH_EVERY - 1)
			store_flush(store);
		show_progress(i + 1, events);
	}
	store_flush(store);
	for (int i = 0; i < SLOTS; i++)
		while (sem_wait(&free_slots) != 0)
			continue;
	for (int i = 0; i < SLOTS; i++) {
		buf_free(&slots[i].params);
		buf_free(&slots[i].doc);
		buf_free(&slots[i].reply);
	}
	sem_destroy(&free_slots);
	free(slots);
	message_maker_free(maker);
}

/* False, with a line on stderr, when the disk would be nearly full. */
static bool has_room(const char *dir, int64_t events)
{
	struct statvfs disk;
	if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
		fprintf(stderr, "fill: %s: %s\n", dir, strerror(errno));
		return false;
	}
	if (statvfs(dir, &disk) != 0) {
		fprintf(stderr, "fill: %s: %s\n", dir, strerror(errno));
		return false;
	}
	uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
	uint64_t need = (uint64_t)events * BYTES_AN_EVENT;
	if (room - room / 10 < need) {
		fprintf(stderr,
		    "fill: %s has room for %" PRIu64 " MB, %" PRIu64 " MB are needed\n",
		    dir, room >> 20, need >> 20);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"data", required_argument, NULL, 'd'},
	    {"events", required_argument, NULL, 'e'},
	    {NULL, 0, NULL, 0},
	};
	struct store_config config = {0};
	struct store *store = NULL;
	struct error err;
	int64_t events = 10000000;
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'd')
			config.dir = optarg;
		else if (option != 'e' ||
			 !text_int(span_of(optarg), 1, INT32_MAX, &events))
			config.dir = NULL;
	}
	if (config.dir == NULL) {
		fputs("usage: fill --data DIR [--events N] (10000000)\n", stderr);
		return 2;
	}
	if (!has_room(config.dir, events))
		return 3;
	if (store_open(&store, engines_for(config.dir), &config, &err) != 0 ||
	    store_declare(store, "sms_messages", "messageSid", &err) != 0) {
		fprintf(stderr, "fill: %s\n", err.text);
		store_close(store);
		return 1;
	}
	fill(store, events);
	store_close(store);
	return 0;
}
