/* template -- a TwiML file with placeholders such as {{From}}, like Twilio's TwiML
 * Bins: https://www.twilio.com/docs/serverless/twiml-bins
 *
 * It is parsed by libxml2, checked against the element table, and compiled to a list of
 * pieces. Rendering only copies and escapes. */
#ifndef OFFHOOK_TWILIO_TEMPLATE_H
#define OFFHOOK_TWILIO_TEMPLATE_H

#include "twilio/params.h"
#include "twilio/twiml_table.h"
#include "util/buf.h"
#include "util/error.h"
#include "util/span.h"

struct template;

/* Compiles. file is for messages: "sms.xml:4: <Say> is not allowed in <Message>".
 * Placeholders may be in text and in attribute values; {{ without }}, or around
 * anything but a name (letters, digits, _ . -), is an error. All that has no
 * placeholder is checked now, as twiml_close does. Entity expansion, DTDs and network access are off. The first call sets
 * libxml2 up: make it before threads start. Layout is removed: comments, and blanks
 * where an element begins or ends, when they are alone or include a line break; beside
 * SSML they become one blank. */
int template_parse(struct template **out, enum twiml_kind kind, const char *file,
    struct span xml, struct error *err);
void template_free(struct template *template); /* NULL is fine */
/* The n-th thing in it that Twilio would only warn about, from 0: "sms.xml:4: <Gather> …";
 * NULL: there are no more. */
const char *template_warning(const struct template *template, size_t n);
/* Writes all of them to the log. */
void template_log_warnings(const struct template *template);

/* Appends the reply to out. Each placeholder is replaced by the first parameter of that
 * name, escaped; by nothing when there is none, or params is NULL. A <Message> may have
 * 1,600 characters: literal text is kept, values are cut in their order, ending in "…".
 * Errors: an attribute with a value that Twilio would refuse, an empty <Message>, a
 * reply over 64 kB. Then -1, out unchanged; err names the element, never a value. Any
 * thread. */
int template_render(const struct template *template, const struct params *params,
    struct buf *out, struct error *err);

#endif
