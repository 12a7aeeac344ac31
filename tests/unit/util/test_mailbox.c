#include "test.h"

#include "util/container.h"
#include "util/mailbox.h"
#include "util/thread.h"

enum { WRITERS = 4, EACH = 20000 };

struct letter {
	int writer, number;
	struct mail mail;
};

static struct letter letters[WRITERS][EACH];

struct writer {
	struct mailbox *box;
	int index;
	int firsts; /* how often the box was empty */
};

static void *write_all(void *ctx)
{
	struct writer *writer = ctx;
	for (int i = 0; i < EACH; i++) {
		struct letter *letter = &letters[writer->index][i];
		letter->writer = writer->index;
		letter->number = i;
		writer->firsts += mailbox_put(writer->box, &letter->mail);
	}
	return NULL;
}

TEST(mail_comes_in_the_order_in_which_it_was_put)
{
	struct mailbox box = {NULL};
	struct letter three[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
	assert_true(mailbox_empty(&box));
	assert_null(mailbox_take(&box));
	assert_true(mailbox_put(&box, &three[0].mail));
	assert_false(mailbox_put(&box, &three[1].mail));
	assert_false(mailbox_put(&box, &three[2].mail));
	assert_false(mailbox_empty(&box));
	struct mail *mail = mailbox_take(&box);
	for (int i = 0; i < 3; i++, mail = mail->next)
		assert_ptr_equal(container_of(mail, struct letter, mail), &three[i]);
	assert_null(mail);
	assert_true(mailbox_empty(&box));
}

TEST(no_mail_of_many_writers_is_lost_and_each_writers_order_is_kept)
{
	struct mailbox box = {NULL};
	struct writer writers[WRITERS];
	pthread_t threads[WRITERS];
	int next[WRITERS] = {0};
	int taken = 0, takes = 0, firsts = 0;
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){.box = &box, .index = i};
		assert_int_equal(
		    thread_start(&threads[i], "writer", write_all, &writers[i], NULL),
		    0);
	}
	while (taken < WRITERS * EACH) {
		struct mail *mail = mailbox_take(&box);
		takes += mail != NULL;
		for (; mail != NULL; mail = mail->next, taken++) {
			const struct letter *letter =
			    container_of(mail, struct letter, mail);
			assert_int_equal(letter->number, next[letter->writer]++);
		}
	}
	for (int i = 0; i < WRITERS; i++) {
		thread_join(threads[i]);
		firsts += writers[i].firsts;
	}
	/* Each take that found something was told of once. */
	assert_int_equal(firsts, takes);
}
