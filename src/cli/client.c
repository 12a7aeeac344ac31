#include "cli/client.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* The functions of libcurl that are used. */
struct client_library {
	CURLcode (*global_init)(long flags);
	CURL *(*easy_init)(void);
	void (*easy_cleanup)(CURL *handle);
	CURLcode (*easy_setopt)(CURL *handle, CURLoption option, ...);
	CURLcode (*easy_perform)(CURL *handle);
	CURLcode (*easy_getinfo)(CURL *handle, CURLINFO info, ...);
	const char *(*easy_strerror)(CURLcode code);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
	void (*slist_free_all)(struct curl_slist *list);
};

struct client {
	const struct client_library *curl;
	CURL *handle;
	char message[CURL_ERROR_SIZE];
	struct client_reply *reply; /* while one is being received */
};

/* dlsym gives a pointer to data; C has no cast from it to one to a function. */
static bool symbol(void *library, const char *name, void *function)
{
	void *found = dlsym(library, name);
	memcpy(function, &found, sizeof(found));
	return found != NULL;
}

static bool symbols(struct client_library *curl, void *library)
{
	return symbol(library, "curl_global_init", (void *)&curl->global_init) &&
	       symbol(library, "curl_easy_init", (void *)&curl->easy_init) &&
	       symbol(library, "curl_easy_cleanup", (void *)&curl->easy_cleanup) &&
	       symbol(library, "curl_easy_setopt", (void *)&curl->easy_setopt) &&
	       symbol(library, "curl_easy_perform", (void *)&curl->easy_perform) &&
	       symbol(library, "curl_easy_getinfo", (void *)&curl->easy_getinfo) &&
	       symbol(library, "curl_easy_strerror", (void *)&curl->easy_strerror) &&
	       symbol(library, "curl_slist_append", (void *)&curl->slist_append) &&
	       symbol(library, "curl_slist_free_all", (void *)&curl->slist_free_all);
}

int client_load(struct client_library **out, struct error *err)
{
	struct client_library curl;
	void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		return error_set(err, "this command needs libcurl; install it "
				      "(Debian's package: libcurl4)");
	if (!symbols(&curl, library))
		return error_set(err, "this libcurl lacks a function: it is too old");
	if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, "libcurl cannot start");
	*out = mem_new(1, sizeof(**out));
	**out = curl;
	return 0;
}

void client_unload(struct client_library *library)
{
	free(library);
}

struct client *client_new(const struct client_library *library)
{
	struct client *client = mem_new(1, sizeof(*client));
	client->curl = library;
	client->handle = library->easy_init();
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

/* A short count ends the transfer: too much. */
static size_t receive(char *bytes, size_t one, size_t count, void *ctx)
{
	struct client *client = ctx;
	struct buf *body = &client->reply->body;
	if (body->len + one * count > CLIENT_MAX_REPLY)
		return 0;
	buf_add(body, bytes, one * count);
	return one * count;
}

static void set_options(struct client *client, const struct client_request *request,
    struct curl_slist *headers)
{
	CURLcode (*set)(CURL *, CURLoption, ...) = client->curl->easy_setopt;
	CURL *handle = client->handle;
	set(handle, CURLOPT_ERRORBUFFER, client->message);
	set(handle, CURLOPT_NOSIGNAL, 1L);
	set(handle, CURLOPT_PROXY, "");
	set(handle, CURLOPT_TIMEOUT_MS, (long)CLIENT_TIMEOUT_MS);
	set(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	set(handle, CURLOPT_WRITEFUNCTION, receive);
	set(handle, CURLOPT_WRITEDATA, client);
	set(handle, CURLOPT_URL, request->url);
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

static void read_reply(struct client *client, struct client_reply *reply)
{
	long status = 0;
	curl_off_t us = 0;
	char *type = NULL;
	client->curl->easy_getinfo(client->handle, CURLINFO_RESPONSE_CODE, &status);
	client->curl->easy_getinfo(client->handle, CURLINFO_TOTAL_TIME_T, &us);
	client->curl->easy_getinfo(client->handle, CURLINFO_CONTENT_TYPE, &type);
	reply->status = (int)status;
	reply->us = us;
	(void)snprintf(
	    reply->type, sizeof(reply->type), "%s", type != NULL ? type : "");
}

static int explain(
    const struct client *client, const char *url, CURLcode code, struct error *err)
{
	const char *why = client->message[0] != '\0'
			      ? client->message
			      : client->curl->easy_strerror(code);
	if (code == CURLE_COULDNT_CONNECT)
		return error_set(
		    err, "nothing answers at %s: is the server running?", url);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return error_set(
		    err, "no answer within 15 s: Twilio would have given up as well");
	if (code == CURLE_WRITE_ERROR)
		return error_set(err, "the reply has over 1 MB; Twilio takes 64 kB");
	return error_set(err, "%s: %s", url, why);
}

int client_send(struct client *client, const struct client_request *request,
    struct client_reply *reply, struct error *err)
{
	struct curl_slist *headers = NULL;
	for (const char *const *header = request->headers; *header != NULL; header++)
		headers = client->curl->slist_append(headers, *header);
	buf_clear(&reply->body);
	client->message[0] = '\0';
	client->reply = reply;
	set_options(client, request, headers);
	CURLcode code = client->curl->easy_perform(client->handle);
	read_reply(client, reply);
	client->curl->slist_free_all(headers);
	return code == CURLE_OK ? 0 : explain(client, request->url, code, err);
}
