/* signature_bench -- what a signature check costs, decoding included, as a ratio to
 * OpenSSL's one-shot HMAC() over the same bytes. Both are timed in turns within one
 * run; the medians count. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "twilio/event.h"
#include "twilio/params.h"
#include "twilio/signature.h"

enum { ROUNDS = 201, REPEATS = 2000 };

static const char token[] = "2bd9e9638872de601313dc77410d3b23";
static const char url[] = "https://hooks.example.com/twilio/sms";

struct sample {
	const char *name, *form;
	enum event_kind kind;
};

static const struct sample samples[] = {
    {"message",
	"ToCountry=US&ToState=&SmsMessageSid=SM0123456789abcdef0123456789abcdef&"
	"NumMedia=0&ToCity=&FromZip=48116&SmsSid=SM0123456789abcdef0123456789abcdef&"
	"FromState=MI&SmsStatus=received&FromCity=BRIGHTON&Body=Test+message&"
	"FromCountry=US&To=%2B18445550100&MessagingServiceSid="
	"MG0123456789abcdef0123456789abcdef&ToZip=&NumSegments=1&MessageSid="
	"SM0123456789abcdef0123456789abcdef&AccountSid="
	"AC0123456789abcdef0123456789abcdef&From=%2B18105550101&ApiVersion=2010-04-01",
	EVENT_SMS_RECEIVED},
    {"status",
	"SmsSid=SM0123456789abcdef0123456789abcdef&SmsStatus=delivered&MessageStatus="
	"delivered&To=%2B15558675310&MessageSid=SM0123456789abcdef0123456789abcdef&"
	"AccountSid=AC0123456789abcdef0123456789abcdef&From=%2B15017122661&"
	"ApiVersion=2010-04-01",
	EVENT_SMS_STATUS},
    {"call",
	"Called=%2B15558675310&ToState=CA&CallerCountry=US&Direction=inbound&"
	"CallerState=NY&ToZip=94105&CallSid=CA0123456789abcdef0123456789abcdef&To="
	"%2B15558675310&CallerZip=10001&ToCountry=US&StirVerstat=TN-Validation-Passed-A&"
	"CallToken=%7B%22parentCallInfoToken%22%3A%22eyJhbGciOiJFUzI1NiJ9.eyJjYWxsU2lkIj"
	"oiQ0EwMTIzNDU2Nzg5YWJjZGVmIn0.c2lnbmF0dXJlLXRleHQtb2YtdXN1YWwtbGVuZ3RoLWhlcmU"
	"%22%2C%22identityHeaderTokens%22%3A%5B%5D%7D&CalledZip=94105&ApiVersion="
	"2010-04-01&CalledCity=SAN+FRANCISCO&CallStatus=ringing&From=%2B15017122661&"
	"AccountSid=AC0123456789abcdef0123456789abcdef&CalledCountry=US&CallerCity="
	"NEW%20YORK&ToCity=SAN+FRANCISCO&FromCountry=US&Caller=%2B15017122661&FromCity="
	"NEW%20YORK&CalledState=CA&FromZip=10001&FromState=NY",
	EVENT_CALL_RECEIVED},
};

static double now_ns(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;
	return (*x > *y) - (*x < *y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

static double time_hmac(size_t len, const unsigned char *bytes)
{
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned int out_len;
	double start = now_ns();
	for (int i = 0; i < REPEATS; i++)
		must(HMAC(EVP_sha1(), token, sizeof(token) - 1, bytes, len, out,
			 &out_len) != NULL);
	return (now_ns() - start) / REPEATS;
}

struct times {
	double parse[ROUNDS], check[ROUNDS], event[ROUNDS], hmac[ROUNDS];
};

static void time_check(const struct sample *sample, struct verifier *verifier,
    const char *signature, struct times *times, int round)
{
	struct span form = span_of(sample->form);
	double parse = 0;
	double check = 0;
	double event = 0;
	for (int i = 0; i < REPEATS; i++) {
		struct arena *arena = arena_new();
		struct params params;
		struct event read;
		(void)arena_alloc(arena, 64); /* as of a request that has its head */
		double at = now_ns();
		must(params_parse(&params, form, arena) == PARAMS_OK);
		double parsed = now_ns();
		struct signed_request request = {.signature = span_of(signature),
		    .params = &params,
		    .body = form,
		    .account_sid = params_get_filled(&params, "AccountSid")};
		must(signature_split_url(&request, span_of(url)));
		must(verifier_check(verifier, &request, arena));
		double checked = now_ns();
		struct event_source source = {.route_kind = sample->kind,
		    .target = SPAN("/twilio/sms"),
		    .params = &params,
		    .body = form,
		    .token = SPAN("7d2a4f0e-5a5e-4b53-9e0c-0f4b7d0c9a11")};
		event_read(&read, &source, arena);
		event += now_ns() - checked;
		check += checked - parsed;
		parse += parsed - at;
		arena_free(arena);
	}
	times->parse[round] = parse / REPEATS;
	times->check[round] = check / REPEATS;
	times->event[round] = event / REPEATS;
}

static void measure(const struct sample *sample, struct verifier *verifier)
{
	static struct times times;
	static unsigned char bytes[4096];
	char signature[SIGNATURE_SIZE];
	struct arena *arena = arena_new();
	struct params params;
	must(params_parse(&params, span_of(sample->form), arena) == PARAMS_OK);
	signature_make(signature, span_of(token), span_of(url), &params);
	size_t len = sizeof(url) - 1;
	for (size_t i = 0; i < params.count; i++)
		len += params.items[i].name.len + params.items[i].value.len;
	must(len <= sizeof(bytes));
	for (int round = 0; round < ROUNDS; round++) {
		time_check(sample, verifier, signature, &times, round);
		times.hmac[round] = time_hmac(len, bytes);
	}
	double parse = median(times.parse);
	double check = median(times.check);
	double hmac = median(times.hmac);
	(void)printf(
	    "{\"sample\":\"%s\",\"bytes\":%zu,\"params\":%zu,\"parse_ns\":%.0f,"
	    "\"check_ns\":%.0f,\"event_ns\":%.0f,\"hmac_ns\":%.0f,"
	    "\"ratio\":%.2f}\n",
	    sample->name, len, params.count, parse, check, median(times.event), hmac,
	    hmac / (parse + check));
	arena_free(arena);
}

int main(void)
{
	struct tokens *tokens = tokens_new();
	must(tokens_add(tokens, span_of(token), NULL) == 0);
	struct verifier *verifier = verifier_new(tokens);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		measure(&samples[i], verifier);
	verifier_free(verifier);
	tokens_free(tokens);
	return 0;
}
