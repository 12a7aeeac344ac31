#include "twilio/template.h"

#include "twilio/template_piece.h"
#include "twilio/twiml.h"
#include "twilio/twiml_check.h"
#include "twilio/twiml_write.h"
#include "util/log.h"
#include "util/utf8.h"

struct rendering {
	const struct params *params;
	struct buf *out;
	struct buf value;  /* an attribute's value of several parts */
	size_t room, full; /* characters: what the <Message> can still take; at first */
};

void template_free(struct template *template)
{
	if (template != NULL)
		arena_free(template->arena);
}

const char *template_warning(const struct template *template, size_t n)
{
	const struct template_warning *warning = template->warnings;
	while (warning != NULL && n-- > 0)
		warning = warning->next;
	return warning != NULL ? warning->text : NULL;
}

void template_log_warnings(const struct template *template)
{
	const char *text;
	for (size_t n = 0; (text = template_warning(template, n)) != NULL; n++)
		log_write(LOG_WARN, "template is doubtful", "reason", text, NULL);
}

static struct span value_of(const struct rendering *r, const struct piece *piece)
{
	if (piece->type == PIECE_LITERAL)
		return piece->text;
	return r->params != NULL ? params_get(r->params, piece->text.ptr)
				 : (struct span){0};
}

/* The room for literal text is already taken; values take the rest in their order. */
static void render_body(struct rendering *r, struct span value)
{
	if (value.len <= r->room || utf8_count(value) <= r->room) {
		r->room -= twiml_write_escaped(r->out, value, false);
		return;
	}
	if (r->room == 0)
		return;
	(void)twiml_write_escaped(r->out, utf8_cut(value, r->room - 1), false);
	buf_puts(r->out, "…");
	r->room = 0;
}

/* The error does not show the value, which is somebody's data. */
static int render_value(
    struct rendering *r, const struct piece *piece, struct error *err)
{
	struct span value = value_of(r, piece->parts);
	if (piece->parts->next != NULL) {
		buf_clear(&r->value);
		for (const struct piece *part = piece->parts; part != NULL;
		     part = part->next) {
			buf_put(&r->value, value_of(r, part));
			if (twiml_check_size(r->value.len, err) < 0)
				return -1;
		}
		value = buf_span(&r->value);
	}
	if (twiml_check_value(piece->element, piece->attribute, value, NULL) < 0)
		return error_set(err,
		    "<%s> %s: its placeholders gave a value not allowed there",
		    piece->element->name, piece->attribute->name);
	(void)twiml_write_escaped(r->out, value, true);
	return 0;
}

static int render_piece(
    struct rendering *r, const struct piece *piece, struct error *err)
{
	switch (piece->type) {
	case PIECE_LITERAL:
		buf_put(r->out, piece->text);
		return 0;
	case PIECE_PARAMETER:
		(void)twiml_write_escaped(r->out, value_of(r, piece), false);
		return 0;
	case PIECE_BODY:
		render_body(r, value_of(r, piece));
		return 0;
	case PIECE_VALUE:
		return render_value(r, piece, err);
	case PIECE_MESSAGE:
		r->room = r->full = piece->room;
		return 0;
	case PIECE_MESSAGE_END:
		if (r->room < r->full)
			return 0;
		return error_set(err,
		    "a <Message> is empty: its placeholders gave no text (Twilio's error 14103)");
	}
	return 0;
}

int template_render(const struct template *template, const struct params *params,
    struct buf *out, struct error *err)
{
	struct rendering r = {.params = params, .out = out};
	size_t start = out->len;
	int result = 0;
	for (const struct piece *piece = template->pieces; piece != NULL && result == 0;
	     piece = piece->next) {
		result = render_piece(&r, piece, err);
		if (result == 0)
			result = twiml_check_size(out->len - start, err);
	}
	if (result < 0 && out->len > start) {
		out->len = start;
		out->ptr[start] = '\0';
	}
	buf_free(&r.value);
	return result;
}
