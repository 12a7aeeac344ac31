/* What is between the pointers and the rows of a table's page goes, and nothing else. */
#include "test.h"

#include <string.h>

#include "sqlite/wipe.h"

enum { SIZE = 512 };

/* One cell's pointer, rows from `content` on. */
static void make_page(unsigned char page[SIZE], size_t at, int kind, int content)
{
	memset(page, 'x', SIZE);
	memcpy(page + at,
	    (unsigned char[]){(unsigned char)kind, 0, 0, 0, 1,
		(unsigned char)(content / 256), (unsigned char)(content % 256), 0},
	    8);
}

TEST(a_page_keeps_its_pointers_and_rows)
{
	static const struct {
		int kind, content;
		bool is_first;
		size_t from, to; /* what is zero afterwards */
	} rows[] = {
	    {13, 400, false, 10, 400},
	    {10, 400, false, 10, 400},
	    {5, 400, false, 14, 400},
	    {2, 400, false, 14, 400},
	    {13, 400, true, 110, 400},
	    {5, 512, true, 114, 512},
	    {13, 10, false, 0, 0},  /* full */
	    {13, 9, false, 0, 0},   /* no such page */
	    {13, 513, false, 0, 0}, /* nor this */
	    {13, 0, false, 0, 0},
	    {0, 400, false, 0, 0}, /* the next page of a long row */
	    {1, 400, false, 0, 0},
	    {12, 400, false, 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned char page[SIZE], want[SIZE];
		make_page(
		    page, rows[i].is_first ? 100 : 0, rows[i].kind, rows[i].content);
		memcpy(want, page, SIZE);
		memset(want + rows[i].from, 0, rows[i].to - rows[i].from);
		wipe_page(page, SIZE, rows[i].is_first);
		if (memcmp(page, want, SIZE) != 0)
			fail_msg("row %zu", i);
	}
}
