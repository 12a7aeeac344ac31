#include "twilio/twiml_write.h"

#include "twilio/twiml.h"
#include "util/utf8.h"
#include "util/word.h"

/* What is written for an ASCII character: NULL: itself, "": nothing. Without a
 * reference a parser would read CR as LF, and tab and LF in an attribute as a blank. */
static const char *instead_of(unsigned char c, bool attribute)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return attribute ? "&quot;" : NULL;
	case '\'':
		return attribute ? "&apos;" : NULL;
	case '\t':
		return attribute ? "&#9;" : NULL;
	case '\n':
		return attribute ? "&#10;" : NULL;
	case '\r':
		return "&#13;";
	default:
		return c < ' ' ? "" : NULL;
	}
}

/* The same for the character at the start of text; *len is how many bytes it has. */
static const char *instead(struct span text, bool attribute, size_t *len)
{
	uint32_t code;
	unsigned char first = (unsigned char)text.ptr[0];
	*len = 1;
	if (first < 0x80)
		return instead_of(first, attribute);
	size_t valid = utf8_next(text, &code);
	if (valid == 0)
		return "\xEF\xBF\xBD";
	*len = valid;
	return code == 0xFFFE || code == 0xFFFF ? "" : NULL;
}

static bool is_plain(unsigned char c)
{
	return c < 0x80 && c >= ' ' && c != '&' && c != '<' && c != '>' && c != '"' &&
	       c != '\'';
}

/* How many bytes at the start are plain. */
static size_t plain_len(struct span text)
{
	size_t at = 0;
	for (; text.len - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
		uint64_t word = word_load(text.ptr + at);
		uint64_t odd = word_below(word, ' ') | word_is(word, '&') |
			       word_is(word, '<') | word_is(word, '>') |
			       word_is(word, '"') | word_is(word, '\'');
		if (((odd | word) & WORD_TOPS) != 0)
			break;
	}
	while (at < text.len && is_plain((unsigned char)text.ptr[at]))
		at++;
	return at;
}

size_t twiml_write_escaped(struct buf *out, struct span text, bool attribute)
{
	size_t chars = 0;
	size_t run = 0; /* how many bytes before `at` are copied unchanged */
	size_t at = 0;
	size_t len;
	if (text.len == 0)
		return 0;
	for (;;) {
		size_t plain = plain_len(span_from(text, at));
		at += plain;
		chars += plain;
		if (at == text.len)
			break;
		const char *other = instead(span_from(text, at), attribute, &len);
		if (other == NULL || other[0] != '\0')
			chars++;
		if (other != NULL) {
			buf_add(out, text.ptr + run, at - run);
			buf_puts(out, other);
			run = at + len;
		}
		at += len;
	}
	if (run < at)
		buf_add(out, text.ptr + run, at - run);
	return chars;
}

void twiml_escape(struct buf *out, struct span text, bool attribute)
{
	(void)twiml_write_escaped(out, text, attribute);
}

bool twiml_is_body(const struct twiml_element *element)
{
	return strcmp(element->name, "Body") == 0 ||
	       strcmp(element->name, "Message") == 0;
}

void twiml_write_start(struct twiml_writer *writer, struct buf *out)
{
	*writer = (struct twiml_writer){.out = out};
	buf_put(out, SPAN("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
}

void twiml_write_content(struct twiml_writer *writer)
{
	if (writer->tag_open)
		buf_putc(writer->out, '>');
	writer->tag_open = false;
}

void twiml_write_open(struct twiml_writer *writer, const struct twiml_element *element)
{
	twiml_write_content(writer);
	buf_putc(writer->out, '<');
	buf_puts(writer->out, element->name);
	writer->tag_open = true;
	writer->digits = false;
}

void twiml_write_attribute_begin(struct twiml_writer *writer, const char *name)
{
	buf_putc(writer->out, ' ');
	buf_puts(writer->out, name);
	buf_put(writer->out, SPAN("=\""));
	writer->digits = writer->digits || strcmp(name, "digits") == 0;
}

void twiml_write_attribute_end(struct twiml_writer *writer)
{
	buf_putc(writer->out, '"');
}

void twiml_write_attribute(
    struct twiml_writer *writer, const char *name, struct span value)
{
	twiml_write_attribute_begin(writer, name);
	(void)twiml_write_escaped(writer->out, value, true);
	twiml_write_attribute_end(writer);
}

void twiml_write_text(
    struct twiml_writer *writer, const struct twiml_element *element, struct span text)
{
	if (text.len == 0)
		return;
	twiml_write_content(writer);
	size_t chars = twiml_write_escaped(writer->out, text, false);
	if (twiml_is_body(element))
		writer->chars += chars;
}

/* Twilio's limits on a <Message>, checked at its end. */
static int close_message(struct twiml_writer *writer, struct error *err)
{
	size_t chars = writer->chars;
	size_t media = writer->media;
	bool filled = writer->filled;
	writer->chars = writer->media = 0;
	writer->filled = false;
	writer->messages++;
	if (chars > TWIML_MAX_BODY)
		return error_set(err,
		    "a <Message> has %zu characters; Twilio takes at most %d (its error 21617)",
		    chars, TWIML_MAX_BODY);
	if (media > TWIML_MAX_MEDIA)
		return error_set(err,
		    "a <Message> has %zu <Media>; Twilio takes at most %d (its error 21623)",
		    media, TWIML_MAX_MEDIA);
	if (chars == 0 && media == 0 && !filled)
		return error_set(err,
		    "a <Message> is empty; give it text or <Media> (Twilio's error 14103)");
	if (writer->messages > TWIML_MAX_MESSAGES)
		return error_set(err,
		    "the reply has more than %d <Message>; send the others through the REST API "
		    "(Twilio's error 14109)",
		    TWIML_MAX_MESSAGES);
	return 0;
}

int twiml_write_close(
    struct twiml_writer *writer, const struct twiml_element *element, struct error *err)
{
	bool empty = writer->tag_open;
	writer->tag_open = false;
	if (empty) {
		buf_put(writer->out, SPAN("/>"));
	} else {
		buf_put(writer->out, SPAN("</"));
		buf_puts(writer->out, element->name);
		buf_putc(writer->out, '>');
	}
	if (strcmp(element->name, "Message") == 0)
		return close_message(writer, err);
	if (strcmp(element->name, "Media") == 0)
		writer->media++;
	if (!empty || !element->text || writer->digits)
		return 0;
	(void)error_set(err, "<%s> is empty", element->name);
	return 1;
}
