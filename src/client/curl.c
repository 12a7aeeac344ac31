#include "client/curl.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define SYMBOL(name)                                                                   \
	{                                                                              \
		"curl_" #name, offsetof(struct curl, name)                             \
	}

static const struct {
	const char *name;
	size_t at;
} symbols[] = {SYMBOL(global_init), SYMBOL(easy_init), SYMBOL(easy_cleanup),
    SYMBOL(easy_setopt), SYMBOL(easy_perform), SYMBOL(easy_getinfo),
    SYMBOL(easy_strerror), SYMBOL(slist_append), SYMBOL(slist_free_all)};

int curl_load(struct curl *out, struct error *err)
{
	void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		return error_set(err, "this needs libcurl; install it "
				      "(Debian's package: libcurl4)");
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *found = dlsym(library, symbols[i].name);
		if (found == NULL)
			return error_set(
			    err, "this libcurl lacks a function: it is too old");
		/* C cannot cast a pointer to data to a pointer to a function. */
		memcpy((char *)out + symbols[i].at, &found, sizeof(found));
	}
	if (out->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, "libcurl cannot start");
	return 0;
}
