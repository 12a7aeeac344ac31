#include "sqlite/running.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/lock.h"
#include "util/mem.h"

/* As it is in the file. A slot is the id, a bit until the attempt begins, the lowest 15
 * bits of its number; 0: free. */
struct running_file {
	_Atomic(uint64_t) slots[STORE_JOBS_RUNNING];
};

/* The owner believes what it has put into the file, and of the file no more than that an
 * attempt it has given has begun: a worker may write over all of it. */
struct running {
	struct running_file *file;
	struct running_file *own; /* NULL: another process's */
};

enum { GIVEN = 1 << 15, FILE_SIZE = sizeof(struct running_file) };

static uint64_t running_pack(int64_t id, int try)
{
	return (uint64_t)id << 16 | ((uint64_t)try & (GIVEN - 1));
}

static bool has_begun(uint64_t packed)
{
	return packed != 0 && (packed & GIVEN) == 0;
}

static char *path_of(const char *dir)
{
	return mem_printf("%s/jobs.running", dir);
}

static struct running *running_map(int fd)
{
	void *slots = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (slots == MAP_FAILED)
		return NULL;
	struct running *running = mem_new(1, sizeof(*running));
	running->file = slots;
	return running;
}

static void running_own(struct running *running)
{
	running->own = mem_new(1, sizeof(*running->own));
	for (size_t i = 0; i < STORE_JOBS_RUNNING; i++)
		atomic_init(
		    &running->own->slots[i], atomic_load(&running->file->slots[i]));
}

int running_open(struct running **out, const char *dir, struct error *err)
{
	char *path = path_of(dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int why = fd < 0 || ftruncate(fd, FILE_SIZE) < 0 ? errno : 0;
	/* All blocks: on a full disk, a write to a page without a block is a SIGBUS. */
	if (why == 0)
		why = posix_fallocate(fd, 0, FILE_SIZE);
	if (why == 0 && (*out = running_map(fd)) == NULL)
		why = errno;
	if (why == 0)
		running_own(*out);
	if (fd >= 0)
		(void)close(fd);
	if (why != 0)
		(void)error_set(err, "cannot make %s: %s", path, strerror(why));
	free(path);
	return why == 0 ? 0 : -1;
}

struct running *running_join(const char *dir)
{
	char *path = path_of(dir);
	struct running *running = NULL;
	struct stat stat;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	free(path);
	if (fd >= 0 && fstat(fd, &stat) == 0 && stat.st_size == FILE_SIZE)
		running = running_map(fd);
	if (fd >= 0)
		(void)close(fd);
	return running;
}

void running_close(struct running *running)
{
	if (running == NULL)
		return;
	(void)munmap(running->file, FILE_SIZE);
	free(running->own);
	free(running);
}

/* The i-th place where a job is looked for. */
static size_t running_place(int64_t id, size_t i)
{
	return ((size_t)id + i) % STORE_JOBS_RUNNING;
}

bool running_give(struct running *running, int64_t id, int try)
{
	uint64_t packed = running_pack(id, try) | GIVEN;
	for (size_t i = 0; i < STORE_JOBS_RUNNING; i++) {
		size_t at = running_place(id, i);
		_Atomic(uint64_t) *own = &running->own->slots[at];
		uint64_t is = 0;
		if (atomic_load_explicit(own, memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_strong(own, &is, packed)) {
			atomic_store(&running->file->slots[at], packed);
			return true;
		}
	}
	return false;
}

bool running_begin(struct running *running, int64_t id, int try)
{
	struct running_file *known =
	    running->own != NULL ? running->own : running->file;
	uint64_t packed = running_pack(id, try);
	for (size_t i = 0; i < STORE_JOBS_RUNNING; i++) {
		size_t at = running_place(id, i);
		uint64_t is = packed | GIVEN;
		if (atomic_load_explicit(&known->slots[at], memory_order_relaxed) != is)
			continue;
		if (!atomic_compare_exchange_strong(&known->slots[at], &is, packed))
			return false;
		if (known == running->own)
			atomic_store(&running->file->slots[at], packed);
		return true;
	}
	return false;
}

void running_remove(struct running *running, int64_t id)
{
	for (size_t i = 0; i < STORE_JOBS_RUNNING; i++) {
		size_t at = running_place(id, i);
		_Atomic(uint64_t) *own = &running->own->slots[at];
		if (running_id(atomic_load_explicit(own, memory_order_relaxed)) == id) {
			atomic_store(&running->file->slots[at], 0);
			atomic_store(own, 0);
			return;
		}
	}
}

void running_clear(struct running *running)
{
	for (size_t i = 0; i < STORE_JOBS_RUNNING; i++) {
		atomic_store(&running->file->slots[i], 0);
		atomic_store(&running->own->slots[i], 0);
	}
}

/* ---- lists ---- */

static int running_compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Sorts by id. When a job is noted twice, its later attempt is kept. */
static void running_finish(struct running_list *list)
{
	size_t kept = 0;
	if (list->count > 1)
		qsort(
		    list->tries, list->count, sizeof(list->tries[0]), running_compare);
	for (size_t i = 0; i < list->count; i++) {
		if (kept > 0 &&
		    running_id(list->tries[kept - 1]) == running_id(list->tries[i]))
			kept--;
		list->tries[kept++] = list->tries[i];
	}
	list->count = kept;
}

void running_read(const struct running *running, struct running_list *out)
{
	out->count = 0;
	for (size_t i = 0; i < STORE_JOBS_RUNNING; i++) {
		uint64_t own = atomic_load(&running->own->slots[i]);
		uint64_t packed = own & ~(uint64_t)GIVEN;
		if (has_begun(own) ||
		    (own != 0 && atomic_load(&running->file->slots[i]) == packed))
			out->tries[out->count++] = packed;
	}
	running_finish(out);
}

void running_read_file(const char *dir, struct running_list *out)
{
	out->count = 0;
	if (!lock_held(dir))
		return;
	char *path = path_of(dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	free(path);
	ssize_t len = fd < 0 ? -1 : read(fd, out->tries, FILE_SIZE);
	if (fd >= 0)
		(void)close(fd);
	size_t slots = len < 0 ? 0 : (size_t)len / sizeof(out->tries[0]);
	for (size_t i = 0; i < slots; i++) {
		if (has_begun(out->tries[i]))
			out->tries[out->count++] = out->tries[i];
	}
	running_finish(out);
}

bool running_has(const struct running_list *list, int64_t id, int try)
{
	uint64_t packed = running_pack(id, try);
	return bsearch(&packed, list->tries, list->count, sizeof(packed),
		   running_compare) != NULL;
}
