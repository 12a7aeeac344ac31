#include "secrets/sealed.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secrets/whole_file.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/sync_parent.h"

enum { FILE_MAX = SECRETS_JSON_MAX + 65536, LIST_MAX = 65536, CHANGES_MAX = 10000 };

static const char extension[] = ".age";

/* ---- what is there ---- */

struct sealed {
	struct buf whole; /* secrets.age; ptr NULL: not there */
	char **names;     /* of the changes, in order: paths */
	struct buf *changes;
	size_t count;
};

static void sealed_clear(struct sealed *sealed)
{
	buf_free(&sealed->whole);
	for (size_t i = 0; i < sealed->count; i++) {
		buf_free(&sealed->changes[i]);
		free(sealed->names[i]);
	}
	free(sealed->changes);
	free(sealed->names);
}

static int sealed_is_change(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), end = strlen(extension);
	return entry->d_name[0] != '.' && len > end &&
	       strcmp(entry->d_name + len - end, extension) == 0;
}

/* With the lock. unreadable: some are not to be opened by us. */
static int sealed_gather(
    struct sealed *out, const char *dir, struct error *unreadable, struct error *err)
{
	struct dirent **entries = NULL;
	char *path = mem_printf("%s/secrets.d", dir);
	int found = scandir(path, &entries, sealed_is_change, alphasort);
	int rc = found < 0 && errno != ENOENT && errno != ENOTDIR && errno != EACCES
		     ? error_set(err, "%s: %s", path, strerror(errno))
		     : 0;
	*out = (struct sealed){.count = 0};
	if (found > CHANGES_MAX)
		rc = error_set(err, "%s: more than %d changes", path, CHANGES_MAX);
	out->names = mem_new((size_t)(found > 0 ? found : 0) + 1, sizeof(*out->names));
	out->changes =
	    mem_new((size_t)(found > 0 ? found : 0) + 1, sizeof(*out->changes));
	for (int i = 0; i < found; i++) {
		struct buf bytes = {0};
		char *name = mem_printf("%s/%s", path, entries[i]->d_name);
		int read = rc == 0 ? whole_file_read(&bytes, name, FILE_MAX, err) : 1;
		if (read == 0) {
			out->names[out->count] = name;
			out->changes[out->count++] = bytes;
		} else {
			rc = read < 0 ? -1 : rc;
			buf_free(&bytes);
			free(name);
		}
		free(entries[i]);
	}
	free(entries);
	free(path);
	path = mem_printf("%s/secrets.age", dir);
	int whole = rc == 0 ? whole_file_read(&out->whole, path, FILE_MAX, err) : -1;
	if (whole != 0)
		buf_free(&out->whole);
	if (whole == 1 && errno == EACCES)
		*unreadable = *err;
	free(path);
	return whole < 0 ? -1 : 0;
}

static int sealed_open_one(struct secrets *secrets, struct span file,
    const struct key_file *key, struct error *err)
{
	struct buf plain = {0};
	int rc = age_open(&plain, file, key->keys, key->count, err);
	if (rc == 0)
		rc = secrets_read(secrets, buf_span(&plain), err);
	secrets_wipe(&plain);
	return rc;
}

/* A change that does not open was sealed to a key that is no more: it stays, and is told. */
static int sealed_open(struct secrets *secrets, const struct sealed *sealed,
    const struct key_file *key, const char *dir, struct error *warning,
    struct error *err)
{
	if (sealed->whole.ptr != NULL &&
	    sealed_open_one(secrets, buf_span(&sealed->whole), key, err) < 0)
		return error_wrap(
		    err, "%s/secrets.age, with the key of %s", dir, key->path);
	for (size_t i = 0; i < sealed->count; i++)
		if (sealed_open_one(
			secrets, buf_span(&sealed->changes[i]), key, warning) < 0)
			(void)error_wrap(warning,
			    "%s was left out; set it again, and remove the file",
			    sealed->names[i]);
	return 0;
}

/* A lock on the directory: -1 with err. Closing it lets go. */
static int sealed_lock(const char *dir, int how, struct error *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, how) < 0) {
		(void)error_set(err, "%s: %s", dir, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	return fd;
}

static int sealed_read_locked(struct secrets *out, const struct sealed_place *place,
    struct error *warning, struct error *err)
{
	struct key_file key = {.source = KEY_NONE};
	struct sealed sealed;
	int rc = sealed_gather(&sealed, place->dir, warning, err);
	bool some = sealed.whole.ptr != NULL || sealed.count > 0;
	if (rc == 0 && some)
		rc = key_file_find(&key, place, err);
	if (rc == 0 && some && key.source == KEY_NONE)
		(void)error_set(warning,
		    "the secrets in %s stay sealed: there is no key in %s, so no secret is "
		    "known; bring the key back, or set them again with another",
		    place->dir, key.path);
	else if (rc == 0 && some)
		rc = sealed_open(out, &sealed, &key, place->dir, warning, err);
	key_file_clear(&key);
	sealed_clear(&sealed);
	return rc;
}

int sealed_read(struct secrets **out, const struct sealed_place *place,
    struct error *warning, struct error *err)
{
	*out = secrets_new();
	warning->text[0] = '\0';
	int lock = sealed_lock(place->dir, LOCK_SH, NULL);
	if (lock < 0)
		return 0; /* there is no such directory, or none for us */
	int rc = sealed_read_locked(*out, place, warning, err);
	(void)close(lock);
	return rc;
}

/* ---- to whom ---- */

static bool recipient_in(const struct age_recipient *list, size_t count,
    const struct age_recipient *recipient)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(list[i].key, recipient->key, sizeof(list[i].key)) == 0)
			return true;
	return false;
}

