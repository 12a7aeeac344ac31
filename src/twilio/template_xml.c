#include "twilio/template_xml.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>

/* A template renders to at most 64 kB; the rest may be layout and comments. */
enum { XML_MAX = 256 * 1024 };

struct reading {
	const char *file;
	struct error *err;
	bool failed; /* err has the first error, which explains the others */
};

static void fail(struct reading *reading, int line, const char *reason)
{
	if (reading->failed)
		return;
	reading->failed = true;
	struct span text = span_trim(span_of(reason));
	(void)error_set(
	    reading->err, "%s:%d: %.*s", reading->file, line, SPAN_ARG(text));
}

#if LIBXML_VERSION >= 21200
typedef const xmlError *error_ptr;
#else
typedef xmlErrorPtr error_ptr;
#endif

static void on_error(void *context, error_ptr error)
{
	const xmlParserCtxt *parser = context;
	if (error->level >= XML_ERR_ERROR)
		fail(parser->_private, error->line,
		    error->message != NULL ? error->message : "not well-formed XML");
}

/* A DTD could define entities that expand without end, or that name files. */
static void on_doctype(
    void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	xmlParserCtxt *parser = context;
	(void)name;
	(void)external;
	(void)system;
	fail(parser->_private, xmlSAX2GetLineNumber(parser),
	    "a DOCTYPE has no place in TwiML; take it out");
	xmlStopParser(parser);
}

xmlDoc *template_xml_read(const char *file, struct span xml, struct error *err)
{
	struct reading reading = {.file = file, .err = err};
	xmlDoc *doc = NULL;
	if (xml.len > XML_MAX) {
		(void)error_set(
		    err, "%s:1: a template has at most %d bytes of XML", file, XML_MAX);
		return NULL;
	}
	xmlParserCtxt *parser = xmlNewParserCtxt();
	if (parser != NULL) {
		parser->_private = &reading;
		parser->sax->serror = on_error;
		parser->sax->internalSubset = on_doctype;
		/* So that the text around a comment stays one node. */
		parser->sax->comment = NULL;
		parser->sax->processingInstruction = NULL;
		if (xml.len > 0)
			doc = xmlCtxtReadMemory(parser, xml.ptr, (int)xml.len, NULL,
			    NULL, XML_PARSE_NONET | XML_PARSE_NOCDATA);
		xmlFreeParserCtxt(parser);
	}
	if (doc == NULL || xmlDocGetRootElement(doc) == NULL)
		fail(&reading, 1, "no <Response> in it");
	if (!reading.failed)
		return doc;
	xmlFreeDoc(doc);
	return NULL;
}
