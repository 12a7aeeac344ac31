/* twiml -- the reply's language, built as a tree and checked before it leaves:
 * https://www.twilio.com/docs/messaging/twiml, https://www.twilio.com/docs/voice/twiml
 *
 * Mistakes are sticky: after the first one the builder goes on quietly and
 * twiml_close reports it, naming the element, so that handlers need no checks. What
 * only Twilio's warnings are about (values of long open lists, attributes unknown to
 * the table given through twiml_attr_any) is noted, not refused. */
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
/* The <Response> itself. Never NULL. */
struct twiml_node *twiml_root(struct twiml *twiml);
/* A new last child. Element names as in XML, case-sensitive. Never NULL: a node that
 * is not allowed there is a sticky mistake. name must be a literal or outlive it. */
struct twiml_node *twiml_add(struct twiml_node *parent, const char *name);
/* Sets an attribute; a wrong name, or a wrong value of a closed enumeration, a
 * boolean or an integer, is a mistake. An absent value sets nothing. Bytes are
 * copied. */
void twiml_attr(struct twiml_node *node, const char *name, struct span value);
void twiml_attr_int(struct twiml_node *node, const char *name, long value);
void twiml_attr_bool(struct twiml_node *node, const char *name, bool value);
/* Passes what the table does not know yet, with a warning: the name must be an ASCII XML
 * name without a namespace, the value is escaped like any other. */
void twiml_attr_any(struct twiml_node *node, const char *name, struct span value);
/* Adds text, which is data, never markup. Bytes are copied. */
void twiml_text(struct twiml_node *node, struct span text);
/* A mistake of the caller's own making, reported by twiml_close. */
__attribute__((format(printf, 2, 3))) void twiml_fail(
    struct twiml *twiml, const char *format, ...);
/* Whether there was a mistake so far. */
bool twiml_failed(const struct twiml *twiml);
/* How many children the root has. */
size_t twiml_size(const struct twiml *twiml);

/* Checks the whole and appends it to out: an XML declaration, then <Response>; byte 0
 * is '<'. -1 with the first mistake in err, out unchanged: nothing that Twilio would
 * refuse is ever written. */
int twiml_close(struct twiml *twiml, struct buf *out, struct error *err);
/* The n-th warning, from 0; NULL past the last. */
const char *twiml_warning(const struct twiml *twiml, size_t n);

/* Appends text with & < > escaped, and " and ' in an attribute, so that a parser gives
 * the same text back: what would be read as another blank or line break is written as
 * a character reference. Bytes that are not UTF-8 become U+FFFD; what XML 1.0 forbids
 * (C0 controls but tab, LF, CR; U+FFFE, U+FFFF) is left out. */
void twiml_escape(struct buf *out, struct span text, bool attribute);

/* Checks one attribute's value against the table. -1 with err ("<Say> loop: \"x\" is
 * not a whole number"); 1 when Twilio would only warn, err says what; 0 fine. */
int twiml_check_value(const struct twiml_element *element,
    const struct twiml_attribute *attribute, struct span value, struct error *err);
const struct twiml_attribute *twiml_attribute_find(
    const struct twiml_element *element, struct span name);
/* The element of that name as a child of parent; NULL when not allowed there. */
const struct twiml_element *twiml_child_find(
    const struct twiml_element *parent, struct span name);

#endif
