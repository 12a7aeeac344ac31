/* Lists of secrets: what is taken is the same when it is written out and read again, and no
 * error shows a secret. The input is a letter for the list (t, a, s), and the list. */
#include "fuzz/fuzz.h"
#include "twilio/tokens.h"
#include "util/buf.h"

/* Longer than any word of the errors'. */
enum { LONG = 40 };

static int add(struct tokens *tokens, char list, struct span text, struct error *err)
{
	switch (list) {
	case 'a':
		return tokens_add_accounts(tokens, text, err);
	case 's':
		return tokens_add_shared(tokens, text, err);
	default:
		return tokens_add(tokens, text, err);
	}
}

static void write_out(struct buf *out, const struct token *token)
{
	if (out->len > 0)
		buf_putc(out, ',');
	if (token->account.len > 0) {
		buf_put(out, token->account);
		buf_putc(out, ':');
	}
	if (token->key.len > 0) {
		buf_put(out, token->key);
		buf_puts(out, token->algorithm == TOKEN_HMAC_SHA1 ? ":HMAC_SHA1:"
								  : ":HMAC_SHA256:");
	}
	buf_put(out, token->secret);
}

static void check_same(const struct tokens *a, const struct tokens *b)
{
	must(tokens_count(a) == tokens_count(b));
	for (size_t i = 0; i < tokens_count(a); i++) {
		const struct token *x = tokens_at(a, i), *y = tokens_at(b, i);
		must(span_eq(x->account, y->account) && span_eq(x->key, y->key) &&
		     span_eq(x->secret, y->secret) && x->algorithm == y->algorithm);
		must(x->secret.len > 0);
		must(x->key.len == 0 || tokens_have_key(a, x->key));
		must(x->account.len == 0 || tokens_list(a, x->account));
	}
}

/* No long piece of the list is in the error. */
static void check_error(const struct error *err, struct span text)
{
	must(err->text[0] != '\0');
	for (size_t i = 0; i + LONG <= text.len; i += LONG)
		must(memmem(err->text, strlen(err->text), text.ptr + i, LONG) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {""};
	struct buf out = {0};
	if (size == 0)
		return 0;
	struct span text = {(const char *)data + 1, size - 1};
	struct tokens *tokens = tokens_new(), *again = tokens_new();
	if (add(tokens, (char)data[0], text, &err) < 0) {
		check_error(&err, text);
	} else {
		for (size_t i = 0; i < tokens_count(tokens); i++)
			write_out(&out, tokens_at(tokens, i));
		must(tokens_count(tokens) == 0 ||
		     add(again, (char)data[0], buf_span(&out), &err) == 0);
		check_same(tokens, again);
		(void)tokens_look_odd(tokens);
	}
	buf_free(&out);
	tokens_free(again);
	tokens_free(tokens);
	return 0;
}
