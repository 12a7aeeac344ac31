#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "config/proxies.h"

static struct sockaddr_storage peer_of(const char *text)
{
	struct sockaddr_storage peer = {0};
	struct sockaddr_in *v4 = (void *)&peer;
	struct sockaddr_in6 *v6 = (void *)&peer;
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		peer.ss_family = AF_INET;
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
		peer.ss_family = AF_INET6;
	}
	return peer;
}

TEST(only_listed_peers_are_trusted)
{

	static const struct {
		const char *list, *peer;
		bool want;
	} rows[] = {
	    {"", "127.0.0.1", false},
	    {"127.0.0.1", "127.0.0.1", true},
	    {"127.0.0.1", "127.0.0.2", false},
	    {"10.0.0.0/8", "10.255.3.4", true},
	    {"10.0.0.0/8", "11.0.0.1", false},
	    {"192.168.4.0/22", "192.168.7.255", true},
	    {"192.168.4.0/22", "192.168.8.0", false},
	    {"0.0.0.0/0", "203.0.113.9", true},
	    {"0.0.0.0/0", "2001:db8::1", false},
	    {"::1", "::1", true},
	    {"fd00::/8", "fdab::1", true},
	    {"fd00::/8", "fe80::1", false},
	    {"2001:db8:0:8000::/49", "2001:db8:0:ffff::1", true},
	    {"2001:db8:0:8000::/49", "2001:db8:0:7fff::1", false},
	    {"127.0.0.1", "::ffff:127.0.0.1", true},
	    {"10.0.0.0/8,::1 192.0.2.1", "192.0.2.1", true},
	    {" 10.0.0.0/8 , ::1 ,", "::1", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proxies *proxies = proxies_new();
		struct sockaddr_storage peer = peer_of(rows[i].peer);
		assert_int_equal(proxies_add(proxies, span_of(rows[i].list), NULL), 0);
		if (proxies_trust(proxies, &peer) != rows[i].want)
			fail_msg("%s in %s", rows[i].peer, rows[i].list);
		proxies_free(proxies);
	}
}

TEST(a_socket_without_an_address_is_never_trusted)
{
	struct proxies *proxies = proxies_new();
	struct sockaddr_storage peer = {.ss_family = AF_UNIX};
	assert_int_equal(proxies_add(proxies, SPAN("0.0.0.0/0,::/0"), NULL), 0);
	assert_false(proxies_trust(proxies, &peer));
	proxies_free(proxies);
}

/* A NUL is no separator. */
TEST(a_list_has_no_nul)
{
	struct proxies *proxies = proxies_new();
	assert_int_equal(proxies_add(proxies, SPAN("::1\0::2"), NULL), -1);
	assert_int_equal(proxies_add(proxies, SPAN("\0"), NULL), -1);
	proxies_free(proxies);
}

TEST(a_wrong_entry_is_named_and_nothing_is_added)
{

	static const struct {
		const char *list, *want;
	} rows[] = {
	    {"127.0.0.1,localhost", "localhost"},
	    {"10.0.0.0/33", "0 to 32"},
	    {"::/129", "0 to 128"},
	    {"10.0.0.0/", "10.0.0.0/"},
	    {"10.0.0.0/-1", "10.0.0.0/-1"},
	    {"10.1.2.3/8", "10.1.2.3/8"},
	    {"1.2.3", "1.2.3"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proxies *proxies = proxies_new();
		struct error err;
		assert_int_equal(proxies_add(proxies, span_of(rows[i].list), &err), -1);
		assert_non_null(strstr(err.text, rows[i].want));
		assert_int_equal(proxies_count(proxies), 0);
		proxies_free(proxies);
	}
}