static int recipients_save(
    const char *path, const struct age_recipient *list, size_t count, struct error *err)
{
	struct buf text = {0};
	char line[BECH32_TEXT_SIZE];
	buf_puts(&text, "# whom secrets.age is sealed to; age -R takes this list\n");
	for (size_t i = 0; i < count; i++) {
		age_recipient_text(line, &list[i]);
		buf_printf(&text, "%s\n", line);
	}
	int rc = whole_file_write(path, buf_span(&text), err);
	buf_free(&text);
	return rc;
}

/* The list; made of the key, and the key made, when they are not there. */
static int recipients_have(struct age_recipient list[AGE_KEYS_MAX], size_t *count,
    const struct sealed_place *place, char **made, struct error *err)
{
	struct buf text = {0};
	struct key_file key = {.source = KEY_NONE};
	char *path = mem_printf("%s/secrets.recipients", place->dir);
	int rc = whole_file_read(&text, path, LIST_MAX, err);
	if (rc == 0) {
		if (age_recipients_read(list, count, buf_span(&text), err) < 0)
			rc = error_wrap(err, "%s", path);
	} else if (rc == 1) {
		rc = key_file_find(&key, place, err);
		if (rc == 0 && key.source == KEY_NONE) {
			rc = key_file_new(&key, err);
			if (rc == 0 && made != NULL)
				*made = mem_strdup(key.path);
		}
		*count = rc == 0 ? key.count : 0;
		for (size_t i = 0; i < *count; i++)
			age_identity_recipient(&list[i], &key.keys[i]);
		if (rc == 0)
			rc = recipients_save(path, list, *count, err);
		key_file_clear(&key);
	}
	buf_free(&text);
	free(path);
	return rc;
}

/* ---- changing ---- */

/* Closed to others. Its name is on the disk, too, as far as we may see to that. */
static int sealed_make_dir(const char *path, struct error *err)
{
	int rc = mkdir(path, 0700);
	if ((rc < 0 && errno != EEXIST) ||
	    (rc == 0 && sync_parent(path) < 0 && errno != EACCES))
		return error_set(err, "%s: %s", path, strerror(errno));
	return 0;
}

/* Before the lock. */
static int sealed_make_dirs(const char *dir, struct error *err)
{
	char *changes = mem_printf("%s/secrets.d", dir);
	int rc = sealed_make_dir(dir, err);
	if (rc == 0)
		rc = sealed_make_dir(changes, err);
	free(changes);
	return rc;
}

/* A name after all that are there, also when the clock was put back. */
static char *sealed_next_name(const char *dir)
{
	struct dirent **entries = NULL;
	char *path = mem_printf("%s/secrets.d", dir);
	int64_t number = clock_wall_ms();
	int found = scandir(path, &entries, sealed_is_change, alphasort);
	for (int i = 0; i < found; i++) {
		int64_t other = strtoll(entries[i]->d_name, NULL, 10);
		number = other >= number ? other + 1 : number;
		free(entries[i]);
	}
	free(entries);
	char *name = mem_printf("%s/%016" PRId64 "%s", path, number, extension);
	free(path);
	return name;
}

static int sealed_write(const char *path, const struct buf *plain,
    const struct age_recipient *list, size_t count, struct error *err)
{
	struct buf file = {0};
	age_seal(&file, buf_span(plain), list, count);
	int rc = whole_file_write(path, buf_span(&file), err);
	buf_free(&file);
	return rc;
}

int sealed_change(const struct sealed_place *place, struct span name, struct span value,
    char **made, struct error *err)
{
	struct age_recipient list[AGE_KEYS_MAX];
	struct buf plain = {0};
	size_t count;
	if (made != NULL)
		*made = NULL;
	if (sealed_make_dirs(place->dir, err) < 0)
		return -1;
	int lock = sealed_lock(place->dir, LOCK_EX, err);
	if (lock < 0)
		return -1;
	int rc = recipients_have(list, &count, place, made, err);
	if (rc == 0) {
		char *path = sealed_next_name(place->dir);
		secrets_write_one(&plain, name, value, clock_wall_ms());
		rc = sealed_write(path, &plain, list, count, err);
		free(path);
	}
	secrets_wipe(&plain);
	(void)close(lock);
	return rc;
}

