#include "test.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/notify.h"

/* A socket of that name, as the service manager has it. */
static int reader(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	memcpy(at.sun_path, name, len);
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	else
		len++;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
	    0);
	return fd;
}

TEST(lines_come_as_one_message_by_path_and_by_name)
{
	const char *const places[] = {"/tmp/", "@"};
	for (int i = 0; i < 2; i++) {
		struct notify notify;
		struct error err;
		char name[64], got[100] = "";
		(void)snprintf(name, sizeof(name), "%soffhook-notify-%d", places[i],
		    (int)getpid());
		int fd = reader(name);
		assert_int_equal(notify_open(&notify, name, &err), 0);
		notify_send(&notify, "READY=1\nSTATUS=%d", i);
		assert_true(recv(fd, got, sizeof(got) - 1, 0) > 0);
		assert_string_equal(
		    got, i == 0 ? "READY=1\nSTATUS=0" : "READY=1\nSTATUS=1");
		(void)close(fd);
		notify_send(&notify, "STOPPING=1"); /* nobody reads it */
		notify_close(&notify);
		(void)unlink(name);
	}
}

TEST(without_a_socket_nothing_is_sent_and_a_wrong_one_is_told)
{
	char longer[200];
	const char *const wrong[] = {"relative", "vsock:2:1", longer};
	struct notify notify;
	struct error err;
	memset(longer, 'a', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(notify_open(&notify, NULL, &err), 0);
	assert_int_equal(notify.fd, -1);
	notify_send(&notify, "READY=1");
	notify_close(&notify);
	assert_int_equal(notify_open(&notify, "", &err), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(notify_open(&notify, wrong[i], &err), -1);
		assert_non_null(strstr(err.text, "NOTIFY_SOCKET"));
		assert_int_equal(notify.fd, -1);
		notify_close(&notify);
	}
}

/* As long as it may be, and without a NUL at its end. */
TEST(a_text_that_is_too_long_is_cut)
{
	struct notify notify;
	struct error err;
	char name[64], got[4096], text[2000];
	(void)snprintf(name, sizeof(name), "@offhook-notify-long-%d", (int)getpid());
	int fd = reader(name);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(notify_open(&notify, name, &err), 0);
	notify_send(&notify, "STATUS=%s", text);
	ssize_t len = recv(fd, got, sizeof(got), 0);
	assert_true(len > 900 && len < 2000 && got[len - 1] == 'x');
	notify_close(&notify);
	(void)close(fd);
}
