/* The server speaks TLS itself. */
#include "talk_jobs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tls/issue.h"
#include "tls/peer.h"
#include "util/text.h"

#define FORM(n) "MessageSid=SM" n "&From=%2B15551230001&To=%2B1&Body=hi"

struct served {
	struct talk talk;
	char dir[64], chain[96], key[96];
	struct issued issued;
	const char *extra[16];
};

static void put_files(struct served *served)
{
	issue_write_chain(served->chain, &served->issued, NULL);
	issue_write_key(served->key, &served->issued, NULL);
}

/* Exchanges the files for a new pair. */
static void renew(struct served *served, const char *names)
{
	issue_free(&served->issued);
	issue_server(&served->issued, names, NULL);
	put_files(served);
}

static void prepare(struct served *served)
{
	*served = (struct served){.dir = "/tmp/offhook-https-XXXXXX"};
	assert_non_null(mkdtemp(served->dir));
	(void)snprintf(
	    served->chain, sizeof(served->chain), "%s/chain.pem", served->dir);
	(void)snprintf(served->key, sizeof(served->key), "%s/key.pem", served->dir);
	renew(served, "DNS:sms.example");
}

/* With up to four words more. */
static void begin(struct served *served, const char *const *more)
{
	prepare(served);
	const char *const usual[] = {"--public-url", "none", "--tls-cert",
	    served->chain, "--tls-key", served->key, NULL};
	size_t count = 0;
	for (size_t i = 0; usual[i] != NULL; i++)
		served->extra[count++] = usual[i];
	for (size_t i = 0; more != NULL && more[i] != NULL; i++)
		served->extra[count++] = more[i];
	talk_start(&served->talk, served->extra);
}

static void end(struct served *served)
{
	talk_end(&served->talk);
	(void)unlink(served->chain);
	(void)unlink(served->key);
	assert_int_equal(rmdir(served->dir), 0);
	issue_free(&served->issued);
}

static size_t times(const struct talk *talk, const char *text)
{
	size_t len, count = 0;
	char *log = text_read_file(talk->log, 8U << 20, &len);
	for (const char *at = log; (at = strstr(at, text)) != NULL; at++)
		count++;
	free(log);
	return count;
}

static void await(const struct talk *talk, const char *text, size_t count)
{
	for (int waited = 0; times(talk, text) < count; waited += 20) {
		if (waited > 20000)
			fail_msg("not logged %zu times: %s", count, text);
		(void)usleep(20000);
	}
}

/* ---- its client ---- */

/* Believes the served certificate alone. */
static void dial(struct served *served, struct peer *peer)
{
	const struct peer_wish wish = {
	    .name = "sms.example", .trusted = served->issued.certificate};
	peer_open(peer, talk_connect(served->talk.address), &wish);
	if (!peer_greet(peer))
		fail_msg("no handshake with %s", served->talk.address);
}

/* A signed webhook; its status. */
static int post(struct peer *peer, const char *url, const char *form)
{
	char signature[64];
	struct buf request = {0}, in = {0};
	int status = 0;
	talk_signature(signature, TALK_TOKEN, url, form);
	buf_printf(&request,
	    "POST /twilio/sms HTTP/1.1\r\nHost: sms.example\r\n"
	    "Content-Type: application/x-www-form-urlencoded\r\n%s"
	    "Content-Length: %zu\r\n\r\n%s",
	    signature, strlen(form), form);
	assert_true(peer_put(peer, request.ptr, request.len));
	assert_true(peer_get_until(peer, &in, "\r\n\r\n"));
	assert_int_equal(sscanf(in.ptr, "HTTP/1.1 %d", &status), 1);
	buf_free(&request);
	buf_free(&in);
	return status;
}

static bool serves(struct served *served)
{
	const struct peer_wish wish = {.name = "sms.example"};
	struct peer peer;
	peer_open(&peer, talk_connect(served->talk.address), &wish);
	bool same = peer_greet(&peer) && peer_sees(&peer, served->issued.certificate);
	peer_close(&peer);
	return same;
}

/* It looks about once a second. */
static void await_certificate(struct served *served)
{
	for (int waited = 0; !serves(served); waited += 50) {
		if (waited > 20000)
			fail_msg("the new certificate is not served");
		(void)usleep(50000);
	}
}

/* The scheme is part of what is signed. */
TEST(a_signed_webhook_needs_no_public_url)
{
	struct served served;
	struct peer peer;
	begin(&served, NULL);
	assert_true(times(&served.talk, "listening on https://127.0.0.1:") == 1);
	dial(&served, &peer);
	assert_int_equal(post(&peer, "https://sms.example/twilio/sms", FORM("1")), 200);
	assert_int_equal(post(&peer, "http://sms.example/twilio/sms", FORM("2")), 403);
	assert_int_equal(post(&peer, "https://sms.example/twilio/sms", FORM("3")), 200);
	peer_close(&peer);
	assert_int_equal(talk_count(&served.talk, "sms_messages", "{}"), 2);
	end(&served);
}