/* Seals all that is there to the list, and removes the changes that are in it then. */
static int sealed_seal_all(const char *dir, const struct key_file *key,
    const struct age_recipient *list, size_t count, struct error *err)
{
	struct sealed sealed;
	struct secrets *secrets = secrets_new();
	struct buf plain = {0};
	struct error warning = {""}, unreadable = {""};
	int rc = sealed_gather(&sealed, dir, &unreadable, err);
	if (rc == 0 && unreadable.text[0] != '\0')
		rc = error_set(err, "%s", unreadable.text);
	if (rc == 0)
		rc = sealed_open(secrets, &sealed, key, dir, &warning, err);
	if (rc == 0 && warning.text[0] != '\0')
		rc = error_set(err, "%s", warning.text);
	if (rc == 0) {
		char *path = mem_printf("%s/secrets.age", dir);
		secrets_write(&plain, secrets);
		rc = sealed_write(path, &plain, list, count, err);
		free(path);
	}
	for (size_t i = 0; rc == 0 && i < sealed.count; i++)
		(void)unlink(sealed.names[i]);
	secrets_wipe(&plain);
	secrets_free(secrets);
	sealed_clear(&sealed);
	return rc;
}

int sealed_fold(const struct sealed_place *place, struct error *err)
{
	struct age_recipient list[AGE_KEYS_MAX];
	struct key_file key;
	size_t count;
	int lock = sealed_lock(place->dir, LOCK_EX, err);
	if (lock < 0)
		return -1;
	int rc = key_file_find(&key, place, err);
	if (rc == 0 && key.source == KEY_NONE)
		rc = 1;
	if (rc == 0)
		rc = recipients_have(list, &count, place, NULL, err);
	if (rc == 0)
		rc = sealed_seal_all(place->dir, &key, list, count, err);
	key_file_clear(&key);
	(void)close(lock);
	return rc;
}

/* ---- another key ---- */

/* The new key's recipient, those of the list that are not the old keys', and more. */
static int rotate_recipients(struct age_recipient list[AGE_KEYS_MAX], size_t *count,
    const struct key_file *key, const struct age_recipient *more, size_t more_count,
    struct error *err)
{
	struct age_recipient old[AGE_KEYS_MAX], kept[2 * AGE_KEYS_MAX + 1];
	size_t keep = 1;
	assert(more_count <= AGE_KEYS_MAX);
	for (size_t i = 0; i < key->count; i++)
		age_identity_recipient(&old[i], &key->keys[i]);
	kept[0] = old[0];
	for (size_t i = 0; i < *count + more_count; i++) {
		const struct age_recipient *next =
		    i < *count ? &list[i] : &more[i - *count];
		if (!recipient_in(old, key->count, next) &&
		    !recipient_in(kept, keep, next))
			kept[keep++] = *next;
	}
	if (keep > AGE_KEYS_MAX)
		return error_set(err, "more than %d recipients", AGE_KEYS_MAX);
	memcpy(list, kept, keep * sizeof(*list));
	*count = keep;
	return 0;
}

static int rotate_locked(const struct sealed_place *place, struct key_file *key,
    const struct age_recipient *more, size_t more_count, struct error *err)
{
	struct age_recipient list[AGE_KEYS_MAX];
	size_t count = 0;
	if (recipients_have(list, &count, place, NULL, err) < 0)
		return -1;
	if (key->count == AGE_KEYS_MAX)
		return error_set(err, "%s has %d keys", key->path, AGE_KEYS_MAX);
	memmove(&key->keys[1], &key->keys[0], key->count * sizeof(key->keys[0]));
	age_identity_new(&key->keys[0]);
	key->count++;
	char *path = mem_printf("%s/secrets.recipients", place->dir);
	int rc = rotate_recipients(list, &count, key, more, more_count, err);
	if (rc == 0)
		rc = key_file_save(key, err); /* both */
	if (rc == 0)
		rc = recipients_save(path, list, count, err);
	if (rc == 0)
		rc = sealed_seal_all(place->dir, key, list, count, err);
	if (rc == 0) {
		key->count = 1;
		rc = key_file_save(key, err);
	}
	free(path);
	return rc;
}

int sealed_rotate(const struct sealed_place *place, const struct age_recipient *more,
    size_t more_count, struct error *err)
{
	struct key_file key;
	int lock = sealed_lock(place->dir, LOCK_EX, err);
	if (lock < 0)
		return -1;
	int rc = key_file_find(&key, place, err);
	if (rc == 0 && key.source == KEY_NONE)
		rc = error_set(err, "there is no key in %s to replace", key.path);
	else if (rc == 0 && key.source == KEY_CREDENTIAL)
		rc = error_set(err,
		    "%s is a copy that systemd made: run this with --key-file and the file "
		    "that it was made from",
		    key.path);
	if (rc == 0)
		rc = rotate_locked(place, &key, more, more_count, err);
	key_file_clear(&key);
	(void)close(lock);
	return rc;
}
