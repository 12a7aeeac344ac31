/* verbs -- data/twiml.json as the C interface sees it: one function an element, one
 * struct member an attribute. What tools/verbs_gen.c writes, it writes from this. */
#ifndef OFFHOOK_TOOLS_VERBS_H
#define OFFHOOK_TOOLS_VERBS_H

#include <stdbool.h>
#include <stdio.h>

enum {
	VERBS_MAX = 96,
	VERB_ATTRIBUTES_MAX = 40,
	VERB_NAMES_MAX = 48,
	VALUES_MAX = 1024
};

enum value_type { VALUE_TEXT, VALUE_INTEGER, VALUE_BOOLEAN };

struct verb_attribute {
	const char *name; /* in the XML: "xml:lang" */
	char member[64];  /* in C: "xml_lang" */
	enum value_type type;
	bool url, list, open;           /* enum-list; open: Twilio adds values */
	const char *values[VALUES_MAX]; /* any will do when there are none */
	size_t value_count;
	const char *otherwise; /* the default; NULL when not known */
};

struct names {
	const char *items[VERB_NAMES_MAX];
	size_t count;
};

/* An element. What both kinds have (Redirect, Response) is one verb, with the attributes
 * of both. */
struct twiml_verb {
	const char *key;   /* in the file: "Refer.Sip" */
	const char *name;  /* in the XML: "Sip" */
	char function[64]; /* in C, without oh_: "refer_sip", "break_", "twiml_body" */
	char plain[64];    /* without the _ of a keyword: oh_break_attributes */
	const char *about; /* in a few words */
	bool text;         /* may hold text */
	bool messaging, voice;
	struct verb_attribute *attributes; /* in the file's order: it is the ABI's */
	size_t attribute_count;
	struct names parents, children; /* keys */
};

struct verbs {
	void *file;                         /* whose strings these are */
	struct twiml_verb items[VERBS_MAX]; /* in the file's order */
	size_t count;
};

/* Reads the file; header is the text of offhook.h, whose names are taken. Does not
 * return when the file says what C could not. */
void verbs_read(struct verbs *out, const char *path, const char *header);
void verbs_free(struct verbs *verbs);
const struct twiml_verb *verbs_find(const struct verbs *verbs, const char *key);
/* The page of Twilio's on the element, or on the verb around it. */
void verb_page(
    char *out, size_t size, const struct verbs *verbs, const struct twiml_verb *verb);
/* What an element does, in a few words; NULL when there are none. */
const char *verb_about(const char *key);
/* "integer", "boolean", "URL" … */
const char *verb_type_name(const struct verb_attribute *attribute);

__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format, ...);

/* offhook_twiml.h */
void verbs_write_header(FILE *out, const struct verbs *verbs);
/* verbs_table.c: api/verbs_table.h */
void verbs_write_table(FILE *out, const struct verbs *verbs);
/* verbs_calls.c: tests/unit/api/verbs_calls.h, a call of each verb with everything */
void verbs_write_calls(FILE *out, const struct verbs *verbs);
/* oh_twiml.3 */
void verbs_write_man(FILE *out, const struct verbs *verbs);

#endif
