#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "secrets/age.h"
#include "util/mem.h"
#include "util/text.h"

static char *data_file(const char *name, size_t *len)
{
	char *path = mem_printf("%s/age/%s", TEST_DATA_DIR, name);
	char *bytes = text_read_file(path, 1 << 20, len);
	assert_non_null(bytes);
	free(path);
	return bytes;
}

static struct age_identity identity_of(const char *name)
{
	struct age_identity keys[AGE_KEYS_MAX];
	struct error err;
	size_t count, len;
	char *text = data_file(name, &len);
	assert_int_equal(
	    age_identities_read(keys, &count, (struct span){text, len}, &err), 0);
	assert_int_equal(count, 1);
	free(text);
	return keys[0];
}

/* NULL: it does not open. */
static char *opened(struct span file, struct age_identity identity)
{
	struct buf out = {0};
	struct error err = {""};
	if (age_open(&out, file, &identity, 1, &err) == 0) {
		char *text = mem_strdup(buf_text(&out));
		buf_free(&out);
		return text;
	}
	assert_true(err.text[0] != '\0');
	assert_int_equal(out.len, 0);
	buf_free(&out);
	return NULL;
}

TEST(files_of_age_open)
{
	static const struct {
		const char *file, *key, *want;
	} rows[] = {
	    {"small.age", "key.txt", "a small secret\n"},
	    {"empty.age", "key.txt", ""},
	    {"both.age", "key.txt", "for both"},
	    {"both.age", "other.txt", "for both"},
	    {"other.age", "other.txt", "another"},
	    {"other.age", "key.txt", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t len;
		char *file = data_file(rows[i].file, &len);
		char *got = opened((struct span){file, len}, identity_of(rows[i].key));
		if (rows[i].want == NULL)
			assert_null(got);
		else
			assert_string_equal(got, rows[i].want);
		free(got);
		free(file);
	}
}

TEST(a_file_of_which_a_byte_was_changed_cut_or_added_does_not_open)
{
	size_t len;
	char *file = data_file("small.age", &len);
	struct age_identity key = identity_of("key.txt");
	for (size_t i = 0; i < len; i++) {
		file[i] ^= 1;
		assert_null(opened((struct span){file, len}, key));
		file[i] ^= 1;
		assert_null(opened((struct span){file, i}, key));
	}
	file = mem_resize(file, len + 1, 1);
	file[len] = 0;
	assert_null(opened((struct span){file, len + 1}, key));
	free(file);
}

/* The text with `old` replaced, which is there. */
static struct span replaced(
    struct buf *out, struct span text, const char *old, const char *with)
{
	const char *at = memmem(text.ptr, text.len, old, strlen(old));
	assert_non_null(at);
	buf_clear(out);
	buf_put(out, span_head(text, (size_t)(at - text.ptr)));
	buf_puts(out, with);
	buf_put(out, span_from(text, (size_t)(at - text.ptr) + strlen(old)));
	return buf_span(out);
}

TEST(a_header_that_is_not_as_specified_is_called_malformed)
{
	static const struct {
		const char *old, *with;
	} rows[] = {
	    {"org/v1\n", "org/v2\n"},
	    {"org/v1\n", "org/v1\r\n"},
	    {"-> X25519 ", "->  X25519 "},
	    {"-> X25519 ", "-> X25519  "},
	    {"-> X25519 ", "->X25519 "},
	    {"-> X25519 ", "-> X25519 more "},
	    {"-> X25519 ", "-> \n-> X25519 "},
	    {"-> X25519 ", "-> a\x7f\n\n-> X25519 "},
	    {"-> X25519 ", "-> grease\n-> X25519 "},
	    {"-> X25519 ", "-> grease\nA\n-> X25519 "},
	    {"-> X25519 ", "-> grease\nAA==\n-> X25519 "},
	    {"--- ", "---  "},
	    {"--- ", "---"},
	    {"\n--- ", "\n\n--- "},
	    {"MIhks\n", "MIhkt\n"}, /* the same bytes, written otherwise */
	    {"6oW0\n", "6oW1\n"},
	    {"MIhks\n", "MIhks=\n"},
	    {"ClsMeLedZdl9BeVA49xNI1nEUmYSyJ/SlUDhW+MIhks",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
	};

	size_t len;
	char *file = data_file("small.age", &len);
	struct age_identity key = identity_of("key.txt");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buf changed = {0}, out = {0};
		struct error err = {""};
		struct span text = replaced(
		    &changed, (struct span){file, len}, rows[i].old, rows[i].with);
		if (age_open(&out, text, &key, 1, &err) == 0 ||
		    strstr(err.text, "not an age file") == NULL)
			fail_msg("%s: %s", rows[i].with, err.text);
		buf_free(&changed);
	}
	free(file);
}

TEST(what_is_sealed_opens_for_each_recipient_and_nobody_else)
{
	static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 200000};
	struct age_identity keys[3];
	struct age_recipient recipients[2];
	for (size_t i = 0; i < 3; i++)
		age_identity_new(&keys[i]);
	for (size_t i = 0; i < 2; i++)
		age_identity_recipient(&recipients[i], &keys[i]);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf sealed = {0};
		char *plain = mem_new(sizes[i] + 1, 1);
		memset(plain, 'x', sizes[i]);
		age_seal(&sealed, (struct span){plain, sizes[i]}, recipients, 2);
		for (size_t k = 0; k < 3; k++) {
			char *got = opened(buf_span(&sealed), keys[k]);
			if (k == 2)
				assert_null(got);
			else
				assert_string_equal(got, plain);
			free(got);
		}
		/* A whole chunk cut off its end. */
		if (sizes[i] > 65536)
			assert_null(opened(span_head(buf_span(&sealed),
					       sealed.len - (sizes[i] % 65536) - 16),
			    keys[0]));
		free(plain);
		buf_free(&sealed);
	}
}

