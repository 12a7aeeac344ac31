#include "secrets/secrets.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/clock.h"
#include "util/jsonw.h"
#include "util/locked.h"
#include "util/mem.h"
#include "util/text.h"
#include "util/utf8.h"

struct secrets {
	struct secret *all; /* sorted by name */
	size_t count;
};

struct secrets *secrets_new(void)
{
	return mem_new(1, sizeof(struct secrets));
}

static void secret_clear(const struct secret *secret)
{
	locked_free(secret->value, secret->len + 1);
	free(secret->name);
}

void secrets_free(struct secrets *secrets)
{
	if (secrets == NULL)
		return;
	for (size_t i = 0; i < secrets->count; i++)
		secret_clear(&secrets->all[i]);
	free(secrets->all);
	free(secrets);
}

size_t secrets_count(const struct secrets *secrets)
{
	return secrets->count;
}

const struct secret *secrets_at(const struct secrets *secrets, size_t index)
{
	return &secrets->all[index];
}

/* Where the name stands, or would. */
static size_t secrets_place(
    const struct secrets *secrets, struct span name, bool *there)
{
	size_t at = 0;
	int order = 1;
	for (; at < secrets->count; at++) {
		struct span other = span_of(secrets->all[at].name);
		size_t least = other.len < name.len ? other.len : name.len;
		order = memcmp(other.ptr, name.ptr, least);
		if (order == 0)
			order = (other.len > name.len) - (other.len < name.len);
		if (order >= 0)
			break;
	}
	*there = at < secrets->count && order == 0;
	return at;
}

const struct secret *secrets_find(const struct secrets *secrets, struct span name)
{
	bool there;
	size_t at = name.len > 0 ? secrets_place(secrets, name, &there) : 0;
	return name.len > 0 && there ? &secrets->all[at] : NULL;
}

bool secrets_same(const struct secrets *a, const struct secrets *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++) {
		const struct secret *x = &a->all[i], *y = &b->all[i];
		same = strcmp(x->name, y->name) == 0 && x->len == y->len &&
		       memcmp(x->value, y->value, x->len) == 0;
	}
	return same;
}

int secret_check_name(struct span name, struct error *err)
{
	if (name.len > 0 && name.len <= SECRET_NAME_MAX && text_all_of(name, "_") &&
	    isdigit((unsigned char)name.ptr[0]) == 0)
		return 0;
	return error_set(err,
	    "a name has letters, digits and _, and begins with no digit; a value does not "
	    "stand on the command line, where others could see it");
}

int secret_check_value(struct span value, struct error *err)
{
	if (value.len == 0)
		return error_set(err, "the value is empty");
	if (value.len > SECRET_VALUE_MAX)
		return error_set(
		    err, "the value has more than %d bytes", SECRET_VALUE_MAX);
	if (span_find(value, '\0') < value.len || !utf8_valid(value))
		return error_set(
		    err, "the value is not text (UTF-8): encode it, in Base64 say");
	return 0;
}

static void secrets_remove(struct secrets *secrets, struct span name)
{
	bool there;
	size_t at = secrets_place(secrets, name, &there);
	if (!there)
		return;
	secret_clear(&secrets->all[at]);
	secrets->count--;
	memmove(&secrets->all[at], &secrets->all[at + 1],
	    (secrets->count - at) * sizeof(secrets->all[0]));
}

static void secrets_put(
    struct secrets *secrets, struct span name, struct span value, int64_t set_at_ms)
{
	bool there;
	secrets_remove(secrets, name);
	size_t at = secrets_place(secrets, name, &there);
	secrets->all =
	    mem_resize(secrets->all, secrets->count + 1, sizeof(secrets->all[0]));
	memmove(&secrets->all[at + 1], &secrets->all[at],
	    (secrets->count - at) * sizeof(secrets->all[0]));
	secrets->count++;
	secrets->all[at] = (struct secret){
	    mem_strndup(name), locked_copy(value), value.len, set_at_ms};
}

/* ---- JSON ---- */

void secrets_write_one(
    struct buf *out, struct span name, struct span value, int64_t set_at_ms)
{
	/* It does not grow while the value is in it: no copy stays behind. */
	buf_reserve(out, name.len + 6 * value.len + 100);
	if (out->len == 0)
		buf_putc(out, '{');
	else
		out->len--; /* the brace of the one before */
	jsonw_key(out, name);
	buf_putc(out, '{');
	jsonw_field(out, "value", value);
	jsonw_field_time(out, "setAt", set_at_ms);
	buf_puts(out, "}}");
}

void secrets_write(struct buf *out, const struct secrets *secrets)
{
	size_t size = 3;
	for (size_t i = 0; i < secrets->count; i++)
		size += strlen(secrets->all[i].name) + 6 * secrets->all[i].len + 100;
	buf_reserve(out, size);
	for (size_t i = 0; i < secrets->count; i++) {
		const struct secret *secret = &secrets->all[i];
		secrets_write_one(out, span_of(secret->name),
		    (struct span){secret->value, secret->len}, secret->set_at_ms);
	}
	if (secrets->count == 0)
		buf_puts(out, "{}");
}

/* 0 for what is no time. */
static int64_t secret_time(const json_t *text)
{
	struct tm tm = {0};
	const char *iso = json_string_value(text);
	if (iso == NULL || strptime(iso, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return 0;
	return (int64_t)timegm(&tm) * 1000;
}

static int secrets_apply(
    struct secrets *secrets, const char *name, const json_t *change, struct error *err)
{
	const json_t *value = json_object_get(change, "value");
	struct span text = {json_string_value(value), json_string_length(value)};
	if (secret_check_name(span_of(name), NULL) < 0)
		return error_set(err, "there is a name in it that is none");
	if (json_is_null(value)) {
		secrets_remove(secrets, span_of(name));
		return 0;
	}
	if (!json_is_string(value))
		return error_set(err, "%s has no value", name);
	if (secret_check_value(text, err) < 0)
		return error_wrap(err, "%s", name);
	if (secrets->count == SECRETS_MAX)
		return error_set(err, "there are more than %d secrets", SECRETS_MAX);
	secrets_put(secrets, span_of(name), text,
	    secret_time(json_object_get(change, "setAt")));
	return 0;
}

/* The values are jansson's, which frees them as they are. Nobody else has the tree. */
static void secrets_wipe_json(json_t *changes)
{
	const char *name;
	json_t *change;
	json_object_foreach(changes, name, change) {
		const json_t *value = json_object_get(change, "value");
		if (json_is_string(value))
			explicit_bzero((char *)(uintptr_t)json_string_value(value),
			    json_string_length(value));
	}
	json_decref(changes);
}

int secrets_read(struct secrets *secrets, struct span json, struct error *err)
{
	const char *name;
	json_t *change;
	json_t *changes = json_loadb(
	    json.ptr, json.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	int rc =
	    json_is_object(changes) ? 0 : error_set(err, "it holds no JSON object");
	json_object_foreach(changes, name, change)
		if (rc == 0)
			rc = secrets_apply(secrets, name, change, err);
	secrets_wipe_json(changes);
	return rc;
}

void secrets_wipe(struct buf *buf)
{
	if (buf->ptr != NULL)
		explicit_bzero(buf->ptr, buf->cap);
	buf_free(buf);
}
