/* What TLS lets strangers ask for: signatures, memory of records, messages without an end. */
#include "abuse.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tls/peer.h"

enum { MANY = 2000, AT_A_TIME = 100, PEERS = 300, IDLE = 1000, UPDATES = 2000 };

/* What an idle connection may take; measured: 14.5 (docs/https.md). */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IDLE_KB = 4000 }; /* it keeps what was freed, to see who uses it */
#else
enum { IDLE_KB = 18 };
#endif

static int fds[MANY];
static struct peer peers[IDLE];
static struct buf hello;

/* The first bytes of a client, which any number of clients may send. */
static void make_hello(void)
{
	const struct peer_wish wish = {.name = "example.com"};
	struct peer peer;
	peer_open(&peer, -1, &wish);
	peer_take(&peer, &hello);
	peer_close(&peer);
}

static int setup(void **state)
{
	struct rlimit files;
	(void)state;
	for (int i = 0; i < MANY; i++)
		fds[i] = -1;
	for (int i = 0; i < IDLE; i++)
		peers[i] = (struct peer){.fd = -1};
	make_hello();
	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_max < MANY + 100)
		return -1;
	files.rlim_cur = files.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &files);
}

static int teardown(void **state)
{
	(void)state;
	abuse_close_all(fds, MANY);
	for (int i = 0; i < IDLE; i++)
		peer_close(&peers[i]);
	buf_free(&hello);
	return 0;
}

static void peers_end(struct abuse *abuse)
{
	for (int i = 0; i < IDLE; i++)
		peer_close(&peers[i]);
	abuse_close_all(fds, MANY);
	abuse_close(abuse);
}

/* One whose handshake is done; false: the server does not want it. */
static bool peer_again(const struct abuse *abuse, struct peer *peer)
{
	const struct peer_wish wish = {.name = "example.com"};
	peer_close(peer);
	int fd = abuse_connect(abuse);
	if (fd < 0)
		return false;
	peer_open(peer, fd, &wish);
	if (peer_greet(peer))
		return true;
	peer_close(peer);
	return false;
}

/* The server signs for each; the client, who sends the same to all, does nothing. */
TEST_WITH(hellos_hold_nobody_up, setup, teardown)
{
	struct abuse abuse;
	int round = 0;
	abuse_open_secure(&abuse, NULL);
	while (abuse_goes_on(&abuse, &round, 30)) {
		for (int i = 0; i < AT_A_TIME; i++) {
			if (fds[i] >= 0)
				(void)close(fds[i]);
			fds[i] = abuse_connect(&abuse);
			if (fds[i] >= 0)
				(void)abuse_send(fds[i], hello.ptr, hello.len);
		}
	}
	peers_end(&abuse);
}

TEST_WITH(clients_that_greet_and_leave_hold_nobody_up, setup, teardown)
{
	struct abuse abuse;
	int round = 0;
	abuse_open_secure(&abuse, NULL);
	while (abuse_goes_on(&abuse, &round, 100))
		if (peer_again(&abuse, &peers[0]))
			peer_close(&peers[0]);
	peers_end(&abuse);
}

/* Half of a hello, or all of it and nothing after. */
TEST_WITH(handshakes_without_an_end_fill_no_memory, setup, teardown)
{
	struct abuse abuse;
	int round = 0;
	abuse_open_secure(&abuse, NULL);
	while (abuse_goes_on(&abuse, &round, MANY / AT_A_TIME)) {
		int *some = &fds[(round - 1) * AT_A_TIME % MANY];
		abuse_connect_again(&abuse, some, AT_A_TIME);
		for (int i = 0; i < AT_A_TIME; i++)
			(void)abuse_send(
			    some[i], hello.ptr, i % 2 == 0 ? hello.len / 2 : hello.len);
	}
	peers_end(&abuse);
}

/* On connections that are greeted, some bytes of a record each. */
TEST_WITH(half_records_fill_no_memory, setup, teardown)
{
	struct abuse abuse;
	int round = 0;
	abuse_open_secure(&abuse, NULL);
	while (abuse_goes_on(&abuse, &round, PEERS)) {
		struct peer *peer = &peers[(round - 1) % PEERS];
		struct buf record = {0};
		if (peer_again(&abuse, peer) && peer_write(peer, "P", 1)) {
			peer_take(peer, &record);
			(void)abuse_send(
			    peer->fd, record.ptr, (size_t)round % (record.len - 1) + 1);
		}
		buf_free(&record);
	}
	peers_end(&abuse);
}

/* Requests whose answers are not read. */
TEST_WITH(slow_readers_fill_no_memory, setup, teardown)
{
	static const char get[] = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
	struct abuse abuse;
	struct buf text = {0};
	int round = 0;
	for (int i = 0; i < 500; i++)
		buf_puts(&text, get);
	abuse_open_secure(&abuse, NULL);
	while (abuse_goes_on(&abuse, &round, PEERS)) {
		struct peer *peer = &peers[(round - 1) % PEERS];
		struct buf records = {0};
		if (peer->fd >= 0 || peer_again(&abuse, peer)) {
			for (int i = 0; i < 10; i++)
				(void)peer_write(peer, text.ptr, text.len);
			peer_take(peer, &records);
			if (!abuse_send(peer->fd, records.ptr, records.len))
				peer_close(peer);
		}
		buf_free(&records);
	}
	buf_free(&text);
	peers_end(&abuse);
}

/* Messages of TLS's own cost work, and are no request: as many as the socket takes. */
TEST_WITH(key_updates_hold_nobody_up, setup, teardown)
{
	struct abuse abuse;
	int round = 0;
	abuse_open_secure(&abuse, NULL);
	while (abuse_goes_on(&abuse, &round, 100)) {
		struct peer *peer = &peers[(round - 1) % 4];
		struct buf records = {0};
		if (peer->fd >= 0 || peer_again(&abuse, peer)) {
			for (int i = 0; i < UPDATES; i++) {
				(void)SSL_key_update(
				    peer->ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
				(void)SSL_do_handshake(peer->ssl);
			}
			peer_take(peer, &records);
			if (!abuse_send(peer->fd, records.ptr, records.len))
				peer_close(peer);
		}
		buf_free(&records);
	}
	peers_end(&abuse);
}

TEST_WITH(an_idle_connection_takes_little, setup, teardown)
{
	struct abuse abuse;
	abuse_open_secure(&abuse, NULL);
	long before_kb = abuse_memory_kb(&abuse);
	for (int i = 0; i < IDLE; i++)
		assert_true(peer_again(&abuse, &peers[i]));
	long each_kb = (abuse_memory_kb(&abuse) - before_kb) / IDLE;
	print_message("%ld kB each\n", each_kb);
	assert_in_range(each_kb, 1, IDLE_KB);
	peers_end(&abuse);
}

TEST_GROUP(NULL, NULL)
