# man_gen -- writes the comments and prototypes of offhook.h as manual pages:
#   awk -v folder=OUT -f man_gen.awk include/offhook.h
# The comment at the top becomes offhook.3. Each group that a ruled comment opens
# ("Events: what came in") becomes a page of its own, oh_events.3. Indented lines of a
# comment are kept as they are.

# A line in mdoc, which must not look like a macro.
function literal(line)
{
	gsub(/\\/, "\\e", line)
	return (line ~ /^[.']/ ? "\\&" : "") line "\n"
}

# Running text: each sentence begins a line.
function plain(line,    out)
{
	while (match(line, /[.!?][)"]* [A-Z"{]/)) {
		out = out literal(substr(line, 1, RSTART + RLENGTH - 3))
		line = substr(line, RSTART + RLENGTH - 1)
	}
	return out literal(line)
}

# A comment: paragraphs, displays (indented), lists (" - ").
function formatted(comment,    lines, n, i, line, out, display, gap)
{
	n = split(comment, lines, "\n")
	for (i = 1; i <= n; i++) {
		line = lines[i]
		if (line ~ /^ *$/) {
			gap = 1
		} else if (line ~ /^(\t|  )/ && !item) {
			if (!display)
				out = out ".Bd -literal -offset indent\n"
			else if (gap)
				out = out "\n"
			display = 1
			gap = 0
			out = out literal(line)
		} else {
			if (display)
				out = out ".Ed\n"
			item = line ~ /^ - / || (item && line ~ /^   /)
			if (out != "" && (gap || display || line ~ /^ - /))
				out = out ".Pp\n"
			display = gap = 0
			if (sub(/^ - /, "", line))
				out = out "\\(bu "
			sub(/^ +/, "", line)
			out = out plain(line)
		}
		if (line ~ /^$/)
			item = 0
	}
	item = 0
	return out (display ? ".Ed\n" : "")
}

function flush_item()
{
	if (head == "")
		return
	if (!listing)
		body = body ".Bl -tag -width Ds\n"
	listing = 1
	body = body ".It " head "\n" text
	head = text = ""
}

function end_list()
{
	flush_item()
	if (listing)
		body = body ".El\n"
	listing = 0
}

function end_page(    file)
{
	if (page == "")
		return
	end_list()
	file = folder "/" page ".3"
	printf ".\\\" Generated from include/offhook.h by tools/man_gen.awk.\n" \
	    ".Dd $Mdocdate: November 23 2026 $\n.Dt %s 3\n.Os\n.Sh NAME\n%s\n.Nd %s\n" \
	    ".Sh SYNOPSIS\n.In offhook.h\n%s.Sh DESCRIPTION\n%s", toupper(page), \
	    ".Nm " page (names == "" ? "" : " ,\n" names), about, synopsis, body > file
	printf ".Sh SEE ALSO\n.Xr offhook 1 ,\n.Xr %s 3 ,\n.Xr oh_twiml 3\n", \
	    page == "offhook" ? "oh_events" : "offhook" > file
	close(file)
}

function begin_page(name, what)
{
	end_page()
	page = name
	about = what
	names = synopsis = body = ""
}

# A ruled comment: a title, perhaps ": what it is about", then text.
function begin_group(    title, name)
{
	sub(/^-+\n/, "", comment)
	title = comment
	sub(/\n.*/, "", title)
	name = title
	sub(/^The /, "", name)
	sub(/[ :.,].*/, "", name)
	gsub(/-/, "_", name)
	begin_page("oh_" tolower(name), tolower(substr(title, 1, 1)) substr(title, 2))
	if (sub(/^[^\n]*\n/, "", comment))
		body = formatted(comment)
	comment = ""
}

# What is called by a macro in its place: its comment begins with how,
# "oh_enqueue(context, queue, payload, ...): ".
function called_as(code,    call, type)
{
	if (code !~ /_\(/ || !match(comment, /^oh_[a-z_]*\([^)]*\): /))
		return code
	call = substr(comment, 1, RLENGTH - 2)
	comment = toupper(substr(comment, RLENGTH + 1, 1)) substr(comment, RLENGTH + 2)
	type = code
	sub(/oh_[a-z_]*\(.*/, "", type)
	return type call
}

# One whole prototype, and what stands after it on its line.
function add_function(code, aside,    name, type, args, n, i, arg)
{
	code = called_as(code)
	gsub(/OH_API |OH_PRINTF\([^)]*\) |__attribute__\(\([^)]*\)\) /, "", code)
	gsub(/[ \t\n]+/, " ", code)
	gsub(/\( /, "(", code)
	name = code
	sub(/\(.*/, "", name)
	type = name
	sub(/oh_[a-z_]*$/, "", type)
	name = substr(name, length(type) + 1)
	synopsis = synopsis ".Ft " type "\n.Fn " name
	args = code
	sub(/^[^(]*\(/, "", args)
	sub(/\).*/, "", args)
	n = split(args, arg, /, */)
	for (i = 1; i <= n; i++)
		synopsis = synopsis " \"" arg[i] "\""
	synopsis = synopsis "\n"
	names = names (names == "" ? "" : " ,\n") ".Nm " name
	if (comment != "" || aside != "" || closed || head == "") {
		flush_item()
		head = "Fn " name
		text = formatted(comment (comment != "" && aside != "" ? "\n" : "") aside)
	} else {
		head = head " , Fn " name
	}
	closed = aside != ""
	comment = ""
}

# Types and macros, verbatim, below their comment.
function add_code(code)
{
	gsub(/[^\n]*oh_end_ [^\n]*\n/, "", code)
	gsub(/ OH_NOT_SET_/, "", code)
	gsub(/#endif\n/, "", code)
	end_list()
	if (body != "" && comment != "")
		body = body ".Pp\n"
	body = body formatted(comment) ".Bd -literal\n"
	gsub(/\\/, "\\e", code)
	body = body code ".Ed\n"
	comment = ""
}

function finish_code()
{
	if (code != "" && page != "" && page != "offhook")
		add_code(code)
	code = ""
}

function end_comment()
{
	if (comment ~ /^-+\n/)
		begin_group()
	else if (page == "") {
		begin_page("offhook", "answer Twilio's webhooks in C")
		sub(/^[^\n]*\n\n/, "", comment)
		body = formatted(comment)
		comment = ""
	} else if (comment ~ /^clang-format/)
		comment = ""
}

in_comment || (code == "" && /^\/\*/) {
	line = $0
	if (!in_comment)
		comment = ""
	last = sub(/ *\*\/$/, "", line)
	sub(/^(\/\*| \*) ?/, "", line)
	comment = comment (in_comment ? "\n" : "") line
	in_comment = !last
	if (last) {
		sub(/\n+$/, "", comment)
		end_comment()
	}
	next
}
/^OH_API / || prototype != "" {
	prototype = prototype $0 "\n"
	if (!index($0, ";"))
		next
	aside = ""
	if (match(prototype, /\/\*.*\*\//))
		aside = substr(prototype, RSTART + 3, RLENGTH - 6)
	sub(/;.*/, "", prototype)
	add_function(prototype, aside)
	prototype = ""
	next
}
/^$/ || /^\/\*/ {
	finish_code()
	next
}
/^#ifdef __cplusplus/ {
	in_cpp = 1
}
in_cpp {
	in_cpp = !/^#(else|endif)/
	next
}
/^#define OH_BUILTIN_\(/ {
	exit
}
/^(#if|#endif|#include|extern|#define OH_API|#define OH_PRINTF|#define OFFHOOK_H)/ && code == "" {
	next
}
code != "" || /^(typedef|enum|struct|#define)/ {
	code = code $0 "\n"
}
END {
	end_page()
}
