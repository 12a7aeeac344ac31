#include "power_disk.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/mem.h"

/* Its pages are looked at now and then (power_recorder.h). */
#define MAPPED "jobs.running"

enum { NAME_SIZE = 64, NAMES = 32, SHM_SIZE = 32768 };

struct content {
	unsigned char *bytes;
	size_t size, room;
};

struct names {
	int count;

	struct {
		char name[NAME_SIZE];
		int file;
	} is[NAMES];
};

struct disk_file {
	bool is_directory;
	char name[NAME_SIZE]; /* the last one that it was given */
	/* as of the last sync; which of the two it has, is_directory says */
	struct content content;
	struct names names;
	/* since then */
	const struct record_op **pending;
	size_t count, room;
};

struct disk {
	const struct record *record;
	enum disk_lie lie;
	size_t done;
	struct disk_file files[RECORD_FILES];
};

/* ---- chance ---- */

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static size_t below(uint64_t *seed, size_t bound)
{
	*seed = mix(*seed);
	return (size_t)(*seed >> 16) % bound;
}

/* ---- contents ---- */

static void content_resize(struct content *content, size_t size)
{
	if (size > content->room) {
		content->room = size * 2;
		content->bytes = mem_resize(content->bytes, content->room, 1);
	}
	if (size > content->size)
		memset(content->bytes + content->size, 0, size - content->size);
	content->size = size;
}

static void content_put(
    struct content *content, size_t at, const unsigned char *bytes, size_t len)
{
	if (len == 0)
		return;
	if (at + len > content->size)
		content_resize(content, at + len);
	memcpy(content->bytes + at, bytes, len);
}

static void content_apply(struct content *content, const struct record_op *op)
{
	if (op->kind == RECORD_WRITE)
		content_put(content, (size_t)op->at, op->data, op->len);
	else
		content_resize(content, (size_t)op->at);
}

/* ---- names ---- */

static void names_remove(struct names *names, const char *name, int file)
{
	for (int i = 0; i < names->count; i++) {
		if (strcmp(names->is[i].name, name) != 0 || names->is[i].file != file)
			continue;
		names->is[i] = names->is[--names->count];
		return;
	}
}

static void names_put(struct names *names, const char *name, int file)
{
	int i = 0;
	while (i < names->count && strcmp(names->is[i].name, name) != 0)
		i++;
	assert(i < NAMES);
	if (i == names->count)
		names->count++;
	(void)snprintf(names->is[i].name, NAME_SIZE, "%s", name);
	names->is[i].file = file;
}

static void names_apply(struct names *names, const struct record_op *op)
{
	const char *name = (const char *)op->data;
	if (op->kind == RECORD_NAME) {
		names_put(names, name, op->named);
		return;
	}
	names_remove(names, name, op->named);
	if (op->kind == RECORD_RENAME)
		names_put(names, name + strlen(name) + 1, op->named);
}

/* ---- playing the record ---- */

struct disk *disk_new(const struct record *record, enum disk_lie lie)
{
	struct disk *disk = mem_new(1, sizeof(*disk));
	disk->record = record;
	disk->lie = lie;
	disk->files[RECORD_ROOT].is_directory = true;
	return disk;
}

void disk_free(struct disk *disk)
{
	if (disk == NULL)
		return;
	for (int i = 0; i < RECORD_FILES; i++) {
		free(disk->files[i].content.bytes);
		free(disk->files[i].pending);
	}
	free(disk);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);
	return len >= tail && strcmp(text + len - tail, end) == 0;
}

static bool disk_is_lying(const struct disk *disk, const struct disk_file *file)
{
	switch (disk->lie) {
	case DISK_HONEST:
		return false;
	case DISK_LIES_OF_LOG:
		return ends_with(file->name, "-wal");
	case DISK_LIES_OF_DATABASE:
		return ends_with(file->name, ".db");
	case DISK_LIES_OF_NAMES:
		return file->is_directory;
	case DISK_LIES:
		return true;
	}
	return false;
}

static void file_apply(struct disk_file *file, const struct record_op *op)
{
	if (file->is_directory)
		names_apply(&file->names, op);
	else
		content_apply(&file->content, op);
}

static void disk_sync(struct disk *disk, struct disk_file *file)
{
	if (disk->done >= record_first(disk->record) && disk_is_lying(disk, file))
		return;
	for (size_t i = 0; i < file->count; i++)
		file_apply(file, file->pending[i]);
	file->count = 0;
}

