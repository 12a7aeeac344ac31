/* setting -- the table of settings. A new setting is a row here and a field in struct
 * config: the table makes its option, variable, key of the file, help, man page and
 * line of `offhook config`. */
#ifndef OFFHOOK_CONFIG_SETTING_H
#define OFFHOOK_CONFIG_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/error.h"
#include "util/span.h"

struct config;
struct setting;

/* Checks the text and stores the value in config. */
typedef int setting_parser(struct config *config, const struct setting *setting,
    struct span text, struct error *err);

enum {
	SETTING_MAX = 64, /* the size of arrays with one element per setting */
	SETTING_NAME_SIZE = 64,
	SETTING_LIST_MAX = 32
};

struct setting {
	const char *name;     /* --NAME, the file's key; OFFHOOK_NAME in capitals */
	const char *argument; /* what its value is called in help: "ADDR:PORT" */
	const char *initial;  /* the default, as text; "": not set */
	const char *help;     /* one line */
	const char *more;     /* further sentences for the man page, or NULL */
	/* The variable, when it is not OFFHOOK_NAME; else NULL. */
	const char *variable;
	/* Not an option (ps would show it), never printed, and only in a file that
	 * nobody else can read. */
	bool secret;
	bool repeated; /* its option may be given several times: a list, with commas */
	bool renewed;  /* may change while the server runs (config/renew.h) */
	setting_parser *parse;
	size_t field;     /* offset in struct config, for the general parsers */
	int64_t min, max; /* of numbers, sizes (bytes) and durations (ms) */
};

extern const struct setting setting_table[]; /* setting_count rows */
extern const size_t setting_count;

/* NULL when there is none. */
const struct setting *setting_find(struct span name);
/* The environment variable of a setting, in out or in the table. */
const char *setting_variable(
    char out[SETTING_NAME_SIZE], const struct setting *setting);
/* Whether the sealed secrets may have it, under the name of its variable: all but those that
 * say where the secrets are. */
bool setting_sealable(const struct setting *setting);
/* The setting of that environment variable; NULL: there is none. */
const struct setting *setting_of_variable(struct span variable);
/* The SETTINGS section of man/offhook.conf.5, in mdoc. */
void setting_man(struct buf *out);

#endif
