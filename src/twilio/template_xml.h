/* template_xml -- reads a template's XML with libxml2: no DTD, only XML's own five
 * entities, no network, no comments in the tree, nothing on stderr. */
#ifndef OFFHOOK_TWILIO_TEMPLATE_XML_H
#define OFFHOOK_TWILIO_TEMPLATE_XML_H

#include <libxml/tree.h>

#include "util/error.h"
#include "util/span.h"

/* The document, which has a root; free it with xmlFreeDoc. NULL with err, "file:line:
 * reason". libxml2 sets itself up in the first call, which must return before another
 * thread calls. */
xmlDoc *template_xml_read(const char *file, struct span xml, struct error *err);

#endif
