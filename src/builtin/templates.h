/* templates -- the reply texts of the built-in app: the owner's TwiML files, or the
 * built-in ones. A file that changes is read again; when it is wrong or cannot be read, that
 * is logged and the last good text stays. When it is gone, the built-in text is back. */
#ifndef OFFHOOK_BUILTIN_TEMPLATES_H
#define OFFHOOK_BUILTIN_TEMPLATES_H

#include "twilio/params.h"
#include "util/buf.h"
#include "util/error.h"

enum template_name {
	TEMPLATE_SMS,            /* sms.xml: the answer to a message */
	TEMPLATE_SMS_FALLBACK,   /* sms-fallback.xml */
	TEMPLATE_VOICE,          /* voice.xml: a call's first document */
	TEMPLATE_VOICE_RECORDED, /* voice-recorded.xml: after its Record */
	TEMPLATE_VOICE_FALLBACK, /* voice-fallback.xml */
	TEMPLATE_NAMES
};

struct templates;

/* dir NULL: only the built-in ones. Logs which of its files were found, and warns of .xml
 * files of other names. -1 with err (file, line, reason) when a file is wrong. */
int templates_open(struct templates **out, const char *dir, struct error *err);
/* Whether templates_open would take that file of dir; -1 with err. Logs nothing. */
int templates_check(const char *dir, enum template_name name, struct error *err);
/* Whether it would take the directory. */
int templates_check_dir(const char *path, struct error *err);
void templates_close(struct templates *templates); /* NULL is fine */
/* Reads the files that changed, and logs the result; warns of new files of other names.
 * One thread. */
void templates_reload(struct templates *templates);
/* As template_render. Any thread. */
int templates_render(struct templates *templates, enum template_name name,
    const struct params *params, struct buf *out, struct error *err);

#endif
