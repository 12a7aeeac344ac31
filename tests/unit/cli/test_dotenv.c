#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cli/dotenv.h"
#include "util/buf.h"

static void lines_are_variables_unless_they_are_not(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"A=1\nB=2",           "A:1;B:2;"  },
	    {"A = 1 \r\n",         "A:1;"      },
	    {"export A=1\n",       "A:1;"      },
	    {"A=\"1 2\"\nB='x'\n", "A:1 2;B:x;"},
	    {"A=\"\n",             "A:\";"     },
	    {"# A=1\n\n  #B=2\n",  ""          },
	    {"A\n=1\n",            ""          },
	    {"A=\n",               "A:;"       },
	    {"A=b=c#d\n",          "A:b=c#d;"  },
	    {"A=$B\n",             "A:$B;"     },
	    {"",		   ""          },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf got = {0};
		struct span text = span_of(rows[i].text);
		struct span name, value;
		while (dotenv_next(&text, &name, &value))
			buf_printf(&got, "%.*s:%.*s;", SPAN_ARG(name), SPAN_ARG(value));
		assert_string_equal(buf_text(&got), rows[i].want);
		buf_free(&got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_variables_unless_they_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
