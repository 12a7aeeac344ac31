#include "secrets/key_file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secrets/secrets.h"
#include "secrets/whole_file.h"
#include "util/mem.h"

enum { LIMIT = 65536 };

static int key_read(struct key_file *key, struct error *err)
{
	struct buf text = {0};
	int rc = whole_file_read(&text, key->path, LIMIT, err);
	if (rc == 0 &&
	    age_identities_read(key->keys, &key->count, buf_span(&text), err) < 0)
		rc = error_wrap(err, "%s", key->path);
	secrets_wipe(&text);
	return rc == 0 ? 0 : -1;
}

/* Others may not open it, and it is ours or root's. */
static int key_check_mode(const char *path, const struct stat *st, struct error *err)
{
	if (!S_ISREG(st->st_mode))
		return error_set(err, "%s is not a file", path);
	if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return error_set(err,
		    "%s is the key of all secrets, but others may open it; run: chmod 600 %s",
		    path, path);
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return error_set(err,
		    "%s is the key of all secrets, but belongs to another user (uid %u)",
		    path, (unsigned)st->st_uid);
	return 0;
}

/* A copy of the directory would have the key with it. */
static int key_check_place(const char *path, const char *dir, struct error *err)
{
	char inside[PATH_MAX], outside[PATH_MAX];
	char *parent = mem_strdup(path);
	char *slash = strrchr(parent, '/');
	if (slash != NULL)
		slash[slash == parent] = '\0';
	bool known = realpath(slash != NULL ? parent : ".", inside) != NULL &&
		     realpath(dir, outside) != NULL;
	size_t len = known ? strlen(outside) : 0;
	free(parent);
	if (known && strncmp(inside, outside, len) == 0 &&
	    (inside[len] == '/' || inside[len] == '\0'))
		return error_set(err,
		    "key-file %s is in the data directory, whose copies would have the key "
		    "with them: move it elsewhere",
		    path);
	return 0;
}

static int key_try(
    struct key_file *out, const char *path, enum key_source source, struct error *err)
{
	struct stat st;
	free(out->path);
	out->path = mem_strdup(path);
	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR
			   ? 0
			   : error_set(err, "%s: %s", path, strerror(errno));
	/* systemd has seen to the modes of credentials. */
	if (source != KEY_CREDENTIAL && key_check_mode(path, &st, err) < 0)
		return -1;
	out->source = source;
	return key_read(out, err);
}

int key_file_find(
    struct key_file *out, const struct sealed_place *place, struct error *err)
{
	int rc = 0;
	*out = (struct key_file){.source = KEY_NONE};
	if (place->credentials != NULL) {
		char *path = mem_printf("%s/offhook.key", place->credentials);
		rc = key_try(out, path, KEY_CREDENTIAL, err);
		free(path);
	}
	if (rc == 0 && out->source == KEY_NONE && place->key_file != NULL) {
		rc = key_check_place(place->key_file, place->dir, err);
		if (rc == 0)
			rc = key_try(out, place->key_file, KEY_FILE, err);
	} else if (rc == 0 && out->source == KEY_NONE) {
		char *path = mem_printf("%s/key", place->dir);
		rc = key_try(out, path, KEY_BESIDE, err);
		free(path);
	}
	return rc;
}

int key_file_save(const struct key_file *key, struct error *err)
{
	char line[BECH32_TEXT_SIZE];
	struct age_recipient recipient;
	struct buf text = {0};
	buf_reserve(&text, (size_t)(2 * BECH32_TEXT_SIZE + 20) * (AGE_KEYS_MAX + 1));
	for (size_t i = 0; i < key->count; i++) {
		age_identity_recipient(&recipient, &key->keys[i]);
		age_recipient_text(line, &recipient);
		buf_printf(&text, "# public key: %s\n", line);
		age_identity_text(line, &key->keys[i]);
		buf_puts(&text, line);
		buf_putc(&text, '\n');
	}
	int rc = whole_file_write(key->path, buf_span(&text), err);
	explicit_bzero(line, sizeof(line));
	secrets_wipe(&text);
	return rc;
}

int key_file_new(struct key_file *key, struct error *err)
{
	age_identity_new(&key->keys[0]);
	key->count = 1;
	return key_file_save(key, err);
}

void key_file_clear(struct key_file *key)
{
	free(key->path);
	explicit_bzero(key, sizeof(*key));
}
