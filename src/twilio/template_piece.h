/* template_piece -- what a template is compiled to: between template_parse.c, which
 * makes the pieces, and template.c, which renders them. */
#ifndef OFFHOOK_TWILIO_TEMPLATE_PIECE_H
#define OFFHOOK_TWILIO_TEMPLATE_PIECE_H

#include <stddef.h>

#include "twilio/twiml_table.h"
#include "util/arena.h"
#include "util/span.h"

enum piece_type {
	PIECE_LITERAL,    /* text, copied as it is */
	PIECE_PARAMETER,  /* the value of the parameter named text, escaped */
	PIECE_BODY,       /* the same, cut to the room that its <Message> has left */
	PIECE_VALUE,      /* an attribute's value: its parts, unescaped, put together */
	PIECE_MESSAGE,    /* a <Message> with PIECE_BODY begins, with that much room */
	PIECE_MESSAGE_END /* here something must have been put into it */
};

struct piece {
	struct piece *next;
	enum piece_type type;
	struct span text;    /* NUL-terminated */
	size_t room;         /* characters */
	struct piece *parts; /* PIECE_LITERAL and PIECE_PARAMETER */
	const struct twiml_element *element;
	const struct twiml_attribute *attribute;
};

struct template
{
	struct arena *arena; /* holds everything, this too */
	struct piece *pieces;
};

#endif
