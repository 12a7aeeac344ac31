#include "sqlite/wipe.h"

#include <string.h>

/* https://www.sqlite.org/fileformat2.html, "B-tree Pages" */
enum {
	FILE_HEADER = 100, /* before the first page's own */
	INDEX_INTERIOR = 2,
	TABLE_INTERIOR = 5,
	INDEX_LEAF = 10,
	TABLE_LEAF = 13,
	LEAF_HEADER = 8,
	INTERIOR_HEADER = 12,
	CELLS_AT = 3,   /* how many */
	CONTENT_AT = 5, /* where the first of them is; 0: 65536 */
	POINTER = 2
};

static size_t wipe_number(const unsigned char *at)
{
	return (size_t)at[0] << 8 | at[1];
}

void wipe_page(unsigned char *page, size_t size, bool is_first)
{
	const unsigned char *header = page + (is_first ? FILE_HEADER : 0);
	bool leaf = header[0] == INDEX_LEAF || header[0] == TABLE_LEAF;
	if (!leaf && header[0] != INDEX_INTERIOR && header[0] != TABLE_INTERIOR)
		return;
	size_t content = wipe_number(header + CONTENT_AT);
	size_t start = (size_t)(header - page) +
		       (leaf ? LEAF_HEADER : INTERIOR_HEADER) +
		       POINTER * wipe_number(header + CELLS_AT);
	if (start < content && content <= size)
		memset(page + start, 0, content - start);
}
