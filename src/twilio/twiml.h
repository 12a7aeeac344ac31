/* twiml -- the language of replies, built as a tree and checked before it is sent:
 * https://www.twilio.com/docs/messaging/twiml, https://www.twilio.com/docs/voice/twiml
 *
 * Mistakes are sticky, so that handlers need no checks: after the first one the builder
 * ignores further calls, and twiml_close reports it with the element's name. What
 * Twilio only warns about (values of long open lists, attributes through
 * twiml_attr_any) becomes a warning. */
#ifndef OFFHOOK_TWILIO_TWIML_H
#define OFFHOOK_TWILIO_TWIML_H

#include "twilio/twiml_table.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/error.h"
#include "util/span.h"

struct twiml;
struct twiml_node;

enum {
	TWIML_MAX_BYTES = 64 * 1024, /* larger: Twilio error 11750 */
	TWIML_MAX_MESSAGES = 10,     /* more <Message>: error 14109 */
	TWIML_MAX_BODY = 1600,       /* characters of one message: error 21617 */
	TWIML_MAX_MEDIA = 10         /* <Media> in one <Message> */
};

/* An empty <Response>, in the arena. One thread at a time. */
struct twiml *twiml_new(enum twiml_kind kind, struct arena *arena);
/* Where our own URLs lead: "https://sms.example.com/prefix". One whose query is not sorted
 * is a warning. */
void twiml_base(struct twiml *twiml, struct span base_url);
/* The <Response> itself. Never NULL. */
struct twiml_node *twiml_root(struct twiml *twiml);
/* Adds a last child. Names are as in XML, case-sensitive. Never NULL: an element that
 * is not allowed there is a sticky mistake. name must be a literal, or outlive the
 * tree. */
struct twiml_node *twiml_add(struct twiml_node *parent, const char *name);
/* Sets an attribute; a wrong name, or a wrong value of a closed enumeration, a
 * boolean or an integer, is a mistake. An absent value sets nothing. Bytes are
 * copied. */
void twiml_attr(struct twiml_node *node, const char *name, struct span value);
void twiml_attr_int(struct twiml_node *node, const char *name, long value);
void twiml_attr_bool(struct twiml_node *node, const char *name, bool value);
/* For attributes that the table does not know yet; they are a warning. The name must be
 * an ASCII XML name without a namespace; the value is escaped like any other. */
void twiml_attr_any(struct twiml_node *node, const char *name, struct span value);
/* Adds text, which is data, never markup. Bytes are copied. */
void twiml_text(struct twiml_node *node, struct span text);
/* Adds a mistake of the caller's, which twiml_close reports. */
__attribute__((format(printf, 2, 3))) void twiml_fail(
    struct twiml *twiml, const char *format, ...);
/* Whether there was a mistake so far. */
bool twiml_failed(const struct twiml *twiml);
/* How many children the root has. */
size_t twiml_size(const struct twiml *twiml);

/* Checks all and appends it to out: an XML declaration, then <Response>; byte 0 is '<'.
 * -1 with the first mistake in err and out unchanged: what Twilio would refuse is not
 * written. */
int twiml_close(struct twiml *twiml, struct buf *out, struct error *err);
/* Adds a warning of the caller's. */
void twiml_warn(struct twiml *twiml, const char *text);
/* The n-th warning, from 0; NULL: there are no more. */
const char *twiml_warning(const struct twiml *twiml, size_t n);

/* Appends text with & < > escaped, and " and ' in an attribute. A parser reads the same
 * text again: blanks and line breaks that it would change are written as character
 * references. Bytes that are not UTF-8 become U+FFFD; what XML 1.0 forbids (C0 controls
 * except tab, LF and CR; U+FFFE, U+FFFF) is left out. */
void twiml_escape(struct buf *out, struct span text, bool attribute);

/* Checks an attribute's value against the table. -1 with err ("<Say> loop: \"x\" is not
 * a whole number"); 1 with err when Twilio would only warn; 0: it is right. */
int twiml_check_value(const struct twiml_element *element,
    const struct twiml_attribute *attribute, struct span value, struct error *err);
const struct twiml_attribute *twiml_attribute_find(
    const struct twiml_element *element, struct span name);
/* The element of that name below parent; NULL when it is not allowed there. */
const struct twiml_element *twiml_child_find(
    const struct twiml_element *parent, struct span name);

#endif
