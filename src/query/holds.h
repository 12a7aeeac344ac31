/* holds -- does a text hold somebody's address, in any spelling that a request, a
 * document or a reply may have? */
#ifndef OFFHOOK_QUERY_HOLDS_H
#define OFFHOOK_QUERY_HOLDS_H

#include <stdbool.h>

#include "util/buf.h"

enum { HOLDS_SHIFTS = 3 };

/* One thread's. How an address is looked for depends on what it is:
 * - a phone number (7 to 15 digits, perhaps after "whatsapp:" or the like and "+") by its
 *   digits, wherever they are no part of a longer number;
 * - what has ":" or "@" (client:alice, sip:alice@example.com) as it is, wherever it is no
 *   part of a longer name;
 * - any other text only where it is a whole value: of JSON, a path's segment, a query. */
struct holds {
	enum { HOLDS_NUMBER, HOLDS_NAME, HOLDS_VALUE } how;
	struct buf needle;
	struct buf base64[HOLDS_SHIFTS]; /* what Base64 makes of it, at each place */
	struct buf decoded[2];
};

/* The address is not empty. */
void holds_init(struct holds *holds, struct span address);
void holds_clear(struct holds *holds);
/* Reads %xx, JSON's \uxxxx and other escapes, XML's entities, each of them up to three
 * deep, and Base64. False for an absent text. */
bool holds_text(struct holds *holds, struct span text);

#endif
