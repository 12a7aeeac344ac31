#include "http/reply.h"

#include "client.h"

TEST(heads_are_as_their_replies)
{
	static const struct {
		struct reply reply;
		const char *connection, *before_date, *after_date;
	} rows[] = {
	    {{.status = 200, .content_type = "text/xml", .body = BYTES("<a/>")}, NULL,
		"HTTP/1.1 200 OK\r\nDate: ",
		"\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n"},
	    {{.status = 204}, NULL, "HTTP/1.1 204 No Content\r\nDate: ", "\r\n\r\n"},
	    {{.status = 304}, "close",
		"HTTP/1.1 304 Not Modified\r\nDate: ", "\r\nConnection: close\r\n\r\n"},
	    {{.status = 405, .content_type = "text/plain", .header = "Allow: POST"},
		"keep-alive", "HTTP/1.1 405 Method Not Allowed\r\nDate: ",
		"\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nAllow: POST\r\n"
		"Connection: keep-alive\r\n\r\n"},
	    {{.status = 299, .body = BYTES("0123456789")}, NULL,
		"HTTP/1.1 299 Status\r\nDate: ", "\r\nContent-Length: 10\r\n\r\n"},
	};
	struct reply_date date = {0};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = {0};
		size_t before = strlen(rows[i].before_date);
		reply_head(&out, &rows[i].reply, rows[i].connection, &date);
		assert_int_equal(
		    out.len, before + REPLY_DATE_SIZE - 1 + strlen(rows[i].after_date));
		assert_memory_equal(out.ptr, rows[i].before_date, before);
		assert_string_equal(
		    out.ptr + before + REPLY_DATE_SIZE - 1, rows[i].after_date);
		buf_free(&out);
	}
}

TEST(the_date_can_be_read_back)
{
	struct reply_date date = {0};
	struct buf out = {0};
	struct tm tm = {0};
	time_t before = time(NULL);
	reply_head(&out, &(struct reply){.status = 204}, NULL, &date);
	time_t after = time(NULL);
	const char *end = strptime(
	    strstr(buf_text(&out), "Date: "), "Date: %a, %d %b %Y %H:%M:%S GMT", &tm);
	assert_non_null(end);
	assert_in_range(timegm(&tm), before, after);
	buf_free(&out);
}
