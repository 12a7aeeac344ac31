#include "keys_fixture.h"

#include "keys/keys_filter.h"

/* The filter of a segment with these keys, as the pieces would be on disk. */
static unsigned char *build(struct keys_shape shape, uint64_t first, uint64_t count)
{
	size_t size = keys_filter_size(shape);
	unsigned char *bits = calloc((size_t)shape.pieces, size);
	assert_non_null(bits);
	for (uint64_t i = first; i < first + count; i++) {
		unsigned char key[KEYS_SIZE];
		make_key(key, i / 4, i % 4);
		struct keys_entry entry = keys_entry_of(key, 1);
		keys_filter_add(
		    bits + keys_filter_piece(shape, &entry) * size, shape, &entry);
	}
	return bits;
}

static uint64_t count_has(
    const unsigned char *bits, struct keys_shape shape, uint64_t first, uint64_t count)
{
	uint64_t has = 0;
	for (uint64_t i = first; i < first + count; i++) {
		unsigned char key[KEYS_SIZE];
		make_key(key, i / 4, i % 4);
		struct keys_entry entry = keys_entry_of(key, 1);
		uint64_t piece = keys_filter_piece(shape, &entry);
		assert_true(piece < shape.pieces);
		has += keys_filter_has(
		    bits + piece * keys_filter_size(shape), shape, &entry);
	}
	return has;
}

TEST(every_key_passes_and_few_others_do)
{
	static const uint64_t counts[] = {1, 7, 64, 5000, 8192, 100000, 1000000};

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct keys_shape shape = keys_filter_shape(counts[i]);
		unsigned char *bits = build(shape, 0, counts[i]);
		uint64_t strangers = 1000000;
		assert_int_equal(count_has(bits, shape, 0, counts[i]), counts[i]);
		uint64_t passed = count_has(bits, shape, 10000000, strangers);
		if (passed > strangers / 1000 * 2)
			fail_msg("%u of a million pass a filter of %u keys",
			    (unsigned)passed, (unsigned)counts[i]);
		free(bits);
	}
}

TEST(it_takes_two_bytes_a_key_and_pieces_of_at_most_16_kib)
{
	static const uint64_t counts[] = {8192, 65536, 100000, 524288, 20000000};

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct keys_shape shape = keys_filter_shape(counts[i]);
		uint64_t bytes = shape.pieces * keys_filter_size(shape);
		assert_in_range(bytes, counts[i] * 2, counts[i] * 2 + counts[i] / 8);
		assert_true(keys_filter_size(shape) <= KEYS_PIECE_SIZE);
	}
}

TEST(pieces_follow_the_order_of_the_keys)
{
	struct keys_shape shape = keys_filter_shape(1000000);
	uint64_t step = UINT64_MAX / 100000, last = 0;

	for (uint64_t i = 0; i <= 100000; i++) {
		struct keys_entry entry = {.high = i * step};
		uint64_t piece = keys_filter_piece(shape, &entry);
		assert_true(piece == last || piece == last + 1);
		last = piece;
	}
	assert_int_equal(last, shape.pieces - 1);
}

/* The filter of a whole database: 100,000 keys, sealed and merged. */
TEST(few_strangers_are_unsure_in_a_store_of_100000_keys)
{
	struct fixture *f = fixture_new(4096, 4);
	unsigned char key[KEYS_SIZE];
	struct error err;
	int64_t row = 0;
	int unsure = 0;

	for (uint32_t i = 0; i < 100000; i += 1000) {
		run_sql(f->db, "BEGIN IMMEDIATE");
		for (uint32_t j = i; j < i + 1000; j++) {
			make_key(key, j, 0);
			keys_add(f->keys, key, j + 1);
		}
		assert_true(commit(f, 65536));
	}
	drain(f, 65536);
	for (uint32_t i = 0; i < 100000; i++) {
		make_key(key, i, 0);
		assert_int_equal(keys_find(f->keys, f->reader, key, &row, &err), 1);
		assert_int_equal(row, i + 1);
	}
	int64_t segments = ask_number(f->db, "SELECT count(*) FROM key_segments");
	for (uint32_t i = 200000; i < 300000; i++) {
		make_key(key, i, 0);
		enum keys_known known = keys_peek(f->keys, key, &row);
		assert_int_not_equal(known, KEYS_KNOWN);
		unsure += known == KEYS_UNSURE;
		assert_int_equal(keys_find(f->keys, f->reader, key, &row, &err), 0);
	}
	assert_true(unsure < 200 * segments);
	assert_in_range(keys_memory(f->keys), 200000, 1500000);
	fixture_free(f);
}
