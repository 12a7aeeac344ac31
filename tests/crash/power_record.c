#include "power_record.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/mem.h"

#define RECORD_MAX ((size_t)2 << 30) /* of a sparse file */

enum { ABOUT_MAX = 256 };

/* How the file begins; what happened follows. */
struct record_head {
	size_t used;
	char about[ABOUT_MAX];
	struct record_files files;
};

struct record {
	struct record_head *head;
	const struct record_op **ops;
	size_t count, first, mapped;
};

static struct record *record_map(int fd, size_t size)
{
	struct record *record = mem_new(1, sizeof(*record));
	record->head = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	record->mapped = size;
	(void)close(fd);
	if (record->head != MAP_FAILED)
		return record;
	free(record);
	return NULL;
}

struct record *record_new(const char *path, const void *about, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)RECORD_MAX) < 0 || size > ABOUT_MAX)
		abort();
	struct record *record = record_map(fd, RECORD_MAX);
	if (record == NULL)
		abort();
	record->head->used = sizeof(*record->head);
	memcpy(record->head->about, about, size);
	return record;
}

struct record *record_load(const char *path, void *about, size_t size)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	struct record *record = record_map(fd, (size_t)st.st_size);
	if (record != NULL) {
		memcpy(about, record->head->about, size);
		record_index(record);
	}
	return record;
}

void record_free(struct record *record)
{
	if (record == NULL)
		return;
	(void)munmap(record->head, record->mapped);
	free(record->ops);
	free(record);
}

static size_t op_size(uint32_t len)
{
	return (sizeof(struct record_op) + len + 7) / 8 * 8;
}

void record_index(struct record *record)
{
	size_t room = 0;
	record->count = 0;
	for (size_t at = sizeof(*record->head); at < record->head->used;) {
		const struct record_op *op =
		    (const void *)((const char *)record->head + at);
		if (record->count == room) {
			room = room == 0 ? 4096 : room * 2;
			record->ops =
			    mem_resize(record->ops, room, sizeof(struct record_op *));
		}
		record->ops[record->count++] = op;
		if (op->kind == RECORD_BEGIN)
			record->first = record->count;
		at += op_size(op->len);
	}
}

size_t record_count(const struct record *record)
{
	return record->count;
}

size_t record_first(const struct record *record)
{
	return record->first;
}

const struct record_op *record_at(const struct record *record, size_t number)
{
	return record->ops[number];
}

struct record_files *record_files(struct record *record)
{
	return &record->head->files;
}

void record_add(struct record *record, const struct record_op *about, const void *data)
{
	struct record_head *head = record->head;
	struct record_op *op = (void *)((char *)head + head->used);
	if (head->used + op_size(about->len) > RECORD_MAX) {
		(void)fprintf(stderr, "the record is full\n");
		abort();
	}
	memcpy(op, about, sizeof(*about));
	if (about->len > 0)
		memcpy(op->data, data, about->len);
	head->used += op_size(about->len);
}

void record_keep(struct record *record, const char *path)
{
	if (truncate(path, (off_t)record->head->used) < 0)
		abort();
}
