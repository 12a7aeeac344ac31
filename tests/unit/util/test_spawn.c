#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/spawn.h"
#include "util/thread.h"

/* Runs the shell's text with descriptors 0 to 4 as given; what it wrote to `from`. */
static int shell(char *out, size_t size, const char *text, struct spawn how, int from)
{
	char sh[] = "sh", c[] = "-c";
	char script[400];
	(void)snprintf(script, sizeof(script), "%s", text);
	char *const argv[] = {sh, c, script, NULL};
	how.program = "sh";
	how.argv = argv;
	pid_t pid;
	int status = 0;
	assert_int_equal(spawn(&pid, &how), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	ssize_t n = from < 0 ? 0 : read(from, out, size - 1);
	out[n > 0 ? n : 0] = '\0';
	return WEXITSTATUS(status);
}

TEST(a_program_gets_its_descriptors_and_no_others)
{
	int ends[2];
	char out[200];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	int other = open("/dev/null", O_RDONLY); /* no close-on-exec */
	assert_int_equal(shell(out, sizeof(out),
			     "n=0; while [ $n -lt 40 ]; do "
			     "if [ -e /proc/$$/fd/$n ]; then printf \"$n \" >&3; fi; "
			     "n=$((n + 1)); done",
			     (struct spawn){.files = {SPAWN_NOTHING, SPAWN_NOTHING,
						SPAWN_OURS, ends[1]},
				 .file_count = 4},
			     ends[0]),
	    0);
	assert_string_equal(out, "0 1 2 3 ");
	(void)close(other);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

TEST(descriptors_may_stand_in_each_others_place)
{
	int first[2], second[2];
	char out[20];
	/* Its 3 is our 4 and the other way round, whatever they are called here. */
	assert_int_equal(pipe2(first, O_CLOEXEC), 0);
	assert_int_equal(pipe2(second, O_CLOEXEC), 0);
	int three = dup3(first[1], 3 == first[0] ? 30 : 3, O_CLOEXEC);
	assert_true(three >= 0);
	assert_int_equal(shell(out, sizeof(out), "printf b >&4; printf a >&3",
			     (struct spawn){.files = {SPAWN_NOTHING, SPAWN_NOTHING,
						SPAWN_OURS, second[1], three},
				 .file_count = 5},
			     second[0]),
	    0);
	assert_string_equal(out, "a");
}

TEST(no_signal_is_blocked_or_ignored_in_it)
{
	sigset_t usr1;
	char out[8];
	(void)sigemptyset(&usr1);
	(void)sigaddset(&usr1, SIGUSR1);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &usr1, NULL), 0);
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(
	    shell(out, sizeof(out),
		"grep -q 'SigBlk:\t0*$' /proc/self/status && "
		"grep -q 'SigIgn:.*0000000$' /proc/self/status",
		(struct spawn){.files = {SPAWN_NOTHING, SPAWN_NOTHING, SPAWN_OURS},
		    .file_count = 3},
		-1),
	    0);
	assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &usr1, NULL), 0);
}

TEST(a_program_that_is_not_there_is_an_error)
{
	char name[] = "nosuch";
	char *const argv[] = {name, NULL};
	pid_t pid;
	assert_int_equal(
	    spawn(&pid, &(struct spawn){.program = "/nonexistent/x",
			    .argv = argv,
			    .file_count = 3,
			    .files = {SPAWN_OURS, SPAWN_OURS, SPAWN_OURS}}),
	    ENOENT);
}

static void *wait_for_byte(void *ctx)
{
	char byte;
	(void)!read(*(int *)ctx, &byte, 1);
	return NULL;
}

TEST(a_thread_has_the_name_it_was_given)
{
	pthread_t thread;
	char name[16] = "";
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(
	    thread_start(&thread, "oh-test", wait_for_byte, &ends[0], NULL), 0);
	assert_int_equal(pthread_getname_np(thread, name, sizeof(name)), 0);
	assert_string_equal(name, "oh-test");
	(void)close(ends[1]);
	thread_join(thread);
}
