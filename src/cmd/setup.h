/* setup -- what the parts of `offhook setup` share: the settings as they are and as they will
 * be, and who answers questions. */
#ifndef OFFHOOK_CMD_SETUP_H
#define OFFHOOK_CMD_SETUP_H

#include <stdbool.h>

#include "cli/options.h"
#include "doctor/served.h"

/* What may be set besides the options given. */
enum { SETUP_FLAGS_MAX = 4 * SETTING_MAX };

struct setup {
	const struct options *options;
	const char *file; /* the settings file; it need not exist */
	bool asks;        /* a person is at the terminal */
	bool service;     /* the file is that of the installed systemd service */
	struct config_flag flags[SETUP_FLAGS_MAX]; /* options, then answers */
	size_t flag_count;
	struct config config; /* with all of these */
};

/* Loads the settings anew. -1 after their errors were printed. */
int setup_load(struct setup *setup);
/* As if --name value had been given. */
void setup_add(struct setup *setup, const char *name, const char *value);

/* setup_ask.c: asks for what is missing; -1 with err: it is missing, and nobody is there. */
int setup_ask(struct setup *setup, struct error *err);

/* setup_write.c: the file, and at last the secrets, as the data directory's user from then on;
 * says what it did. -1 with err. */
int setup_write_file(struct setup *setup, struct error *err);
int setup_write_secrets(struct setup *setup, struct error *err);

/* setup_socket.c: where the service's socket listens, when it is to serve HTTPS. -1 with err. */
int setup_write_socket(const struct setup *setup, struct error *err);

/* setup_number.c: shows and sets what Twilio calls. -1 with err. */
int setup_number(struct setup *setup, struct error *err);

#endif
