/* templates -- the reply texts of the built-in app: TwiML files of the owner's where
 * there are any, else the ones built in. Read anew when a file changes; one that is
 * wrong then is logged and the last good one stays. */
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

/* dir NULL: the built-in ones. -1 with err (file, line, reason) when one is wrong, or
 * when dir holds an .xml file of another name. */
int templates_open(struct templates **out, const char *dir, struct error *err);
void templates_close(struct templates *templates); /* NULL is fine */
/* Looks at the files again; logs what was reloaded or refused. One thread. */
void templates_reload(struct templates *templates);
/* As template_render. Any thread. */
int templates_render(struct templates *templates, enum template_name name,
    const struct params *params, struct buf *out, struct error *err);

#endif
