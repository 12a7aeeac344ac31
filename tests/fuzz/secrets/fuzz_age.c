/* An age file that opens gives what is sealed and opened again; of a sealed file no byte
 * can be changed, cut off or added; a key that reads is written as it was. The first byte
 * says which: 'f' a file, 'k' a list of keys, else two bytes that say where a sealed file
 * is changed, and what is in it. */
#include "fuzz/fuzz.h"
#include "secrets/age.h"

/* tests/data/age/key.txt: seeds of the corpus are sealed to it. */
static const char key[] =
    "AGE-SECRET-KEY-1YNY4HSRA40RPCTDMV89GWDCNV5ZTA929DNSCLD7HQCVY5XCH38YSK284ES";

static void check_sealed(
    struct span plain, const struct age_identity *identity, size_t at, uint8_t change)
{
	struct buf sealed = {0}, open = {0};
	struct age_recipient recipient;
	struct error err;
	age_identity_recipient(&recipient, identity);
	age_seal(&sealed, plain, &recipient, 1);
	must(age_open(&open, buf_span(&sealed), identity, 1, &err) == 0);
	must(span_eq(buf_span(&open), plain));
	must(age_open(&open, span_head(buf_span(&sealed), at % sealed.len), identity, 1,
		 &err) < 0);
	sealed.ptr[at % sealed.len] = (char)(sealed.ptr[at % sealed.len] ^ change);
	must(change == 0 || age_open(&open, buf_span(&sealed), identity, 1, &err) < 0);
	must(open.len == plain.len); /* nothing was appended */
	buf_free(&sealed);
	buf_free(&open);
}

static void check_file(struct span file, const struct age_identity *identity)
{
	struct buf open = {0};
	struct error err = {""};
	if (age_open(&open, file, identity, 1, &err) == 0)
		check_sealed(buf_span(&open), identity, open.len, 1);
	else
		must(err.text[0] != '\0' && open.len == 0);
	buf_free(&open);
}

static void check_keys(struct span text)
{
	struct age_recipient recipients[AGE_KEYS_MAX];
	struct age_identity identities[AGE_KEYS_MAX];
	char written[BECH32_TEXT_SIZE];
	struct error err = {""};
	size_t count;
	if (age_recipients_read(recipients, &count, text, &err) == 0) {
		must(count > 0 && count <= AGE_KEYS_MAX);
		age_recipient_text(written, &recipients[0]);
		must(memmem(text.ptr, text.len, written, strlen(written)) != NULL);
	}
	if (age_identities_read(identities, &count, text, &err) == 0) {
		must(count > 0 && count <= AGE_KEYS_MAX);
		age_identity_text(written, &identities[0]);
		must(memmem(text.ptr, text.len, written, strlen(written)) != NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size};
	struct age_identity identity[AGE_KEYS_MAX];
	struct error err;
	size_t count;
	must(age_identities_read(identity, &count, span_of(key), &err) == 0 &&
	     count == 1);
	if (size >= 1 && data[0] == 'f')
		check_file(span_from(rest, 1), identity);
	else if (size >= 1 && data[0] == 'k')
		check_keys(span_from(rest, 1));
	else if (size >= 3)
		check_sealed(span_from(rest, 3), identity,
		    (size_t)data[1] * 3 + data[2], data[2]);
	return 0;
}
