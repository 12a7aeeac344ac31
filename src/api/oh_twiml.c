#include "api/oh_twiml.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "api/context.h"
#include "api/verbs_table.h"

static int twiml_verb_compare(const void *key, const void *verb)
{
	return strcmp(key, ((const struct twiml_verb *)verb)->key);
}

/* A program built with an older offhook_twiml.h has a shorter struct: what is beyond
 * its size is not set. */
static void twiml_verb_set(struct twiml_node *node, const struct twiml_verb *verb,
    const void *attributes, size_t size)
{
	static const size_t sizes[] = {[VERB_TEXT] = sizeof(char *),
	    [VERB_INT] = sizeof(int),
	    [VERB_FLAG] = sizeof(enum oh_flag)};

	union {
		const char *text;
		int number;
		enum oh_flag flag;
	} value;

	for (size_t i = 0; i < verb->member_count; i++) {
		const struct verb_member *member = &verb->members[i];
		if (member->offset + sizes[member->type] > size)
			continue;
		memcpy(&value, (const char *)attributes + member->offset,
		    sizes[member->type]);
		switch (member->type) {
		case VERB_TEXT:
			twiml_attr(node, member->name, span_of(value.text));
			break;
		case VERB_INT:
			if (value.number != 0)
				twiml_attr_int(node, member->name,
				    value.number == OH_ZERO ? 0 : value.number);
			break;
		case VERB_FLAG:
			/* Any other number was meant as neither, and is refused. */
			if (value.flag == OH_YES || value.flag == OH_NO)
				twiml_attr_bool(
				    node, member->name, value.flag == OH_YES);
			else if (value.flag != OH_UNSET)
				twiml_attr_int(node, member->name, (long)value.flag);
			break;
		}
	}
}

oh_twiml *oh_element_(oh_twiml *parent, const char *element, const char *text,
    const void *attributes, size_t size)
{
	assert(parent != NULL);
	const struct twiml_verb *verb =
	    bsearch(element, verbs, verb_count, sizeof(verbs[0]), twiml_verb_compare);
	struct twiml_node *node =
	    twiml_add(parent->node, verb != NULL ? verb->name : element);
	if (verb != NULL)
		twiml_verb_set(node, verb, attributes, size);
	twiml_text(node, span_of(text));
	oh_twiml *made = arena_alloc(parent->arena, sizeof(*made));
	*made = (oh_twiml){node, parent->arena};
	return made;
}

void oh_text(oh_twiml *element, const char *text)
{
	twiml_text(element->node, span_of(text));
}

void oh_text_raw(oh_twiml *element, const char *bytes, size_t len)
{
	twiml_text(element->node, (struct span){bytes, len});
}

void oh_textf(oh_twiml *element, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	twiml_text(
	    element->node, span_of(context_format(element->arena, format, args)));
	va_end(args);
}

void oh_attr(oh_twiml *element, const char *name, const char *value)
{
	twiml_attr_any(element->node, name != NULL ? name : "", span_of(value));
}
