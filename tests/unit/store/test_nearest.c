#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/nearest.h"

static void slips_of_the_pen_are_recognised(void **state)
{
	static const char *const names[] = {"$gt", "$gte", "$exists", "$setOnInsert"};

	static const struct {
		const char *name, *want;
	} rows[] = {
	    {"$gt",				 "$gt"         },
	    {"$GTE",				"$gte"        },
	    {"$gtt",				"$gt"         },
	    {"$exist",			      "$exists"     },
	    {"$exsits",			     "$exists"     },
	    {"$setoninsert",                        "$setOnInsert"},
	    {"$elephant",			   NULL          },
	    {"",				    NULL          },
	    {"$exists$exists$exists$exists$exists", NULL          },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = nearest_name(rows[i].name, names, 4);
		if ((got == NULL) != (rows[i].want == NULL) ||
		    (got != NULL && strcmp(got, rows[i].want) != 0))
			fail_msg(
			    "%s: got %s", rows[i].name, got == NULL ? "none" : got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slips_of_the_pen_are_recognised),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
