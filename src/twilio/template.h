/* template -- a TwiML file with {{From}}-style placeholders, as Twilio's own TwiML
 * Bins: https://www.twilio.com/docs/serverless/twiml-bins
 *
 * Parsed by libxml2, held against the element table, and compiled to a list of
 * pieces: rendering is copying and escaping, nothing is parsed then. */
#ifndef OFFHOOK_TWILIO_TEMPLATE_H
#define OFFHOOK_TWILIO_TEMPLATE_H

#include "twilio/params.h"
#include "twilio/twiml_table.h"
#include "util/buf.h"
#include "util/error.h"
#include "util/span.h"

struct template;

/* Compiles. file is only named in messages: "sms.xml:4: <Say> is not allowed in
 * <Message>". Placeholders stand in text and attribute values; {{ without }} or what
 * is no name (letters, digits, _ . -) is an error. Everything without a placeholder is
 * checked now, as twiml_close would; what Twilio would only warn about is logged.
 * Entity expansion, DTDs and network access are off. Call it at start, before threads:
 * the first call sets libxml2 up.
 * Layout is not sent: comments go, as do blanks alone or with a line break where an
 * element begins or ends; beside SSML they are one blank. */
int template_parse(struct template **out, enum twiml_kind kind, const char *file,
    struct span xml, struct error *err);
void template_free(struct template *template); /* NULL is fine */

/* Appends the reply to out. Each placeholder becomes the first parameter of that
 * name, escaped; nothing when there is none, or params is NULL. In a <Message> values
 * are cut, ending in "…", so that its text has at most 1,600 characters: literal text
 * stays whole, the values get what is left in their order. An attribute that gets a
 * value Twilio would refuse, a <Message> left empty or a reply over 64 kB is an error:
 * -1, out unchanged; err names the element, never a value. Any thread. */
int template_render(const struct template *template, const struct params *params,
    struct buf *out, struct error *err);

#endif
