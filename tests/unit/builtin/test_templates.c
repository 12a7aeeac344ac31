/* The owner's reply texts: which text is used when a file comes, changes or goes, and what
 * the log says of it. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin/templates.h"
#include "util/log.h"

#define MINE "<Response><Message>Mine</Message></Response>"

struct place {
	char dir[40];
	struct templates *templates;
	FILE *log;
};

/* In its directory, the shell does what the owner or an editor does there. */
static void place_shell(const struct place *place, const char *command)
{
	char line[400];
	(void)snprintf(line, sizeof(line), "mkdir -p %s && cd %s && { %s; }",
	    place->dir, place->dir, command);
	/* NOLINTNEXTLINE(cert-env33-c): our own words, for the shell */
	assert_int_equal(system(line), 0);
}

static int place_setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	(void)snprintf(place->dir, sizeof(place->dir), "/tmp/offhook-place-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	place->log = tmpfile();
	assert_non_null(place->log);
	log_setup(LOG_TEXT, LOG_INFO);
	*state = place;
	return 0;
}

static int place_teardown(void **state)
{
	struct place *place = *state;
	templates_close(place->templates);
	place_shell(place, "rm -rf $PWD");
	(void)fclose(place->log);
	free(place);
	return 0;
}

#define PLACE_TEST(name) TEST_WITH(name, place_setup, place_teardown)

/* Opens, or looks again; what was logged meanwhile is in the log alone. */
static int place_look(struct place *place, int looks, struct error *err)
{
	int rc = 0;
	assert_int_equal(ftruncate(fileno(place->log), 0), 0);
	rewind(place->log);
	int before = dup(STDERR_FILENO);
	assert_true(dup2(fileno(place->log), STDERR_FILENO) >= 0);
	if (place->templates == NULL)
		rc = templates_open(&place->templates, place->dir, err);
	for (int i = 0; rc == 0 && i < looks; i++)
		templates_reload(place->templates);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	(void)close(before);
	return rc;
}

static bool place_logged(struct place *place, const char *text)
{
	char log[8192];
	rewind(place->log);
	log[fread(log, 1, sizeof(log) - 1, place->log)] = '\0';
	return strstr(log, text) != NULL;
}

static bool place_answers(struct place *place, const char *text)
{
	const struct params none = {0};
	struct buf out = {0};
	struct error err;
	assert_int_equal(
	    templates_render(place->templates, TEMPLATE_SMS, &none, &out, &err), 0);
	bool found = strstr(buf_text(&out), text) != NULL;
	buf_free(&out);
	return found;
}

static const struct {
	const char *does, *says;
	bool stays; /* the last good text */
} changes[] = {
    {"rm sms.xml", "a template is gone: the built-in text is used file=sms.xml", false},
    {"mv sms.xml sms.xml~", "a template is gone: the built-in text is used", false},
    {"rm -r $PWD", "a template is gone: the built-in text is used", false},
    {": > sms.xml", "sms.xml is empty", true},
    {"rm sms.xml; mkdir sms.xml", "sms.xml: it is not a file", true},
    {"rm sms.xml; mkfifo sms.xml", "sms.xml: it is not a file", true},
    {"rm sms.xml; ln -s sms.xml sms.xml", "Too many levels of symbolic links", true},
    {"echo '<Response>' > sms.xml", "sms.xml:2:", true},
    {"echo '<Response><Say/></Response>' > sms.xml", "sms.xml:1:", true},
    {"head -c 300000 /dev/zero > sms.xml", "File too large", true},
};

/* faults 5.7 */
PLACE_TEST(what_became_of_a_template_is_said)
{
	struct place *place = *state;
	struct error err;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		place_shell(place, "echo '" MINE "' > sms.xml");
		assert_int_equal(place_look(place, 1, &err), 0);
		assert_true(place_answers(place, "Mine"));
		place_shell(place, changes[i].does);
		assert_int_equal(place_look(place, 2, &err), 0);
		if (!place_logged(place, changes[i].says))
			fail_msg("%s: no \"%s\"", changes[i].does, changes[i].says);
		assert_false(place_logged(place, "template reloaded"));
		assert_true(
		    place_answers(place, changes[i].stays ? "Mine" : "Thanks for"));
		assert_int_equal(place_look(place, 2, &err), 0); /* and only once */
		assert_false(place_logged(place, "template"));
		place_shell(place, "rm -rf sms.xml");
	}
}

/* faults 5.7: an editor removes it and puts the new one there */
PLACE_TEST(a_template_that_is_away_for_a_moment_is_not_gone)
{
	struct place *place = *state;
	struct error err;
	place_shell(place, "echo '" MINE "' > sms.xml");
	assert_int_equal(place_look(place, 1, &err), 0);
	place_shell(place, "mv sms.xml sms.xml~");
	assert_int_equal(place_look(place, 1, &err), 0);
	assert_false(place_logged(place, "gone"));
	assert_true(place_answers(place, "Mine"));
	place_shell(place, "sed s/Mine/New/ sms.xml~ > sms.xml");
	assert_int_equal(place_look(place, 1, &err), 0);
	assert_true(place_logged(place, "template reloaded file=sms.xml"));
	assert_true(place_answers(place, "New"));
}

/* faults 5.7 */
PLACE_TEST(a_wrong_template_is_refused_at_the_start)
{
	struct place *place = *state;
	struct error err;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		if (!changes[i].stays)
			continue;
		place_shell(place, "rm -rf sms.xml; touch sms.xml");
		place_shell(place, changes[i].does);
		assert_int_equal(place_look(place, 0, &err), -1);
		if (strstr(err.text, changes[i].says) == NULL)
			fail_msg("%s: %s", changes[i].does, err.text);
	}
}

/* faults 5.7 */
PLACE_TEST(a_file_of_another_name_is_a_warning)
{
	struct place *place = *state;
	struct error err;
	place_shell(place, "echo '<Response/>' > voice.xml; mkdir old.xml; "
			   "touch smss.xml SMS.XML sms.xml~ .sms.xml.swp '#sms.xml#' "
			   "4913 notes.txt; ln -s nowhere .#sms.xml");
	assert_int_equal(place_look(place, 1, &err), 0);
	static const char *const said[] = {
	    "no template has this name; the file is not used file=smss.xml",
	    "did_you_mean=sms.xml", "not used file=SMS.XML", "not used file=old.xml",
	    /* And which are in use, when one was lost before the start. */
	    "templates read; of the others the built-in text is used dir=",
	    "read=voice.xml others=\"sms.xml sms-fallback.xml voice-recorded.xml",
	    "voice-recorded.xml voice-fallback.xml\""};
	static const char *const not_said[] = {
	    "file=.", "~", "#", "4913", "notes.txt", "reloaded"};
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (!place_logged(place, said[i]))
			fail_msg("no \"%s\"", said[i]);
	for (size_t i = 0; i < sizeof(not_said) / sizeof(not_said[0]); i++)
		if (place_logged(place, not_said[i]))
			fail_msg("\"%s\"", not_said[i]);
	place_shell(place, "touch voise.xml"); /* and while it runs */
	assert_int_equal(place_look(place, 1, &err), 0);
	assert_true(place_logged(place, "not used file=voise.xml"));
	assert_false(place_logged(place, "smss.xml"));
}

/* faults 5.7 */
PLACE_TEST(a_directory_without_templates_is_a_warning)
{
	struct place *place = *state;
	struct error err;
	assert_int_equal(place_look(place, 1, &err), 0);
	assert_true(place_logged(
	    place, "no template is there: the built-in texts are used dir="));
}
