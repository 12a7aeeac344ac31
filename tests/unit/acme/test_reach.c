/* Whether a name leads here: asked of the server itself, of another one, of nobody. */
#include "test.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "acme/acme_key.h"
#include "acme/certificate.h"
#include "acme/reach.h"
#include "http/server.h"
#include "http/tls.h"

static void serve(void *ctx, struct request *request)
{
	const struct reply reply = {.status = 204};
	(void)ctx;
	request_reply(request, &reply);
}

struct place {
	struct tls *tls;
	struct server *server;
	EVP_PKEY *key;
	X509 *ours;
	int port;
};

static void place_open(struct place *place)
{
	struct error err;
	assert_int_equal(tls_open(&place->tls, &err), 0);
	const struct server_config config = {.listen = "127.0.0.1:0",
	    .threads = 1,
	    .name = "oh-loop",
	    .limits = server_default_limits,
	    .tls = place->tls,
	    .serve = serve};
	assert_int_equal(server_open(&place->server, &config, &err), 0);
	place->port = atoi(strrchr(server_address(place->server), ':') + 1);
	place->key = acme_key_new();
	place->ours = certificate_of_challenge("127.0.0.1", "", place->key);
}

static void place_close(struct place *place)
{
	server_close(place->server);
	tls_close(place->tls);
	X509_free(place->ours);
	EVP_PKEY_free(place->key);
}

TEST(who_has_our_certificate_is_us_and_who_has_another_is_not)
{
	struct place place;
	char at[REACH_ADDRESS_SIZE];
	const char *sni = "1.0.0.127.in-addr.arpa";
	place_open(&place);
	assert_int_equal(
	    reach_ask(at, "127.0.0.1", place.port, place.ours), REACH_OTHER);
	assert_string_equal(at, "127.0.0.1");
	tls_challenge_set(place.tls, sni, place.ours, place.key);
	assert_int_equal(reach_ask(at, "127.0.0.1", place.port, place.ours), REACH_US);
	X509 *other = certificate_of_challenge("127.0.0.1", "other", place.key);
	tls_challenge_set(place.tls, sni, other, place.key);
	assert_int_equal(
	    reach_ask(at, "127.0.0.1", place.port, place.ours), REACH_OTHER);
	X509_free(other);
	place_close(&place);
}

TEST(who_does_not_answer_is_nobody_and_who_hangs_is_another)
{
	struct place place;
	char at[REACH_ADDRESS_SIZE];
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	place_open(&place);
	int port = ntohs(address.sin_port);
	assert_int_equal(reach_ask(at, "127.0.0.1", port, place.ours), REACH_NOBODY);
	assert_string_equal(at, "127.0.0.1");
	assert_int_equal(listen(fd, 1), 0); /* and never accepts */
	assert_int_equal(reach_ask(at, "127.0.0.1", port, place.ours), REACH_OTHER);
	assert_int_equal(
	    reach_ask(at, "no-such-name.invalid", port, place.ours), REACH_NOBODY);
	assert_string_equal(at, "");
	(void)close(fd);
	place_close(&place);
}

TEST_GROUP(NULL, NULL)
