#include "cli/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/text.h"

enum { FILE_LIMIT = 1024, TOKEN_BYTES = 16 };

const char *token_file_find(struct arena *arena)
{
	size_t len;
	char *kept = text_read_file(TOKEN_FILE_PATH, FILE_LIMIT, &len);
	if (kept == NULL)
		return NULL;
	struct span token = span_trim((struct span){kept, len});
	const char *found = token.len > 0 ? arena_strndup(arena, token) : NULL;
	free(kept);
	return found;
}

static int token_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	ssize_t len = (ssize_t)strlen(text);
	int rc = write(fd, text, (size_t)len) == len ? 0 : -1;
	return close(fd) == 0 ? rc : -1;
}

const char *token_file_have(struct arena *arena, struct error *err)
{
	unsigned char bytes[TOKEN_BYTES];
	char token[2 * TOKEN_BYTES + 1];
	const char *there = token_file_find(arena);
	if (there != NULL)
		return there;
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
		(void)error_set(err, "getrandom: %s", strerror(errno));
		return NULL;
	}
	text_hex(token, bytes, sizeof(bytes));
	/* The .gitignore keeps the directory out of the project's history. */
	if ((mkdir(TOKEN_FILE_DIR, 0700) != 0 && errno != EEXIST) ||
	    token_write_file(TOKEN_FILE_DIR "/.gitignore", "*\n") != 0 ||
	    token_write_file(TOKEN_FILE_PATH, token) != 0) {
		(void)error_set(err, TOKEN_FILE_PATH ": %s", strerror(errno));
		return NULL;
	}
	return arena_strdup(arena, token);
}
