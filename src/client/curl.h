/* curl -- libcurl, loaded when it is first needed: most servers never need it. */
#ifndef OFFHOOK_CLIENT_CURL_H
#define OFFHOOK_CLIENT_CURL_H

#include <curl/curl.h>

#include "util/error.h"

/* The functions of libcurl that are used. */
struct curl {
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

/* Loads it, and it stays loaded. Before there are threads. -1 with err when it is not
 * installed, or too old. */
int curl_load(struct curl *out, struct error *err);

#endif
