#include "pool/symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/span.h"

typedef ElfW(Shdr) elf_section;

/* A part of the file, or absent when the file is not that long. */
static struct span symbols_part(struct span file, uint64_t offset, uint64_t len)
{
	if (offset > file.len || len > file.len - offset)
		return (struct span){0};
	return (struct span){file.ptr + offset, (size_t)len};
}

/* Finds the function at the address in one symbol table, which may be damaged. */
static bool symbols_search(
    char *out, size_t size, struct span table, struct span names, uint64_t address)
{
	ElfW(Sym) symbol;
	for (size_t at = 0; at + sizeof(symbol) <= table.len; at += sizeof(symbol)) {
		memcpy(&symbol, table.ptr + at, sizeof(symbol));
		if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC ||
		    address < symbol.st_value ||
		    address >= symbol.st_value + symbol.st_size ||
		    symbol.st_name >= names.len)
			continue;
		struct span rest = span_from(names, symbol.st_name);
		struct span name = span_head(rest, span_find(rest, '\0'));
		(void)snprintf(out, size, "%.*s+0x%" PRIx64, SPAN_ARG(name),
		    address - symbol.st_value);
		return true;
	}
	return false;
}

static bool symbols_section(elf_section *out, struct span sections, size_t index)
{
	struct span bytes = symbols_part(sections, index * sizeof(*out), sizeof(*out));
	if (bytes.ptr == NULL)
		return false;
	memcpy(out, bytes.ptr, sizeof(*out));
	return true;
}

static bool symbols_search_file(
    char *out, size_t size, struct span file, uint64_t address)
{
	ElfW(Ehdr) header;
	elf_section section;
	elf_section strings;
	if (file.len < sizeof(header))
		return false;
	memcpy(&header, file.ptr, sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	struct span sections = symbols_part(
	    file, header.e_shoff, (uint64_t)header.e_shnum * sizeof(elf_section));
	for (size_t i = 0; i < header.e_shnum; i++) {
		if (!symbols_section(&section, sections, i) ||
		    (section.sh_type != SHT_SYMTAB && section.sh_type != SHT_DYNSYM) ||
		    !symbols_section(&strings, sections, section.sh_link))
			continue;
		if (symbols_search(out, size,
			symbols_part(file, section.sh_offset, section.sh_size),
			symbols_part(file, strings.sh_offset, strings.sh_size),
			address))
			return true;
	}
	return false;
}

bool symbols_name(char *out, size_t size, const char *module, uint64_t address)
{
	struct stat status;
	bool found = false;
	out[0] = '\0';
	int fd = open(module, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
		size_t len = (size_t)status.st_size;
		void *at = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
		if (at != MAP_FAILED) {
			found = symbols_search_file(
			    out, size, (struct span){at, len}, address);
			(void)munmap(at, len);
		}
	}
	(void)close(fd);
	return found;
}
