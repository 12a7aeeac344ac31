/* Which certificates are taken from files, and what is said of the others. */
#include "http/tls.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tls/issue.h"

static char dir[64];
static struct issued root, middle, leaf, other;
static struct tls *tls;

static char paths[2][96];

static const char *chain_path(void)
{
	return paths[0];
}

static const char *key_path(void)
{
	return paths[1];
}

static int setup(void **state)
{
	static const struct issue for_root = {.name = "a root", .ca = true};
	static const struct issue for_middle = {
	    .name = "an intermediate", .issuer = &root, .ca = true};
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/offhook-tls-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(paths[0], sizeof(paths[0]), "%s/chain.pem", dir);
	(void)snprintf(paths[1], sizeof(paths[1]), "%s/key.pem", dir);
	issue_make(&root, &for_root);
	issue_make(&middle, &for_middle);
	issue_server(&leaf, "DNS:a.example", &middle);
	issue_server(&other, "DNS:b.example", NULL);
	return tls_open(&tls, NULL);
}

static int teardown(void **state)
{
	(void)state;
	tls_close(tls);
	issue_free(&root);
	issue_free(&middle);
	issue_free(&leaf);
	issue_free(&other);
	(void)unlink(chain_path());
	(void)unlink(key_path());
	return rmdir(dir);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Both ways of asking say the same, and the name of the file comes first. */
static void refused(const char *key, const char *file, const char *want)
{
	const struct tls_pair pair = {chain_path(), key};
	struct error checked, loaded;
	int64_t before_ms = tls_not_after_ms(tls);
	assert_int_equal(tls_check(&pair, 1, &checked), -1);
	assert_int_equal(tls_load(tls, &pair, 1, &loaded), -1);
	assert_string_equal(checked.text, loaded.text);
	if (strncmp(checked.text, file, strlen(file)) != 0 ||
	    strstr(checked.text, want) == NULL)
		fail_msg("\"%s\" is not about %s: %s", checked.text, file, want);
	assert_int_equal(tls_not_after_ms(tls), before_ms);
}

static void taken(const char *key)
{
	const struct tls_pair pair = {chain_path(), key};
	struct error err = {{0}};
	if (tls_check(&pair, 1, &err) != 0 || tls_load(tls, &pair, 1, &err) != 0)
		fail_msg("%s", err.text);
}

/* What ends at a CA that this machine does not know is its owner's affair. */
TEST(a_whole_chain_is_taken)
{
	issue_write_key(key_path(), &leaf, NULL);
	issue_write_chain(chain_path(), &leaf, &middle, NULL);
	taken(key_path());
	issue_write_chain(chain_path(), &leaf, &middle, &root, NULL);
	taken(key_path());
	issue_write_chain(chain_path(), &other, NULL);
	issue_write_key(key_path(), &other, NULL);
	taken(key_path());
}

TEST(the_key_may_stand_with_the_certificate)
{
	char command[300];
	issue_write_chain(chain_path(), &other, NULL);
	refused(NULL, chain_path(), "it holds no key (give the key's own file");
	issue_write_key(key_path(), &other, NULL);
	(void)snprintf(
	    command, sizeof(command), "cat %s >>%s", key_path(), chain_path());
	assert_int_equal(system(command), 0);
	taken(NULL);
}

TEST(what_has_no_use_now_is_refused)
{
	static const struct {
		long from_s, until_s;
		const char *want;
	} rows[] = {
	    {-864000, -3600, "the certificate of CN = a server has expired on 20"},
	    {3600, 864000, "is not valid before 20"},
	    {3600, 864000, "is this machine's clock right?"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct issue how = {.name = "a server",
		    .names = "DNS:a.example",
		    .from_s = rows[i].from_s,
		    .until_s = rows[i].until_s};
		struct issued made;
		issue_make(&made, &how);
		issue_write_chain(chain_path(), &made, NULL);
		issue_write_key(key_path(), &made, NULL);
		refused(key_path(), chain_path(), rows[i].want);
		issue_free(&made);
	}
}

TEST(an_expired_issuer_is_refused)
{
	const struct issue how = {.name = "an old intermediate",
	    .issuer = &root,
	    .from_s = -864000,
	    .until_s = -3600,
	    .ca = true};
	struct issued old, made;
	issue_make(&old, &how);
	issue_server(&made, "DNS:a.example", &old);
	issue_write_chain(chain_path(), &made, &old, NULL);
	issue_write_key(key_path(), &made, NULL);
	refused(key_path(), chain_path(), "CN = an old intermediate has expired on 20");
	issue_free(&old);
	issue_free(&made);
}

/* Twilio's error 11237 */
TEST(a_leaf_without_its_issuer_is_refused)
{
	issue_write_chain(chain_path(), &leaf, NULL);
	issue_write_key(key_path(), &leaf, NULL);
	refused(key_path(), chain_path(),
	    "of its issuer (CN = an intermediate) is missing");
	issue_write_chain(chain_path(), &leaf, &other, NULL);
	refused(key_path(), chain_path(),
	    "of its issuer (CN = an intermediate) is missing");
	issue_write_chain(chain_path(), &leaf, &root, NULL);
	refused(key_path(), chain_path(),
	    "of its issuer (CN = an intermediate) is missing");
}

TEST(the_leaf_comes_first)
{
	issue_write_chain(chain_path(), &middle, &leaf, NULL);
	issue_write_key(key_path(), &leaf, NULL);
	refused(key_path(), key_path(), "the key is not that of the first certificate");
}

/* Clients of TLS 1.2 may take the chain by its word (RFC 5246, 7.4.2). */
TEST(a_chain_out_of_order_is_refused)
{
	struct issued deeper, made;
	const struct issue how = {
	    .name = "a second intermediate", .issuer = &middle, .ca = true};
	issue_make(&deeper, &how);
	issue_server(&made, "DNS:a.example", &deeper);
	issue_write_key(key_path(), &made, NULL);
	issue_write_chain(chain_path(), &made, &deeper, &middle, NULL);
	taken(key_path());
	issue_write_chain(chain_path(), &made, &middle, &deeper, NULL);
	refused(key_path(), chain_path(), "out of order");
	/* What follows the chain does no harm. */
	issue_write_chain(chain_path(), &made, &deeper, &middle, &other, NULL);
	taken(key_path());
	issue_free(&deeper);
	issue_free(&made);
}

TEST(a_certificate_that_is_no_servers_is_refused)
{
	issue_write_chain(chain_path(), &other, NULL);
	issue_write_key(key_path(), &leaf, NULL);
	refused(
	    key_path(), key_path(), "the key is not that of the first certificate in");
}

TEST(an_encrypted_key_asks_nobody)
{
	issue_write_chain(chain_path(), &other, NULL);
	issue_write_key(key_path(), &other, "a passphrase");
	refused(key_path(), key_path(), "the key is encrypted; write it without");
}

TEST(what_is_no_certificate_is_named)
{
	static const char *const texts[] = {"", "nonsense\n",
	    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
	    "-----BEGIN CERTIFICATE-----\n"};
	issue_write_key(key_path(), &other, NULL);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_text(chain_path(), texts[i]);
		refused(key_path(), chain_path(), "no certificate can be read: ");
	}
	issue_write_key(chain_path(), &other, NULL);
	refused(key_path(), chain_path(),
	    "no certificate can be read: there is none in it");
	assert_int_equal(unlink(chain_path()), 0);
	refused(key_path(), chain_path(), "No such file or directory");
}

TEST(what_is_no_key_is_named)
{
	static const char *const texts[] = {"", "nonsense\n",
	    "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"};
	issue_write_chain(chain_path(), &other, NULL);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_text(key_path(), texts[i]);
		refused(key_path(), key_path(), "no key can be read: ");
	}
	issue_write_chain(key_path(), &other, NULL);
	refused(key_path(), key_path(), "no key can be read: ");
	assert_int_equal(unlink(key_path()), 0);
	refused(key_path(), key_path(), "No such file or directory");
}

