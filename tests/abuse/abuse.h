/* abuse -- an attack on the real server, beside genuine webhooks. From abuse_open to
 * abuse_close a thread sends one signed webhook after another, each on a connection of its
 * own, in two parts as a network may cut them, as a proxy that does TLS would. Each must be answered 200 before Twilio's
 * 15 s are over. The memory of the server and its processes stays below ABUSE_KB. */
#ifndef OFFHOOK_TESTS_ABUSE_H
#define OFFHOOK_TESTS_ABUSE_H

#include "e2e/conversation.h"

#include <pthread.h>
#include <stdatomic.h>

#include "tls/issue.h"

/* Of the server and its processes together, by PSS. The requests that are being read may
 * have 64 MB, the log's ring and the examiner a few more; a sanitizer keeps what was
 * freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { ABUSE_KB = 1024 << 10 };
#else
enum { ABUSE_KB = 128 << 10 };
#endif

struct abuse {
	struct talk talk;
	const char *text; /* what a genuine one's reply has in it */
	/* abuse_open_secure: the server's certificate, and the words that name it */
	bool secure;
	struct issued issued;
	char pem[64];
	const char *words[12];
	/* the stream's */
	pthread_t stream;
	bool streaming;
	atomic_bool ending;
	atomic_int answered;
	atomic_bool failed;
	char failure[256];
	/* how many were answered before the attack */
	int before;
};

/* The built-in app; extra as for talk_start. */
void abuse_open(struct abuse *abuse, const char *const *extra);
/* With TLS, which genuine ones speak, too; extra has at most eight words. */
void abuse_open_secure(struct abuse *abuse, const char *const *extra);
/* Another program with a route /twilio/sms. */
void abuse_open_program(
    struct abuse *abuse, const char *program, const char *const *extra);
/* With words before the program (talk_start_wrapped). */
void abuse_open_wrapped(struct abuse *abuse, const char *const *wrapper);
/* Of the server and its processes, now. */
long abuse_memory_kb(const struct abuse *abuse);
/* The loop of an attack: true while fewer than `rounds` have been, or the stream was
 * not answered often enough since abuse_open. Looks at the memory each time. */
bool abuse_goes_on(struct abuse *abuse, int *round, int rounds);
/* Until one more of them was answered. */
void abuse_await_genuine(struct abuse *abuse);
/* Ends the stream, whose webhooks must all have been answered, and the server, which must
 * end well. */
void abuse_close(struct abuse *abuse);

/* ---- for attackers: nothing of it fails a test ---- */

/* -1: the server takes no connection now. Writes to it never wait. */
int abuse_connect(const struct abuse *abuse);
/* Sends what the socket takes. False: the connection is gone. */
bool abuse_send(int fd, const void *bytes, size_t len);
bool abuse_puts(int fd, const char *text);
/* Reads and drops what is there. False: the connection is gone. */
bool abuse_drain(int fd);

enum { ABUSE_ASKS = 16 };

/* Sends a whole request on each of count connections, at most ABUSE_ASKS, and then reads
 * the answers. Gives their status; 0: none came in 15 s. */
void abuse_ask(
    const struct abuse *abuse, const struct buf *request, int *statuses, int count);
/* Connections that are opened again when the server has closed them. */
void abuse_connect_again(const struct abuse *abuse, int *fds, int count);
/* The server waits at its end for requests that have begun: before abuse_close. */
void abuse_close_all(int *fds, int count);

#endif