static void get_metrics(struct served *served, struct answer *out)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n";
	assert_true(talk_find_admin(&served->talk));
	int fd = talk_connect(served->talk.admin);
	talk_send(fd, request, sizeof(request) - 1);
	talk_receive(fd, out);
	(void)close(fd);
}

/* Clears it when not. */
static bool answer_has(struct answer *answer, const char *text)
{
	if (strstr(buf_text(&answer->body), text) != NULL)
		return true;
	answer_clear(answer);
	return false;
}

TEST(handshakes_and_the_certificates_end_are_counted)
{
	static const char *const more[] = {"--admin", "127.0.0.1:0", NULL};
	struct served served;
	struct answer answer;
	struct peer peer;
	struct tm end_at;
	char want[64];
	begin(&served, more);
	assert_true(serves(&served));
	peer_open(&peer, talk_connect(served.talk.address),
	    &(struct peer_wish){.alpn = "\x02h2"});
	assert_false(peer_greet(&peer));
	peer_close(&peer);
	/* The client is done before the server is. */
	do
		get_metrics(&served, &answer);
	while (!answer_has(&answer, "\noffhook_tls_handshakes_total 1\n") ||
	       !answer_has(&answer, "\noffhook_tls_handshake_failures_total 1\n"));
	assert_int_equal(
	    ASN1_TIME_to_tm(X509_get0_notAfter(served.issued.certificate), &end_at), 1);
	(void)snprintf(want, sizeof(want),
	    "\noffhook_certificate_not_after_seconds %lld\n",
	    (long long)timegm(&end_at));
	assert_true(answer_has(&answer, want));
	answer_clear(&answer);
	end(&served);
}

/* ---- files ---- */

TEST(new_files_are_served_and_connections_stay)
{
	struct served served;
	struct peer peer;
	begin(&served, NULL);
	dial(&served, &peer);
	assert_int_equal(post(&peer, "https://sms.example/twilio/sms", FORM("1")), 200);
	for (int i = 0; i < 2; i++) {
		renew(&served, "DNS:sms.example");
		await_certificate(&served);
	}
	assert_int_equal(post(&peer, "https://sms.example/twilio/sms", FORM("2")), 200);
	peer_close(&peer);
	dial(&served, &peer);
	assert_int_equal(post(&peer, "https://sms.example/twilio/sms", FORM("3")), 200);
	peer_close(&peer);
	assert_int_equal(times(&served.talk, "the new certificates cannot be used"), 0);
	end(&served);
}

/* Told once, in the log and by an alert; what is put right is served. */
TEST(a_broken_pair_keeps_the_old_one)
{
	struct served served;
	static const char *const alerts[] = {"--alert-command", "true", NULL};
	struct issued old;
	begin(&served, alerts);
	old = served.issued;
	served.issued = (struct issued){0};
	issue_server(&served.issued, "DNS:sms.example", NULL);
	issue_write_chain(served.chain, &served.issued, NULL); /* and not its key */
	await(
	    &served.talk, "the new certificates cannot be used; the old ones stay", 1);
	assert_int_equal(times(&served.talk, "the key is not that of the first"), 1);
	talk_await_documents(
	    &served.talk, "offhook.alerts", "{\"what\": \"certificate.failed\"}", 1);
	struct issued fresh = served.issued;
	served.issued = old;
	assert_true(serves(&served));
	issue_free(&old);
	served.issued = fresh;
	issue_write_key(served.key, &served.issued, NULL);
	await_certificate(&served);
	assert_int_equal(times(&served.talk, "the new certificates cannot be used"), 1);
	end(&served);
}

TEST(a_reload_reads_the_files)
{
	struct served served;
	begin(&served, NULL);
	const char *const words[] = {"reload", "--data", served.talk.data, NULL};
	assert_int_equal(kill(served.talk.pid, SIGHUP), 0);
	await(&served.talk, "certificates read", 1);
	assert_int_equal(talk_run(NULL, NULL, words), 0);
	await(&served.talk, "certificates read", 2);
	assert_int_equal(unlink(served.key), 0);
	assert_int_equal(kill(served.talk.pid, SIGHUP), 0);
	await(
	    &served.talk, "the new certificates cannot be used; the old ones stay", 1);
	assert_true(serves(&served));
	put_files(&served);
	await_certificate(&served);
	end(&served);
}

/* ---- what is wrong at the start ---- */

static void is_refused(struct served *served, const char *file, const char *why)
{
	char want[200];
	static const char *const commands[][2] = {{"serve", NULL}, {"config", "check"}};
	(void)snprintf(want, sizeof(want), "%s: %s", file, why);
	for (size_t i = 0; i < 2; i++) {
		const char *words[] = {commands[i][0], "--data", served->talk.data,
		    "--listen", "127.0.0.1:0", "--tls-cert", served->chain, "--tls-key",
		    served->key, commands[i][1], NULL};
		struct buf out = {0}, err = {0};
		if (commands[i][1] != NULL) { /* the verb comes first */
			memmove(&words[2], &words[1], 8 * sizeof(words[0]));
			words[1] = commands[i][1];
			words[10] = NULL;
		}
		assert_int_not_equal(talk_run(&out, &err, words), 0);
		buf_put(&err, buf_span(&out));
		if (strstr(buf_text(&err), want) == NULL)
			fail_msg("%s does not say \"%s\": %s", commands[i][0], want,
			    buf_text(&err));
		buf_free(&out);
		buf_free(&err);
	}
}

