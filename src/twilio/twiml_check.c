#include "twilio/twiml_check.h"

#include <stdlib.h>

#include "twilio/twiml.h"
#include "util/buf.h"
#include "util/suggest.h"
#include "util/text.h"
#include "util/utf8.h"

enum { URL_NAME = 30 }; /* of a name in an error */

static int compare(struct span name, const char *other)
{
	size_t len = strlen(other);
	int order = memcmp(name.ptr, other, name.len < len ? name.len : len);
	if (order != 0)
		return order;
	return name.len < len ? -1 : name.len > len;
}

static int compare_child(const void *name, const void *child)
{
	const struct span *wanted = name;
	const struct twiml_element *const *element = child;
	return compare(*wanted, (*element)->name);
}

static int compare_attribute(const void *name, const void *attribute)
{
	const struct span *wanted = name;
	return compare(*wanted, ((const struct twiml_attribute *)attribute)->name);
}

static int compare_value(const void *name, const void *value)
{
	const struct span *wanted = name;
	const char *const *text = value;
	return compare(*wanted, *text);
}

const struct twiml_element *twiml_child_find(
    const struct twiml_element *parent, struct span name)
{
	if (parent->child_count == 0 || name.len == 0)
		return NULL;
	const struct twiml_element *const *found = bsearch(&name, parent->children,
	    parent->child_count, sizeof(struct twiml_element *), compare_child);
	return found != NULL ? *found : NULL;
}

const struct twiml_attribute *twiml_attribute_find(
    const struct twiml_element *element, struct span name)
{
	if (element->attribute_count == 0 || name.len == 0)
		return NULL;
	return bsearch(&name, element->attributes, element->attribute_count,
	    sizeof(struct twiml_attribute), compare_attribute);
}

static const struct twiml_element *element_of_kind(
    enum twiml_kind kind, struct span name)
{
	for (size_t i = 0; i < twiml_element_counts[kind]; i++)
		if (span_is(name, twiml_elements[kind][i]->name))
			return twiml_elements[kind][i];
	return NULL;
}

/* "<Say> is not allowed in <Dial>: it goes in <Gather>, <Prompt>, <Response>" */
static void explain_place(struct error *err, enum twiml_kind kind, const char *parent,
    const struct twiml_element *child)
{
	struct buf places = {0};
	for (size_t i = 0; i < twiml_element_counts[kind]; i++) {
		const struct twiml_element *other = twiml_elements[kind][i];
		if (twiml_child_find(other, span_of(child->name)) == NULL)
			continue;
		buf_printf(&places, "%s<%s>", places.len > 0 ? ", " : "", other->name);
	}
	(void)error_set(err, "<%s> is not allowed in <%s>: %s%s", child->name, parent,
	    places.len > 0 ? "it goes in " : "it is the root", buf_text(&places));
	buf_free(&places);
}

const struct twiml_element *twiml_check_child(enum twiml_kind kind,
    const struct twiml_element *parent, struct span name, struct error *err)
{
	static const char *const kinds[] = {"messaging", "voice"};
	const struct twiml_element *child = twiml_child_find(parent, name);
	if (child != NULL)
		return child;
	child = element_of_kind(kind, name);
	if (child != NULL) {
		explain_place(err, kind, parent->name, child);
		return NULL;
	}
	enum twiml_kind other = kind == TWIML_VOICE ? TWIML_MESSAGING : TWIML_VOICE;
	if (element_of_kind(other, name) != NULL) {
		(void)error_set(err,
		    "<%.*s> is not allowed in <%s>: it is %s TwiML, this is %s TwiML",
		    SPAN_ARG(name), parent->name, kinds[other], kinds[kind]);
		return NULL;
	}
	struct suggestion nearest = {.word = name};
	for (size_t i = 0; i < twiml_element_counts[kind]; i++)
		suggest_offer(&nearest, twiml_elements[kind][i]->name);
	(void)error_set(err, "<%.*s> in <%s>: TwiML has no such element%s%s%s",
	    SPAN_ARG(span_head(name, name.len < 80 ? name.len : 80)), parent->name,
	    nearest.best != NULL ? "; did you mean <" : "",
	    nearest.best != NULL ? nearest.best : "", nearest.best != NULL ? ">?" : "");
	return NULL;
}

const struct twiml_attribute *twiml_check_attribute(
    const struct twiml_element *element, struct span name, struct error *err)
{
	const struct twiml_attribute *found = twiml_attribute_find(element, name);
	if (found != NULL)
		return found;
	struct suggestion nearest = {.word = name};
	for (size_t i = 0; i < element->attribute_count; i++)
		suggest_offer(&nearest, element->attributes[i].name);
	(void)error_set(err, "<%s> has no attribute \"%.*s\"%s%s%s", element->name,
	    SPAN_ARG(span_head(name, name.len < 80 ? name.len : 80)),
	    nearest.best != NULL ? "; did you mean \"" : "",
	    nearest.best != NULL ? nearest.best : "",
	    nearest.best != NULL ? "\"?" : "");
	return NULL;
}

int twiml_check_text(const struct twiml_element *element, struct error *err)
{
	if (element->text)
		return 0;
	return error_set(err, "<%s> takes no text", element->name);
}

