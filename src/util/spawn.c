#include "util/spawn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

static int spawn_place(posix_spawn_file_actions_t *actions, int fd, int at)
{
	if (fd == SPAWN_OURS)
		return 0;
	if (fd == SPAWN_NOTHING)
		return posix_spawn_file_actions_addopen(
		    actions, at, "/dev/null", at == 0 ? O_RDONLY : O_WRONLY, 0);
	return posix_spawn_file_actions_adddup2(actions, fd, at);
}

static int spawn_start(pid_t *out, const struct spawn *how, const int *files)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t blocked, all;
	int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	(void)sigemptyset(&blocked);
	if (how->deaf) {
		(void)sigaddset(&blocked, SIGHUP);
		(void)sigaddset(&blocked, SIGUSR1);
	}
	(void)sigfillset(&all);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attributes);
	int rc = 0;
	for (size_t i = 0; i < how->file_count && rc == 0; i++)
		rc = spawn_place(&actions, files[i], (int)i);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(
		    &actions, (int)how->file_count);
	(void)posix_spawnattr_setpgroup(&attributes, 0);
	(void)posix_spawnattr_setsigmask(&attributes, &blocked);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	(void)posix_spawnattr_setflags(
	    &attributes, (short)(how->group ? flags | POSIX_SPAWN_SETPGROUP : flags));
	if (rc == 0)
		rc = posix_spawnp(out, how->program, &actions, &attributes, how->argv,
		    how->environment != NULL ? how->environment : environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

int spawn(pid_t *out, const struct spawn *how)
{
	int files[SPAWN_FILES_MAX];
	int rc = 0;
	/* The program gets copies with numbers above its own: dup2 of a descriptor onto
	 * itself would leave close-on-exec set, and dup2 onto another could close one that
	 * is still needed. */
	assert(how->file_count >= 3 && how->file_count <= SPAWN_FILES_MAX);
	for (size_t i = 0; i < how->file_count; i++) {
		files[i] = how->files[i];
		if (files[i] >= 0 && rc == 0) {
			files[i] =
			    fcntl(files[i], F_DUPFD_CLOEXEC, (int)how->file_count);
			rc = files[i] < 0 ? errno : 0;
		} else if (files[i] >= 0) {
			files[i] = SPAWN_NOTHING; /* do not close it below */
		}
	}
	if (rc == 0)
		rc = spawn_start(out, how, files);
	for (size_t i = 0; i < how->file_count; i++)
		if (how->files[i] >= 0 && files[i] >= 0)
			(void)close(files[i]);
	return rc;
}
