#include "app/redirect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "http/head.h"
#include "http/server.h"
#include "util/mem.h"
#include "util/thread.h"

struct answer {
	TAILQ_ENTRY(answer) link;
	char *token, *text;
};

struct redirect {
	struct server *server;
	pthread_mutex_t lock; /* guards answers */
	TAILQ_HEAD(, answer) answers;
	char port[8]; /* ":8443"; "" for 443 */
};

/* "host:80", "[::1]:80": without the port. */
static struct span redirect_host(struct span host)
{
	size_t end = host.len;
	while (end > 0 && host.ptr[end - 1] != ':' && host.ptr[end - 1] != ']')
		end--;
	bool port = end > 0 && host.ptr[end - 1] == ':';
	return port ? span_head(host, end - 1) : host;
}

/* GET may become GET elsewhere; another method must stay what it is. */
static int redirect_status(const struct request *request)
{
	return request->method == METHOD_GET || span_is(request->method_name, "HEAD")
		   ? 301
		   : 308;
}

/* ---- challenges ---- */

/* Under the lock. */
static struct answer *redirect_find(struct redirect *redirect, struct span token)
{
	struct answer *answer;
	TAILQ_FOREACH(answer, &redirect->answers, link)
		if (span_is(token, answer->token))
			return answer;
	return NULL;
}

/* Absent: there is no such challenge. */
static struct span redirect_challenge(
    struct redirect *redirect, const struct request *request)
{
	const struct span path = SPAN("/.well-known/acme-challenge/");
	struct span text = {0};
	if (!span_starts(request->path, path))
		return text;
	mutex_lock(&redirect->lock);
	const struct answer *answer =
	    redirect_find(redirect, span_from(request->path, path.len));
	if (answer != NULL)
		text = arena_copy(request->arena, span_of(answer->text));
	mutex_unlock(&redirect->lock);
	return text;
}

void redirect_answer(struct redirect *redirect, const char *token, const char *text)
{
	struct answer *answer = mem_new(1, sizeof(*answer));
	answer->token = mem_strdup(token);
	answer->text = mem_strdup(text);
	mutex_lock(&redirect->lock);
	TAILQ_INSERT_TAIL(&redirect->answers, answer, link);
	mutex_unlock(&redirect->lock);
}

static void redirect_drop(struct redirect *redirect, struct answer *answer)
{
	TAILQ_REMOVE(&redirect->answers, answer, link);
	free(answer->token);
	free(answer->text);
	free(answer);
}

void redirect_forget(struct redirect *redirect, const char *token)
{
	mutex_lock(&redirect->lock);
	struct answer *answer = redirect_find(redirect, span_of(token));
	if (answer != NULL)
		redirect_drop(redirect, answer);
	mutex_unlock(&redirect->lock);
}

/* ---- all else ---- */

/* Before the body is read: nobody wants it. */
static bool redirect_admit(void *ctx, struct request *request, struct reply *out)
{
	struct redirect *redirect = ctx;
	struct span host = request_header(request, "Host");
	*out = (struct reply){.content_type = "text/plain; charset=utf-8",
	    .status = 200,
	    .body = redirect_challenge(redirect, request)};
	if (out->body.len > 0)
		return false;
	if (!head_host_valid(host) || request->target.len == 0 ||
	    request->target.ptr[0] != '/') {
		out->status = 400;
		out->body = SPAN("this is https alone: call it by its name\n");
		return false;
	}
	out->status = redirect_status(request);
	out->body = SPAN("this is https alone\n");
	out->header = arena_printf(request->arena, "Location: https://%.*s%s%.*s",
	    SPAN_ARG(redirect_host(host)), redirect->port, SPAN_ARG(request->target));
	return false;
}

/* Never: nothing is admitted. */
static void redirect_serve(void *ctx, struct request *request)
{
	struct reply reply = {.status = 404};
	(void)ctx;
	request_reply(request, &reply);
}

int redirect_open(struct redirect **out, const struct config *config, const char *https,
    struct error *err)
{
	struct redirect *redirect = mem_new(1, sizeof(*redirect));
	mutex_init(&redirect->lock);
	TAILQ_INIT(&redirect->answers);
	struct server_config server = {
	    .listen = config->redirect_listen,
	    .threads = 1,
	    .name = "oh-redirect",
	    .limits = server_default_limits,
	    .admit = redirect_admit,
	    .serve = redirect_serve,
	    .ctx = redirect,
	};
	const char *port = strrchr(https, ':');
	server.limits.request_ms = config->request_timeout_ms;
	if (port != NULL && strcmp(port, ":443") != 0)
		(void)snprintf(redirect->port, sizeof(redirect->port), "%s", port);
	if (server_open(&redirect->server, &server, err) < 0) {
		redirect_close(redirect);
		return -1;
	}
	*out = redirect;
	return 0;
}

const char *redirect_address(const struct redirect *redirect)
{
	return server_address(redirect->server);
}

void redirect_close(struct redirect *redirect)
{
	if (redirect == NULL)
		return;
	if (redirect->server != NULL)
		server_drain(redirect->server, 0);
	server_close(redirect->server);
	struct answer *answer = TAILQ_FIRST(&redirect->answers);
	while (answer != NULL) {
		struct answer *next = TAILQ_NEXT(answer, link);
		redirect_drop(redirect, answer);
		answer = next;
	}
	mutex_clear(&redirect->lock);
	free(redirect);
}
