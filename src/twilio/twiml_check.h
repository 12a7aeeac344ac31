/* twiml_check -- checks against the table of TwiML, with errors in words, for the
 * builder and for templates. twiml.h has the table's look-ups and twiml_check_value. */
#ifndef OFFHOOK_TWILIO_TWIML_CHECK_H
#define OFFHOOK_TWILIO_TWIML_CHECK_H

#include "twilio/twiml_table.h"
#include "util/error.h"
#include "util/span.h"

/* The element of that name below parent; NULL with err, which names both, and suggests
 * another name. */
const struct twiml_element *twiml_check_child(enum twiml_kind kind,
    const struct twiml_element *parent, struct span name, struct error *err);
/* The attribute of that name; NULL with err, which names both. */
const struct twiml_attribute *twiml_check_attribute(
    const struct twiml_element *element, struct span name, struct error *err);
/* May the element hold text? */
int twiml_check_text(const struct twiml_element *element, struct error *err);
/* 1 with err when the query of a URL is not sorted by name: Twilio signs the URL as it
 * stands and sorts the query afterwards, so that the signature does not match. Only of
 * our own URLs: those without a host, and of own_host (absent: not known). what is "<Gather>
 * action". */
int twiml_check_query(
    const char *what, struct span url, struct span own_host, struct error *err);
/* May a reply have so many bytes (Twilio error 11750)? */
int twiml_check_size(size_t bytes, struct error *err);

#endif
