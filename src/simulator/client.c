#include "simulator/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/curl.h"
#include "util/mem.h"

struct client {
	const struct curl *curl;
	CURL *handle;
	char message[CURL_ERROR_SIZE];
	struct client_reply *reply; /* while a reply is being received */
};

struct client *client_new(const struct curl *curl)
{
	struct client *client = mem_new(1, sizeof(*client));
	client->curl = curl;
	client->handle = curl->easy_init();
	if (client->handle == NULL)
		abort(); /* out of memory */
	return client;
}

void client_free(struct client *client)
{
	if (client == NULL)
		return;
	client->curl->easy_cleanup(client->handle);
	free(client);
}

/* libcurl ends the transfer when this returns less than it got. */
static size_t client_receive(char *bytes, size_t one, size_t count, void *ctx)
{
	struct client *client = ctx;
	struct buf *body = &client->reply->body;
	if (body->len + one * count > CLIENT_MAX_REPLY)
		return 0;
	buf_add(body, bytes, one * count);
	return one * count;
}

/* One line of the head, with its line end. */
static size_t client_take_header(const char *bytes, size_t one, size_t count, void *ctx)
{
	struct client *client = ctx;
	struct span line = {bytes, one * count}, name = SPAN("X-Offhook-Event:");
	char *event = client->reply->event;
	if (span_istarts(line, name))
		(void)snprintf(event, sizeof(client->reply->event), "%.*s",
		    SPAN_ARG(span_trim(span_from(line, name.len))));
	return one * count;
}

static void client_set_options(struct client *client,
    const struct client_request *request, struct curl_slist *headers)
{
	CURLcode (*set)(CURL *, CURLoption, ...) = client->curl->easy_setopt;
	CURL *handle = client->handle;
	set(handle, CURLOPT_ERRORBUFFER, client->message);
	set(handle, CURLOPT_NOSIGNAL, 1L);
	set(handle, CURLOPT_PROXY, "");
	set(handle, CURLOPT_TIMEOUT_MS, (long)CLIENT_TIMEOUT_MS);
	set(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	set(handle, CURLOPT_WRITEFUNCTION, client_receive);
	set(handle, CURLOPT_WRITEDATA, client);
	set(handle, CURLOPT_HEADERFUNCTION, client_take_header);
	set(handle, CURLOPT_HEADERDATA, client);
	set(handle, CURLOPT_URL, request->url);
	set(handle, CURLOPT_PINNEDPUBLICKEY, request->pin);
	set(handle, CURLOPT_SSL_VERIFYPEER, request->pin != NULL ? 0L : 1L);
	set(handle, CURLOPT_SSL_VERIFYHOST, request->pin != NULL ? 0L : 2L);
	set(handle, CURLOPT_REQUEST_TARGET, request->target);
	set(handle, CURLOPT_HTTPHEADER, headers);
	if (request->get) {
		set(handle, CURLOPT_HTTPGET, 1L);
		return;
	}
	set(handle, CURLOPT_POST, 1L);
	set(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
	set(handle, CURLOPT_POSTFIELDS, request->body.len > 0 ? request->body.ptr : "");
}

static int client_explain(
    const struct client *client, const char *url, CURLcode code, struct error *err)
{
	if (code == CURLE_COULDNT_CONNECT)
		return error_set(
		    err, "nothing answers at %s: is the server running?", url);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return error_set(
		    err, "no answer within 15 s: Twilio would have given up as well");
	if (code == CURLE_WRITE_ERROR)
		return error_set(err, "the reply has over 1 MB; Twilio takes 64 kB");
	return error_set(err, "%s: %s", url,
	    client->message[0] != '\0' ? client->message
				       : client->curl->easy_strerror(code));
}

int client_send(struct client *client, const struct client_request *request,
    struct client_reply *reply, struct error *err)
{
	const struct curl *curl = client->curl;
	struct curl_slist *headers = NULL;
	long status = 0;
	curl_off_t us = 0;
	char *type = NULL;
	for (const char *const *header = request->headers; *header != NULL; header++)
		headers = curl->slist_append(headers, *header);
	buf_clear(&reply->body);
	client->message[0] = '\0';
	reply->event[0] = '\0';
	client->reply = reply;
	client_set_options(client, request, headers);
	CURLcode code = curl->easy_perform(client->handle);
	curl->easy_getinfo(client->handle, CURLINFO_RESPONSE_CODE, &status);
	curl->easy_getinfo(client->handle, CURLINFO_TOTAL_TIME_T, &us);
	curl->easy_getinfo(client->handle, CURLINFO_CONTENT_TYPE, &type);
	reply->status = (int)status;
	reply->us = us;
	(void)snprintf(
	    reply->type, sizeof(reply->type), "%s", type != NULL ? type : "");
	curl->slist_free_all(headers);
	return code == CURLE_OK ? 0 : client_explain(client, request->url, code, err);
}
