/* twiml_check -- what TwiML allows, and in words why not: shared by the builder and
 * by templates. The table's own look-ups and twiml_check_value are in twiml.h. */
#ifndef OFFHOOK_TWILIO_TWIML_CHECK_H
#define OFFHOOK_TWILIO_TWIML_CHECK_H

#include "twilio/twiml_table.h"
#include "util/error.h"
#include "util/span.h"

/* The element of that name below parent; NULL with err, which names both and, for a
 * misspelt one, the right name. */
const struct twiml_element *twiml_check_child(enum twiml_kind kind,
    const struct twiml_element *parent, struct span name, struct error *err);
/* The attribute of that name; NULL with err, which names both. */
const struct twiml_attribute *twiml_check_attribute(
    const struct twiml_element *element, struct span name, struct error *err);
/* May the element hold text? */
int twiml_check_text(const struct twiml_element *element, struct error *err);
/* May a reply have so many bytes (Twilio error 11750)? */
int twiml_check_size(size_t bytes, struct error *err);

#endif
