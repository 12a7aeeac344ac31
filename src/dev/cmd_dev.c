/* cmd_dev -- builds and serves an app, and after each save builds it again and swaps it
 * into the running server. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/dotenv.h"
#include "cli/options.h"
#include "cli/token_file.h"
#include "dev/dev_build.h"
#include "dev/dev_server.h"
#include "dev/dev_watch.h"
#include "dev/diagnostics.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/printable.h"
#include "view/term.h"

struct dev {
	struct options options; /* its environment includes .env */
	struct dev_project project;
	struct dev_server_config serve;
	struct dev_server *server; /* NULL before the first good build */
	const char *program;       /* the program whose handlers the server runs */
	char **environment;        /* without .env */
	struct buf said;           /* output of the compiler */
	int watch;
	bool colour;
	bool terminal;            /* stderr was one at the start */
	bool own_token, own_data; /* those of TOKEN_FILE_DIR, which commands find */
};

/* ---- messages ---- */

#define RED   "\033[31m"
#define GREEN "\033[32m"
#define DIM   "\033[2m"

__attribute__((format(printf, 2, 0))) static void dev_tell_json(
    bool is_error, const char *format, va_list args)
{
	char text[1024];
	(void)vsnprintf(text, sizeof(text), format, args);
	const char *message = text + strspn(text, "\n");
	log_write(is_error ? LOG_ERROR : LOG_INFO, message, NULL);
}

__attribute__((format(printf, 3, 4))) static void dev_tell(
    const struct dev *dev, const char *colour, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (log_is_json()) {
		dev_tell_json(strcmp(colour, RED) == 0, format, args);
		va_end(args);
		return;
	}
	flockfile(stderr);
	(void)fputs(dev->colour ? colour : "", stderr);
	char *text = NULL;
	if (vasprintf(&text, format, args) >= 0)
		term_print(stderr, span_of(text), true);
	free(text);
	(void)fputs(dev->colour ? "\033[0m\n" : "\n", stderr);
	funlockfile(stderr);
	va_end(args);
}

/* The compiler's own output. */
static void dev_tell_said(const struct dev *dev)
{
	struct buf said = {0};
	printable_text(&said, buf_span(&dev->said), true);
	if (said.len > 0 && log_is_json())
		log_write(LOG_INFO, "the compiler said", "text", buf_text(&said), NULL);
	else if (said.len > 0)
		(void)fputs(buf_text(&said), stderr);
	buf_free(&said);
}

static void dev_tell_broken(const struct dev *dev)
{
	char *shown = NULL;
	size_t len = 0;
	FILE *out = log_is_json() ? open_memstream(&shown, &len) : stderr;
	if (out == NULL)
		abort(); /* no memory: as util/mem.h */
	flockfile(stderr);
	if (out == stderr)
		(void)fputc('\n', stderr);
	struct diagnostics_count count =
	    diagnostics_show(out, buf_span(&dev->said), dev->colour);
	if (out != stderr) {
		(void)fclose(out);
		log_write(LOG_ERROR, "the compiler said", "text", shown, NULL);
		free(shown);
	}
	const char *next = dev->server != NULL ? "the old code goes on answering"
					       : "save it again when it is mended";
	if (count.errors + count.warnings == 0) /* of the linker, or of make */
		dev_tell(dev, RED, "%s does not build; %s", dev->project.source, next);
	else
		dev_tell(dev, RED, "%s does not build: %d error%s, %d warning%s; %s",
		    dev->project.source, count.errors, count.errors == 1 ? "" : "s",
		    count.warnings, count.warnings == 1 ? "" : "s", next);
	funlockfile(stderr);
}

/* ---- build and swap ---- */

/* The first program becomes the server. The server stays, and runs the handlers of
 * later programs. */
