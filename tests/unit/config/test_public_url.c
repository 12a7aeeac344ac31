#include "test.h"

#include "config/public_url.h"

TEST(the_parts_are_kept_byte_for_byte)
{

	static const struct {
		const char *text, *scheme, *host, *prefix;
		bool userinfo, fragment, underscore;
	} rows[] = {
	    {"https://example.com", "https", "example.com", "", false, false, false},
	    {"HTTPS://Example.Com/", "https", "Example.Com", "", false, false, false},
	    {"http://h:8080/a/b//", "http", "h:8080", "/a/b", false, false, false},
	    {"https://[2001:db8::1]:8443/x", "https", "[2001:db8::1]:8443", "/x", false,
		false, false},
	    {"https://u:p@h/a#rc=2", "https", "h", "/a", true, true, false},
	    {"https://my_host", "https", "my_host", "", false, false, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new();
		struct public_url url;
		struct error err;
		assert_int_equal(
		    public_url_parse(&url, span_of(rows[i].text), arena, &err), 0);
		assert_true(span_is(url.scheme, rows[i].scheme));
		assert_true(span_is(url.host, rows[i].host));
		assert_true(span_is(url.prefix, rows[i].prefix));
		assert_int_equal(url.had_userinfo, rows[i].userinfo);
		assert_int_equal(url.had_fragment, rows[i].fragment);
		assert_int_equal(url.has_underscore, rows[i].underscore);
		arena_free(arena);
	}
}

TEST(what_is_no_public_url_is_refused_with_the_reason)
{

	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"example.com", "https://"},
	    {"ftp://example.com", "https://"},
	    {"https://", "https://"},
	    {"https:///path", "no host"},
	    {"https://user@/path", "no host"},
	    {"https://h?a=b", "no query"},
	    {"https://h/ x", "blanks"},
	    {"https://h:0", "port"},
	    {"https://h:99999", "port"},
	    {"https://h:", "port"},
	    {"https://[::1", "no ]"},
	    {"https://a,b", "not a host name"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new();
		struct public_url url;
		struct error err;
		assert_int_equal(
		    public_url_parse(&url, span_of(rows[i].text), arena, &err), -1);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("%s: %s", rows[i].text, err.text);
		arena_free(arena);
	}
}
