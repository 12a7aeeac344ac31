/* twiml_table -- every TwiML element and attribute, generated from data/twiml.json by
 * tools/twiml_gen.c. */
#ifndef OFFHOOK_TWILIO_TWIML_TABLE_H
#define OFFHOOK_TWILIO_TWIML_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum twiml_kind { TWIML_MESSAGING, TWIML_VOICE };

enum twiml_type {
	TWIML_STRING,
	TWIML_URL,
	TWIML_INTEGER,
	TWIML_BOOLEAN,
	TWIML_ENUM,
	TWIML_ENUM_LIST /* values separated by blanks */
};

struct twiml_attribute {
	const char *name;
	enum twiml_type type;
	bool open;                 /* Twilio adds values without notice: warn only */
	const char *const *values; /* sorted by strcmp; NULL: any value */
	size_t value_count;
};

struct twiml_element {
	const char *name; /* as in the XML ("Refer.Sip" is "Sip" inside Refer) */
	const char *key;  /* as in twiml.json: unique within its kind */
	bool text;        /* may hold text */
	const struct twiml_attribute *attributes; /* sorted by name */
	size_t attribute_count;
	const struct twiml_element *const *children;
	size_t child_count;
};

/* The root, <Response>, of each kind; everything else is below it. */
extern const struct twiml_element *const twiml_response[2];
/* All elements of a kind, sorted by key. */
extern const struct twiml_element *const *const twiml_elements[2];
extern const size_t twiml_element_counts[2];

#endif
