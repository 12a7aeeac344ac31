/* percent -- the %xx of URLs and forms. */
#ifndef OFFHOOK_UTIL_PERCENT_H
#define OFFHOOK_UTIL_PERCENT_H

#include "util/span.h"

/* The value of a hexadecimal digit, or -1. */
static inline int percent_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | ('a' - 'A'));
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that a %xx at the start of the text means; -1: there is no %xx. */
static inline int percent_byte(struct span text)
{
	if (text.len < 3 || text.ptr[0] != '%')
		return -1;
	int high = percent_digit(text.ptr[1]);
	int low = percent_digit(text.ptr[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

#endif
