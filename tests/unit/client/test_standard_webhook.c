#include "test.h"

#include <string.h>

#include "client/standard_webhook.h"

#define A22 "AAAAAAAAAAAAAAAAAAAAAA"
#define A64 A22 A22 "AAAAAAAAAAAAAAAAAAAA"

TEST(a_signature_is_that_of_standard_webhooks)
{

	/* The first is the one that their libraries are tested with. */
	const struct {
		const char *secret;
		struct standard_webhook what;
		const char *want;
	} rows[] = {
	    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		{"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
		    SPAN("{\"test\": 2432232314}")},
		"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	    {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		{"msg_1", 1769860800, SPAN("{}")},
		"v1,MwOGTUN+tBwzlehueDLHJ5LIGqRUvMWZyf5Pao8c8KA="},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char got[STANDARD_WEBHOOK_SIGNATURE];
		standard_webhook_sign(got, rows[i].secret, &rows[i].what);
		assert_string_equal(got, rows[i].want);
	}
}

TEST(a_secret_is_bytes_in_base64)
{

	static const struct {
		const char *secret;
		size_t want; /* 0: refused */
	} rows[] = {
	    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 24},
	    {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA==", 25},
	    {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBk=", 26},
	    {"whsec_" A64 A22 "==", 64},
	    {"whsec_" A64 A22 "A=", 0},                    /* 65 bytes */
	    {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY=", 0}, /* 23 */
	    {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0},
	    {"whsec_", 0},
	    {"", 0},
	    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", 0},
	    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS\n", 0},
	    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZI o2LaLaS", 0},
	    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La=aSw", 0},
	    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaL===", 0},
	    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned char key[STANDARD_WEBHOOK_KEY_MAX];
		struct error err = {0};
		size_t got = standard_webhook_key(key, span_of(rows[i].secret), &err);
		if (got != rows[i].want)
			fail_msg(
			    "%s: got %zu, want %zu", rows[i].secret, got, rows[i].want);
		if (got > 0)
			continue;
		assert_non_null(strstr(err.text, "whsec_ and 24 to 64 bytes"));
		assert_null(strstr(err.text, "MfKQ9r8"));
	}
}
