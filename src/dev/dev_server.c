#include "dev/dev_server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/control.h"
#include "dev/dev_log.h"
#include "util/mem.h"
#include "util/thread.h"

enum { USUAL_WORDS = 8, LOG_PIPE_BYTES = 1 << 20 };

struct dev_server {
	struct dev_server_config config;
	pid_t pid;            /* 0: it has ended */
	FILE *log;            /* its stderr */
	pthread_t reader;     /* reads the log and shows it */
	pthread_mutex_t lock; /* protects the fields below */
	pthread_cond_t changed;
	char address[64]; /* where it listens; "": not yet */
	bool log_ended;
};

/* Whether the line says where the server listens, and where; it is JSON. */
static bool find_address(struct span line, struct span head, struct span *out)
{
	size_t at = 0;
	while (at < line.len && !span_starts(span_from(line, at), head))
		at++;
	if (at == line.len)
		return false;
	struct span rest = span_from(line, at + head.len);
	*out = span_head(rest, span_find(rest, '"'));
	return true;
}

static void note_address(struct dev_server *server, struct span line)
{
	struct span address;
	if (!find_address(line, SPAN("\"msg\":\"listening on http://"), &address) &&
	    !find_address(line, SPAN("\"msg\":\"listening on https://"), &address))
		return;
	mutex_lock(&server->lock);
	(void)snprintf(
	    server->address, sizeof(server->address), "%.*s", SPAN_ARG(address));
	cond_signal(&server->changed);
	mutex_unlock(&server->lock);
}

static void *read_log(void *ctx)
{
	struct dev_server *server = ctx;
	struct dev_log *log = dev_log_new(stderr, server->config.data);
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	while ((len = getline(&line, &size, server->log)) > 0) {
		struct span text = {line, (size_t)len};
		if (line[len - 1] == '\n')
			text.len--;
		dev_log_show(log, text);
		note_address(server, text);
	}
	mutex_lock(&server->lock);
	server->log_ended = true;
	cond_signal(&server->changed);
	mutex_unlock(&server->lock);
	free(line);
	dev_log_free(log);
	return NULL;
}

/* PROGRAM serve and its options. Ours come last: the last option of a name counts. */
static char **make_words(
    const struct dev_server_config *config, const char *listen, const char *program)
{
	const struct config_input *input = &config->options->input;
	struct arena *arena = config->options->arena;
	char **words =
	    arena_alloc(arena, (USUAL_WORDS + input->flag_count) * sizeof(*words));
	size_t count = 0;
	words[count++] = arena_strdup(arena, program);
	words[count++] = arena_strdup(arena, "serve");
	if (input->file != NULL)
		words[count++] = arena_printf(arena, "--config=%s", input->file);
	for (size_t i = 0; i < input->flag_count; i++)
		words[count++] = arena_printf(
		    arena, "--%s=%s", input->flags[i].name, input->flags[i].value);
	words[count++] = arena_printf(arena, "--listen=%s", listen);
	words[count++] = arena_printf(arena, "--data=%s", config->data);
	words[count++] = arena_strdup(arena, "--log-format=json");
	words[count] = NULL;
	return words;
}

/* The server's process. It has a process group of its own, so that Ctrl-C reaches `dev`
 * only, which then stops the server in order. It must not outlive `dev`, even when that is
 * killed: this is why it is forked and not started by util/spawn.h, which cannot set
 * PDEATHSIG. No other thread runs at that time. */
static void become_server(const char *token, char *const *words, int log, pid_t parent)
{
	sigset_t late; /* until it waits for them, they would end it */
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)sigemptyset(&late);
	(void)sigaddset(&late, SIGHUP);
	(void)sigaddset(&late, SIGUSR1);
	(void)sigprocmask(SIG_SETMASK, &late, NULL);
	(void)dup2(log, STDERR_FILENO);
	(void)setenv("TWILIO_AUTH_TOKEN", token, 1);
	if (getppid() == parent)
		execv(words[0], words);
	_exit(127);
}

static void server_free(struct dev_server *server)
{
	cond_clear(&server->changed);
	mutex_clear(&server->lock);
	(void)fclose(server->log);
	free(server);
}

/* Ends the process. */
static void server_end(struct dev_server *server)
{
	if (server->pid > 0) {
		(void)kill(server->pid, SIGTERM);
		(void)waitpid(server->pid, NULL, 0);
	}
	server->pid = 0;
}

static int server_start(struct dev_server **out, const struct dev_server_config *config,
    const char *listen, const char *program, struct error *err)
{
	int ends[2];
	pid_t parent = getpid();
	char *const *words = make_words(config, listen, program);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set(err, "pipe: %s", strerror(errno));
	/* Room for a burst, so that webhooks do not wait for the log to be shown. */
	(void)fcntl(ends[1], F_SETPIPE_SZ, LOG_PIPE_BYTES);
	pid_t pid = fork();
	if (pid == 0)
		become_server(config->token, words, ends[1], parent);
	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		return error_set(err, "fork: %s", strerror(errno));
	}
	struct dev_server *server = mem_new(1, sizeof(*server));
	*server = (struct dev_server){
	    .config = *config, .pid = pid, .log = fdopen(ends[0], "r")};
	if (server->log == NULL)
		abort(); /* no memory: as util/mem.h */
	mutex_init(&server->lock);
	cond_init(&server->changed);
	if (thread_start(&server->reader, "oh-dev-log", read_log, server, err) != 0) {
		server_end(server);
		server_free(server);
		return -1;
	}
	*out = server;
	return 0;
}

int dev_server_start(struct dev_server **out, const struct dev_server_config *config,
    const char *program, struct error *err)
{
	return server_start(out, config, config->listen, program, err);
}

int dev_server_swap(struct dev_server *server, const char *program, struct error *err)
{
	json_t *answer = NULL;
	json_t *request =
	    json_pack("{s:s, s:s}", "command", "swap", "program", program);
	int rc = control_request(server->config.data, request, &answer, err);
	if (rc == 1)
		(void)error_set(err, "the server is not there yet, or no more");
	json_decref(answer);
	json_decref(request);
	return rc == 0 ? 0 : -1;
}

void dev_server_signal(struct dev_server *server, int signal)
{
	if (server != NULL && server->pid > 0)
		(void)kill(server->pid, signal);
}

bool dev_server_ended(struct dev_server *server)
{
	if (server->pid > 0 && waitpid(server->pid, NULL, WNOHANG) == server->pid)
		server->pid = 0;
	return server->pid == 0;
}

int dev_server_restart(struct dev_server **server,
    const struct dev_server_config *config, const char *program, struct error *err)
{
	struct dev_server *old = *server;
	server_end(old);
	thread_join(old->reader);
	bool stays =
	    old->address[0] != '\0' && strcmp(old->config.listen, config->listen) == 0;
	struct dev_server *next = NULL;
	int rc = server_start(
	    &next, config, stays ? old->address : config->listen, program, err);
	server_free(old);
	*server = next;
	if (next == NULL)
		return rc;
	mutex_lock(&next->lock);
	while (next->address[0] == '\0' && !next->log_ended)
		cond_wait(&next->changed, &next->lock);
	mutex_unlock(&next->lock);
	return rc;
}

void dev_server_stop(struct dev_server *server)
{
	if (server == NULL)
		return;
	server_end(server);
	thread_join(server->reader);
	server_free(server);
}
