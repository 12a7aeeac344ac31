/* config -- the values of the settings. An option wins over the environment, that over
 * .env (for the commands that read it), that over the file, that over the sealed secrets of
 * the data directory (secrets/sealed.h; for the commands that read them), that over the
 * default. The settings are rows of a table (config/setting.h),
 * which also makes the help, the man page and `offhook config`. Immutable once loaded;
 * any thread may read it. A reload makes another one (config/renew.h). */
#ifndef OFFHOOK_CONFIG_CONFIG_H
#define OFFHOOK_CONFIG_CONFIG_H

#include <stdint.h>

#include "config/proxies.h"
#include "config/setting.h"
#include "secrets/secrets.h"
#include "twilio/signature.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/log.h"

enum config_source {
	CONFIG_DEFAULT,
	CONFIG_SEALED,
	CONFIG_FILE,
	CONFIG_ENVIRONMENT,
	CONFIG_FLAG
};

/* Where one setting's value came from, for `offhook config`. */
struct config_value {
	/* As given; "(set)" for a secret, and for what was sealed; "" when not set. */
	const char *text;
	const char *
	    where; /* "default", "offhook.conf:3", "OFFHOOK_LISTEN" (also "OFFHOOK_LISTEN
			   in .env"), "--listen" */
	enum config_source source;
	unsigned char digest[32]; /* of a secret: tells whether it has changed */
};

enum { CONFIG_MAX_WARNINGS = 16, CONFIG_MAX_ERRORS = 64 };

struct config {
	const char *listen;          /* "ADDR:PORT", "[V6]:PORT" or ":PORT" */
	const char *const *tls_cert; /* files, NULL at the end; NULL: plain HTTP */
	const char *const *tls_key;  /* as many; NULL: they are in tls_cert's */
	const char *redirect_listen; /* like listen; NULL: nowhere */
	const char *acme;            /* names of a certificate to get; NULL: none */
	const char *const *acme_directory; /* URLs of CAs, NULL at the end */
	const char *acme_email, *acme_ca_file, *acme_profile; /* NULL: none */
	char *acme_eab;            /* "ID:KEY"; NULL: none. Wiped by config_clear */
	const char *public_url;    /* as given; NULL: none */
	struct span public_scheme; /* "https"; absent without public_url */
	struct span public_host;   /* with its port, if it has one */
	struct span public_prefix; /* "" or "/path" */
	const char *data;          /* directory */
	const char *key_file;      /* of the secrets; NULL: none */
	const char *admin;         /* like listen; NULL: no admin listener */
	struct proxies *proxies;   /* trusted; never NULL, may be empty */
	const char *templates;     /* directory; NULL: none */
	int64_t threads;           /* 0: one per core */
	int64_t max_body;          /* bytes */
	int64_t max_unsigned; /* bytes that an unsigned route may store in an hour */
	int64_t max_connections;
	int64_t request_timeout_ms;
	int64_t idle_timeout_ms;
	int64_t deadline_ms; /* then the event is late and gets the fallback reply */
	int64_t drain_timeout_ms;
	int64_t handlers;           /* processes; 0: two for each core, at least 4 */
	int64_t max_handlers;       /* while all of them are held up */
	int64_t handler_timeout_ms; /* then its process is killed */
	int64_t handler_memory;     /* bytes of address space of a process */
	bool handler_sandbox;       /* host/sandbox.h */
	int64_t workers;            /* processes for jobs; 0: one for each core */
	int64_t max_workers;        /* while all of them are held up */
	int64_t jobs_keep_ms;       /* ended jobs; then they are dropped */
	int64_t dead_jobs_keep_ms;  /* dead letters; then they are dropped */
	const char *alert_url;      /* http:// or https://; NULL: none */
	const char *alert_command;  /* for /bin/sh; NULL: none */
	char *alert_secret;         /* "whsec_…"; NULL: none. Wiped by config_clear */
	int64_t alert_interval_ms;  /* between two alerts of a group */
	int64_t alert_delay_ms;     /* before the first one */
	enum log_level log_level;
	enum log_format log_format;
	struct tokens *tokens; /* never NULL, may be empty */
	/* The token that `send` signs with: the first of auth-token; NULL: none given.
	 * Wiped by config_clear. */
	char *first_token;
	struct secrets *secrets; /* the sealed ones; never NULL, may be empty */

	struct config_value values[SETTING_MAX]; /* in the order of setting_table */
	const char *file; /* the file that was read; NULL: none */
	/* Mistakes that do not keep the server from starting. */
	const char *warnings[CONFIG_MAX_WARNINGS];
	size_t warning_count;
	/* Mistakes that do, in the order of their discovery. */
	const char *errors[CONFIG_MAX_ERRORS];
	size_t error_count;
	struct arena *arena; /* holds the texts above */
};

struct config_flag {
	const char *name; /* without the dashes */
	const char *value;
};

struct config_input {
	const char
	    *file; /* --config; NULL: OFFHOOK_CONFIG, else ./offhook.conf if any */
	const struct config_flag *flags; /* the last of a name counts */
	size_t flag_count;
	char *const *environment; /* as environ: "NAME=value" …, NULL; or NULL */
	char *const *dotenv;      /* the same of ./.env; NULL: it is not read */
	bool sealed;              /* read the secrets of the data directory, too */
};

/* Fills out, which is to be cleared. out->errors say which files and lines, variables and
 * flags are wrong, and how: all of them. What is wrong has its default. */
void config_read(struct config *out, const struct config_input *input);
/* The same, unless there are errors: then -1 with the first of them, and out needs no
 * clearing. */
int config_load(
    struct config *out, const struct config_input *input, struct error *err);
/* Whether there is an Auth Token or a SharedKey to verify signatures with. */
bool config_can_verify(const struct config *config);
/* Whether HTTPS is served, and not HTTP. */
bool config_https(const struct config *config);
/* Adds to the errors, or to the warnings. */
__attribute__((format(printf, 2, 3))) void config_complain(
    struct config *config, const char *format, ...);
__attribute__((format(printf, 2, 3))) void config_warn(
    struct config *config, const char *format, ...);
/* The format of the log, also when there are errors. */
enum log_format config_log_format(const struct config_input *input);
/* Frees it and wipes secrets. A config that is all zero is fine. */
void config_clear(struct config *config);
/* The value of the setting of that name, with where it came from. */
struct config_value *config_value(struct config *config, const char *name);
/* Whether alert-url or alert-command is set. */
bool config_alerts(const struct config *config);

#endif
