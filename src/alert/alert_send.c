#include "alert/alert_send.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/curl.h"
#include "client/standard_webhook.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/spawn.h"

/* ---- the request ---- */

/* The host, for errors: user, path and query may be secret. */
static struct span alert_host(const char *url)
{
	const char *start = strstr(url, "://");
	start = start != NULL ? start + 3 : url;
	struct span rest = {start, strcspn(start, "/?#")};
	size_t at = span_find(rest, '@');
	return at < rest.len ? span_from(rest, at + 1) : rest;
}

static size_t alert_drop_answer(const char *bytes, size_t one, size_t count, void *ctx)
{
	(void)bytes;
	(void)ctx;
	return one * count;
}

static struct curl_slist *alert_add_header(const struct curl *curl,
    struct curl_slist *list, const char *name, const char *value)
{
	char *line = mem_printf("%s: %s", name, value);
	list = curl->slist_append(list, line);
	free(line);
	return list;
}

static struct curl_slist *alert_headers(
    const struct curl *curl, const char *secret, const struct alert_message *message)
{
	const struct standard_webhook what = {
	    message->id, clock_wall_ms() / 1000, message->json};
	char *time = mem_printf("%lld", (long long)what.time_s);
	struct curl_slist *list =
	    alert_add_header(curl, NULL, "Content-Type", "application/json");
	list = alert_add_header(curl, list, "webhook-id", message->id);
	list = alert_add_header(curl, list, "webhook-timestamp", time);
	if (secret != NULL) {
		char signature[STANDARD_WEBHOOK_SIGNATURE];
		standard_webhook_sign(signature, secret, &what);
		list = alert_add_header(curl, list, "webhook-signature", signature);
	}
	free(time);
	return list;
}

static void alert_set_options(const struct curl *curl, CURL *handle, const char *url,
    const struct alert_message *message)
{
	CURLcode (*set)(CURL *, CURLoption, ...) = curl->easy_setopt;
	set(handle, CURLOPT_URL, url);
	set(handle, CURLOPT_NOSIGNAL, 1L);
	set(handle, CURLOPT_TIMEOUT_MS, (long)ALERT_URL_MS);
	set(handle, CURLOPT_USERAGENT, "offhook/" OFFHOOK_VERSION);
	set(handle, CURLOPT_WRITEFUNCTION, alert_drop_answer);
	set(handle, CURLOPT_POST, 1L);
	set(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)message->json.len);
	set(handle, CURLOPT_POSTFIELDS, message->json.ptr);
}

int alert_post(const char *url, const char *secret, const struct alert_message *message,
    struct error *err)
{
	struct curl curl;
	struct span host = alert_host(url);
	long status = 0;
	if (curl_load(&curl, err) < 0)
		return error_wrap(err, "alert-url");
	CURL *handle = curl.easy_init();
	if (handle == NULL)
		abort(); /* out of memory */
	struct curl_slist *headers = alert_headers(&curl, secret, message);
	alert_set_options(&curl, handle, url, message);
	curl.easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
	CURLcode code = curl.easy_perform(handle);
	curl.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
	curl.slist_free_all(headers);
	curl.easy_cleanup(handle);
	if (code != CURLE_OK)
		return error_set(err, "alert-url: %.*s: %s", SPAN_ARG(host),
		    curl.easy_strerror(code));
	if (status < 200 || status > 299)
		return error_set(err, "alert-url: %.*s answered %ld%s", SPAN_ARG(host),
		    status,
		    status >= 300 && status < 400 ? "; redirects are not followed"
						  : "");
	return 0;
}

/* ---- the command ---- */

/* The command's input is a file without a name, not a pipe: the command need not read it. */
static int alert_input(struct span bytes, struct error *err)
{
	int fd = memfd_create("offhook-alert", MFD_CLOEXEC);
	for (size_t sent = 0; fd >= 0 && sent < bytes.len;) {
		ssize_t n = write(fd, bytes.ptr + sent, bytes.len - sent);
		if (n < 0 && errno != EINTR) {
			(void)close(fd);
			fd = -1;
		} else if (n > 0)
			sent += (size_t)n;
	}
	if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return error_set(err, "alert-command: %s", strerror(errno));
	return fd;
}

/* Gives 0, or an errno. handler-memory limits this process, but not the command: some
 * languages reserve far more than they use. What the command prints goes where a worker's
 * prints go. */
static int alert_start(pid_t *out, const char *command, int input, char **environment)
{
	struct rlimit own = {RLIM_INFINITY, RLIM_INFINITY};
	char *text = mem_strdup(command);
	char sh[] = "sh", c[] = "-c";
	char *argv[] = {sh, c, text, NULL};
	const struct spawn how = {.program = "/bin/sh",
	    .argv = argv,
	    .environment = environment,
	    .files = {input, STDERR_FILENO, SPAWN_OURS},
	    .file_count = 3,
	    .group = true};
	(void)getrlimit(RLIMIT_AS, &own);
	const struct rlimit most = {own.rlim_max, own.rlim_max};
	(void)setrlimit(RLIMIT_AS, &most);
	int rc = spawn(out, &how);
	(void)setrlimit(RLIMIT_AS, &own);
	free(text);
	return rc;
}

static int alert_wait(pid_t pid, int timeout_ms, struct error *err)
{
	enum { STEP_MS = 10 };

	int status = 0;
	int64_t end_us = clock_mono_us() + INT64_C(1000) * timeout_ms;
	for (;;) {
		pid_t ended = waitpid(pid, &status, WNOHANG);
		if (ended < 0 && errno != EINTR)
			return error_set(err, "alert-command: %s", strerror(errno));
		if (ended == pid)
			break;
		if (clock_mono_us() > end_us) {
			(void)kill(-pid, SIGKILL);
			(void)waitpid(pid, &status, 0);
			return error_set(err,
			    "alert-command: killed after %d s: it did not end",
			    timeout_ms / 1000);
		}
		(void)poll(NULL, 0, STEP_MS);
	}
	if (WIFSIGNALED(status))
		return error_set(err, "alert-command: ended by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) != 0)
		return error_set(
		    err, "alert-command: exit code %d", WEXITSTATUS(status));
	return 0;
}

int alert_run(const char *command, int timeout_ms, const struct alert_message *message,
    struct error *err)
{
	pid_t pid = -1;
	size_t count = 0;
	int input = alert_input(message->json, err);
	if (input < 0)
		return -1;
	while (environ[count] != NULL)
		count++;
	char **environment = mem_new(count + 2, sizeof(*environment));
	char *text = mem_printf("OFFHOOK_ALERT_TEXT=%s", message->text);
	environment[0] = text;
	memcpy(environment + 1, environ, count * sizeof(*environment));
	int failed = alert_start(&pid, command, input, environment);
	free(environment);
	free(text);
	(void)close(input);
	if (failed != 0)
		return error_set(err, "alert-command: %s", strerror(failed));
	return alert_wait(pid, timeout_ms, err);
}