TEST(a_list_of_keys_names_the_line_that_is_none_and_does_not_show_it)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"# mine\n\n"
	     "age1jagjfzunq0e200pn089ydsury6c7f9vndsefdsnupaag6mpnufls0qywln\n",
		NULL},
	    {"# mine\nage1jagjfzunq0e200pn089ydsury6c7f9vndsefdsnupaag6mpnufls0qywlm",
		"line 2 is no public key"},
	    {"AGE1JAGJFZUNQ0E200PN089YDSURY6C7F9VNDSEFDSNUPAAG6MPNUFLS0QYWLN",
		"line 1 is no public key"},
	    {"AGE-SECRET-KEY-"
	     "1YNY4HSRA40RPCTDMV89GWDCNV5ZTA929DNSCLD7HQCVY5XCH38YSK284ES",
		"line 1 is no public key"},
	    {"", "there is no key"},
	    {"# none\n", "there is no key"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct age_recipient keys[AGE_KEYS_MAX];
		struct error err = {""};
		size_t count;
		int rc = age_recipients_read(keys, &count, span_of(rows[i].text), &err);
		assert_int_equal(rc, rows[i].want == NULL ? 0 : -1);
		if (rows[i].want != NULL && strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s", err.text);
		assert_null(strstr(err.text, "YNY4"));
	}
}

/* ---- beside the program age, where it is installed ---- */

static void write_all(const char *path, struct span bytes)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
	assert_int_equal(fclose(file), 0);
}

TEST(the_program_age_opens_what_is_sealed_here_and_the_other_way_round)
{
	char dir[] = "/tmp/offhook-age-XXXXXX";
	if (system("command -v age >/dev/null 2>&1") != 0)
		skip();
	assert_non_null(mkdtemp(dir));
	struct age_identity key;
	struct age_recipient recipient;
	char secret[BECH32_TEXT_SIZE], public[BECH32_TEXT_SIZE];
	age_identity_new(&key);
	age_identity_recipient(&recipient, &key);
	age_identity_text(secret, &key);
	age_recipient_text(public, &recipient);
	char *path = mem_printf("%s/key", dir);
	write_all(path, span_of(secret));
	free(path);
	static const size_t sizes[] = {0, 13, 65536, 200000};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf sealed = {0};
		size_t len;
		char *plain = mem_new(sizes[i] + 1, 1);
		memset(plain, 'y', sizes[i]);
		age_seal(&sealed, (struct span){plain, sizes[i]}, &recipient, 1);
		char *ours = mem_printf("%s/ours.age", dir);
		char *theirs = mem_printf("%s/theirs.age", dir);
		write_all(ours, buf_span(&sealed));
		char *command = mem_printf(
		    "age -d -i %s/key %s | age -r %s -o %s", dir, ours, public, theirs);
		assert_int_equal(system(command), 0);
		char *file = text_read_file(theirs, 1 << 20, &len);
		char *got = opened((struct span){file, len}, key);
		assert_string_equal(got, plain);
		free(got);
		free(file);
		free(command);
		free(ours);
		free(theirs);
		free(plain);
		buf_free(&sealed);
	}
	char *command = mem_printf("rm -r %s", dir);
	assert_int_equal(system(command), 0);
	free(command);
}
