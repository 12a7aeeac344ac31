/* error -- what went wrong, in words for the person who has to repair it. The function
 * that fails says what; callers add where; the function that stops the error logs it. */
#ifndef OFFHOOK_UTIL_ERROR_H
#define OFFHOOK_UTIL_ERROR_H

struct error {
	char text[512]; /* one line, no secrets; cut when longer */
};

/* Sets the text; returns -1, so that `return error_set(…)` reads well. err may be
 * NULL. */
__attribute__((format(printf, 2, 3))) int error_set(
    struct error *err, const char *format, ...);
/* Puts "format: " before the text; returns -1. */
__attribute__((format(printf, 2, 3))) int error_wrap(
    struct error *err, const char *format, ...);

#endif
