#include "api/oh_twiml.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/context.h"
#include "api/verbs_table.h"

static int compare_key(const void *key, const void *verb)
{
	return strcmp(key, ((const struct verb *)verb)->key);
}

static void set_text(struct twiml_node *node, const char *name, const void *at)
{
	const char *value;
	memcpy(&value, at, sizeof(value));
	twiml_attr(node, name, span_of(value));
}

static void set_int(struct twiml_node *node, const char *name, const void *at)
{
	int value;
	memcpy(&value, at, sizeof(value));
	if (value != 0)
		twiml_attr_int(node, name, value == OH_ZERO ? 0 : value);
}

/* Any other number than OH_YES and OH_NO was meant as neither, and is refused. */
static void set_flag(struct twiml_node *node, const char *name, const void *at)
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
static void set_attributes(struct twiml_node *node, const struct verb *verb,
    const void *attributes, size_t size)
{
	static void (*const set[])(struct twiml_node *, const char *, const void *) = {
	    [VERB_TEXT] = set_text, [VERB_INT] = set_int, [VERB_FLAG] = set_flag};
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
	const struct verb *verb =
	    bsearch(element, verbs, verb_count, sizeof(verbs[0]), compare_key);
	struct twiml_node *node =
	    twiml_add(parent->node, verb != NULL ? verb->name : element);
	if (verb != NULL)
		set_attributes(node, verb, attributes, size);
	twiml_text(node, span_of(text));
	oh_twiml *made = arena_alloc(parent->context->arena, sizeof(*made));
	*made = (oh_twiml){node, parent->context};
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

__attribute__((format(printf, 2, 0))) static const char *format_text(
    struct arena *arena, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	char *text = arena_zalloc(arena, len > 0 ? (size_t)len + 1 : 1);
	if (len > 0)
		(void)vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}

void oh_textf(oh_twiml *element, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	twiml_text(
	    element->node, span_of(format_text(element->context->arena, format, args)));
	va_end(args);
}

const char *oh_format(oh_context *context, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *text = format_text(context->arena, format, args);
	va_end(args);
	return text;
}

void oh_attr(oh_twiml *element, const char *name, const char *value)
{
	twiml_attr_any(element->node, name != NULL ? name : "", span_of(value));
}
