/* The parts of a URL that are signed. */
#include "test.h"

#include <string.h>

#include "simulator/url.h"

TEST(a_url_is_cut_into_what_is_signed)
{
	static const struct {
		const char *text, *scheme, *host, *target;
	} rows[] = {
	    {"https://example.com/a?b#c", "https", "example.com", "/a?b"},
	    {"HTTP://Example.com:80", "http", "Example.com:80", ""},
	    {"https://h?x=/y", "https", "h", "?x=/y"},
	    {"https://user:pw@h/", "https", "h", "/"},
	    {"https://user:p@w@h/", "https", "h", "/"},
	    {"https://h/@", "https", "h", "/@"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct url url;
		struct error err = {""};
		if (url_split(&url, span_of(rows[i].text), &err) != 0)
			fail_msg("%s: %s", rows[i].text, err.text);
		if (!span_is(url.scheme, rows[i].scheme) ||
		    !span_is(url.host, rows[i].host) ||
		    !span_is(url.target, rows[i].target))
			fail_msg("%s", rows[i].text);
	}
}

TEST(what_is_no_url_is_refused)
{
	static const char *const rows[] = {
	    "", "example.com", "ftp://h/", "https://", "https://u@/x", "https://h/ x"};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct url url;
		struct error err = {""};
		assert_int_equal(url_split(&url, span_of(rows[i]), &err), -1);
		assert_int_not_equal(err.text[0], '\0');
	}
}
