/* verbs_table -- where in the attributes' structs of offhook_twiml.h each attribute
 * stands; generated from data/twiml.json by tools/verbs_gen.c. */
#ifndef OFFHOOK_API_VERBS_TABLE_H
#define OFFHOOK_API_VERBS_TABLE_H

#include <stddef.h>

enum verb_type {
	VERB_TEXT, /* const char * */
	VERB_INT,  /* int */
	VERB_FLAG  /* enum oh_flag */
};

struct verb_member {
	const char *name; /* in the XML */
	enum verb_type type;
	size_t offset;
};

struct twiml_verb {
	const char *key;  /* as in twiml.json: "Refer.Sip" */
	const char *name; /* in the XML: "Sip" */
	const struct verb_member *members;
	size_t member_count;
};

/* Sorted by key. */
extern const struct twiml_verb verbs[];
extern const size_t verb_count;

#endif
