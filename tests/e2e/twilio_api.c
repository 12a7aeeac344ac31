#include "twilio_api.h"

#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "util/text.h"

#define LIST "/2010-04-01/Accounts/" API_ACCOUNT "/IncomingPhoneNumbers"

static bool api_authorized(const struct twilio_api *api, const char *head)
{
	char pair[160], base64[256], want[300];
	if (api->password == NULL)
		return true;
	(void)snprintf(pair, sizeof(pair), API_ACCOUNT ":%s", api->password);
	(void)text_base64(base64, pair, strlen(pair));
	(void)snprintf(want, sizeof(want), "Authorization: Basic %s\r\n", base64);
	return strstr(head, want) != NULL;
}

static void api_list(const struct twilio_api *api, const char *head, struct buf *body)
{
	const char *page = strstr(head, "&Page=");
	int number = page != NULL ? atoi(page + strlen("&Page=")) : 0;
	buf_printf(body, "{\"incoming_phone_numbers\": [%s], \"next_page_uri\": ",
	    api->pages[number] != NULL ? api->pages[number] : "");
	if (number < 2 && api->pages[number + 1] != NULL)
		buf_printf(
		    body, "\"" LIST ".json?PageSize=1000&Page=%d\"}", number + 1);
	else
		buf_puts(body, "null}");
}

static int api_answer(const struct twilio_api *api, const char *head, struct buf *body)
{
	if (api->body != NULL) {
		buf_puts(body, api->body);
		return api->status;
	}
	if (strstr(head, LIST) == NULL)
		return 404;
	if (!api_authorized(api, head)) {
		buf_puts(body, "{\"code\": 20003, \"message\": \"Authenticate\"}");
		return 401;
	}
	if (strncmp(head, "POST ", 5) == 0)
		buf_puts(body, "{}");
	else
		api_list(api, head, body);
	return 200;
}

static void api_reply(struct twilio_api *api, int fd, const char *request)
{
	struct buf out = {0}, body = {0};
	char date[64];
	time_t now = time(NULL);
	struct tm when;
	(void)pthread_mutex_lock(&api->lock);
	buf_printf(&api->asked, "%s\n", request);
	int status = api_answer(api, request, &body);
	(void)pthread_mutex_unlock(&api->lock);
	(void)strftime(
	    date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &when));
	buf_printf(&out,
	    "HTTP/1.1 %d OK\r\nDate: %s\r\nContent-Length: %zu\r\nConnection: "
	    "close\r\n\r\n%s",
	    status, date, body.len, buf_text(&body));
	(void)send(fd, out.ptr, out.len, MSG_NOSIGNAL);
	buf_free(&out);
	buf_free(&body);
}

/* A whole request: its head, and as many bytes as that says. */
static bool api_read(int fd, struct buf *in)
{
	for (;;) {
		char bytes[4096];
		const char *end = in->len > 0 ? strstr(in->ptr, "\r\n\r\n") : NULL;
		if (end != NULL) {
			const char *length = strstr(in->ptr, "Content-Length: ");
			size_t body = length != NULL && length < end
					  ? (size_t)atoi(length + 16)
					  : 0;
			if (in->len >= (size_t)(end - in->ptr) + 4 + body)
				return true;
		}
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
		if (n <= 0)
			return false;
		buf_add(in, bytes, (size_t)n);
	}
}

static void *api_run(void *ctx)
{
	struct twilio_api *api = ctx;
	int fd;
	while ((fd = accept(api->fd, NULL, NULL)) >= 0) {
		struct buf in = {0};
		bool whole = api_read(fd, &in);
		(void)pthread_mutex_lock(&api->lock);
		bool hangs = api->hangs;
		(void)pthread_mutex_unlock(&api->lock);
		if (whole && !hangs)
			api_reply(api, fd, in.ptr);
		else
			(void)recv(fd, (char[1]){0}, 1, 0); /* until it gives up */
		buf_free(&in);
		(void)close(fd);
	}
	return NULL;
}

void api_answers(struct twilio_api *api, int status, const char *body)
{
	(void)pthread_mutex_lock(&api->lock);
	api->status = status;
	api->body = body;
	(void)pthread_mutex_unlock(&api->lock);
}

void api_lists(struct twilio_api *api, const char *rows)
{
	(void)pthread_mutex_lock(&api->lock);
	api->pages[0] = rows;
	api->pages[1] = NULL;
	buf_clear(&api->asked);
	(void)pthread_mutex_unlock(&api->lock);
}

void api_hangs(struct twilio_api *api)
{
	(void)pthread_mutex_lock(&api->lock);
	api->hangs = true;
	(void)pthread_mutex_unlock(&api->lock);
}

void api_start(struct twilio_api *api)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	api->asked = (struct buf){0};
	api->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(api->fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(api->fd, 64), 0);
	assert_int_equal(getsockname(api->fd, (struct sockaddr *)&at, &len), 0);
	(void)snprintf(
	    api->url, sizeof(api->url), "http://127.0.0.1:%d", ntohs(at.sin_port));
	(void)pthread_mutex_init(&api->lock, NULL);
	assert_int_equal(pthread_create(&api->thread, NULL, api_run, api), 0);
}

void api_stop(struct twilio_api *api)
{
	(void)shutdown(api->fd, SHUT_RDWR);
	(void)pthread_join(api->thread, NULL);
	(void)close(api->fd);
	(void)pthread_mutex_destroy(&api->lock);
	buf_free(&api->asked);
}

bool api_was_asked(struct twilio_api *api, const char *text)
{
	(void)pthread_mutex_lock(&api->lock);
	bool found = strstr(buf_text(&api->asked), text) != NULL;
	(void)pthread_mutex_unlock(&api->lock);
	return found;
}

static void api_field(char *out, size_t size, const char *value)
{
	if (value != NULL)
		(void)snprintf(out, size, "\"%s\"", value);
	else
		(void)snprintf(out, size, "null");
}

const char *api_number(int index, const char *number, const char *sms,
    const char *voice, const char *status)
{
	static char rows[8][2048];
	char *out = rows[index % 8];
	char texts[3][256];
	api_field(texts[0], sizeof(texts[0]), sms);
	api_field(texts[1], sizeof(texts[1]), voice);
	api_field(texts[2], sizeof(texts[2]), status);
	(void)snprintf(out, sizeof(rows[0]),
	    "{\"sid\": \"PN%032d\", \"phone_number\": \"%s\", \"sms_url\": %s, "
	    "\"sms_method\": \"POST\", \"voice_url\": %s, \"voice_method\": \"POST\", "
	    "\"status_callback\": %s, \"status_callback_method\": \"POST\", "
	    "\"sms_fallback_url\": \"https://example.com/twilio/fallback\", "
	    "\"voice_fallback_url\": \"https://example.com/twilio/fallback\", "
	    "\"trunk_sid\": null}",
	    index, number, texts[0], texts[1], texts[2]);
	return out;
}
