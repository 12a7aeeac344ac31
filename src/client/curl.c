#include "client/curl.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

/* dlsym gives a pointer to data, which C cannot cast to a pointer to a function. */
static bool curl_symbol(void *library, const char *name, void *function)
{
	void *found = dlsym(library, name);
	memcpy(function, &found, sizeof(found));
	return found != NULL;
}

static bool curl_symbols(struct curl *curl, void *library)
{
	return curl_symbol(library, "curl_global_init", (void *)&curl->global_init) &&
	       curl_symbol(library, "curl_easy_init", (void *)&curl->easy_init) &&
	       curl_symbol(library, "curl_easy_cleanup", (void *)&curl->easy_cleanup) &&
	       curl_symbol(library, "curl_easy_setopt", (void *)&curl->easy_setopt) &&
	       curl_symbol(library, "curl_easy_perform", (void *)&curl->easy_perform) &&
	       curl_symbol(library, "curl_easy_getinfo", (void *)&curl->easy_getinfo) &&
	       curl_symbol(
		   library, "curl_easy_strerror", (void *)&curl->easy_strerror) &&
	       curl_symbol(library, "curl_slist_append", (void *)&curl->slist_append) &&
	       curl_symbol(
		   library, "curl_slist_free_all", (void *)&curl->slist_free_all);
}

int curl_load(struct curl *out, struct error *err)
{
	void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		return error_set(err, "this needs libcurl; install it "
				      "(Debian's package: libcurl4)");
	if (!curl_symbols(out, library))
		return error_set(err, "this libcurl lacks a function: it is too old");
	if (out->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, "libcurl cannot start");
	return 0;
}
