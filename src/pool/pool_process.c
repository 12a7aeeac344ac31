#include "pool/pool_process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pool/backtrace.h"
#include "util/clock.h"
#include "util/mem.h"

enum {
	CHILD_SOCKET = 3, /* the descriptors a process finds its socket and slots at */
	CHILD_SLOTS = 4,
	READ_SIZE = 64 << 10
};

/* ---- birth ---- */

/* Ours, without what a process of a server above us was told. */
static char **environment(const struct pool_config *config, struct arena *arena)
{
	size_t count = 0;
	size_t used = 0;
	while (environ[count] != NULL)
		count++;
	char **out = arena_alloc(arena, (count + 3) * sizeof(*out));
	for (size_t i = 0; i < count; i++)
		if (strncmp(environ[i], "OFFHOOK_HANDLER=", 16) != 0 &&
		    strncmp(environ[i], "OFFHOOK_HANDLER_DATA=", 21) != 0)
			out[used++] = environ[i];
	out[used++] =
	    arena_printf(arena, "OFFHOOK_HANDLER=%d,%d", CHILD_SOCKET, CHILD_SLOTS);
	if (config->data != NULL)
		out[used++] =
		    arena_printf(arena, "OFFHOOK_HANDLER_DATA=%s", config->data);
	out[used] = NULL;
	return out;
}

/* posix_spawn, not fork: a fork would copy the server's page tables and make every
 * page it writes fault. Our descriptors are moved out of the way first, because
 * dup2 would clear no close-on-exec flag on one that is in its place already. */
static int spawn(pid_t *pid, const struct pool_config *config, int socket, int slots)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigset_t all;
	struct arena *arena = arena_new();
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawn_file_actions_adddup2(&files, socket, CHILD_SOCKET);
	(void)posix_spawn_file_actions_adddup2(&files, slots, CHILD_SLOTS);
	(void)posix_spawn_file_actions_addclosefrom_np(&files, CHILD_SLOTS + 1);
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	(void)posix_spawnattr_setflags(
	    &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int rc = posix_spawn(pid, config->program, &files, &attributes, config->argv,
	    environment(config, arena));
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	arena_free(arena);
	return rc;
}

/* In place before its first event; a process that is already gone needs none. Memory has
 * a soft limit: it is against leaks, and a command that a worker starts (alert-command)
 * may need more. */
static void limit(pid_t pid, const struct pool_config *config)
{
	const struct rlimit no_core = {0, 0};
	struct rlimit memory;
	(void)prlimit(pid, RLIMIT_CORE, &no_core, NULL);
	if (config->memory_bytes > 0 && prlimit(pid, RLIMIT_AS, NULL, &memory) == 0) {
		if (memory.rlim_max > (rlim_t)config->memory_bytes)
			memory.rlim_cur = (rlim_t)config->memory_bytes;
		(void)prlimit(pid, RLIMIT_AS, &memory, NULL);
	}
	if (config->nice > 0)
		(void)setpriority(PRIO_PROCESS, (id_t)pid,
		    getpriority(PRIO_PROCESS, 0) + config->nice);
}

/* A descriptor that is none of those a child gets. */
static int clear_of_child(int fd)
{
	if (fd < 0 || fd > CHILD_SLOTS)
		return fd;
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, CHILD_SLOTS + 1);
	(void)close(fd);
	return moved;
}

static int open_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	pair[0] = clear_of_child(pair[0]);
	pair[1] = clear_of_child(pair[1]);
	return pair[0] < 0 || pair[1] < 0 ? -1 : 0;
}

