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

static void twiml_verb_set_text(
    struct twiml_node *node, const char *name, const void *at)
{
	const char *value;
	memcpy(&value, at, sizeof(value));
	twiml_attr(node, name, span_of(value));
}

static void twiml_verb_set_int(
    struct twiml_node *node, const char *name, const void *at)
{
	int value;
	memcpy(&value, at, sizeof(value));
	if (value != 0)
		twiml_attr_int(node, name, value == OH_ZERO ? 0 : value);
}

/* Any other number than OH_YES and OH_NO was meant as neither, and is refused. */
static void twiml_verb_set_flag(
    struct twiml_node *node, const char *name, const void *at)
{
	enum oh_flag value;
	memcpy(&value, at, sizeof(value));
	if (value == OH_YES || value == OH_NO)
		twiml_attr_bool(node, name, value == OH_YES);
	else if (value != OH_UNSET)
		twiml_attr_int(node, name, (long)value);
}

/* A program built with an older offhook_twiml.h has a shorter struct: what is beyond
 * its size is not set. */
static void twiml_verb_set(struct twiml_node *node, const struct twiml_verb *verb,
    const void *attributes, size_t size)
{
	static void (*const set[])(struct twiml_node *, const char *, const void *) = {
	    [VERB_TEXT] = twiml_verb_set_text,
	    [VERB_INT] = twiml_verb_set_int,
	    [VERB_FLAG] = twiml_verb_set_flag};
	static const size_t sizes[] = {[VERB_TEXT] = sizeof(char *),
	    [VERB_INT] = sizeof(int),
	    [VERB_FLAG] = sizeof(enum oh_flag)};
	for (size_t i = 0; i < verb->member_count; i++) {
		const struct verb_member *member = &verb->members[i];
		if (member->offset + sizes[member->type] <= size)
			set[member->type](node, member->name,
			    (const char *)attributes + member->offset);
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
