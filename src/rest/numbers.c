#include "rest/numbers.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/printable.h"

enum { TEXT_MAX = 4096 };

struct numbers *numbers_new(void)
{
	struct numbers *numbers = mem_new(1, sizeof(*numbers));
	numbers->arena = arena_new();
	return numbers;
}

void numbers_free(struct numbers *numbers)
{
	if (numbers == NULL)
		return;
	arena_free(numbers->arena);
	free(numbers->rows);
	free(numbers);
}

/* ---- one page ---- */

static const char *numbers_text(
    struct numbers *numbers, const json_t *row, const char *name)
{
	const json_t *value = json_object_get(row, name);
	struct span text = {json_string_value(value), json_string_length(value)};
	struct buf shown = {0};
	if (text.ptr == NULL || text.len > TEXT_MAX)
		return "";
	printable_text(&shown, text, false);
	const char *copy = arena_strdup(numbers->arena, buf_text(&shown));
	buf_free(&shown);
	return copy;
}

/* It becomes part of a path. */
static bool numbers_is_sid(const char *sid)
{
	return strlen(sid) == 34 && strncmp(sid, "PN", 2) == 0 &&
	       strspn(sid + 2, "0123456789abcdef") == 32;
}

static int numbers_add(struct numbers *numbers, const json_t *row, struct error *err)
{
	const struct number number = {
	    .sid = numbers_text(numbers, row, "sid"),
	    .number = numbers_text(numbers, row, "phone_number"),
	    .sms_url = numbers_text(numbers, row, "sms_url"),
	    .sms_method = numbers_text(numbers, row, "sms_method"),
	    .sms_fallback_url = numbers_text(numbers, row, "sms_fallback_url"),
	    .voice_url = numbers_text(numbers, row, "voice_url"),
	    .voice_method = numbers_text(numbers, row, "voice_method"),
	    .voice_fallback_url = numbers_text(numbers, row, "voice_fallback_url"),
	    .status_callback = numbers_text(numbers, row, "status_callback"),
	    .status_callback_method =
		numbers_text(numbers, row, "status_callback_method"),
	    .sms_application = numbers_text(numbers, row, "sms_application_sid"),
	    .voice_application = numbers_text(numbers, row, "voice_application_sid"),
	    .trunk = numbers_text(numbers, row, "trunk_sid"),
	};
	if (!numbers_is_sid(number.sid) || number.number[0] == '\0')
		return error_set(
		    err, "a row of its list is not a phone number as Twilio has them");
	if (numbers->count == NUMBERS_MAX)
		return error_set(err, "it lists more than %d numbers", NUMBERS_MAX);
	if (numbers->count == numbers->room) {
		numbers->room = numbers->room * 2 + 16;
		numbers->rows =
		    mem_resize(numbers->rows, numbers->room, sizeof(*numbers->rows));
	}
	numbers->rows[numbers->count++] = number;
	return 0;
}

/* Only a page of the same list: credentials go with the request. */
static int numbers_read_next(
    struct numbers *numbers, const char *account, const json_t *doc, struct error *err)
{
	const json_t *value = json_object_get(doc, "next_page_uri");
	const char *next = json_string_value(value);
	numbers->next = NULL;
	if (next == NULL || next[0] == '\0')
		return 0;
	char *list =
	    mem_printf("/2010-04-01/Accounts/%s/IncomingPhoneNumbers.json?", account);
	size_t len = strlen(next);
	bool fits = strncmp(next, list, strlen(list)) == 0 && len <= TEXT_MAX &&
		    len == json_string_length(value);
	free(list);
	for (size_t i = 0; fits && i < len; i++)
		fits = (unsigned char)next[i] > ' ' && (unsigned char)next[i] < 0x7f &&
		       strchr("#\\@", next[i]) == NULL;
	if (!fits)
		return error_set(err, "it names a next page that is not of this list");
	numbers->next = arena_strdup(numbers->arena, next);
	return 0;
}

int numbers_read(
    struct numbers *numbers, const char *account, struct span json, struct error *err)
{
	json_t *doc = json_loadb(json.ptr != NULL ? json.ptr : "", json.len, 0, NULL);
	const json_t *rows = json_object_get(doc, "incoming_phone_numbers");
	int rc = 0;
	if (!json_is_array(rows) || json_array_size(rows) > NUMBERS_PAGE_MAX)
		rc = error_set(err,
		    "it answers something else than a list of numbers: is "
		    "TWILIO_API_URL right, and no proxy between?");
	for (size_t i = 0; rc == 0 && i < json_array_size(rows); i++)
		rc = numbers_add(numbers, json_array_get(rows, i), err);
	if (rc == 0)
		rc = numbers_read_next(numbers, account, doc, err);
	json_decref(doc);
	return rc;
}

/* ---- requests ---- */

static char *numbers_first(const struct rest *rest, const char *number)
{
	struct buf path = {0}, query = {0};
	rest_field(&query, "PageSize", "1000");
	if (number != NULL)
		rest_field(&query, "PhoneNumber", number);
	buf_printf(&path, "/2010-04-01/Accounts/%s/IncomingPhoneNumbers.json?%s",
	    rest->account.sid, buf_text(&query));
	buf_free(&query);
	return path.ptr;
}

static void numbers_keep(struct numbers *numbers, const char *number)
{
	size_t kept = 0;
	for (size_t i = 0; i < numbers->count; i++)
		if (strcmp(numbers->rows[i].number, number) == 0)
			numbers->rows[kept++] = numbers->rows[i];
	numbers->count = kept;
}

int numbers_list(
    struct numbers *numbers, struct rest *rest, const char *number, struct error *err)
{
	enum { PAGES_MAX = 1000 };

	char *path = numbers_first(rest, number);
	int rc = 0;
	for (int page = 0; rc == 0 && path != NULL; page++) {
		struct buf body = {0};
		rc = page < PAGES_MAX ? rest_call(rest, path, NULL, &body, err)
				      : error_set(err, "its list has no end");
		if (rc == 0)
			rc = numbers_read(
			    numbers, rest->account.sid, buf_span(&body), err);
		buf_free(&body);
		free(path);
		path = rc == 0 ? mem_strdup(numbers->next) : NULL;
	}
	/* PhoneNumber also finds numbers that only contain it. */
	if (rc == 0 && number != NULL)
		numbers_keep(numbers, number);
	return rc;
}

static void number_field(
    struct buf *form, const char *name, const char *method, const char *url)
{
	if (url == NULL)
		return;
	rest_field(form, name, url);
	rest_field(form, method, "POST");
}

int number_set(struct rest *rest, const struct number *number,
    const struct number_urls *urls, struct error *err)
{
	struct buf form = {0}, body = {0};
	char *path = mem_printf("/2010-04-01/Accounts/%s/IncomingPhoneNumbers/%s.json",
	    rest->account.sid, number->sid);
	number_field(&form, "SmsUrl", "SmsMethod", urls->sms);
	number_field(&form, "SmsFallbackUrl", "SmsFallbackMethod",
	    urls->sms != NULL ? urls->fallback : NULL);
	number_field(&form, "VoiceUrl", "VoiceMethod", urls->voice);
	number_field(&form, "VoiceFallbackUrl", "VoiceFallbackMethod",
	    urls->voice != NULL ? urls->fallback : NULL);
	number_field(&form, "StatusCallback", "StatusCallbackMethod", urls->status);
	int rc = rest_call(rest, path, &form, &body, err);
	free(path);
	buf_free(&form);
	buf_free(&body);
	return rc;
}
