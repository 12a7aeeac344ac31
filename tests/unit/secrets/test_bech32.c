#include "test.h"

#include <stdio.h>
#include <string.h>

#include "secrets/bech32.h"

TEST(a_key_is_written_as_it_was_read)
{
	static const struct {
		const char *prefix, *text;
		bool reads;
	} rows[] = {
	    {"age", "age1jagjfzunq0e200pn089ydsury6c7f9vndsefdsnupaag6mpnufls0qywln",
		true},
	    /* one letter changed, left out, added; cases mixed; another prefix */
	    {"age", "age1jagjfzunq0e200pn089ydsury6c7f9vndsefdsnupaag6mpnufls0qywlm",
		false},
	    {"age", "age1jagjfzunq0e200pn089ydsury6c7f9vndsefdsnupaag6mpnufls0qywl",
		false},
	    {"age", "age1jagjfzunq0e200pn089ydsury6c7f9vndsefdsnupaag6mpnufls0qywlnn",
		false},
	    {"age", "age1Jagjfzunq0e200pn089ydsury6c7f9vndsefdsnupaag6mpnufls0qywln",
		false},
	    {"age", "AGe1jagjfzunq0e200pn089ydsury6c7f9vndsefdsnupaag6mpnufls0qywln",
		false},
	    {"agf", "agf1jagjfzunq0e200pn089ydsury6c7f9vndsefdsnupaag6mpnufls0qywln",
		false},
	    {"age", "agebjagjfzunq0e200pn089ydsury6c7f9vndsefdsnupaag6mpnufls0qywln",
		false},
	    {"age", "age1jagjfzunq0e200pn089ydsuby6c7f9vndsefdsnupaag6mpnufls0qywln",
		false},
	    {"age", "", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned char key[BECH32_KEY];
		char again[BECH32_TEXT_SIZE];
		bool reads = bech32_read(key, rows[i].prefix, span_of(rows[i].text));
		if (reads != rows[i].reads)
			fail_msg("%s: %d", rows[i].text, reads);
		if (!reads)
			continue;
		bech32_write(again, rows[i].prefix, key);
		assert_string_equal(again, rows[i].text);
	}
}

TEST(upper_case_reads_when_all_of_it_is)
{
	unsigned char key[BECH32_KEY];
	assert_true(bech32_read(key, "age-secret-key-",
	    SPAN("AGE-SECRET-KEY-"
		 "1YNY4HSRA40RPCTDMV89GWDCNV5ZTA929DNSCLD7HQCVY5XCH38YSK284ES")));
	assert_false(bech32_read(key, "age-secret-key-",
	    SPAN("AGE-SECRET-KEY-"
		 "1yNY4HSRA40RPCTDMV89GWDCNV5ZTA929DNSCLD7HQCVY5XCH38YSK284ES")));
}