/* Sealed: if a process could shrink it, the server would meet a SIGBUS. */
static int open_slots(struct slots **out)
{
	int fd = clear_of_child(
	    memfd_create("offhook-slots", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	if (fd < 0 || ftruncate(fd, sizeof(**out)) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return fd;
	void *at = mmap(NULL, sizeof(**out), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	*out = at == MAP_FAILED ? NULL : at;
	return fd;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

struct process *process_start(const struct pool_config *config, struct error *err)
{
	struct process *process = mem_new(1, sizeof(*process));
	int pair[2] = {-1, -1};
	int rc = open_pair(pair) < 0 ? errno : 0;
	int memory = open_slots(&process->slots);
	process->socket = pair[0];
	process->pidfd = -1;
	process->idle_us = clock_mono_us();
	if (rc == 0 && process->slots == NULL)
		rc = errno;
	if (rc == 0)
		rc = spawn(&process->pid, config, pair[1], memory);
	close_if_open(pair[1]);
	close_if_open(memory);
	if (rc == 0) {
		limit(process->pid, config);
		process->pidfd = pidfd_open(process->pid, 0);
		if (process->pidfd >= 0)
			return process;
		rc = errno;
		(void)kill(process->pid, SIGKILL);
		(void)waitpid(process->pid, NULL, 0);
	}
	(void)error_set(err, "cannot start a handler process (%s): %s", config->program,
	    strerror(rc));
	process_free(process);
	return NULL;
}

/* ---- death ---- */

void process_free(struct process *process)
{
	if (process == NULL)
		return;
	close_if_open(process->socket);
	close_if_open(process->pidfd);
	if (process->slots != NULL)
		(void)munmap(process->slots, sizeof(*process->slots));
	buf_free(&process->out);
	buf_free(&process->in);
	buf_free(&process->ringed);
	last_words_free(process->last_words);
	free(process);
}

void process_kill(struct process *process, const char *cause)
{
	if (process->cause != NULL)
		return;
	process->cause = cause;
	process->leaving = true;
	(void)pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
}

void process_dismiss(struct process *process)
{
	process->leaving = true;
	if (process->ends_us == 0)
		process->ends_us = clock_mono_us();
	if (process->socket >= 0)
		(void)shutdown(process->socket, SHUT_WR);
}

void process_hang_up(struct process *process)
{
	process_dismiss(process);
	close_if_open(process->socket);
	process->socket = -1;
}

bool process_bury(struct process *process, struct buf *story)
{
	int status = 0;
	(void)waitpid(process->pid, &status, 0);
	const char *abbreviation =
	    WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;
	if (!WIFSIGNALED(status)) {
		last_words_free(process->last_words);
		process->last_words = NULL;
	}
	if (process->cause != NULL)
		buf_puts(story, process->cause);
	else if (WIFEXITED(status))
		buf_printf(story, "called exit(%d)", WEXITSTATUS(status));
	else if (abbreviation != NULL)
		buf_printf(story, "crashed (SIG%s", abbreviation);
	else
		buf_printf(story, "crashed (signal %d", WTERMSIG(status));
	if (WIFSIGNALED(status) && process->cause == NULL &&
	    process->last_words == NULL)
		buf_putc(story, ')');
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- the events it holds ---- */

static struct pool_run **place(struct process *process, uint64_t number)
{
	return &process->runs[number % SLOTS];
}

static _Atomic uint32_t *slot(const struct process *process, uint64_t number)
{
	return &process->slots->state[number % SLOTS];
}

bool process_has_room(const struct process *process)
{
	return process->ready && !process->leaving && !process->stuck &&
	       process->held < PROCESS_DEPTH && process->sent - process->first < SLOTS;
}

void process_give(struct process *process, struct pool_run *run)
{
	assert(process_has_room(process));
	uint64_t number = process->sent++;
	if (process->held++ == 0)
		process->since_us = clock_mono_us();
	*place(process, number) = run;
	atomic_store(slot(process, number), SLOT_WAITING);
	run->event.id = number;
	run->event.slot = (uint32_t)(number % SLOTS);
	frame_put_event(&process->out, &run->event);
}

struct pool_run *process_answered(struct process *process, uint64_t id)
{
	struct pool_run *run = NULL;
	if (id < process->first || id >= process->sent)
		return NULL;
	for (uint64_t number = process->first; number < id; number++)
		if (*place(process, number) != NULL)
			return NULL; /* it may not skip one */
	run = *place(process, id);
	if (run == NULL)
		return NULL;
	*place(process, id) = NULL;
	process->first = id + 1;
	process->stuck = false;
	process->since_us = clock_mono_us();
	if (--process->held == 0)
		process->idle_us = process->since_us;
	return run;
}

/* Links those of a process before the list, the oldest first. */
static void give_back(struct process *process, uint64_t number, struct pool_run **list)
{
	struct pool_run *run = *place(process, number);
	*place(process, number) = NULL;
	process->held--;
	run->next = *list;
	*list = run;
}

struct pool_run *process_run(const struct process *process, uint64_t id)
{
	return id >= process->first && id < process->sent ? process->runs[id % SLOTS]
							  : NULL;
}

const struct pool_run *process_oldest(const struct process *process, bool *begun)
{
	uint64_t number = process->first;
	const struct pool_run *run = NULL;
	while (number < process->sent && (run = process_run(process, number)) == NULL)
		number++;
	*begun = run != NULL && atomic_load(slot(process, number)) == SLOT_RUNNING;
	return run;
}

void process_revoke(struct process *process, struct pool_run **list)
{
	for (uint64_t number = process->sent; number-- > process->first;) {
		uint32_t waiting = SLOT_WAITING;
		if (*place(process, number) != NULL &&
		    atomic_compare_exchange_strong(
			slot(process, number), &waiting, SLOT_REVOKED))
			give_back(process, number, list);
	}
}

/* Who runs when it dies is guilty. A process that was killed may have gone on to another
 * event meanwhile: then it is the oldest. One that died by itself, or wrote over its
 * ring, may have begun several whose results did not get out: then it is the last, and
 * the others are run again, as nothing of theirs is stored. */
static uint64_t find_guilty(struct process *process)
{
	uint64_t guilty = process->sent;
	for (uint64_t number = process->first; number < process->sent; number++) {
		if (*place(process, number) == NULL ||
		    atomic_load(slot(process, number)) != SLOT_RUNNING)
			continue;
		guilty = number;
		if (process->cause != NULL && !process->overran)
			break;
	}
	return guilty;
}

struct pool_run *process_inherit(
    struct process *process, bool clean, struct pool_run **list)
{
	uint64_t number = find_guilty(process);
	struct pool_run *guilty = NULL;
	if (number < process->sent) {
		guilty = *place(process, number);
		*place(process, number) = NULL;
		process->held--;
	}
	for (number = process->sent; number-- > process->first;) {
		struct pool_run *run = *place(process, number);
		if (run == NULL)
			continue;
		run->deaths += guilty == NULL && !clean;
		give_back(process, number, list);
	}
	return guilty;
}

/* ---- bytes ---- */

void process_write(struct process *process)
{
	struct buf *out = &process->out;
	process->blocked = false;
	while (process->out_done < out->len && process->socket >= 0) {
		ssize_t n = send(process->socket, out->ptr + process->out_done,
		    out->len - process->out_done, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			process->blocked = errno == EAGAIN;
			break;
		}
		process->out_done += (size_t)n;
	}
	if (process->blocked)
		return;
	/* Written, or there is nobody to read it any more. */
	process->out_done = 0;
	if (out->cap > (1U << 20))
		buf_free(out);
	else
		buf_clear(out);
}

bool process_read(struct process *process)
{
	struct buf *in = &process->in;
	for (;;) {
		buf_reserve(in, READ_SIZE);
		ssize_t n =
		    recv(process->socket, in->ptr + in->len, READ_SIZE, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (n == 0)
			return false;
		in->len += (size_t)n;
		if (n < READ_SIZE)
			return true;
	}
}
