/* template_xml -- reads a template's XML with libxml2: no DTD, no entities but XML's
 * own five, no network, no comments in the tree, nothing on stderr. */
#ifndef OFFHOOK_TWILIO_TEMPLATE_XML_H
#define OFFHOOK_TWILIO_TEMPLATE_XML_H

#include <libxml/tree.h>

#include "util/error.h"
#include "util/span.h"

/* The document, which has a root, to be freed with xmlFreeDoc. NULL with err,
 * "file:line: reason". The first call must return before another thread's begins:
 * libxml2 sets itself up in it. */
xmlDoc *template_xml_read(const char *file, struct span xml, struct error *err);

#endif
