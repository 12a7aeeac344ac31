#include "pool/pool_process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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
#include "util/log_adopt.h"
#include "util/mem.h"
#include "util/spawn.h"

enum {
	CHILD_SOCKET = 3, /* a process's descriptors */
	CHILD_SLOTS = 4,
	READ_SIZE = 64 << 10
};

/* ---- start ---- */

/* The server's environment, without the settings of alerts, what signs webhooks and what the
 * service manager gave the server: they are none of a handler's business. OFFHOOK_HANDLER
 * may be there if this server is itself a handler's child. */
static const char *const hidden[] = {"OFFHOOK_HANDLER=", "OFFHOOK_ALERT_",
    "TWILIO_AUTH_TOKEN=", "TWILIO_AUTH_TOKENS=", "TWILIO_SHARED_KEYS=",
    "CREDENTIALS_DIRECTORY=", "NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID=",
    "LISTEN_FDS=", "LISTEN_PID=", "LISTEN_FDNAMES="};

static char **process_environment(struct arena *arena)
{
	size_t count = 0;
	size_t used = 0;
	while (environ[count] != NULL)
		count++;
	char **out = arena_alloc(arena, (count + 2) * sizeof(*out));
	for (size_t i = 0; i < count; i++) {
		struct span variable = span_of(environ[i]);
		bool kept = true;
		for (size_t k = 0; k < sizeof(hidden) / sizeof(hidden[0]); k++)
			kept = kept && !span_starts(variable, span_of(hidden[k]));
		if (kept)
			out[used++] = environ[i];
	}
	out[used++] =
	    arena_printf(arena, "OFFHOOK_HANDLER=%d,%d", CHILD_SOCKET, CHILD_SLOTS);
	out[used] = NULL;
	return out;
}

static int process_spawn(
    struct process *process, const struct pool_config *config, int socket, int slots)
{
	struct arena *arena = arena_new();
	const struct spawn how = {.program = config->program,
	    .argv = config->argv,
	    .environment = process_environment(arena),
	    .files = {SPAWN_OURS, SPAWN_OURS, log_adopt_file(), socket, slots},
	    .file_count = CHILD_SLOTS + 1,
	    .deaf = true};
	int rc = spawn(&process->pid, &how);
	arena_free(arena);
	return rc;
}

/* Called before the process gets a run. The limit of memory is a soft one: it is against
 * leaks, and a command that a worker starts (alert-command) may need more. */
static void process_limit(pid_t pid, const struct pool_config *config)
{
	struct rlimit memory;
	if (config->memory_bytes > 0 && prlimit(pid, RLIMIT_AS, NULL, &memory) == 0) {
		if (memory.rlim_max > (rlim_t)config->memory_bytes)
			memory.rlim_cur = (rlim_t)config->memory_bytes;
		(void)prlimit(pid, RLIMIT_AS, &memory, NULL);
	}
	if (config->nice > 0)
		(void)setpriority(PRIO_PROCESS, (id_t)pid,
		    getpriority(PRIO_PROCESS, 0) + config->nice);
}

