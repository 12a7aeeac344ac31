/* An address is found in every spelling, and never within a longer one; faults 4.2 */
#include "test.h"

#include <string.h>

#include "query/holds.h"

#define NUMBER "+15551234567"

struct row {
	const char *text;
	bool held;
};

static void check(const char *address, const struct row *rows, size_t count)
{
	struct holds holds;
	holds_init(&holds, span_of(address));
	for (size_t i = 0; i < count; i++)
		if (holds_text(&holds, span_of(rows[i].text)) != rows[i].held)
			fail_msg("%s in: %s", address, rows[i].text);
	holds_clear(&holds);
}

#define CHECK(address, rows) check(address, rows, sizeof(rows) / sizeof((rows)[0]))

TEST(a_number_is_found_in_any_spelling)
{
	static const struct row rows[] = {
	    {NUMBER, true},
	    {"15551234567", true},
	    {"{\"From\":\"whatsapp:" NUMBER "\",\"WaId\":\"15551234567\"}", true},
	    {"{\"waId\":15551234567}", true},
	    {"{\"" NUMBER "\":1}", true},
	    {"sip:" NUMBER "@example.com", true},
	    {"From=%2B15551234567&To=1", true},
	    {"From=%2b15551234567", true},
	    {"a=%252B15551234567", true},
	    {"/people/%2B15551234567/orders?a=b", true},
	    {"{\"to\":\"\\u002b15551234567\"}", true},
	    {"{\"x\":\"{\\\"to\\\":\\\"\\\\u002B15551234567\\\"}\"}", true},
	    {"tel:%2015551234567", true},
	    {"a\\u002015551234567\\n", true},
	    {"say\\n15551234567.", true},
	    {"%2B%31%35%35%351234567", true},
	    {"\\u002b\\u0031\\u00355551234567", false}, /* another number */
	    {"\\u002b\\u00315551234567", true},
	    {"call &#43;15551234567 now", true},
	    {"Basic KzE1NTUxMjM0NTY3OnNlY3JldA==", true},   /* +1555…:secret */
	    {"Basic YTorMTU1NTEyMzQ1Njc=", true},           /* a:+1555… */
	    {"/b64/eHg6KzE1NTUxMjM0NTY3", true},            /* xx:+1555… */
	    {"a=YSsxNTU1MTIzNDU2Nw%3D%3D", true},           /* a+1555… */
	    {"{\"a\":\"\\/\\/8rMTU1NTEyMzQ1Njc=\"}", true}, /* FF FF +1555… */
	    {"\xff\xfe" NUMBER "\xff", true},
	    {"k15551234567k", true},
	};

	CHECK(NUMBER, rows);
	CHECK("whatsapp:" NUMBER, rows);
	CHECK("15551234567", rows);
}

TEST(a_longer_number_is_another)
{
	static const struct row rows[] = {
	    {"+155512345678", false},
	    {"+115551234567", false},
	    {"015551234567", false},
	    {"%2B155512345678", false},
	    {"15551234567%38", false},
	    {"%3115551234567", false},
	    {"\\u003115551234567", false},
	    {"\\u002b15551234567\\u0030", false},
	    {"Basic KzE1NTUxMjM0NTY3OA==", false}, /* +155512345678 */
	    {"MTE1NTUxMjM0NTY3", false},           /* 115551234567 */
	    {"+1555123456", false},
	    {"+1 555 123 4567", false},
	    {"", false},
	    {"%", false},
	    {"%2", false},
	    {"\\", false},
	    {"\\u00", false},
	    {"+155512345678 and " NUMBER, true},
	};

	CHECK(NUMBER, rows);
}

TEST(a_name_is_found_where_it_ends)
{
	static const struct row names[] = {
	    {"client:alice", true},
	    {"{\"To\":\"client:alice\"}", true},
	    {"To=client%3Aalice&x", true},
	    {"\"client\\u003Aalice\"", true},
	    {"call client:alice.", true},
	    {"client:alice2", false},
	    {"client:alice.b", false},
	    {"client:alice-2", false},
	    {"client:alice@example.com", false},
	    {"client:alice%32", false},
	    {"xclient:alice", false},
	    {"alice", false},
	    {"client:Alice", false},
	    {"Y2xpZW50OmFsaWNl", true},
	};
	static const struct row addresses[] = {
	    {"sip:a&b@example.com", true},
	    {"<Sip>sip:a&amp;b@example.com</Sip>", true},
	    {"sip%3Aa%26b%40example.com", true},
	    {"sip:a&b@example.com.au", false},
	    {"sip:a&b@example.com;transport=tls", true},
	};

	CHECK("client:alice", names);
	CHECK("sip:a&b@example.com", addresses);
}

/* Short codes and bare names could be anything. */
TEST(what_may_be_anything_is_found_as_a_whole_value)
{
	static const struct row rows[] = {
	    {"12345", true},
	    {"{\"From\":\"12345\"}", true},
	    {"{\"x\":{\"y\":[1,\"12345\"]}}", true},
	    {"/from/12345/x", true},
	    {"a=12345&b", true},
	    {"a=%312345", true},
	    {"{\"From\":\"+12345\"}", false},
	    {"{\"Body\":\"pin 12345\"}", false},
	    {"{\"n\":12345}", false},
	};
	static const struct row quoted[] = {
	    {"{\"From\":\"a\\\"b\\\\c\"}", true},
	    {"{\"From\":\"a\\\"b\\\\cd\"}", false},
	};

	CHECK("12345", rows);
	CHECK("a\"b\\c", quoted);
}
