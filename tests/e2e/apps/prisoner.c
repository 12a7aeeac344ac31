/* prisoner -- a handler that tries what its sandbox forbids, and what it must not. Replies
 * with one letter each: y when it could, n when it was refused. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <offhook.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char could(int rc)
{
	return rc >= 0 ? 'y' : errno == EPERM || errno == EACCES ? 'n' : '?';
}

static char can_trace_server(void)
{
	char tried = could((int)ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
	if (tried == 'y')
		(void)ptrace(PTRACE_DETACH, getppid(), NULL, NULL);
	return tried;
}

static char can_read_server(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)getppid());
	int fd = open(path, O_RDONLY);
	char tried = could(fd);
	if (fd >= 0)
		close(fd);
	return tried;
}

static char can_make_device(void)
{
	char name[] = "/tmp/offhook-prisoner-XXXXXX";
	close(mkstemp(name));
	unlink(name);
	char tried = could(mknod(name, S_IFCHR | 0600, 0));
	unlink(name);
	return tried;
}

static void *nothing(void *ctx)
{
	return ctx;
}

/* What a handler may want to do. */
static char can_work(void)
{
	char dir[] = "/tmp/offhook-prisoner-XXXXXX", from[64], to[64], line[8] = "";
	pthread_t thread;
	if (mkdtemp(dir) == NULL)
		return 'n';
	snprintf(from, sizeof(from), "%s/a", dir);
	snprintf(to, sizeof(to), "%s-b", dir);
	int fd = open(from, O_WRONLY | O_CREAT, 0600);
	int rc = fd < 0 ? -1 : close(fd) | rename(from, to) | unlink(to) | rmdir(dir);
	FILE *pipe = popen("echo out", "r");
	if (pipe == NULL || fgets(line, sizeof(line), pipe) == NULL || pclose(pipe) != 0)
		rc = -1;
	pid_t child = fork();
	if (child == 0)
		for (;;)
			pause();
	rc |= kill(child, SIGKILL) | (waitpid(child, NULL, 0) != child);
	rc |= pthread_create(&thread, NULL, nothing, NULL) != 0 ||
	      pthread_join(thread, NULL) != 0;
	return rc == 0 ? 'y' : 'n';
}

/* In the order of the test's letters. */
static void try_all(char told[10])
{
	const char all[] = {'=', can_trace_server(), can_read_server(),
	    could(kill(getppid(), 0)), can_make_device(), could(unshare(CLONE_NEWNS)),
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ? 'y' : 'n', can_work(), '=',
	    '\0'};
	memcpy(told, all, sizeof(all));
}

static int on_sms(oh_event *event, oh_twiml *reply)
{
	char told[10];
	try_all(told);
	oh_message(reply, oh_format(event, "%s", told));
	oh_enqueue(event, "try", json_object());
	return OH_OK;
}

static int try(oh_job *job)
{
	char told[10];
	try_all(told);
	oh_insert(job, "tries", json_pack("{s:s}", "told", told));
	return OH_OK;
}

int main(int argc, char **argv)
{
	static const oh_route routes[] = {
	    {OH_MESSAGE, "/sms", .handler = on_sms}, {0}};
	static const oh_worker workers[] = {{"try", .work = try}, {0}};
	return oh_main(argc, argv, &(oh_app){.routes = routes, .workers = workers});
}
