/* setting_man -- the settings as mdoc, for man/offhook.conf.5. */
#include <ctype.h>

#include "config/setting.h"

enum { LINE = 76 };

/* mdoc wants each sentence to begin a line, and lines to stay below 80 bytes. */
static void man_sentences(struct buf *out, const char *text)
{
	size_t column = 1;
	buf_putc(out, (char)toupper((unsigned char)text[0]));
	for (const char *c = text + 1; *c != '\0'; c++) {
		bool ended = c[-1] == '.' && isupper((unsigned char)c[1]);
		if (*c == ' ' && (ended || column + 1 + strcspn(c + 1, " ") > LINE)) {
			buf_putc(out, '\n');
			column = 0;
			continue;
		}
		if (*c == '-')
			buf_putc(out, '\\');
		buf_putc(out, *c);
		column++;
	}
	if (out->ptr[out->len - 1] != '.')
		buf_putc(out, '.');
	buf_putc(out, '\n');
}

static void man_argument(struct buf *out, const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (strncmp(c, "…", strlen("…")) == 0) {
			buf_puts(out, "...");
			c += strlen("…") - 1;
		} else {
			buf_putc(out, *c);
		}
	}
}

void setting_man(struct buf *out)
{
	char variable[SETTING_NAME_SIZE];
	buf_puts(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];
		buf_printf(out, ".It Ic %s No = Ar ", setting->name);
		man_argument(out, setting->argument);
		buf_putc(out, '\n');
		man_sentences(out, setting->help);
		if (setting->more != NULL)
			man_sentences(out, setting->more);
		buf_puts(out, setting->secret ? ".Pp\nVariable:\n" : ".Pp\nOption:\n");
		if (!setting->secret)
			buf_printf(out, ".Fl Fl %s ;\nvariable:\n", setting->name);
		buf_printf(out, ".Ev %s", setting_variable(variable, setting));
		if (setting->initial[0] != '\0')
			buf_printf(out, " ;\ndefault:\n.Ql %s", setting->initial);
		if (setting->renewed)
			buf_puts(out, " ;\nchanges with a reload.\n");
		else
			buf_puts(out, " .\n");
	}
	buf_puts(out, ".El\n");
}