/* One bad pair of several keeps all of them out. */
TEST(all_are_taken_or_none)
{
	struct tls_pair pairs[TLS_CERTIFICATES_MAX + 1];
	struct error err;
	issue_write_chain(chain_path(), &other, NULL);
	issue_write_key(key_path(), &other, NULL);
	for (size_t i = 0; i <= TLS_CERTIFICATES_MAX; i++)
		pairs[i] = (struct tls_pair){chain_path(), key_path()};
	assert_int_equal(tls_load(tls, pairs, TLS_CERTIFICATES_MAX, &err), 0);
	assert_int_equal(tls_load(tls, pairs, TLS_CERTIFICATES_MAX + 1, &err), -1);
	assert_string_equal(err.text, "more than 32 certificates");
	pairs[1].chain = "/nowhere";
	assert_int_equal(tls_load(tls, pairs, 2, &err), -1);
	assert_string_equal(err.text,
	    "/nowhere: no certificate can be read: No such file or directory");
}

/* Of several, the one that ends first. */
TEST(it_is_known_until_when_they_are_valid)
{
	const struct issue how = {
	    .name = "a server", .from_s = -4000, .until_s = 1000, .names = "DNS:c"};
	struct tls_pair pair = {chain_path(), key_path()};
	struct issued made;
	struct error err;
	int64_t end_ms, soon_ms;
	issue_make(&made, &how);
	issue_write_chain(chain_path(), &made, NULL);
	issue_write_key(key_path(), &made, NULL);
	assert_int_equal(tls_load(tls, &pair, 1, &err), 0);
	end_ms = tls_not_after_ms(tls);
	assert_int_equal(end_ms % 1000, 0);
	assert_false(tls_ends_soon(tls, end_ms - 1000 * 1000, &soon_ms));
	assert_true(tls_ends_soon(tls, end_ms - 999 * 1000, &soon_ms));
	assert_int_equal(soon_ms, end_ms);
	assert_true(tls_ends_soon(tls, end_ms + 1, &soon_ms));
	issue_free(&made);
}

TEST_GROUP(setup, teardown)
