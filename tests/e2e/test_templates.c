/* Reply texts from files: placeholders are data, a change is picked up, a wrong file is
 * refused at start with file and line and keeps the last good one later. */
#include "conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put(const char *dir, const char *name, const char *text)
{
	char path[160];
	char fresh[180];
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	(void)snprintf(fresh, sizeof(fresh), "%s.new", path);
	FILE *file = fopen(fresh, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(fresh, path), 0);
}

static unsigned number;

static bool replies(const struct talk *talk, const char *text)
{
	char form[200];
	struct answer answer;
	(void)snprintf(form, sizeof(form),
	    "MessageSid=SM%032x&From=%%2B1555&Body=%%3C%%2FMessage%%3E", ++number);
	talk_post(talk, &answer, "/twilio/sms", form);
	bool found = answer.status == 200 && strstr(answer.body.ptr, text) != NULL;
	answer_clear(&answer);
	return found;
}

TEST(a_template_is_used_and_reloaded)
{
	struct talk talk;
	char dir[] = "/tmp/offhook-templates-XXXXXX";
	assert_non_null(mkdtemp(dir));
	put(dir, "sms.xml",
	    "<Response>\n<Message>Dear {{From}}: {{Body}}</Message>\n</Response>\n");
	const char *const extra[] = {"--templates", dir, NULL};
	talk_start(&talk, extra);
	assert_true(replies(&talk, "<Message>Dear +1555: &lt;/Message&gt;</Message>"));

	put(dir, "sms.xml", "<Response><Message>New</Message></Response>");
	assert_true(talk_logged(&talk, "template reloaded"));
	assert_true(replies(&talk, "<Message>New</Message>"));

	put(dir, "sms.xml", "<Response>\n<Message><Say>no</Say></Message></Response>");
	assert_true(talk_logged(&talk, "sms.xml:2:"));
	assert_true(replies(&talk, "<Message>New</Message>"));
	talk_stop(&talk);

	struct buf err = {0};
	const char *words[] = {"serve", "--listen", "127.0.0.1:0", "--data", talk.data,
	    "--templates", dir, NULL};
	assert_int_equal(talk_run(NULL, &err, words), 1);
	assert_non_null(strstr(buf_text(&err), "sms.xml:2:"));
	buf_free(&err);
	talk_end(&talk);
}

/* faults 5.7 */
TEST(a_template_that_is_gone_is_said_and_a_file_too_many_is_no_obstacle)
{
	struct talk talk;
	char dir[] = "/tmp/offhook-templates-XXXXXX";
	char path[64];
	assert_non_null(mkdtemp(dir));
	const char *const extra[] = {"--templates", dir, NULL};
	put(dir, "sms.xml", "<Response><Message>Mine</Message></Response>");
	put(dir, "foo.xml", "<Response/>");
	talk_start(&talk, extra);
	assert_true(talk_logged(&talk, "the file is not used file=foo.xml"));
	assert_true(replies(&talk, "Mine"));
	(void)snprintf(path, sizeof(path), "%s/sms.xml", dir);
	assert_int_equal(unlink(path), 0);
	assert_true(talk_logged(
	    &talk, "a template is gone: the built-in text is used file=sms.xml"));
	assert_true(replies(&talk, "Thanks for"));
	talk_end(&talk);
}

/* faults 2.8 */
TEST(the_owners_texts_do_not_answer_an_opt_out)
{
	static const char text[] = "<Response><Message>Mine</Message></Response>";
	struct talk talk;
	char dir[] = "/tmp/offhook-templates-XXXXXX";
	assert_non_null(mkdtemp(dir));
	put(dir, "sms.xml", text);
	put(dir, "sms-fallback.xml", text);
	const char *const extra[] = {"--templates", dir, NULL};
	talk_start(&talk, extra);
	const char *const paths[] = {"/twilio/sms", "/twilio/fallback"};
	for (size_t i = 0; i < 2; i++) {
		char form[120];
		(void)snprintf(
		    form, sizeof(form), "MessageSid=SM%032x&Body=a", ++number);
		talk_expect_text(&talk, paths[i], form, "Mine");
		(void)snprintf(
		    form, sizeof(form), "MessageSid=SM%032x&OptOutType=STOP", ++number);
		talk_expect_text(&talk, paths[i], form, "<Response/>");
	}
	talk_end(&talk);
}