static int dev_swap_in(struct dev *dev, const char *program, int64_t start_us)
{
	struct error err;
	int64_t built_ms = (clock_mono_us() - start_us) / 1000;
	if (dev->server == NULL) {
		if (dev_server_start(&dev->server, &dev->serve, program, &err) != 0)
			return options_fail(&dev->options, &err);
		dev_tell(dev, GREEN, "%s built in %lld ms", dev->project.source,
		    (long long)built_ms);
		dev_tell(dev, DIM,
		    "%s; data in %s\n"
		    "In another terminal, in %s:\n"
		    "  offhook send sms --body Hello\n"
		    "  offhook events%s%s",
		    dev->own_token ? "token of its own, in " TOKEN_FILE_PATH
				   : "your token",
		    dev->serve.data,
		    strcmp(dev->project.dir, ".") == 0 ? "this directory"
						       : dev->project.dir,
		    dev->own_data ? "" : " --data ",
		    dev->own_data ? "" : dev->serve.data);
	} else if (dev_server_swap(dev->server, program, &err) != 0) {
		dev_tell(dev, RED,
		    "the new code was not taken: %s; the old goes on answering",
		    err.text);
		return EXIT_OK;
	} else {
		dev_tell(dev, GREEN, "\n%s built in %lld ms and swapped in",
		    dev->project.source, (long long)built_ms);
	}
	dev->program = program;
	dev->project.taken++;
	return EXIT_OK;
}

static int dev_rebuild(struct dev *dev)
{
	struct error err;
	const char *program;
	int64_t start_us = clock_mono_us();
	switch (
	    dev_build(&dev->project, &program, &dev->said, dev->options.arena, &err)) {
	case DEV_UNBUILT:
		dev_tell_said(dev);
		if (dev->server == NULL)
			return options_fail(&dev->options, &err);
		dev_tell(dev, RED, "%s; the old code goes on answering", err.text);
		return EXIT_OK;
	case DEV_BROKEN:
		dev_tell_broken(dev);
		return EXIT_OK;
	case DEV_BUILT:
		break;
	}
	dev_tell_said(dev);
	return dev_swap_in(dev, program, start_us);
}

/* ---- settings ---- */

static bool is_default(struct config *config, const char *name)
{
	return config_value(config, name)->source == CONFIG_DEFAULT;
}

/* Reads .env and the settings. On failure the old ones stay. */
static int dev_load_settings(struct dev *dev, struct error *err)
{
	struct config config;
	struct options fresh = dev->options;
	char **environment = dotenv_environment(dev->environment, ".", fresh.arena);
	fresh.input.environment = environment;
	if (options_config(&config, &fresh, err) != 0)
		return -1;
	const char *token = config.first_token;
	if (token == NULL)
		token = token_file_have(fresh.arena, err);
	if (token == NULL) {
		config_clear(&config);
		return -1;
	}
	environ = environment;
	dev->options.input.environment = environment;
	dev->own_token = config.first_token == NULL;
	dev->own_data = is_default(&config, "data");
	dev->serve = (struct dev_server_config){
	    .options = &dev->options,
	    .listen = arena_strdup(fresh.arena,
		is_default(&config, "listen") ? "127.0.0.1:8080" : config.listen),
	    .data = arena_strdup(
		fresh.arena, dev->own_data ? TOKEN_FILE_DIR "/data" : config.data),
	    .token = arena_strdup(fresh.arena, token),
	};
	if (config.file != NULL)
		dev_watch_beside(dev->watch, config.file);
	config_clear(&config);
	return 0;
}

static int dev_reload_settings(struct dev *dev)
{
	struct error err;
	if (dev_load_settings(dev, &err) != 0) {
		dev_tell(dev, RED, "\n%s; the old settings stay", err.text);
		return EXIT_OK;
	}
	if (dev->server == NULL)
		return EXIT_OK;
	dev_tell(dev, GREEN, "\nsettings saved: the server starts again with them");
	if (dev_server_restart(&dev->server, &dev->serve, dev->program, &err) != 0)
		return options_fail(&dev->options, &err);
	dev_tell(dev, GREEN, "the new settings are in use");
	return EXIT_OK;
}

/* ---- the loop ---- */