static void disk_do(struct disk *disk, const struct record_op *op)
{
	struct disk_file *file = &disk->files[op->file];
	if (op->kind == RECORD_MARK || op->kind == RECORD_BEGIN)
		return;
	if (op->kind == RECORD_SYNC) {
		disk_sync(disk, file);
		return;
	}
	const char *name = (const char *)op->data;
	if (op->kind == RECORD_NAME)
		disk->files[op->named].is_directory = op->at == 1;
	if (op->kind == RECORD_RENAME)
		name += strlen(name) + 1;
	if (op->kind == RECORD_NAME || op->kind == RECORD_RENAME)
		(void)snprintf(disk->files[op->named].name, NAME_SIZE, "%s", name);
	if (file->count == file->room) {
		file->room = file->room == 0 ? 64 : file->room * 2;
		file->pending =
		    mem_resize(file->pending, file->room, sizeof(struct record_op *));
	}
	file->pending[file->count++] = op;
}

void disk_go(struct disk *disk, size_t cut)
{
	assert(cut >= disk->done && cut <= record_count(disk->record));
	for (; disk->done < cut; disk->done++)
		disk_do(disk, record_at(disk->record, disk->done));
}

/* ---- what has reached the disk of what was not synced ---- */

struct chance {
	enum {
		NOTHING,
		ALL,
		FIRST,   /* up to a moment, what was done then is torn */
		LATER,   /* from a moment on */
		ALL_BUT, /* what was done at a moment */
		WHOLE,   /* each thing or not */
		TORN,    /* each sector or not */
		CHANCES
	} how;

	size_t moment;   /* a place in the file's pending list */
	size_t resized;  /* up to here its size has been told */
	unsigned of_256; /* how likely */
	size_t sector;
	bool leftovers; /* the file has grown onto old bytes */
	uint64_t seed;
};

static struct chance chance_of(uint64_t seed, const struct disk_file *file)
{
	static const unsigned likely[] = {16, 128, 240};
	struct chance c = {.seed = mix(seed)};
	uint64_t draw = c.seed;
	c.how = (unsigned)below(&draw, CHANCES);
	c.moment = below(&draw, file->count + 1);
	c.of_256 = likely[below(&draw, 3)];
	c.sector = below(&draw, 2) == 0 ? 512 : 4096;
	c.leftovers = below(&draw, 4) == 0;
	size_t which = below(&draw, 3), any = below(&draw, file->count + 1);
	c.resized = which == 0 ? 0 : which == 1 ? file->count : any;
	if (c.how == NOTHING)
		c.resized = 0;
	else if (c.how == ALL)
		c.resized = file->count;
	else if (c.how == FIRST)
		c.resized = c.moment;
	return c;
}

/* Whether a sector was written after the i-th thing was done to it. */
static bool chance_reached(const struct chance *c, size_t i, size_t sector)
{
	uint64_t whole = mix(c->seed ^ (i * 2 + 1));
	uint64_t torn = mix(whole ^ (sector << 20));
	switch (c->how) {
	case NOTHING:
	case CHANCES:
		return false;
	case ALL:
		return true;
	case FIRST:
		return i < c->moment || (i == c->moment && torn % 2 == 0);
	case LATER:
		return i >= c->moment;
	case ALL_BUT:
		return i != c->moment;
	case WHOLE:
		return whole % 256 < c->of_256;
	case TORN:
		return torn % 256 < c->of_256;
	}
	return false;
}

static size_t end_of(const struct record_op *op)
{
	return (size_t)op->at + (op->kind == RECORD_WRITE ? op->len : 0);
}

/* The size that has been told, and in *most the largest that there was. */
static size_t chosen_size(
    const struct disk_file *file, const struct chance *c, size_t *most)
{
	size_t size = file->content.size;
	*most = size;
	for (size_t i = 0; i < file->count; i++) {
		size_t end = end_of(file->pending[i]);
		if (end > *most)
			*most = end;
		if (i < c->resized)
			size = file->pending[i]->kind == RECORD_RESIZE || end > size
				   ? end
				   : size;
	}
	return size;
}

/* The parts of a write in those sectors that were last written after it. */
static void put_sectors(struct content *content, const struct record_op *op,
    const size_t *last, size_t i, size_t sector)
{
	size_t at = (size_t)op->at, end = end_of(op);
	while (at < end) {
		size_t next = (at / sector + 1) * sector;
		if (next > end)
			next = end;
		if (last[at / sector] > i)
			content_put(
			    content, at, op->data + (at - (size_t)op->at), next - at);
		at = next;
	}
}

static void junk(struct content *content, size_t from, uint64_t seed)
{
	for (size_t at = from; at < content->size; at++)
		content->bytes[at] = (unsigned char)below(&seed, 256);
}

