/* age_header -- the text at the beginning of an age file: for each recipient a stanza that
 * holds the file key, sealed to that recipient; then a MAC of all of it. Strict, as the
 * specification has it (https://age-encryption.org/v1): every byte comes from a stranger. */
#ifndef OFFHOOK_SECRETS_AGE_HEADER_H
#define OFFHOOK_SECRETS_AGE_HEADER_H

#include "secrets/age.h"
#include "secrets/age_crypto.h"
#include "util/buf.h"

/* Appends the header. */
void age_header_write(struct buf *out, const struct age_recipient *recipients,
    size_t count, const unsigned char file_key[AGE_FILE_KEY]);
/* Takes the header off the file's beginning and finds the file key by the first identity
 * that has it. -1 with err: it is malformed, damaged, or sealed to others. */
int age_header_read(unsigned char file_key[AGE_FILE_KEY], struct span *file,
    const struct age_identity *identities, size_t count, struct error *err);

#endif
