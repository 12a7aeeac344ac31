#include "host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Landlock ---- */

/* As newer kernels have it than the headers may; each takes as much of it as it knows. */
struct ruleset {
	uint64_t files;
	uint64_t network;
	uint64_t scopes;
};

enum {
	ABI_REFER = 2, /* before it, no file could be moved to another directory */
	ABI_NETWORK = 4,
	ABI_SCOPES = 6
};

#define REFER        (UINT64_C(1) << 13)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)
#define LANDLOCK_HANDLED                                                               \
	(REFER | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)

/* Whoever is within a Landlock domain cannot trace what is outside, nor read its memory.
 * Beyond that: no signals to what is outside, and no new devices. */
static void sandbox_landlock(void)
{
	long abi = syscall(
	    SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset rules = {
	    LANDLOCK_HANDLED, 0, abi >= ABI_SCOPES ? SCOPE_SIGNAL : 0};
	size_t size = abi >= ABI_SCOPES    ? sizeof(rules)
		      : abi >= ABI_NETWORK ? offsetof(struct ruleset, scopes)
					   : offsetof(struct ruleset, network);
	if (abi < ABI_REFER)
		return;
	int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	struct landlock_path_beneath_attr all = {
	    .allowed_access = REFER, .parent_fd = open("/", O_PATH | O_CLOEXEC)};
	if (fd >= 0 && all.parent_fd >= 0 &&
	    syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &all, 0) ==
		0)
		(void)syscall(SYS_landlock_restrict_self, fd, 0);
	if (all.parent_fd >= 0)
		(void)close(all.parent_fd);
	if (fd >= 0)
		(void)close(fd);
}

/* ---- seccomp ---- */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* A sanitizer stops all threads as a debugger does when it looks for leaks. */
#if !defined(ARCHITECTURE) || defined(__SANITIZE_ADDRESS__) ||                         \
    defined(__SANITIZE_THREAD__)

static void sandbox_seccomp(void)
{
}

#else

#define NAMESPACES                                                                     \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	    CLONE_NEWPID | CLONE_NEWNET)
#define X32 0x40000000U /* the bit of another set of calls, on x86-64 */

#define LOAD(member)                                                                   \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define GIVE(result) BPF_STMT(BPF_RET | BPF_K, (result))
#define FAIL(code)   GIVE(SECCOMP_RET_ERRNO | (code))
#define REFUSE(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), FAIL(EPERM)

static const struct sock_filter program[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
    FAIL(ENOSYS),
    LOAD(nr),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1),
    FAIL(ENOSYS),
    /* what looks into processes */
    REFUSE(ptrace),
    REFUSE(process_vm_readv),
    REFUSE(process_vm_writev),
    REFUSE(pidfd_getfd),
    REFUSE(kcmp),
    REFUSE(perf_event_open),
    /* of the machine */
    REFUSE(mount),
    REFUSE(umount2),
    REFUSE(pivot_root),
    REFUSE(open_tree),
    REFUSE(move_mount),
    REFUSE(fsopen),
    REFUSE(fsconfig),
    REFUSE(fsmount),
    REFUSE(fspick),
    REFUSE(mount_setattr),
    REFUSE(setns),
    REFUSE(unshare),
    REFUSE(init_module),
    REFUSE(finit_module),
    REFUSE(delete_module),
    REFUSE(kexec_load),
    REFUSE(reboot),
    REFUSE(swapon),
    REFUSE(swapoff),
    REFUSE(acct),
    REFUSE(quotactl),
    REFUSE(open_by_handle_at),
    /* where kernels had their holes */
    REFUSE(bpf),
    REFUSE(userfaultfd),
    REFUSE(keyctl),
    REFUSE(add_key),
    REFUSE(request_key),
    REFUSE(io_uring_setup),
    REFUSE(io_uring_enter),
    REFUSE(io_uring_register),
    /* The flags of clone3 cannot be seen; without it clone is called. */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
    FAIL(ENOSYS),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
    LOAD(args[0]),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1),
    FAIL(EPERM),
    GIVE(SECCOMP_RET_ALLOW),
};

/* Without slowing the processor down against leaks by speculation. */
static void sandbox_seccomp(void)
{
	const struct sock_fprog filter = {.len = sizeof(program) / sizeof(program[0]),
	    .filter = (struct sock_filter *)(uintptr_t)program};
	(void)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter);
}

#endif

void sandbox_enter(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return;
	sandbox_landlock();
	sandbox_seccomp();
}