static bool name_is_before(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);
	return order < 0 || (order == 0 && a.len < b.len);
}

/* Whether a URL leads to us, as far as it says. */
static bool url_is_own(struct span url, struct span own_host)
{
	const char *slashes = memmem(url.ptr, url.len, "//", 2);
	size_t at = slashes == NULL ? url.len : (size_t)(slashes - url.ptr);
	if (slashes == NULL || (at > 0 && url.ptr[at - 1] != ':'))
		return true; /* a path */
	struct span host = span_from(url, at + 2);
	size_t end = 0;
	while (end < host.len && strchr("/?#", host.ptr[end]) == NULL)
		end++;
	return own_host.len > 0 && span_ieq(span_head(host, end), own_host);
}

int twiml_check_query(
    const char *what, struct span url, struct span own_host, struct error *err)
{
	struct span before = {0};
	url = span_head(url, span_find(url, '#'));
	size_t mark = span_find(url, '?');
	if (mark == url.len || !url_is_own(span_head(url, mark), own_host))
		return 0;
	for (struct span rest = span_from(url, mark + 1); rest.len > 0;) {
		struct span pair = span_head(rest, span_find(rest, '&'));
		struct span name = span_head(pair, span_find(pair, '='));
		rest = span_from(rest, pair.len < rest.len ? pair.len + 1 : pair.len);
		if (before.ptr != NULL && name_is_before(name, before)) {
			(void)error_set(err,
			    "%s: the URL's query is not sorted by name (%.*s before "
			    "%.*s): Twilio signs it so and sorts it then, and the "
			    "signature will not match; write it sorted",
			    what, SPAN_ARG(utf8_cut(before, URL_NAME)),
			    SPAN_ARG(utf8_cut(name, URL_NAME)));
			return 1;
		}
		before = name;
	}
	return 0;
}

int twiml_check_size(size_t bytes, struct error *err)
{
	if (bytes <= TWIML_MAX_BYTES)
		return 0;
	return error_set(err,
	    "the reply has %zu bytes; Twilio takes at most %d (its error 11750)", bytes,
	    TWIML_MAX_BYTES);
}

/* Sets err to "\"value\" what", with the value cut to one line. Returns result. */
static int refuse(struct error *err, int result, const char *what, struct span value)
{
	char text[128];
	struct span start = utf8_cut(value, 30);
	for (size_t i = 0; i < start.len; i++)
		text[i] =
		    (char)((unsigned char)start.ptr[i] < ' ' ? '?' : start.ptr[i]);
	(void)error_set(err, "\"%.*s%s\" %s", (int)start.len, text,
	    start.len < value.len ? "…" : "", what);
	return result;
}

/* "is not one of GET, POST", or without the list when it is long. */
static int check_known(
    const struct twiml_attribute *attribute, struct span value, struct error *err)
{
	if (value.len > 0 && bsearch(&value, attribute->values, attribute->value_count,
				 sizeof(char *), compare_value) != NULL)
		return 0;
	if (attribute->open)
		return refuse(
		    err, 1, "is not among the values Twilio documents", value);
	struct buf what = {0};
	buf_puts(&what, "is not one of ");
	for (size_t i = 0; i < attribute->value_count; i++)
		buf_printf(&what, "%s%s", i > 0 ? ", " : "", attribute->values[i]);
	(void)refuse(err, -1, buf_text(&what), value);
	buf_free(&what);
	return -1;
}

static int check_list(
    const struct twiml_attribute *attribute, struct span value, struct error *err)
{
	int result = 0;
	struct span rest = span_trim(value);
	if (rest.len == 0)
		return refuse(err, -1, "is empty", value);
	while (rest.len > 0 && result >= 0) {
		size_t end = span_find(rest, ' ');
		int one = check_known(attribute, span_head(rest, end), err);
		result = one != 0 ? one : result;
		rest = span_trim(span_from(rest, end));
	}
	return result;
}

static int check_url(struct span value, struct error *err)
{
	if (value.len == 0)
		return refuse(err, -1, "is not a URL: it is empty", value);
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];
		if (c <= ' ' || c == 0x7F)
			return refuse(err, -1,
			    "is not a URL: it has a blank or control character", value);
	}
	return 0;
}

static int check_integer(struct span value, struct error *err)
{
	int64_t number;
	if (value.len > 0 && value.ptr[0] >= '0' && value.ptr[0] <= '9' &&
	    text_int(value, 0, INT64_MAX, &number))
		return 0;
	return refuse(err, -1, "is not a whole number", value);
}

int twiml_check_value(const struct twiml_element *element,
    const struct twiml_attribute *attribute, struct span value, struct error *err)
{
	int result = 0;
	switch (attribute->type) {
	case TWIML_STRING:
		return 0;
	case TWIML_URL:
		result = check_url(value, err);
		break;
	case TWIML_INTEGER:
		result = check_integer(value, err);
		break;
	case TWIML_BOOLEAN:
	case TWIML_ENUM:
		result = check_known(attribute, value, err);
		break;
	case TWIML_ENUM_LIST:
		result = check_list(attribute, value, err);
		break;
	}
	if (result != 0)
		(void)error_wrap(err, "<%s> %s", element->name, attribute->name);
	return result;
}
