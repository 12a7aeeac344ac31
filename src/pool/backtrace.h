/* backtrace -- where a handler crashed, in words: "on_sms+0x12 app.c:14". Functions are
 * found in the program's own symbols, files and lines with addr2line where it is
 * installed; both take a while, so a thread of its own does it, and remembers. */
#ifndef OFFHOOK_POOL_BACKTRACE_H
#define OFFHOOK_POOL_BACKTRACE_H

#include "frame/frame.h"
#include "util/error.h"

struct backtraces;

/* What a process told before it died (FRAME_CRASH). */
struct last_words;

struct last_words *last_words_new(const struct frame_log *log);
void last_words_free(struct last_words *words); /* NULL is fine */

int backtraces_open(struct backtraces **out, struct error *err);
/* Takes the crash over and calls told(ctx, where, trace) on its thread, once: the place,
 * and all places, innermost first, separated by " < "; "" when nothing is known. */
void backtraces_tell(struct backtraces *backtraces, struct last_words *words,
    void (*told)(void *ctx, const char *where, const char *trace), void *ctx);
/* Tells what was still asked for, and ends the thread. NULL is fine. */
void backtraces_close(struct backtraces *backtraces);

#endif
