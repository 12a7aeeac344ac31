#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secrets/sealed.h"
#include "secrets/whole_file.h"
#include "util/mem.h"
#include "util/text.h"

static char root[64];
static struct sealed_place place;

/* Each test begins with an empty directory: root/data, beside which a key may lie. */
static int enter(void **state)
{
	static char dir[80], key[80];
	(void)state;
	(void)snprintf(root, sizeof(root), "/tmp/offhook-sealed-XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	(void)snprintf(dir, sizeof(dir), "%s/data", root);
	(void)snprintf(key, sizeof(key), "%s/key", root);
	place = (struct sealed_place){.dir = dir, .key_file = key};
	return 0;
}

static int leave(void **state)
{
	(void)state;
	char *command = mem_printf("rm -r %s", root);
	int rc = system(command);
	free(command);
	return rc;
}

static void put(const char *name, const char *value)
{
	struct error err;
	if (sealed_change(&place, span_of(name), span_of(value), NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static void expect_fold(int want)
{
	struct error err;
	int got = sealed_fold(&place, &err);
	if (got != want)
		fail_msg("%d: %s", got, got < 0 ? err.text : "");
}

/* What is there, as "A=1 B=2 "; the warning when there is one. */
static const char *all(void)
{
	static char text[1024];
	struct secrets *secrets = NULL;
	struct error warning, err;
	size_t len = 0;
	text[0] = '\0';
	if (sealed_read(&secrets, &place, &warning, &err) < 0)
		len = (size_t)snprintf(text, sizeof(text), "error: %s", err.text);
	else if (warning.text[0] != '\0')
		len =
		    (size_t)snprintf(text, sizeof(text), "warning: %s ", warning.text);
	for (size_t i = 0; i < secrets_count(secrets); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s=%s ",
		    secrets_at(secrets, i)->name, secrets_at(secrets, i)->value);
	secrets_free(secrets);
	return text;
}

static int shell(const char *format)
{
	char *command = mem_printf("cd %s && %s", root, format);
	int rc = system(command);
	free(command);
	return rc;
}

TEST_WITH(nothing_is_there_at_first, enter, leave)
{
	assert_string_equal(all(), "");
}

TEST_WITH(a_change_counts_at_once_and_after_it_is_folded, enter, leave)
{
	put("B", "2");
	put("A", "1");
	put("B", "3");
	assert_string_equal(all(), "A=1 B=3 ");
	expect_fold(0);
	assert_string_equal(all(), "A=1 B=3 ");
	assert_int_equal(shell("test -z \"$(ls data/secrets.d)\""), 0);
	put("A", NULL);
	assert_string_equal(all(), "B=3 ");
	expect_fold(0);
	assert_string_equal(all(), "B=3 ");
}

TEST_WITH(files_are_their_owners_alone, enter, leave)
{
	put("A", "1");
	put("B", "2");
	expect_fold(0);
	put("C", "3");
	assert_int_equal(shell("test -z \"$(find data key -perm /077)\""), 0);
}

TEST_WITH(to_set_takes_no_key_and_to_read_does, enter, leave)
{
	put("A", "planted");
	expect_fold(0);
	assert_int_equal(shell("mv key away"), 0);
	put("B", "planted, too");
	put("A", NULL);
	expect_fold(1);
	assert_non_null(strstr(all(), "there is no key in"));
	assert_null(strstr(all(), "planted"));
	assert_int_equal(shell("test -e key"), 256); /* none was made */
	assert_int_equal(shell("mv away key"), 0);
	assert_string_equal(all(), "B=planted, too ");
}

TEST_WITH(a_value_stands_nowhere_in_the_directory, enter, leave)
{
	put("PLANTED_NAME", "planted-value");
	expect_fold(0);
	put("PLANTED_NAME", "planted-value");
	assert_int_equal(shell("grep -ra -e planted-value -e PLANTED_NAME data"), 256);
}

TEST_WITH(a_key_that_others_may_open_is_refused, enter, leave)
{
	put("A", "1");
	assert_int_equal(shell("chmod 0640 key"), 0);
	assert_non_null(strstr(all(), "chmod 600"));
	assert_int_equal(shell("chmod 0600 key"), 0);
	assert_string_equal(all(), "A=1 ");
}

TEST_WITH(a_key_file_within_the_directory_is_refused, enter, leave)
{
	put("A", "1");
	assert_int_equal(shell("cp key data/mine; ln -s data link"), 0);
	const char *const insides[] = {"data/mine", "data/../data/mine", "link/mine"};
	for (size_t i = 0; i < sizeof(insides) / sizeof(*insides); i++) {
		char *path = mem_printf("%s/%s", root, insides[i]);
		place.key_file = path;
		assert_non_null(strstr(all(), "is in the data directory"));
		free(path);
	}
}

TEST_WITH(a_key_beside_is_made_for_a_first_try, enter, leave)
{
	char *made = NULL;
	struct error err;
	place.key_file = NULL;
	assert_int_equal(sealed_change(&place, SPAN("A"), SPAN("1"), &made, &err), 0);
	assert_non_null(strstr(made, "/data/key"));
	free(made);
	assert_int_equal(sealed_change(&place, SPAN("B"), SPAN("2"), &made, &err), 0);
	assert_null(made);
	assert_string_equal(all(), "A=1 B=2 ");
}

TEST_WITH(a_credential_counts_before_a_key_file, enter, leave)
{
	put("A", "1");
	assert_int_equal(shell("mkdir creds && mv key creds/offhook.key"), 0);
	char *credentials = mem_printf("%s/creds", root);
	place.credentials = credentials;
	assert_string_equal(all(), "A=1 ");
	free(credentials);
}

TEST_WITH(a_new_key_opens_all_and_the_old_one_nothing, enter, leave)
{
	struct error err;
	struct age_identity escrow;
	struct age_recipient recipient;
	char text[BECH32_TEXT_SIZE];
	age_identity_new(&escrow);
	age_identity_recipient(&recipient, &escrow);
	put("A", "1");
	expect_fold(0);
	put("B", "2");
	assert_int_equal(shell("cp key old"), 0);
	assert_int_equal(sealed_rotate(&place, &recipient, 1, &err), 0);
	assert_string_equal(all(), "A=1 B=2 ");
	put("C", "3");
	assert_string_equal(all(), "A=1 B=2 C=3 ");
	assert_int_equal(shell("grep -c AGE-SECRET key | grep -qx 1"), 0);
	assert_int_equal(shell("cp key new && cp old key"), 0);
	assert_non_null(strstr(all(), "sealed to other keys"));
	/* The other recipient opens it, too, also after one more rotation. */
	age_identity_text(text, &escrow);
	char *line = mem_printf("echo %s > escrow && cp new key", text);
	assert_int_equal(shell(line), 0);
	free(line);
	assert_int_equal(sealed_rotate(&place, NULL, 0, &err), 0);
	assert_int_equal(shell("cp escrow key"), 0);
	assert_string_equal(all(), "A=1 B=2 C=3 ");
}

TEST_WITH(a_rotation_that_was_cut_off_loses_nothing, enter, leave)
{
	struct error err;
	put("A", "1");
	expect_fold(0);
	/* After its first step the key's file has both keys, and all is sealed to the old. */
	assert_int_equal(shell("cp key first && rm -f data/secrets.recipients.x"), 0);
	assert_int_equal(sealed_rotate(&place, NULL, 0, &err), 0);
	assert_int_equal(
	    shell("cat key first > both && cp both key && chmod 600 key"), 0);
	put("B", "2");
	assert_string_equal(all(), "A=1 B=2 ");
	assert_int_equal(sealed_rotate(&place, NULL, 0, &err), 0);
	assert_string_equal(all(), "A=1 B=2 ");
	assert_int_equal(shell("grep -c AGE-SECRET key | grep -qx 1"), 0);
}

TEST_WITH(damage_is_told_and_a_change_for_a_lost_key_costs_only_itself, enter, leave)
{
	put("A", "1");
	expect_fold(0);
	put("B", "2");
	assert_int_equal(
	    shell("sh -c 'for f in data/secrets.d/*; do echo x >> $f; done'"), 0);
	assert_non_null(strstr(all(), "was left out"));
	assert_non_null(strstr(all(), "A=1"));
	expect_fold(-1);
	assert_int_equal(shell("rm data/secrets.d/*"), 0);
	assert_int_equal(shell("echo x >> data/secrets.age"), 0);
	assert_non_null(strstr(all(), "error:"));
}
