#include "twilio/diagnose_query.h"

#include <string.h>

#include "twilio/diagnose_url.h"

enum { PIECES_MAX = 32 };

/* A query, cut at its "&". */
struct ordering {
	struct verifier *verifier;
	struct signed_request request; /* whose target is written anew for each order */
	struct span path;              /* with the "?" */
	struct span pieces[PIECES_MAX];
	size_t count;
	char *target;
};

static bool ordering_cut(
    struct ordering *out, const struct signed_request *request, struct arena *arena)
{
	size_t mark = span_find(request->target, '?');
	if (mark == request->target.len)
		return false;
	out->path = span_head(request->target, mark + 1);
	struct span rest = span_from(request->target, mark + 1);
	for (;;) {
		struct span piece = span_head(rest, span_find(rest, '&'));
		if (out->count == PIECES_MAX)
			return false;
		out->pieces[out->count++] = piece;
		if (piece.len == rest.len)
			break;
		rest = span_from(rest, piece.len + 1);
	}
	out->request = *request;
	out->target = arena_alloc(arena, request->target.len);
	memcpy(out->target, out->path.ptr, out->path.len);
	return out->count > 1;
}

static struct span piece_name(struct span piece)
{
	return span_head(piece, span_find(piece, '='));
}

static bool ordering_is_sorted(const struct ordering *ordering)
{
	for (size_t i = 1; i < ordering->count; i++) {
		struct span a = piece_name(ordering->pieces[i - 1]);
		struct span b = piece_name(ordering->pieces[i]);
		size_t len = a.len < b.len ? a.len : b.len;
		int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);
		if (order > 0 || (order == 0 && a.len > b.len))
			return false;
	}
	return true;
}

static bool ordering_matches(struct ordering *ordering)
{
	char *at = ordering->target + ordering->path.len;
	for (size_t i = 0; i < ordering->count; i++) {
		struct span piece = ordering->pieces[i];
		if (i > 0)
			*at++ = '&';
		if (piece.len > 0)
			memcpy(at, piece.ptr, piece.len);
		at += piece.len;
	}
	ordering->request.target =
	    (struct span){ordering->target, (size_t)(at - ordering->target)};
	return diagnose_matches(ordering->verifier, &ordering->request);
}

static void piece_swap(struct ordering *ordering, size_t a, size_t b)
{
	struct span kept = ordering->pieces[a];
	ordering->pieces[a] = ordering->pieces[b];
	ordering->pieces[b] = kept;
}

/* Every order of the first n (Heap's algorithm, without the one that is there). */
static bool ordering_try_all(struct ordering *ordering)
{
	size_t turns[QUERY_ORDERED] = {0};
	for (size_t i = 1; i < ordering->count;) {
		if (turns[i] == i) {
			turns[i++] = 0;
			continue;
		}
		piece_swap(ordering, i % 2 == 0 ? 0 : turns[i], i);
		if (ordering_matches(ordering))
			return true;
		turns[i]++;
		i = 1;
	}
	return false;
}

/* Every order in which one of them was taken out and put elsewhere. */
static bool ordering_try_moves(struct ordering *ordering)
{
	struct ordering moved;
	for (size_t from = 0; from < ordering->count; from++) {
		moved = *ordering;
		for (size_t i = from; i > 0; i--) { /* to the front, a step at a time */
			piece_swap(&moved, i, i - 1);
			if (ordering_matches(&moved))
				return true;
		}
		moved = *ordering;
		for (size_t i = from; i + 1 < moved.count; i++) {
			piece_swap(&moved, i, i + 1);
			if (ordering_matches(&moved))
				return true;
		}
	}
	return false;
}

bool diagnose_query(struct diagnosis *out, struct verifier *verifier,
    const struct signed_request *request, struct arena *arena)
{
	struct ordering ordering = {.verifier = verifier};
	if (!ordering_cut(&ordering, request, arena))
		return false;
	bool sorted = ordering_is_sorted(&ordering);
	if (ordering.count <= QUERY_ORDERED ? !ordering_try_all(&ordering)
					    : !ordering_try_moves(&ordering))
		return false;
	*out = (struct diagnosis){"query-order",
	    sorted
		? "the URL's query was signed in another order: Twilio sorts it by name "
		  "after it has signed the URL as you gave it; write the parameters of "
		  "that URL (in the Console, an action, a callback) sorted by name"
		: "the URL's query was signed in another order: something on the way "
		  "writes it anew; let it pass the URL through as it is"};
	return true;
}
