#include "dev/dev_server.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/control.h"
#include "dev/dev_log.h"
#include "util/mem.h"

enum { USUAL_WORDS = 8, LOG_PIPE = 1 << 20 };

struct dev_server {
	struct dev_server_config config;
	pid_t pid; /* 0: it has ended */
	FILE *said;
	pthread_t reader;     /* shows what it said */
	pthread_mutex_t lock; /* over what follows */
	pthread_cond_t heard;
	char address[64]; /* where it listens; "": not yet */
	bool silent;      /* it says nothing more */
};

static void note_address(struct dev_server *server, struct span line)
{
	const struct span head = SPAN("listening on http://");
	if (!span_starts(line, head))
		return;
	(void)pthread_mutex_lock(&server->lock);
	(void)snprintf(server->address, sizeof(server->address), "%.*s",
	    SPAN_ARG(span_from(line, head.len)));
	(void)pthread_cond_signal(&server->heard);
	(void)pthread_mutex_unlock(&server->lock);
}

static void *show_log(void *arg)
{
	struct dev_server *server = arg;
	struct dev_log *log = dev_log_new(stderr, server->config.data);
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	while ((len = getline(&line, &size, server->said)) > 0) {
		struct span text = {line, (size_t)len};
		if (line[len - 1] == '\n')
			text.len--;
		dev_log_show(log, text);
		note_address(server, text);
	}
	(void)pthread_mutex_lock(&server->lock);
	server->silent = true;
	(void)pthread_cond_signal(&server->heard);
	(void)pthread_mutex_unlock(&server->lock);
	free(line);
	dev_log_free(log);
	return NULL;
}

/* PROGRAM serve and its options; the last of a name counts. */
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

/* In a process group of its own, so that Ctrl-C reaches `dev` alone, which ends it
 * well; and not longer alive than `dev`. */
static void become_server(const char *token, char *const *words, int said, pid_t parent)
{
	sigset_t none;
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)dup2(said, STDERR_FILENO);
	(void)setenv("TWILIO_AUTH_TOKEN", token, 1);
	if (getppid() == parent)
		execv(words[0], words);
	_exit(127);
}

static int start(struct dev_server **out, const struct dev_server_config *config,
    const char *listen, const char *program, struct error *err)
{
	int ends[2];
	pid_t parent = getpid();
	char *const *words = make_words(config, listen, program);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set(err, "pipe: %s", strerror(errno));
	/* The log is not what webhooks should wait for. */
	(void)fcntl(ends[1], F_SETPIPE_SZ, LOG_PIPE);
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
	    .config = *config, .pid = pid, .said = fdopen(ends[0], "r")};
	(void)pthread_mutex_init(&server->lock, NULL);
	(void)pthread_cond_init(&server->heard, NULL);
	if (server->said == NULL ||
	    pthread_create(&server->reader, NULL, show_log, server) != 0)
		abort(); /* out of memory or threads: as util/mem.h */
	*out = server;
	return 0;
}

int dev_server_start(struct dev_server **out, const struct dev_server_config *config,
    const char *program, struct error *err)
{
	return start(out, config, config->listen, program, err);
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

bool dev_server_ended(struct dev_server *server)
{
	if (server->pid > 0 && waitpid(server->pid, NULL, WNOHANG) == server->pid)
		server->pid = 0;
	return server->pid == 0;
}

/* Its memory stays. */
static void end(struct dev_server *server)
{
	if (server->pid > 0) {
		(void)kill(server->pid, SIGTERM);
		(void)waitpid(server->pid, NULL, 0);
	}
	(void)pthread_join(server->reader, NULL);
	(void)fclose(server->said);
}

static void server_free(struct dev_server *server)
{
	(void)pthread_cond_destroy(&server->heard);
	(void)pthread_mutex_destroy(&server->lock);
	free(server);
}

static void wait_until_it_listens(struct dev_server *server)
{
	(void)pthread_mutex_lock(&server->lock);
	while (server->address[0] == '\0' && !server->silent)
		(void)pthread_cond_wait(&server->heard, &server->lock);
	(void)pthread_mutex_unlock(&server->lock);
}

int dev_server_restart(struct dev_server **server,
    const struct dev_server_config *config, const char *program, struct error *err)
{
	struct dev_server *old = *server;
	end(old);
	bool stays =
	    old->address[0] != '\0' && strcmp(old->config.listen, config->listen) == 0;
	struct dev_server *next = NULL;
	int rc =
	    start(&next, config, stays ? old->address : config->listen, program, err);
	server_free(old);
	if (next != NULL)
		wait_until_it_listens(next);
	*server = next;
	return rc;
}

void dev_server_stop(struct dev_server *server)
{
	if (server == NULL)
		return;
	end(server);
	server_free(server);
}
