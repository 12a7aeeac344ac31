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

/* A slot: the id, a bit while the try is only given, the lowest 15 bits of the try; 0 is
 * free. */
typedef _Atomic(uint64_t) slot;

enum { GIVEN = 1 << 15 };

struct running {
	slot *slots;
};

enum { FILE_SIZE = STORE_JOBS_RUNNING * sizeof(slot) };

static uint64_t pack(int64_t id, int try)
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

/* With its blocks: a write to a page that has none would be a SIGBUS on a full disk. */
static int make_room(int fd)
{
	if (ftruncate(fd, FILE_SIZE) < 0)
		return errno;
	return posix_fallocate(fd, 0, FILE_SIZE);
}

static struct running *map(int fd)
{
	void *slots = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (slots == MAP_FAILED)
		return NULL;
	struct running *running = mem_new(1, sizeof(*running));
	running->slots = slots;
	return running;
}

int running_open(struct running **out, const char *dir, struct error *err)
{
	char *path = path_of(dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int why = fd < 0 ? errno : make_room(fd);
	if (why == 0 && (*out = map(fd)) == NULL)
		why = errno;
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
		running = map(fd);
	if (fd >= 0)
		(void)close(fd);
	return running;
}

void running_close(struct running *running)
{
	if (running == NULL)
		return;
	(void)munmap(running->slots, FILE_SIZE);
	free(running);
}

/* Jobs are looked for from here on. */
static size_t home_of(int64_t id)
{
	return (size_t)id % STORE_JOBS_RUNNING;
}

bool running_give(struct running *running, int64_t id, int try)
{
	uint64_t packed = pack(id, try) | GIVEN;
	for (size_t i = 0; i < STORE_JOBS_RUNNING; i++) {
		slot *at = &running->slots[(home_of(id) + i) % STORE_JOBS_RUNNING];
		uint64_t is = 0;
		if (atomic_load_explicit(at, memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_strong(at, &is, packed))
			return true;
	}
	return false;
}

bool running_begin(struct running *running, int64_t id, int try)
{
	uint64_t packed = pack(id, try);
	for (size_t i = 0; i < STORE_JOBS_RUNNING; i++) {
		slot *at = &running->slots[(home_of(id) + i) % STORE_JOBS_RUNNING];
		uint64_t is = packed | GIVEN;
		if (atomic_load_explicit(at, memory_order_relaxed) == is)
			return atomic_compare_exchange_strong(at, &is, packed);
	}
	return false;
}

void running_remove(struct running *running, int64_t id)
{
	for (size_t i = 0; i < STORE_JOBS_RUNNING; i++) {
		slot *at = &running->slots[(home_of(id) + i) % STORE_JOBS_RUNNING];
		if (running_id(atomic_load_explicit(at, memory_order_relaxed)) == id) {
			atomic_store(at, 0);
			return;
		}
	}
}

void running_clear(struct running *running)
{
	for (size_t i = 0; i < STORE_JOBS_RUNNING; i++)
		atomic_store(&running->slots[i], 0);
}

/* ---- lists ---- */

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* By id; of a job that is noted twice, the later try. */
static void finish(struct running_list *list)
{
	size_t kept = 0;
	if (list->count > 1)
		qsort(list->tries, list->count, sizeof(list->tries[0]), compare);
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
		uint64_t packed = atomic_load(&running->slots[i]);
		if (has_begun(packed))
			out->tries[out->count++] = packed;
	}
	finish(out);
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
	finish(out);
}

bool running_has(const struct running_list *list, int64_t id, int try)
{
	uint64_t packed = pack(id, try);
	return bsearch(&packed, list->tries, list->count, sizeof(packed), compare) !=
	       NULL;
}
