#include "util/log_redact.h"

#include <stdlib.h>
#include <string.h>

#include "util/jsonw.h"
#include "util/locked.h"
#include "util/mem.h"
#include "util/text.h"
#include "util/thread.h"

enum { FORMS = 5 };

/* One form of one secret. */
struct form {
	char *bytes; /* locked */
	size_t len;
	char *shown;
};

static struct {
	pthread_mutex_t mutex;
	struct form *forms; /* the longest first: one may be a part of another */
	size_t count;
} redacted = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void forms_free(struct form *forms, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		locked_free(forms[i].bytes, forms[i].len + 1);
		free(forms[i].shown);
	}
	free(forms);
}

static void forms_add(
    struct form *forms, size_t *count, struct span bytes, struct span name)
{
	if (bytes.len < LOG_REDACT_LEAST)
		return;
	forms[(*count)++] = (struct form){
	    locked_copy(bytes), bytes.len, mem_printf("[secret %.*s]", SPAN_ARG(name))};
}

/* The part of the Base64 text that the value alone decides when `before` other bytes stand
 * before it, and any after it. */
static void forms_add_base64(
    struct form *forms, size_t *count, struct pair secret, size_t before)
{
	size_t len = secret.value.len + before;
	char *bytes = mem_new(len + 1, 1), *text = mem_new(4 * (len / 3 + 1) + 1, 1);
	memcpy(bytes + before, secret.value.ptr, secret.value.len);
	(void)text_base64(text, bytes, len);
	size_t skip = (before * 8 + 5) / 6, end = len * 8 / 6;
	forms_add(forms, count, (struct span){text + skip, end - skip}, secret.name);
	explicit_bzero(bytes, len);
	explicit_bzero(text, strlen(text));
	free(bytes);
	free(text);
}

static void forms_of(struct form *forms, size_t *count, struct pair secret)
{
	struct buf json = {0};
	if (secret.value.len < LOG_REDACT_LEAST)
		return;
	forms_add(forms, count, secret.value, secret.name);
	buf_reserve(&json, 6 * secret.value.len + 2);
	jsonw_string(&json, secret.value);
	if (json.len != secret.value.len + 2)
		forms_add(forms, count, (struct span){json.ptr + 1, json.len - 2},
		    secret.name);
	explicit_bzero(json.ptr, json.cap);
	buf_free(&json);
	for (size_t before = 0; before < 3; before++)
		forms_add_base64(forms, count, secret, before);
}

static int forms_compare(const void *a, const void *b)
{
	const struct form *x = a, *y = b;
	return (x->len < y->len) - (x->len > y->len);
}

void log_redact_set(const struct pair *secrets, size_t count)
{
	struct form *forms = mem_new(count * FORMS + 1, sizeof(*forms));
	size_t used = 0;
	for (size_t i = 0; i < count; i++)
		forms_of(forms, &used, secrets[i]);
	qsort(forms, used, sizeof(*forms), forms_compare);
	mutex_lock(&redacted.mutex);
	struct form *old = redacted.forms;
	size_t old_count = redacted.count;
	redacted.forms = forms;
	redacted.count = used;
	mutex_unlock(&redacted.mutex);
	forms_free(old, old_count);
}

static void form_replace(struct buf *text, const struct form *form, const char *at)
{
	struct buf out = {0};
	struct span rest = buf_span(text);
	while (at != NULL) {
		buf_put(&out, span_head(rest, (size_t)(at - rest.ptr)));
		buf_puts(&out, form->shown);
		rest = span_from(rest, (size_t)(at - rest.ptr) + form->len);
		at = rest.len == 0 ? NULL
				   : memmem(rest.ptr, rest.len, form->bytes, form->len);
	}
	buf_put(&out, rest);
	explicit_bzero(text->ptr, text->len);
	buf_free(text);
	*text = out;
}

void log_redact(struct buf *text)
{
	mutex_lock(&redacted.mutex);
	for (size_t i = 0; i < redacted.count && text->len > 0; i++) {
		const struct form *form = &redacted.forms[i];
		const char *at = memmem(text->ptr, text->len, form->bytes, form->len);
		if (at != NULL)
			form_replace(text, form, at);
	}
	mutex_unlock(&redacted.mutex);
}
