/* secrets -- names with values that nobody is to read: what the sealed file of a data
 * directory holds (secrets/sealed.h). Values lie in locked memory (util/locked.h). For one
 * thread while it changes; any thread may read. */
#ifndef OFFHOOK_SECRETS_SECRETS_H
#define OFFHOOK_SECRETS_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/error.h"
#include "util/span.h"

enum {
	SECRETS_MAX = 1000,
	SECRET_NAME_MAX = 128,
	SECRET_VALUE_MAX = 65536,
	SECRETS_JSON_MAX = 4 * 1024 * 1024 /* of all of them */
};

struct secret {
	char *name;
	char *value; /* UTF-8 without a NUL in it; one after it */
	size_t len;
	int64_t set_at_ms;
};

struct secrets;

struct secrets *secrets_new(void);
void secrets_free(struct secrets *secrets); /* wipes them; NULL is fine */
size_t secrets_count(const struct secrets *secrets);
/* In the order of their names. */
const struct secret *secrets_at(const struct secrets *secrets, size_t index);
/* NULL: there is none of that name. */
const struct secret *secrets_find(const struct secrets *secrets, struct span name);
/* Whether both have the same names with the same values. NULL is as NULL alone. */
bool secrets_same(const struct secrets *a, const struct secrets *b);

/* -1 with err, which never has the text: a name has letters, digits and _, and begins with
 * no digit. */
int secret_check_name(struct span name, struct error *err);
/* -1 with err: it is empty, too long, not UTF-8 or holds a NUL. */
int secret_check_value(struct span value, struct error *err);

/* The JSON of one change: {"NAME": {"value": "…", "setAt": "…"}}. An absent value says that
 * the name is to go. Wipe *out. */
void secrets_write_one(
    struct buf *out, struct span name, struct span value, int64_t set_at_ms);
/* All of them, as such changes in one object. Wipe *out. */
void secrets_write(struct buf *out, const struct secrets *secrets);
/* Applies the changes of such an object. -1 with err: it is something else; then some of
 * them may be applied. */
int secrets_read(struct secrets *secrets, struct span json, struct error *err);

/* Wipes and frees. */
void secrets_wipe(struct buf *buf);

#endif
