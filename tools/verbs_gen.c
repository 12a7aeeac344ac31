/* verbs_gen -- writes TwiML's elements as C, from what data/twiml.json says of them:
 *   verbs_gen header|table|calls|man data/twiml.json include OUT
 * include is the folder of offhook.h and offhook_twiml.h.in. */
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

/* All of a file, NUL-terminated. */
static char *read_all(const char *folder, const char *name)
{
	enum { MAX = 1 << 20 };

	char path[1024];
	char *text = malloc(MAX);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *in = fopen(path, "r");
	if (text == NULL || in == NULL)
		die("%s: cannot be read", path);
	size_t len = fread(text, 1, MAX - 1, in);
	(void)fclose(in);
	text[len] = '\0';
	return text;
}

/* The template, with the functions where it says @VERBS@. */
static void write_header(FILE *out, const struct verbs *verbs, char *template)
{
	static const char mark[] = "@VERBS@\n";
	char *at = strstr(template, mark);
	if (at == NULL)
		die("offhook_twiml.h.in has no %s", mark);
	*at = '\0';
	(void)fputs(template, out);
	verbs_write_header(out, verbs);
	(void)fputs(at + sizeof(mark) - 1, out);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *word;
		void (*write)(FILE *out, const struct verbs *verbs);
	} outputs[] = {
	    {"header", NULL},
	    {"table", verbs_write_table},
	    {"calls", verbs_write_calls},
	    {"man", verbs_write_man},
	};

	static struct verbs verbs;
	size_t which = 0;
	const size_t count = sizeof(outputs) / sizeof(outputs[0]);
	while (argc == 5 && which < count && strcmp(argv[1], outputs[which].word) != 0)
		which++;
	if (argc != 5 || which == count)
		die("usage: verbs_gen header|table|calls|man TWIML.json INCLUDE OUT");
	char *header = read_all(argv[3], "offhook.h");
	char *template = read_all(argv[3], "offhook_twiml.h.in");
	verbs_read(&verbs, argv[2], header);
	FILE *out = fopen(argv[4], "w");
	if (out == NULL)
		die("%s: cannot be written", argv[4]);
	if (outputs[which].write != NULL)
		outputs[which].write(out, &verbs);
	else
		write_header(out, &verbs, template);
	verbs_free(&verbs);
	free(header);
	free(template);
	if (fclose(out) != 0)
		die("%s: cannot be written", argv[4]);
	return EXIT_SUCCESS;
}
