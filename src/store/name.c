#include "store/name.h"

#include <ctype.h>
#include <string.h>

#include "store/store.h"

enum { NAME_MAX_LEN = 64 };

bool store_name_valid(struct span name)
{
	if (name.len == 0 || name.len > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];
		bool letter = c < 0x80 && (isalpha(c) || c == '_');
		bool inside = c < 0x80 && (isdigit(c) || c == '.' || c == '-');
		if (!letter && !(inside && i > 0))
			return false;
	}
	return true;
}

int name_check(const char *name, struct error *err)
{
	if (name != NULL && store_name_valid(span_of(name)))
		return 0;
	return error_set(err,
	    "'%.80s' cannot be a collection's name: a letter or _, then letters, digits, "
	    "_ . -, at most 64 bytes",
	    name != NULL ? name : "");
}

int name_check_path(const char *path, struct error *err)
{
	const char *part = path;
	while (part != NULL && *part != '\0') {
		size_t len = strcspn(part, ".");
		if (!store_name_valid((struct span){part, len}))
			break;
		if (part[len] == '\0')
			return 0;
		part += len + 1;
	}
	return error_set(err,
	    "'%.80s' cannot be indexed: names of letters, digits, _ and -, with dots between",
	    path != NULL ? path : "");
}
