/* twiml_write -- writes TwiML as bytes, in order, for the builder and for templates,
 * and counts what Twilio limits. The caller has checked the table; this checks only
 * what concerns several elements. */
#ifndef OFFHOOK_TWILIO_TWIML_WRITE_H
#define OFFHOOK_TWILIO_TWIML_WRITE_H

#include "twilio/twiml_table.h"
#include "util/buf.h"
#include "util/error.h"
#include "util/span.h"

struct twiml_writer {
	struct buf *out;
	bool tag_open; /* a start tag may get attributes: its ">" is not written yet */
	bool digits;   /* the element that was begun last has digits (<Play digits>) */
	size_t messages;
	size_t chars, media; /* of the <Message> that is being written */
	bool filled;         /* by text that is not known yet: write_content */
};

/* Writes the XML declaration. */
void twiml_write_start(struct twiml_writer *writer, struct buf *out);
/* "<Name"; attributes, content and the end follow. */
void twiml_write_open(struct twiml_writer *writer, const struct twiml_element *element);
void twiml_write_attribute(
    struct twiml_writer *writer, const char *name, struct span value);
/* The caller writes the escaped value between these two. */
void twiml_write_attribute_begin(struct twiml_writer *writer, const char *name);
void twiml_write_attribute_end(struct twiml_writer *writer);
/* Text of that element. */
void twiml_write_text(
    struct twiml_writer *writer, const struct twiml_element *element, struct span text);
/* The caller writes the content, and counts it. */
void twiml_write_content(struct twiml_writer *writer);
/* The end tag, or "/>". -1 when Twilio would refuse the element: an empty <Message>,
 * too much in one, too many of them; 1 when it would only warn; err says what. */
int twiml_write_close(struct twiml_writer *writer, const struct twiml_element *element,
    struct error *err);

/* twiml_escape that returns how many characters it wrote. */
size_t twiml_write_escaped(struct buf *out, struct span text, bool attribute);
/* Does the element's text count towards a message's TWIML_MAX_BODY? */
bool twiml_is_body(const struct twiml_element *element);

#endif