TEST(a_bad_pair_is_named_before_it_serves)
{
	struct served served;
	struct issued other;
	prepare(&served);
	(void)snprintf(
	    served.talk.data, sizeof(served.talk.data), "%s/data", served.dir);
	issue_server(&other, "DNS:sms.example", NULL);
	issue_write_key(served.key, &other, NULL);
	is_refused(&served, served.key, "the key is not that of the first certificate");
	assert_int_equal(unlink(served.key), 0);
	is_refused(&served, served.key, "no key can be read: No such file");
	put_files(&served);
	assert_int_equal(unlink(served.chain), 0);
	is_refused(&served, served.chain, "no certificate can be read: No such file");
	assert_int_equal(unlink(served.key), 0);
	issue_free(&other);
	issue_free(&served.issued);
	char command[100];
	(void)snprintf(command, sizeof(command), "rm -rf %s", served.dir);
	assert_int_equal(system(command), 0);
}

/* ---- plain HTTP beside it ---- */

static void redirected(
    const char *address, const char *request, int status, const char *location)
{
	struct answer answer;
	int fd = talk_connect(address);
	talk_send(fd, request, strlen(request));
	talk_receive(fd, &answer);
	if (answer.status != status ||
	    (location != NULL && strstr(buf_text(&answer.head), location) == NULL) ||
	    (location == NULL && strstr(buf_text(&answer.head), "Location:") != NULL))
		fail_msg("%s\nwas answered\n%s", request, buf_text(&answer.head));
	answer_clear(&answer);
	(void)close(fd);
}

TEST(plain_http_is_sent_on)
{
	static const char *const more[] = {"--redirect-listen", "127.0.0.1:0", NULL};
	struct served served;
	char address[64], location[128];
	size_t len;
	begin(&served, more);
	char *log = text_read_file(served.talk.log, 1U << 20, &len);
	const char *at = strstr(log, "redirect on http://");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "redirect on http://%63[^ \n]", address), 1);
	free(log);
	const char *port = strchr(served.talk.address, ':');
	(void)snprintf(location, sizeof(location),
	    "\r\nLocation: https://sms.example%s/x?y=%%20\r\n", port);
	redirected(address, "GET /x?y=%20 HTTP/1.1\r\nHost: sms.example\r\n\r\n", 301,
	    location);
	redirected(address, "GET /x?y=%20 HTTP/1.1\r\nHost: sms.example:80\r\n\r\n",
	    301, location);
	redirected(address,
	    "POST /x?y=%20 HTTP/1.1\r\nHost: sms.example\r\n"
	    "Content-Length: 3\r\n\r\na=b",
	    308, location);
	(void)snprintf(
	    location, sizeof(location), "\r\nLocation: https://[::1]%s/\r\n", port);
	redirected(address, "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 301, location);
	redirected(address, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, NULL);
	redirected(address, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400, NULL);
	redirected(address, "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, NULL);
	redirected(address, "GET / HTTP/1.1\r\n\r\n", 400, NULL);
	redirected(address, "GET / HTTP/1.0\r\n\r\n", 400, NULL);
	redirected(
	    address, "OPTIONS * HTTP/1.1\r\nHost: sms.example\r\n\r\n", 400, NULL);
	end(&served);
}

/* ---- `offhook send` ---- */

/* Its own server is believed by its key, whatever address its certificate is for; another
 * must show a certificate of its name. */
TEST(send_finds_a_server_that_speaks_https)
{
	struct served served;
	struct buf out = {0}, err = {0};
	char url[96];
	begin(&served, NULL);
	(void)snprintf(url, sizeof(url), "https://%s/twilio/sms", served.talk.address);
	const char *const own[] = {
	    "send", "sms", "--body", "Hello", "--data", served.talk.data, NULL};
	const char *const given[] = {
	    "send", "sms", "--url", url, "--data", served.talk.data, NULL};
	if (talk_run(&out, &err, own) != 0)
		fail_msg("%s", buf_text(&err));
	assert_int_equal(talk_count(&served.talk, "sms_messages", "{}"), 1);
	buf_clear(&err);
	assert_int_equal(talk_run(NULL, &err, given), 1);
	assert_non_null(strstr(buf_text(&err), "certificate"));
	assert_int_equal(talk_count(&served.talk, "sms_messages", "{}"), 1);
	renew(&served, "DNS:other.example");
	await_certificate(&served);
	assert_int_equal(talk_run(NULL, NULL, own), 0);
	assert_int_equal(talk_count(&served.talk, "sms_messages", "{}"), 2);
	end(&served);
	buf_free(&out);
	buf_free(&err);
}

TEST_GROUP(NULL, NULL)
