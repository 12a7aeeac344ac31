#include "host/crash.h"

#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

#include "frame/frame.h"
#include "util/buf.h"
#include "util/mem.h"

enum {
	MAX_MODULES = 64,
	MAX_PLACES = 32,
	PLACE_SIZE = 320,
	HEX_SIZE = 19, /* 0x, 16 digits, NUL */
	STACK_SIZE = 64 << 10
};

struct module {
	const char *path;
	uintptr_t base, start, end;
};

/* A signal handler has no context and may not allocate: all it needs is prepared here. Set
 * once by crash_watch, except run. */
static struct watch {
	int fd;
	_Atomic uint64_t run;
	struct module modules[MAX_MODULES];
	size_t module_count;
	void *addresses[MAX_PLACES];
	char places[MAX_PLACES][PLACE_SIZE];
	char touched[HEX_SIZE];
	struct pair pairs[MAX_PLACES + 2];
	struct buf frame;
} watch;

/* ---- text: signal handlers may not call snprintf ---- */

static size_t crash_put_hex(char out[HEX_SIZE], uintptr_t value)
{
	size_t digits = 1;
	while (digits < 16 && value >> (4 * digits) != 0)
		digits++;
	out[0] = '0';
	out[1] = 'x';
	for (size_t i = 0; i < digits; i++)
		out[2 + i] = "0123456789abcdef"[value >> (4 * (digits - 1 - i)) & 15];
	out[2 + digits] = '\0';
	return 2 + digits;
}

static struct span crash_place(char out[PLACE_SIZE], uintptr_t address)
{
	const char *path = "?";
	for (size_t i = 0; i < watch.module_count; i++) {
		const struct module *module = &watch.modules[i];
		if (address >= module->start && address < module->end) {
			path = module->path;
			address -= module->base;
			break;
		}
	}
	size_t len = 0;
	for (; path[len] != '\0' && len < PLACE_SIZE - HEX_SIZE - 1; len++)
		out[len] = path[len];
	out[len++] = '+';
	len += crash_put_hex(out + len, address);
	return (struct span){out, len};
}

static struct span crash_signal_name(int signal)
{
	switch (signal) {
	case SIGSEGV:
		return SPAN("SIGSEGV");
	case SIGBUS:
		return SPAN("SIGBUS");
	case SIGABRT:
		return SPAN("SIGABRT");
	case SIGFPE:
		return SPAN("SIGFPE");
	default:
		return SPAN("SIGILL");
	}
}

/* ---- where it was ---- */

struct registers {
	uintptr_t pc;
	uintptr_t caller; /* which called address 0; 0: not known */
};

#if defined(__x86_64__)
static struct registers crash_registers(const void *context)
{
	const ucontext_t *at = context;
	struct registers out = {.pc = (uintptr_t)at->uc_mcontext.gregs[REG_RIP]};
	/* The return address is on top of the stack. */
	const uintptr_t *top;
	memcpy(&top, &at->uc_mcontext.gregs[REG_RSP], sizeof(top));
	if (out.pc == 0)
		out.caller = *top;
	return out;
}
#elif defined(__aarch64__)
static struct registers crash_registers(const void *context)
{
	const ucontext_t *at = context;
	struct registers out = {.pc = (uintptr_t)at->uc_mcontext.pc};
	if (out.pc == 0)
		out.caller = (uintptr_t)at->uc_mcontext.regs[30];
	return out;
}
#else
static struct registers crash_registers(const void *context)
{
	(void)context;
	return (struct registers){0};
}
#endif

static void crash_add_place(struct frame_log *log, uintptr_t address)
{
	size_t n = log->pair_count - 2;
	if (n < MAX_PLACES)
		watch.pairs[log->pair_count++] =
		    (struct pair){SPAN("frame"), crash_place(watch.places[n], address)};
}

/* A return address is that of the instruction after the call: one byte less is within the
 * call. */
static void crash_add_places(struct frame_log *log, const struct registers *at)
{
	int count = backtrace(watch.addresses, MAX_PLACES);
	int first = 0;
	while (first < count && (uintptr_t)watch.addresses[first] != at->pc)
		first++;
	if (at->pc != 0)
		crash_add_place(log, at->pc);
	if (at->caller != 0)
		crash_add_place(log, at->caller - 1);
	/* When pc is not among them: skip this function, its caller and the kernel's
	 * frame. */
	for (int i = first < count ? first + 1 : 3; i < count; i++)
		crash_add_place(log, (uintptr_t)watch.addresses[i] - 1);
}

static void crash_handle(int signal, siginfo_t *info, void *context)
{
	struct registers at = crash_registers(context);
	struct frame_log log = {.id = atomic_load(&watch.run),
	    .message = SPAN(FRAME_CRASH),
	    .pairs = watch.pairs,
	    .pair_count = 2};
	size_t len = crash_put_hex(watch.touched, (uintptr_t)info->si_addr);
	watch.pairs[0] = (struct pair){SPAN("signal"), crash_signal_name(signal)};
	watch.pairs[1] = (struct pair){SPAN("address"), {watch.touched, len}};
	crash_add_places(&log, &at);
	frame_put_log(&watch.frame, &log);
	struct span left = buf_span(&watch.frame);
	while (left.len > 0) {
		ssize_t sent = send(watch.fd, left.ptr, left.len, MSG_NOSIGNAL);
		if (sent <= 0)
			break;
		left = span_from(left, (size_t)sent);
	}
	/* SA_RESETHAND has set the default action, which happens when this returns. */
	(void)raise(signal);
}

/* ---- preparing ---- */

static int crash_note_module(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct module *module = &watch.modules[watch.module_count];
	(void)size;
	(void)ctx;
	if (watch.module_count == MAX_MODULES)
		return 1;
	*module = (struct module){.base = info->dlpi_addr, .start = UINTPTR_MAX};
	char own[PLACE_SIZE]; /* the path of this program, which has no name here */
	ssize_t len = info->dlpi_name[0] != '\0'
			  ? 0
			  : readlink("/proc/self/exe", own, sizeof(own));
	module->path = len > 0 ? mem_strndup((struct span){own, (size_t)len})
			       : mem_strdup(info->dlpi_name);
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + part->p_vaddr;
		if (part->p_type != PT_LOAD)
			continue;
		if (start < module->start)
			module->start = start;
		if (start + part->p_memsz > module->end)
			module->end = start + part->p_memsz;
	}
	watch.module_count++;
	return 0;
}

void crash_watch(int fd)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
	struct sigaction action = {
	    .sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | (unsigned)SA_RESETHAND)};
	stack_t stack = {.ss_size = STACK_SIZE};
	watch.fd = fd;
	(void)dl_iterate_phdr(crash_note_module, NULL);
	buf_reserve(&watch.frame, (MAX_PLACES + 4) * (size_t)PLACE_SIZE);
	/* Its first call loads a library and allocates. */
	(void)backtrace(watch.addresses, MAX_PLACES);
	stack.ss_sp = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack.ss_sp != MAP_FAILED)
		(void)sigaltstack(&stack, NULL);
	action.sa_sigaction = crash_handle;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &action, NULL);
}

void crash_running(uint64_t run)
{
	atomic_store(&watch.run, run);
}