static struct content choose_content(const struct disk_file *file, uint64_t seed)
{
	struct chance c = chance_of(seed, file);
	struct content content = {0};
	size_t most, size = chosen_size(file, &c, &most);
	/* of each sector: it has what the things before this one made of it */
	size_t *last = mem_new(most / c.sector + 1, sizeof(*last));
	for (size_t i = 0; i < file->count; i++) {
		const struct record_op *op = file->pending[i];
		if (op->kind != RECORD_WRITE || op->len == 0)
			continue;
		for (size_t s = (size_t)op->at / c.sector;
		     s <= (end_of(op) - 1) / c.sector; s++)
			if (chance_reached(&c, i, s))
				last[s] = i + 1;
	}
	content_put(&content, 0, file->content.bytes, file->content.size);
	if (c.leftovers && most > content.size) {
		size_t before = content.size;
		content_resize(&content, most);
		junk(&content, before, c.seed);
	}
	for (size_t i = 0; i < file->count; i++) {
		const struct record_op *op = file->pending[i];
		if (op->kind == RECORD_WRITE)
			put_sectors(&content, op, last, i, c.sector);
		else if (i < c.resized)
			content_resize(&content, (size_t)op->at);
	}
	content_resize(&content, size);
	free(last);
	return content;
}

static struct names choose_names(const struct disk_file *directory, uint64_t seed)
{
	struct names names = directory->names;
	struct chance c = chance_of(seed, directory);
	for (size_t i = 0; i < directory->count; i++)
		if (chance_reached(&c, i, 0))
			names_apply(&names, directory->pending[i]);
	return names;
}

/* ---- files ---- */

static void write_file(const char *path, const struct content *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 ||
	    write(fd, content->bytes, content->size) != (ssize_t)content->size ||
	    close(fd) < 0) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		abort();
	}
}

static void write_directory(
    const struct disk *disk, int number, uint64_t seed, const char *path)
{
	struct names names =
	    choose_names(&disk->files[number], mix(seed ^ (uint64_t)number));
	for (int i = 0; i < names.count; i++) {
		int inner = names.is[i].file;
		const struct disk_file *file = &disk->files[inner];
		char *full = mem_printf("%s/%s", path, names.is[i].name);
		if (file->is_directory) {
			if (mkdir(full, 0700) < 0)
				abort();
			write_directory(disk, inner, seed, full);
		} else {
			struct content content =
			    choose_content(file, mix(seed ^ (uint64_t)inner));
			write_file(full, &content);
			free(content.bytes);
		}
		free(full);
	}
	/* SQLite's index of the log has not outlived it as what it was. */
	size_t shm = below(&seed, 3);
	if (number == RECORD_ROOT || shm == 0)
		return;
	struct content content = {0};
	char *full = mem_printf("%s/offhook.db-shm", path);
	content_resize(&content, SHM_SIZE);
	if (shm == 1)
		junk(&content, 0, seed);
	write_file(full, &content);
	free(content.bytes);
	free(full);
}

void disk_write(const struct disk *disk, uint64_t seed, const char *root)
{
	write_directory(disk, RECORD_ROOT, seed, root);
}

/* ---- is the record whole ---- */

static int compare_file(
    const char *path, const struct disk_file *file, struct error *err)
{
	struct content content = {0};
	struct stat st;
	content_put(&content, 0, file->content.bytes, file->content.size);
	for (size_t i = 0; i < file->count; i++)
		content_apply(&content, file->pending[i]);
	unsigned char *bytes = mem_new(content.size + 1, 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool same = fd >= 0 && fstat(fd, &st) == 0 &&
		    st.st_size == (off_t)content.size &&
		    read(fd, bytes, content.size) == st.st_size &&
		    memcmp(bytes, content.bytes, content.size) == 0;
	if (fd >= 0)
		(void)close(fd);
	free(bytes);
	free(content.bytes);
	return same ? 0 : error_set(err, "%s is not what was recorded", path);
}

static int compare_directory(
    const struct disk *disk, int number, const char *path, struct error *err)
{
	const struct disk_file *directory = &disk->files[number];
	struct names names = directory->names;
	int rc = 0, there = 0;
	for (size_t i = 0; i < directory->count; i++)
		names_apply(&names, directory->pending[i]);
	for (int i = 0; i < names.count && rc == 0; i++) {
		const struct disk_file *file = &disk->files[names.is[i].file];
		char *full = mem_printf("%s/%s", path, names.is[i].name);
		if (file->is_directory)
			rc = compare_directory(disk, names.is[i].file, full, err);
		else if (strcmp(file->name, MAPPED) != 0)
			rc = compare_file(full, file, err);
		free(full);
	}
	DIR *entries = opendir(path);
	const struct dirent *entry;
	while (entries != NULL && (entry = readdir(entries)) != NULL)
		there += entry->d_name[0] != '.' && !ends_with(entry->d_name, "-shm");
	if (entries != NULL)
		(void)closedir(entries);
	if (rc == 0 && there != names.count)
		rc = error_set(
		    err, "%s has %d files, %d were recorded", path, there, names.count);
	return rc;
}

int disk_compare(const struct disk *disk, const char *root, struct error *err)
{
	return compare_directory(disk, RECORD_ROOT, root, err);
}
