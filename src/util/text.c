#include "util/text.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/log.h"
#include "util/mem.h"

void text_hex(char *out, const void *bytes, size_t len)
{
	const unsigned char *in = bytes;
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = "0123456789abcdef"[in[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[in[i] & 15];
	}
	out[2 * len] = '\0';
}

size_t text_base64(char *out, const void *bytes, size_t len)
{
	return (size_t)EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
}

/* Each thread keeps one, because making it costs more than the digest of a short text. */
struct digest {
	EVP_MD_CTX *context;
	EVP_MD *sha256;
};

static pthread_key_t digest_key;
static pthread_once_t digest_once = PTHREAD_ONCE_INIT;

static void text_digest_free(void *ptr)
{
	struct digest *digest = ptr;
	EVP_MD_CTX_free(digest->context);
	EVP_MD_free(digest->sha256);
	free(digest);
}

static void text_make_digest_key(void)
{
	(void)pthread_key_create(&digest_key, text_digest_free);
}

static struct digest *text_digest(void)
{
	(void)pthread_once(&digest_once, text_make_digest_key);
	struct digest *digest = pthread_getspecific(digest_key);
	if (digest == NULL) {
		digest = mem_new(1, sizeof(*digest));
		digest->context = EVP_MD_CTX_new();
		digest->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
		(void)pthread_setspecific(digest_key, digest);
	}
	return digest;
}

void text_sha256(unsigned char out[32], struct span bytes)
{
	struct digest *digest = text_digest();
	if (digest->context == NULL || digest->sha256 == NULL ||
	    EVP_DigestInit_ex2(digest->context, digest->sha256, NULL) != 1 ||
	    EVP_DigestUpdate(digest->context, bytes.ptr, bytes.len) != 1 ||
	    EVP_DigestFinal_ex(digest->context, out, NULL) != 1)
		log_fatal("OpenSSL has no SHA-256");
}

bool text_int(struct span text, int64_t min, int64_t max, int64_t *out)
{
	char digits[24];
	if (text.len == 0 || text.len >= sizeof(digits))
		return false;
	memcpy(digits, text.ptr, text.len);
	digits[text.len] = '\0';
	size_t start = digits[0] == '-' ? 1 : 0;
	if (strspn(digits + start, "0123456789") != text.len - start ||
	    text.len == start)
		return false;
	errno = 0;
	long long value = strtoll(digits, NULL, 10);
	if (errno != 0 || value < min || value > max)
		return false;
	*out = value;
	return true;
}

bool text_all_of(struct span text, const char *others)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned c = (unsigned char)text.ptr[i];
		bool alnum = (c | 0x20u) - 'a' < 26u || c - '0' < 10u;
		if (!alnum && (c == '\0' || strchr(others, (int)c) == NULL))
			return false;
	}
	return text.len > 0;
}

bool text_size(struct span text, int64_t *out)
{
	int64_t unit = 1;
	if (text.len > 0 && strchr("kKmMgG", text.ptr[text.len - 1]) != NULL) {
		int letter = toupper((unsigned char)text.ptr[text.len - 1]);
		unit = letter == 'K' ? 1 << 10 : letter == 'M' ? 1 << 20 : 1 << 30;
		text.len--;
	}
	if (!text_int(text, 0, INT64_MAX / unit, out))
		return false;
	*out *= unit;
	return true;
}

bool text_duration(struct span text, int64_t *out_ms)
{
	static const struct {
		const char *suffix;
		int64_t ms;
	} units[] = {
	    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

	int64_t unit = 1000;
	size_t count = 0;
	while (count < text.len && text.ptr[count] >= '0' && text.ptr[count] <= '9')
		count++;
	if (count < text.len) {
		unit = 0;
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (span_is(span_from(text, count), units[i].suffix))
				unit = units[i].ms;
		if (unit == 0)
			return false;
	}
	if (!text_int(span_head(text, count), 0, INT64_MAX / unit, out_ms))
		return false;
	*out_ms *= unit;
	return true;
}

char *text_read_file(const char *path, size_t limit, size_t *len)
{
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return NULL;
	char *bytes = mem_new(limit + 2, 1);
	*len = fread(bytes, 1, limit + 1, file);
	int failed = ferror(file) != 0 ? errno : *len > limit ? EFBIG : 0;
	(void)fclose(file);
	if (failed != 0) {
		free(bytes);
		errno = failed;
		return NULL;
	}
	bytes[*len] = '\0';
	return bytes;
}
