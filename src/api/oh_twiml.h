/* oh_twiml -- what is behind the verbs of offhook.h (oh_say, oh_text …): the builder
 * of twilio/twiml.h, and the handler's run it belongs to. */
#ifndef OFFHOOK_API_OH_TWIML_H
#define OFFHOOK_API_OH_TWIML_H

#include "offhook.h"
#include "twilio/twiml.h"

/* An element as handlers see it; in the context's arena. The reply that they are given
 * is the one of twiml_root. */
struct oh_twiml {
	struct twiml_node *node;
	struct oh_context *context;
};

#endif
