/* twiml_write -- TwiML as bytes, written in order; counts on the way what Twilio
 * limits. The builder and templates end here. The caller keeps to the table: this
 * checks only what spans several elements. */
#ifndef OFFHOOK_TWILIO_TWIML_WRITE_H
#define OFFHOOK_TWILIO_TWIML_WRITE_H

#include "twilio/twiml_table.h"
#include "util/buf.h"
#include "util/error.h"
#include "util/span.h"

struct twiml_writer {
	struct buf *out;
	bool tag_open; /* a start tag waits for attributes, its ">" not yet written */
	bool digits;   /* the element just begun has digits, as <Play digits> does */
	size_t messages;
	size_t chars, media; /* of the <Message> being written */
	bool filled;         /* it gets text that is not known yet: write_content */
};

/* Writes the XML declaration. */
void twiml_write_start(struct twiml_writer *writer, struct buf *out);
/* <Name, to be followed by its attributes, its content and its end. */
void twiml_write_open(struct twiml_writer *writer, const struct twiml_element *element);
void twiml_write_attribute(
    struct twiml_writer *writer, const char *name, struct span value);
/* The same in three: between begin and end the caller writes the escaped value. */
void twiml_write_attribute_begin(struct twiml_writer *writer, const char *name);
void twiml_write_attribute_end(struct twiml_writer *writer);
/* Text of that element. */
void twiml_write_text(
    struct twiml_writer *writer, const struct twiml_element *element, struct span text);
/* Content follows that the caller writes, and counts, itself. */
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
