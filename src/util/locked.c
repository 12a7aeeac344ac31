#include "util/locked.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "util/log.h"

void *locked_new(size_t size)
{
	void *memory = mmap(
	    NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		log_fatal("out of memory");
	(void)mlock(memory, size); /* RLIMIT_MEMLOCK may forbid it */
	(void)madvise(memory, size, MADV_DONTDUMP);
	return memory;
}

char *locked_copy(struct span text)
{
	char *copy = locked_new(text.len + 1);
	if (text.len > 0)
		memcpy(copy, text.ptr, text.len);
	return copy;
}

void locked_free(void *memory, size_t size)
{
	if (memory == NULL)
		return;
	explicit_bzero(memory, size);
	(void)munmap(memory, size);
}

/* A sanitizer looks for leaks as a debugger does. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { UNDER_SANITIZER = 1 };
#else
enum { UNDER_SANITIZER = 0 };
#endif

void locked_no_core(void)
{
	const struct rlimit no_core = {0, 0};
	(void)setrlimit(RLIMIT_CORE, &no_core);
}

void locked_process(void)
{
	locked_no_core();
	if (!UNDER_SANITIZER)
		(void)prctl(PR_SET_DUMPABLE, 0);
}
