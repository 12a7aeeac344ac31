/* Texts, and whether each is one JSON object in UTF-8. */
#ifndef OFFHOOK_TESTS_JSON_ROWS_H
#define OFFHOOK_TESTS_JSON_ROWS_H

#include <stdbool.h>

static const struct json_row {
	const char *text;
	bool want;
} json_rows[] = {
    {"{}", true},
    {"{\"a\":1}", true},
    {"{\"a\":[1,-2.5e+3,0.1E-2,0,[]]}", true},
    {"{\"a\":{\"b\":null,\"c\":true}}", true},
    {"{\"a\" : \"\\u00e9\\n\\\\\\\"\"}", true},
    {"{\"a\":\"\\ud83d\\ude00\"}", true},
    {"{\"a\":\"\xc3\xa9\"}", true},
    {"", false},
    {"1", false},
    {"[]", false},
    {"{", false},
    {"{}}", false},
    {"{} x", false},
    {"{\"a\"}", false},
    {"{\"a\":}", false},
    {"{\"a\":1,}", false},
    {"{,}", false},
    {"{a:1}", false},
    {"{\"a\":[1,]}", false},
    {"{\"a\":01}", false},
    {"{\"a\":+1}", false},
    {"{\"a\":1.}", false},
    {"{\"a\":.5}", false},
    {"{\"a\":1e}", false},
    {"{\"a\":-}", false},
    {"{\"a\":tru}", false},
    {"{\"a\":NaN}", false},
    {"{\"a\":\"", false},
    {"{\"a\":\"\\x\"}", false},
    {"{\"a\":\"\\u12\"}", false},
    {"{\"a\":\"\\u0000\"}", false},
    {"{\"a\":\"\\ud83d\"}", false},
    {"{\"a\":\"\\ude00\"}", false},
    {"{\"a\":\"\\ud83d\\u0041\"}", false},
    {"{\"a\":\"\n\"}", false},
    {"{\"a\":\"\xc3\"}", false},
    {"{\"a\":\"\xff\"}", false},
};

enum { JSON_ROWS = sizeof(json_rows) / sizeof(json_rows[0]) };

#endif
