/* template_piece -- what a template is compiled to. template_parse.c makes the pieces,
 * template.c renders them. */
#ifndef OFFHOOK_TWILIO_TEMPLATE_PIECE_H
#define OFFHOOK_TWILIO_TEMPLATE_PIECE_H

#include <stddef.h>

#include "twilio/twiml_table.h"
#include "util/arena.h"
#include "util/span.h"

enum piece_type {
	PIECE_LITERAL,    /* text, copied as it is */
	PIECE_PARAMETER,  /* the value of the parameter named text, escaped */
	PIECE_BODY,       /* the same, cut to what its <Message> has room for */
	PIECE_VALUE,      /* an attribute's value, made of its unescaped parts */
	PIECE_MESSAGE,    /* begin of a <Message> with PIECE_BODY; its room */
	PIECE_MESSAGE_END /* its end: it must not be empty */
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

struct template_warning {
	struct template_warning *next;
	const char *text;
};

struct template
{
	struct arena *arena; /* holds everything, also this struct */
	struct piece *pieces;
	struct template_warning *warnings;
};

#endif
