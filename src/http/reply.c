#include "http/reply.h"

#include <stdio.h>

static const char *reply_status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {
	    {200, "OK"},
	    {201, "Created"},
	    {202, "Accepted"},
	    {204, "No Content"},
	    {301, "Moved Permanently"},
	    {302, "Found"},
	    {303, "See Other"},
	    {304, "Not Modified"},
	    {307, "Temporary Redirect"},
	    {308, "Permanent Redirect"},
	    {400, "Bad Request"},
	    {401, "Unauthorized"},
	    {403, "Forbidden"},
	    {404, "Not Found"},
	    {405, "Method Not Allowed"},
	    {408, "Request Timeout"},
	    {409, "Conflict"},
	    {410, "Gone"},
	    {413, "Content Too Large"},
	    {415, "Unsupported Media Type"},
	    {417, "Expectation Failed"},
	    {422, "Unprocessable Content"},
	    {429, "Too Many Requests"},
	    {431, "Request Header Fields Too Large"},
	    {500, "Internal Server Error"},
	    {501, "Not Implemented"},
	    {502, "Bad Gateway"},
	    {503, "Service Unavailable"},
	    {504, "Gateway Timeout"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "Status";
}

/* RFC 9110, 5.6.7: in English, so strftime with its locale will not do. */
static const char *reply_date_text(struct reply_date *date)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm;
	time_t now = time(NULL);
	if (now == date->second && date->text[0] != '\0')
		return date->text;
	date->second = now;
	if (gmtime_r(&now, &tm) == NULL)
		return date->text;
	char text[64];
	(void)snprintf(text, sizeof(text), "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
	    days + (ptrdiff_t)3 * tm.tm_wday, tm.tm_mday,
	    months + (ptrdiff_t)3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
	(void)snprintf(date->text, sizeof(date->text), "%.29s", text);
	return date->text;
}

bool reply_has_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

static void reply_put_number(struct buf *out, size_t number)
{
	char digits[20];
	size_t at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	buf_add(out, digits + at, sizeof(digits) - at);
}

void reply_head(struct buf *out, const struct reply *reply, const char *connection,
    struct reply_date *date)
{
	buf_put(out, SPAN("HTTP/1.1 "));
	reply_put_number(out, (size_t)reply->status);
	buf_putc(out, ' ');
	buf_puts(out, reply_status_text(reply->status));
	buf_put(out, SPAN("\r\nDate: "));
	buf_puts(out, reply_date_text(date));
	if (reply->content_type != NULL) {
		buf_put(out, SPAN("\r\nContent-Type: "));
		buf_puts(out, reply->content_type);
	}
	if (reply_has_body(reply->status)) {
		buf_put(out, SPAN("\r\nContent-Length: "));
		reply_put_number(out, reply->body.len);
	}
	if (reply->header != NULL) {
		buf_put(out, SPAN("\r\n"));
		buf_puts(out, reply->header);
	}
	if (connection != NULL) {
		buf_put(out, SPAN("\r\nConnection: "));
		buf_puts(out, connection);
	}
	buf_put(out, SPAN("\r\n\r\n"));
}
