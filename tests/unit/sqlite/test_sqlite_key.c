/* Keys as they are on disk: what makes them can never change. */
#include "test.h"

#include <string.h>

#include "sqlite/sqlite_key.h"
#include "util/text.h"

static const struct store_key some = {
    .hash = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

TEST(all_keys_of_one_sid_begin_with_its_hash)
{
	unsigned char digest[32], half[KEYS_SIZE / 2];
	struct store_key key = some;
	key.sid = SPAN("SM1");
	text_sha256(digest, key.sid);
	const unsigned char *index = sqlite_key_event(&key);
	assert_memory_equal(index, digest, KEYS_SIZE / 2);
	assert_memory_equal(
	    index + KEYS_SIZE / 2, some.hash + KEYS_SIZE / 2, KEYS_SIZE / 2);
	sqlite_key_sid(half, key.sid);
	assert_memory_equal(half, digest, KEYS_SIZE / 2);
}

TEST(a_key_without_a_sid_is_its_hash)
{
	struct store_key key = some;
	assert_memory_equal(sqlite_key_event(&key), some.hash, KEYS_SIZE);
	assert_memory_equal(sqlite_key_event(&key), some.hash, KEYS_SIZE);
}

TEST(a_documents_key_is_the_hash_of_collection_and_value)
{
	unsigned char digest[32], index[KEYS_SIZE];
	text_sha256(digest, (struct span){"calls\0CA1", 9});
	sqlite_key_hash(index, "calls", SPAN("CA1"));
	assert_memory_equal(index, digest, KEYS_SIZE);
}
