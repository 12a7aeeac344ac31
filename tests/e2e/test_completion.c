/* What shells complete, by the shells themselves. */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* What a command of the shell writes. */
static void shell(struct buf *out, const char *command)
{
	char part[4096];
	FILE *pipe = popen(command, "re");
	assert_non_null(pipe);
	for (size_t got; (got = fread(part, 1, sizeof(part), pipe)) > 0;)
		buf_add(out, part, got);
	assert_int_equal(pclose(pipe), 0);
}

static bool has(const char *program)
{
	char *command = mem_printf("command -v %s >/dev/null 2>&1", program);
	int code = system(command);
	free(command);
	return code == 0;
}

/* Each line as bash has it: words, the last one being written, and what it offers. */
TEST(bash_completes_commands_verbs_options_and_words)
{
	static const struct {
		const char *words, *want;
	} rows[] = {
	    {"ser", "serve"},
	    {"e", "events export env"},
	    {"jobs re", "retry resume"},
	    {"jobs retry --que", "--queue"},
	    {"jobs stats --que", ""},
	    {"events --fol", "--follow"},
	    {"serve --log-l", "--log-level"},
	    {"serve --log-level = in", ""},
	    {"serve --log-level in", ""},
	    {"serve --auth-t", ""},
	    {"config ch", "check"},
	    {"send sm", "sms"},
	    {"send sms --tam", "--tamper="},
	    {"help ser", "serve"},
	    {"serve --data /us", "/usr"},
	    {"serve --data = /us", "/usr"},
	    {"serve --config /etc/os-rel", "/etc/os-release"},
	    {"nonsense --x", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = {0};
		char *command =
		    mem_printf("bash -c 'source <(%s help --completion bash); "
			       "COMP_WORDS=(offhook %s); "
			       "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
			       "_offhook_complete; echo \"${COMPREPLY[*]}\"'",
			OFFHOOK_BIN, rows[i].words);
		shell(&out, command);
		if (out.len == 0 ||
		    strncmp(buf_text(&out), rows[i].want, strlen(rows[i].want)) != 0 ||
		    buf_text(&out)[strlen(rows[i].want)] != '\n')
			fail_msg("%s: %s, not %s", rows[i].words, buf_text(&out),
			    rows[i].want);
		buf_free(&out);
		free(command);
	}
}

TEST(fish_completes_the_same)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
	    {"offhook ser", "serve\tanswer Twilio"},
	    {"offhook jobs re", "resume\nretry\n"},
	    {"offhook jobs retry --que", "--queue\t"},
	    {"offhook events --fol", "--follow\t"},
	    {"offhook config ch", "check\n"},
	    {"offhook help ser", "serve\n"},
	};

	if (!has("fish"))
		skip();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = {0};
		char *command =
		    mem_printf("HOME=/tmp fish --no-config -c '%s help --completion "
			       "fish | source; complete -C \"%s\"'",
			OFFHOOK_BIN, rows[i].line);
		shell(&out, command);
		if (strncmp(buf_text(&out), rows[i].want, strlen(rows[i].want)) != 0)
			fail_msg("%s: %s", rows[i].line, buf_text(&out));
		buf_free(&out);
		free(command);
	}
}

TEST(zsh_can_read_what_is_for_it)
{
	struct buf out = {0};
	if (!has("zsh"))
		skip();
	char *command = mem_printf("%s help --completion zsh | zsh -fn", OFFHOOK_BIN);
	shell(&out, command);
	assert_int_equal(out.len, 0);
	buf_free(&out);
	free(command);
}

TEST(another_shell_is_none_of_them)
{
	struct buf err = {0};
	const char *words[] = {"help", "--completion", "csh", NULL};
	assert_int_equal(talk_run(NULL, &err, words), 2);
	assert_non_null(strstr(buf_text(&err), "bash, zsh and fish"));
	buf_free(&err);
}