/* Sealed: if a process could shrink it, the server would meet a SIGBUS. */
static int process_open_slots(struct slots **out)
{
	int fd = memfd_create("offhook-slots", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, sizeof(**out)) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return fd;
	void *at = mmap(NULL, sizeof(**out), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	*out = at == MAP_FAILED ? NULL : at;
	return fd;
}

static void process_close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

struct process *process_start(
    const struct pool_config *config, struct span settings, struct error *err)
{
	struct process *process = mem_new(1, sizeof(*process));
	int pair[2] = {-1, -1};
	int rc = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		rc = errno;
	int memory = process_open_slots(&process->slots);
	process->socket = pair[0];
	process->pidfd = -1;
	process->idle_us = clock_mono_us();
	if (rc == 0 && process->slots == NULL)
		rc = errno;
	if (rc == 0)
		rc = process_spawn(process, config, pair[1], memory);
	process_close_fd(pair[1]);
	process_close_fd(memory);
	if (rc == 0) {
		process_limit(process->pid, config);
		buf_put(&process->out, settings);
		process_write(process);
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

/* ---- end ---- */

void process_free(struct process *process)
{
	if (process == NULL)
		return;
	process_close_fd(process->socket);
	process_close_fd(process->pidfd);
	if (process->slots != NULL)
		(void)munmap(process->slots, sizeof(*process->slots));
	buf_free(&process->out);
	buf_free(&process->in);
	buf_free(&process->ringed);
	crash_report_free(process->crash);
	free(process);
}

void process_kill(struct process *process, const char *reason)
{
	if (process->kill_reason != NULL)
		return;
	process->kill_reason = reason;
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
	process_close_fd(process->socket);
	process->socket = -1;
}

bool process_reap(struct process *process, struct buf *cause)
{
	int status = 0;
	(void)waitpid(process->pid, &status, 0);
	const char *abbreviation =
	    WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;
	if (!WIFSIGNALED(status)) {
		crash_report_free(process->crash);
		process->crash = NULL;
	}
	if (process->kill_reason != NULL)
		buf_puts(cause, process->kill_reason);
	else if (WIFEXITED(status))
		buf_printf(cause, "called exit(%d)", WEXITSTATUS(status));
	else if (abbreviation != NULL)
		buf_printf(cause, "crashed (SIG%s", abbreviation);
	else
		buf_printf(cause, "crashed (signal %d", WTERMSIG(status));
	if (WIFSIGNALED(status) && process->kill_reason == NULL &&
	    process->crash == NULL)
		buf_putc(cause, ')');
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- the runs it holds ---- */

static struct pool_run **process_place(struct process *process, uint64_t number)
{
	return &process->runs[number % SLOTS];
}

static _Atomic uint32_t *process_slot(const struct process *process, uint64_t number)
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
	*process_place(process, number) = run;
	atomic_store(process_slot(process, number), SLOT_WAITING);
	run->run.id = number;
	run->run.slot = (uint32_t)(number % SLOTS);
	if (run->is_job)
		frame_put_job(&process->out, &run->job);
	else
		frame_put_event(&process->out, &run->event);
}

static struct pool_run *process_take(struct process *process, uint64_t number)
{
	struct pool_run *run = *process_place(process, number);
	*process_place(process, number) = NULL;
	process->held--;
	return run;
}

struct pool_run *process_answered(struct process *process, uint64_t id)
{
	if (id < process->first || id >= process->sent)
		return NULL;
	for (uint64_t number = process->first; number < id; number++)
		if (*process_place(process, number) != NULL)
			return NULL; /* it may not skip one */
	if (*process_place(process, id) == NULL)
		return NULL;
	struct pool_run *run = process_take(process, id);
	process->first = id + 1;
	process->stuck = false;
	process->since_us = clock_mono_us();
	if (process->held == 0)
		process->idle_us = process->since_us;
	return run;
}

/* Puts the run of that number before the list. */
static void process_give_back(
    struct process *process, uint64_t number, struct mail **list)
{
	struct pool_run *run = process_take(process, number);
	run->mail.next = *list;
	*list = &run->mail;
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
	*begun =
	    run != NULL && atomic_load(process_slot(process, number)) == SLOT_RUNNING;
	return run;
}

void process_revoke(struct process *process, struct mail **list)
{
	for (uint64_t number = process->sent; number-- > process->first;) {
		uint32_t waiting = SLOT_WAITING;
		if (*process_place(process, number) != NULL &&
		    atomic_compare_exchange_strong(
			process_slot(process, number), &waiting, SLOT_REVOKED))
			process_give_back(process, number, list);
	}
}

/* The run that was RUNNING is blamed. A process that was killed may have begun others
 * meanwhile: then it is the oldest one. A process that died by itself, or wrote over its
 * ring, may have begun several whose results did not get out: then it is the last one, and
 * the others run again, as nothing of theirs is stored. */
struct pool_run *process_blame(struct process *process, bool clean, struct mail **list)
{
	bool oldest = process->kill_reason != NULL && !process->overran;
	struct pool_run *blamed = NULL;
	uint64_t at = process->sent;
	for (uint64_t number = process->first; number < process->sent; number++)
		if (*process_place(process, number) != NULL &&
		    atomic_load(process_slot(process, number)) == SLOT_RUNNING &&
		    (at == process->sent || !oldest))
			at = number;
	if (at < process->sent)
		blamed = process_take(process, at);
	for (uint64_t number = process->sent; number-- > process->first;) {
		struct pool_run *run = *process_place(process, number);
		if (run == NULL)
			continue;
		run->deaths += blamed == NULL && !clean;
		process_give_back(process, number, list);
	}
	return blamed;
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
	/* All is written, or nobody reads it any more. */
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
