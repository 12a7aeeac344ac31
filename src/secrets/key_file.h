/* key_file -- the key that opens the sealed file: an age identity file, so that
 * `age -d -i KEY DIR/secrets.age` opens it, too. The first that is found counts:
 * offhook.key among the credentials that systemd gives a service ($CREDENTIALS_DIRECTORY),
 * the file of the setting key-file, DIR/key. The last one lies beside what it opens, which
 * is good for a first try only: whoever gets a copy of the directory has both. */
#ifndef OFFHOOK_SECRETS_KEY_FILE_H
#define OFFHOOK_SECRETS_KEY_FILE_H

#include "secrets/age.h"
#include "util/error.h"

/* Where the sealed file and its key are. */
struct sealed_place {
	const char *dir;         /* the data directory */
	const char *key_file;    /* the setting; NULL: not set */
	const char *credentials; /* $CREDENTIALS_DIRECTORY; NULL: not set */
};

enum key_source { KEY_NONE, KEY_CREDENTIAL, KEY_FILE, KEY_BESIDE };

struct key_file {
	char *path; /* of what was found; KEY_NONE: where key_file_new would make it */
	enum key_source source;
	struct age_identity keys[AGE_KEYS_MAX];
	size_t count;
};

/* Finds and reads it; *out is to be cleared. KEY_NONE is no error. -1 with err: others may
 * open the file, it is inside the data directory (but for DIR/key), or no key is in it. */
int key_file_find(
    struct key_file *out, const struct sealed_place *place, struct error *err);
/* Makes one where none was found; the directory is there. */
int key_file_new(struct key_file *key, struct error *err);
/* Writes the keys over the file. Afterwards it is on the disk. */
int key_file_save(const struct key_file *key, struct error *err);
void key_file_clear(struct key_file *key); /* wipes it */

#endif
