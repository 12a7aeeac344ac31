/* renewal -- when a certificate is renewed, and when a failed order is tried again. Pure:
 * times go in, a time comes out. */
#ifndef OFFHOOK_ACME_RENEWAL_H
#define OFFHOOK_ACME_RENEWAL_H

#include <stdint.h>

struct renewal {
	int64_t not_before_ms, not_after_ms; /* the certificate's life */
	/* The CA's suggestion (RFC 9773); 0 and 0: it made none. */
	int64_t window_start_ms, window_end_ms;
	uint32_t
	    random; /* the same for one certificate, so that a restart moves nothing */
};

/* When it is to be renewed: at a random moment of the CA's window; else at two thirds of
 * its own life, of one under ten days at half, up to a twentieth of it earlier by random.
 * Never after nine tenths of its life, whatever the CA says. */
int64_t renewal_time(const struct renewal *renewal);

/* How long to wait after so many failures in a row (1 or more): a minute, an hour, six
 * hours, and up to a quarter more by random; but no less than the CA asks for. */
int64_t renewal_back_off(unsigned failures, int64_t retry_after_ms, uint32_t random);

/* When the CA is asked for its window next: after its Retry-After, which is kept between
 * one minute and one day (RFC 9773, section 4.3); 0 stands for six hours. */
int64_t renewal_look_again(int64_t now_ms, int64_t retry_after_ms);

#endif
