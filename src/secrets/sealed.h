/* sealed -- the secrets of a data directory, sealed:
 *
 *	DIR/secrets.age         all of them, as JSON (secrets/secrets.h) in an age file
 *	DIR/secrets.d/N.age     changes since then, each sealed alone, in the order of
 *	                        their numbers: who changes needs no key
 *	DIR/secrets.recipients  the public keys to which all of these are sealed, one a line
 *
 * Whoever has the key and changes something folds the changes into secrets.age. Any
 * process, beside any other: a change is one new file, and folding takes a lock. */
#ifndef OFFHOOK_SECRETS_SEALED_H
#define OFFHOOK_SECRETS_SEALED_H

#include "secrets/key_file.h"
#include "secrets/secrets.h"

/* Reads all of them. *out is the caller's in any case. warning says why some could not be
 * read; "" when all could. -1 with err: the key is not to be used, or a file is damaged. */
int sealed_read(struct secrets **out, const struct sealed_place *place,
    struct error *warning, struct error *err);

/* Stores one change; an absent value removes the name. Makes what is missing: the key, where
 * key-file says or as DIR/key, and the list of recipients; *made (may be NULL) then is the
 * key's path, and the caller's, else NULL. */
int sealed_change(const struct sealed_place *place, struct span name, struct span value,
    char **made, struct error *err);
/* Folds the changes into secrets.age. 1: there is no key here, and nothing was done. */
int sealed_fold(const struct sealed_place *place, struct error *err);
/* A new key in place of the old one, and all secrets sealed to it, to the other recipients
 * of the list and to `more`. The old key stays in the key's file until the sealed file that
 * the new one opens is on the disk. */
int sealed_rotate(const struct sealed_place *place, const struct age_recipient *more,
    size_t more_count, struct error *err);

#endif