/* Whether `dev` must end, with *code. */
static bool dev_took_signal(struct dev *dev, int signals, int *code)
{
	struct signalfd_siginfo info;
	if (read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	bool closed = dev->terminal && !term_is_tty(stderr);
	if (info.ssi_signo == SIGUSR1 ||
	    (info.ssi_signo == SIGHUP && !closed && dev->server == NULL)) {
		dev_server_signal(dev->server, SIGUSR1);
		return false;
	}
	if (info.ssi_signo == SIGHUP && !closed) {
		*code = dev_reload_settings(dev);
		return *code != EXIT_OK;
	}
	if (info.ssi_signo != SIGCHLD)
		return true;
	if (dev->server == NULL || !dev_server_ended(dev->server))
		return false;
	dev_tell(dev, RED, "the server has ended");
	*code = EXIT_FAILED;
	return true;
}

static void dev_block_signals(sigset_t *out)
{
	(void)sigemptyset(out);
	(void)sigaddset(out, SIGINT);
	(void)sigaddset(out, SIGTERM);
	(void)sigaddset(out, SIGHUP);
	(void)sigaddset(out, SIGUSR1);
	(void)sigaddset(out, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, out, NULL);
}

/* Until a signal. Returns an exit code. */
static int dev_loop(struct dev *dev)
{
	sigset_t set;
	dev_block_signals(&set);
	int signals = signalfd(-1, &set, SFD_CLOEXEC);
	struct pollfd fds[2] = {
	    {.fd = dev->watch, .events = POLLIN},
	    {.fd = signals, .events = POLLIN},
	};
	int code = dev_rebuild(dev);
	while (code == EXIT_OK) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR) {
			code = EXIT_FAILED;
			break;
		}
		if (fds[1].revents != 0 && dev_took_signal(dev, signals, &code))
			break;
		unsigned saved = fds[0].revents != 0 ? dev_watch_settle(dev->watch) : 0;
		if ((saved & DEV_SAVED_SOURCE) != 0)
			code = dev_rebuild(dev);
		if (code == EXIT_OK && (saved & DEV_SAVED_SETTINGS) != 0)
			code = dev_reload_settings(dev);
	}
	(void)close(signals);
	return code;
}

/* ---- the command ---- */

static int dev_run(const struct options *options)
{
	struct error err;
	sigset_t early;
	dev_block_signals(&early);
	struct dev dev = {.options = *options,
	    .environment = environ,
	    .terminal = term_is_tty(stderr),
	    .colour =
		term_colour(stderr) && config_log_format(&options->input) != LOG_JSON};
	int code = EXIT_FAILED;
	const char *argument = options->arg_count > 0 ? options->args[0] : NULL;
	if (dev_project_find(&dev.project, argument, options->arena, &err) != 0)
		return options_fail(options, &err);
	if (chdir(dev.project.dir) != 0) {
		(void)error_set(&err, "%s: %s", dev.project.dir, strerror(errno));
		return options_fail(options, &err);
	}
	/* Only when it is asked for: what `dev` tells is for a person. */
	if (config_log_format(&options->input) == LOG_JSON)
		log_setup(LOG_JSON, LOG_INFO);
	dev.watch = dev_watch_open(&err);
	if (dev.watch < 0 || dev_load_settings(&dev, &err) != 0) {
		code = options_fail(options, &err);
	} else {
		code = dev_loop(&dev);
		dev_server_stop(dev.server);
	}
	if (dev.watch >= 0)
		(void)close(dev.watch);
	buf_free(&dev.said);
	return code;
}

const struct command cmd_dev = {
    .name = "dev",
    .usage = "[app.c | DIR] [options]",
    .summary = "run an app while you write it",
    .about =
	"Builds the app (with make when there is a Makefile, else with cc and\n"
	"pkg-config), serves it, and shows each webhook with its reply as a phone\n"
	"would. When a source is saved it builds again and swaps the new code in; no\n"
	"request is lost. What does not compile leaves the old code running. When .env\n"
	"or a .conf file is saved, or SIGHUP comes, the server starts again with the new\n"
	"settings.\n"
	"It takes settings from ./.env, too; without an Auth Token it makes one. Listens\n"
	"on 127.0.0.1:8080 and keeps its data in .offhook-dev/data unless told otherwise.\n"
	"`send`, `events`, `query`, `jobs` and the others find all of that when they run\n"
	"in the same directory.\n",
    .examples = "  offhook dev\n"
		"  offhook dev hello/app.c --listen :3000\n",
    .settings = SETTINGS_ALL,
    .max_args = 1,
    .run = dev_run,
};
