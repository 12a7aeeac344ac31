/* oh_twiml -- what is behind the verbs of offhook.h (oh_say, oh_text …): an element of
 * the builder of twilio/twiml.h. */
#ifndef OFFHOOK_API_OH_TWIML_H
#define OFFHOOK_API_OH_TWIML_H

#include "offhook.h"
#include "twilio/twiml.h"
#include "util/arena.h"

/* An element as handlers see it. The reply that they are given is the one of
 * twiml_root. */
struct oh_twiml {
	struct twiml_node *node;
	struct arena *arena; /* of the event */
};

#endif
