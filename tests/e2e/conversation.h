/* conversation -- tests that talk with the real program: a server on a free port, a
 * data directory of its own, requests signed as Twilio signs them. A helper that cannot
 * do its part fails the test. */
#ifndef OFFHOOK_TESTS_CONVERSATION_H
#define OFFHOOK_TESTS_CONVERSATION_H

#include "test.h"

#include <jansson.h>
#include <sys/types.h>

#include "util/buf.h"

#define TALK_TOKEN "0123456789abcdef0123456789abcdef"
#define TALK_URL   "https://example.com"

struct talk {
	char dir[64]; /* its own, with data/ in it; removed at the end */
	char data[80];
	char address[64]; /* "127.0.0.1:43210" */
	char admin[64];
	pid_t pid;
	char log[80];             /* the server's stderr */
	const char *const *extra; /* arguments after the usual ones; NULL-terminated */
	const char *const
	    *wrapper;        /* words before the program (strace -D …), or NULL */
	const char *program; /* what serves; NULL: offhook itself */
	const char *command; /* NULL: serve */
	char example[256];   /* for program */
};

struct answer {
	int status; /* 0: the connection was closed without one */
	char type[96];
	struct buf head, body;
};

/* ---- the server ---- */

/* Starts `offhook serve` with --public-url TALK_URL; extra may be NULL. All of these
 * are for the program's first thread: the server is killed when that ends. */
void talk_start(struct talk *talk, const char *const *extra);
/* As talk_start, with words (strace -D …) before the program. */
void talk_start_wrapped(struct talk *talk, const char *const *wrapper);
/* As talk_start, another program: a user's, which has all of offhook's commands. */
void talk_start_program(
    struct talk *talk, const char *program, const char *const *extra);
/* As talk_start_program, an example; from TEST_EXAMPLES_DIR when the environment has it
 * (and offhook is then TEST_OFFHOOK), which is how installed ones are tested. */
void talk_start_example(struct talk *talk, const char *name);
/* What talk_again starts is that one. */
void talk_use_example(struct talk *talk, const char *name);
/* A group's setup and teardown: one server for all of its tests; *state is its talk. */
int talk_setup(void **state);
int talk_teardown(void **state);
/* Reads talk->admin from the log, where it stands once the server is ready. */
bool talk_find_admin(struct talk *talk);
/* As talk_start, `offhook dev`; extra names the project. */
void talk_start_dev(struct talk *talk, const char *const *extra);
/* SIGTERM; its exit code must be 0. Keeps the directory. */
void talk_stop(struct talk *talk);
/* kill -9. */
void talk_kill(struct talk *talk);
/* On the same data, after talk_stop or talk_kill. */
void talk_again(struct talk *talk);
/* Stops it when it runs and removes the directory. */
void talk_end(struct talk *talk);
/* Whether the log has that text; waits up to some seconds for it. */
bool talk_logged(const struct talk *talk, const char *text);

/* ---- requests ---- */

/* One signed form POST; path may have a query. */
void talk_post(
    const struct talk *talk, struct answer *out, const char *path, const char *form);
/* Posts and asserts the status. */
void talk_expect(
    const struct talk *talk, const char *path, const char *form, int status);
/* Posts and asserts 200 and that text in the reply. */
void talk_expect_text(
    const struct talk *talk, const char *path, const char *form, const char *text);
/* A whole request as text, with more headers ("Name: value\r\n" each) between. */
void talk_request(
    struct buf *out, const char *path, const char *headers, const char *body);
/* The header line of a signature over url and form (NULL: none). */
void talk_signature(char out[64], const char *token, const char *url, const char *form);
int talk_connect(const char *address);
void talk_send(int fd, const void *bytes, size_t len);
/* Reads one answer; status 0 when the peer closed instead. */
void talk_receive(int fd, struct answer *out);
/* The next answer of several; what was read beyond it stays in rest. */
void talk_receive_next(int fd, struct buf *rest, struct answer *out);
/* Connects, sends, receives, closes. */
void talk_once(const struct talk *talk, struct answer *out, const struct buf *request);
void answer_clear(struct answer *answer);
/* One request and its whole answer without assertions: where the server may vanish at any
 * moment. False when it did. */
bool talk_try(int fd, const struct buf *request, struct buf *answer);

/* ---- commands ---- */

/* Runs `offhook …` (words end with NULL) with the token in the environment; stdout in
 * out (may be NULL), stderr in err (may be NULL). Gives the exit code. */
int talk_run(struct buf *out, struct buf *err, const char *const *words);
/* `offhook query --data … COLLECTION FILTER --json` as an array. */
json_t *talk_query(const struct talk *talk, const char *collection, const char *filter);
/* `offhook events --json …` as an array. */
json_t *talk_events(const struct talk *talk);
/* How many documents match. */
size_t talk_count(const struct talk *talk, const char *collection, const char *filter);
/* A string field of the only document that matches; NULL when null. Kept until the
 * next call. */
const char *talk_field(const struct talk *talk, const char *collection,
    const char *filter, const char *field);

#endif
