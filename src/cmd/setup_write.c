#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/prompt.h"
#include "cmd/env_place.h"
#include "cmd/setup.h"
#include "config/conf_edit.h"
#include "secrets/whole_file.h"
#include "util/mem.h"
#include "view/term.h"

enum { FILE_LIMIT = 1024 * 1024 };

/* ---- the file ---- */

/* What options, answers and variables say, which are gone by the next start. */
static bool setup_is_said(const struct config *config, size_t index)
{
	const struct config_value *value = &config->values[index];
	return !setting_table[index].secret && value->text[0] != '\0' &&
	       (value->source == CONFIG_FLAG || value->source == CONFIG_ENVIRONMENT) &&
	       strcmp(value->where, "PORT") != 0;
}

/* *text becomes what the file is to say; lists in changes what is new. */
static int setup_compose(
    const struct setup *setup, struct buf *text, struct buf *changes, struct error *err)
{
	for (size_t i = 0; i < setting_count; i++) {
		struct span value = span_of(setup->config.values[i].text);
		const char *name = setting_table[i].name;
		struct buf next = {0};
		if (!setup_is_said(&setup->config, i))
			continue;
		if (conf_edit_check(value, err) < 0)
			return error_wrap(err, "%s", name);
		if (conf_edit_set(&next, buf_span(text), name, value))
			buf_printf(changes, "  %s = %.*s\n", name, SPAN_ARG(value));
		buf_free(text);
		*text = next;
	}
	return 0;
}

/* The file counts before what is sealed, so what is sealed now would never count. */
static int setup_check_secrets(
    const struct setup *setup, struct span text, struct error *err)
{
	for (size_t i = 0; i < setting_count; i++)
		if (setting_table[i].secret &&
		    setup->config.values[i].source == CONFIG_ENVIRONMENT &&
		    conf_edit_has(text, setting_table[i].name))
			return error_set(err,
			    "%s sets %s, which counts before what is sealed: take the "
			    "line out, or unset the variable %s",
			    setup->file, setting_table[i].name,
			    setup->config.values[i].where);
	return 0;
}

/* A file that is there is somebody's. */
static int setup_confirm(
    const struct setup *setup, bool there, const struct buf *changes, struct error *err)
{
	if (!there || options_has(setup->options, "force"))
		return 0;
	if (!setup->asks)
		return error_set(err,
		    "%s is there already, and these are not in it:\n%sgive --force to "
		    "have them changed there (all else in it stays)",
		    setup->file, buf_text(changes));
	term_say(stderr, "%s is there already. To be changed in it:", setup->file);
	term_print(stderr, buf_span(changes), true);
	return prompt_yes("Change these, and leave all else as it is? [y/N] ", false)
		   ? 0
		   : error_set(err, "nothing was changed");
}

int setup_write_file(struct setup *setup, struct error *err)
{
	struct buf text = {0}, changes = {0};
	int missing = whole_file_read(&text, setup->file, FILE_LIMIT, err);
	bool there = access(setup->file, F_OK) == 0;
	int rc = missing < 0 || (missing > 0 && there) ? -1 : 0;
	if (rc == 0)
		rc = setup_check_secrets(setup, buf_span(&text), err);
	if (rc == 0)
		rc = setup_compose(setup, &text, &changes, err);
	if (rc == 0 && changes.len == 0 && there) {
		term_say(stderr, "%s stays as it is", setup->file);
	} else if (rc == 0) {
		rc = setup_confirm(setup, there, &changes, err);
		if (rc == 0)
			rc = whole_file_rewrite(setup->file, buf_span(&text), err);
		if (rc == 0) {
			term_say(stderr, "%s now has:", setup->file);
			term_print(stderr, buf_span(&changes), true);
		}
	}
	buf_free(&text);
	buf_free(&changes);
	return rc;
}

/* ---- the secrets ---- */

/* What root makes in another user's directory that user could not open. */
static int setup_become_owner(const char *dir, struct error *err)
{
	struct stat info;
	if (geteuid() != 0 || stat(dir, &info) < 0 || info.st_uid == 0)
		return 0;
	if (setgroups(0, NULL) < 0 ||
	    setresgid(info.st_gid, info.st_gid, info.st_gid) < 0 ||
	    setresuid(info.st_uid, info.st_uid, info.st_uid) < 0)
		return error_set(
		    err, "cannot act as the owner of %s: %s", dir, strerror(errno));
	return 0;
}

/* 1: it was sealed; 0: it is not set, or sealed so already. */
static int setup_seal(const struct setup *setup, const struct sealed_place *place,
    const char *name, struct error *err)
{
	const char *value = getenv(name);
	const struct secret *sealed =
	    secrets_find(setup->config.secrets, span_of(name));
	char *made = NULL;
	if (value == NULL || value[0] == '\0' ||
	    (sealed != NULL && strcmp(sealed->value, value) == 0))
		return 0;
	if (secret_check_value(span_of(value), err) < 0)
		return error_wrap(err, "%s", name);
	int rc = sealed_change(place, span_of(name), span_of(value), &made, err);
	env_place_tell_made(made, place->dir);
	free(made);
	if (rc == 0)
		term_say(stderr, "%s is sealed in %s", name, place->dir);
	return rc < 0 ? -1 : 1;
}

static int setup_seal_all(
    const struct setup *setup, const struct sealed_place *place, struct error *err)
{
	static const char *const more[] = {
	    "TWILIO_ACCOUNT_SID", "TWILIO_API_KEY", "TWILIO_API_SECRET"};
	char buffer[SETTING_NAME_SIZE];
	int count = 0, rc = 0;
	for (size_t i = 0; i < setting_count && rc >= 0; i++)
		if (setting_table[i].secret) {
			rc = setup_seal(setup, place,
			    setting_variable(buffer, &setting_table[i]), err);
			count += rc > 0;
		}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]) && rc >= 0; i++) {
		rc = setup_seal(setup, place, more[i], err);
		count += rc > 0;
	}
	return rc < 0 ? -1 : count;
}

int setup_write_secrets(struct setup *setup, struct error *err)
{
	const struct sealed_place place = {.dir = setup->config.data,
	    .key_file = setup->config.key_file,
	    .credentials = getenv("CREDENTIALS_DIRECTORY")};
	const struct env_place told = {.place = place};
	if (setup_become_owner(place.dir, err) < 0)
		return -1;
	int count = setup_seal_all(setup, &place, err);
	/* Without the key the changes wait for somebody who has it. */
	if (count < 0 || (count > 0 && sealed_fold(&place, err) < 0))
		return -1;
	int server = env_place_tell(&told, NULL, err);
	if (server == 0)
		term_say(stderr, "the server that runs has taken what it can; `offhook "
				 "reload` says what needs a restart");
	return server < 0 ? -1 : 0;
}
