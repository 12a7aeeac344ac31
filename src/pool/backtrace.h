/* backtrace -- where a handler crashed, in words: "on_sms+0x12 app.c:14". Functions are
 * found in the program's own symbols, files and lines with addr2line where it is
 * installed. Both take a while, so a thread of their own does it, and keeps the words of
 * the last places. */
#ifndef OFFHOOK_POOL_BACKTRACE_H
#define OFFHOOK_POOL_BACKTRACE_H

#include "frame/frame.h"
#include "util/error.h"

struct backtraces;

/* What a process sent before it died (FRAME_CRASH). */
struct crash_report;

struct crash_report *crash_report_new(const struct frame_log *log);
void crash_report_free(struct crash_report *report); /* NULL is fine */

int backtraces_open(struct backtraces **out, struct error *err);
/* Takes the report over and calls found(ctx, where, trace) on its thread, once: the place
 * of the crash, and all places, innermost first, separated by " < "; "" when nothing is
 * known. */
void backtraces_find(struct backtraces *backtraces, struct crash_report *report,
    void (*found)(void *ctx, const char *where, const char *trace), void *ctx);
/* Finds what was still asked for, and ends the thread. NULL is fine. */
void backtraces_close(struct backtraces *backtraces);

#endif
