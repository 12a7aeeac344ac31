/* What the kernel keeps handlers from, by tests/e2e/apps/prisoner.c. */
#include "talk_jobs.h"

#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TRACE = 1, READ, SIGNAL, DEVICE, NAMESPACE, SUDO, WORK, LENGTH = 9 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { HAS_SECCOMP = 0 };
#else
enum { HAS_SECCOMP = 1 };
#endif

/* Whether a set-user-id program would gain something if nothing of ours kept it from that. */
static char sudo_outside(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ? 'y' : 'n';
}

/* The letters of its reply. */
static void ask(char out[LENGTH + 1], const struct talk *talk, const char *sid)
{
	struct answer answer;
	char form[96];
	(void)snprintf(form, sizeof(form), "MessageSid=%s&From=%%2B1&Body=x", sid);
	talk_post(talk, &answer, "/sms", form);
	assert_int_equal(answer.status, 200);
	const char *at = strchr(buf_text(&answer.body), '>');
	while (at != NULL && strncmp(at, ">=", 2) != 0)
		at = strchr(at + 1, '>');
	if (at == NULL)
		fail_msg("%s", buf_text(&answer.body));
	memcpy(out, at + 1, LENGTH);
	out[LENGTH] = '\0';
	answer_clear(&answer);
}

/* What its worker found, of the last message. */
static const char *ask_worker(const struct talk *talk)
{
	talk_await(talk, "try", "done", 1);
	return talk_field(talk, "tries", "{}", "told");
}

TEST(handlers_can_work_and_not_touch_the_server)
{
	struct talk talk;
	char told[LENGTH + 1];
	long abi = syscall(
	    SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	talk_start_program(&talk, APPS_DIR "/prisoner", NULL);
	ask(told, &talk, "SMinside");
	assert_int_equal(told[WORK], 'y');
	assert_int_equal(told[SUDO], 'n');
	if (abi >= 2) {
		assert_int_equal(told[TRACE], 'n');
		assert_int_equal(told[READ], 'n');
		assert_int_equal(told[DEVICE], 'n');
	}
	if (abi >= 6)
		assert_int_equal(told[SIGNAL], 'n');
	if (HAS_SECCOMP)
		assert_int_equal(told[NAMESPACE], 'n');
	assert_memory_equal(ask_worker(&talk), told, LENGTH);
	talk_end(&talk);
}

TEST(workers_that_may_run_alert_command_are_left_alone)
{
	static const char *const options[] = {"--alert-command", "cat", NULL};
	struct talk talk;
	char told[LENGTH + 1];
	talk_start_program(&talk, APPS_DIR "/prisoner", options);
	ask(told, &talk, "SMalert");
	assert_int_equal(told[SUDO], 'n');
	assert_int_equal(ask_worker(&talk)[SUDO], sudo_outside());
	talk_end(&talk);
}

TEST(a_setting_lets_them_out)
{
	static const char *const options[] = {"--handler-sandbox", "off", NULL};
	struct talk talk;
	char told[LENGTH + 1];
	talk_start_program(&talk, APPS_DIR "/prisoner", options);
	ask(told, &talk, "SMoutside");
	assert_int_equal(told[WORK], 'y');
	assert_int_equal(told[SIGNAL], 'y');
	assert_int_equal(told[SUDO], sudo_outside());
	talk_end(&talk);
}
