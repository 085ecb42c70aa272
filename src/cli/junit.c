/* cli/junit.c - writes JUnit's XML. */
#include "cli/junit.h"
#include "base/mem.h"
#include "cli/print.h"

static void print_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	print_xml(value, out);
	fputc('"', out);
}

/* Each line of `text` begins a line. */
static void print_lines(FILE *out, const char *text)
{
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		OWNED_MEMORY char *copy = mem_copy_bytes(line, length);
		fputc('\n', out);
		print_xml(copy, out);
		line += length + (line[length] == '\n');
	}
}

void junit_begin(FILE *out, const char *name, struct junit_counts counts)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", out);
	print_attribute(out, "name", name);
	fprintf(out, " tests=\"%zu\" failures=\"%zu\">\n", counts.tests, counts.failures);
}

void junit_begin_suite(FILE *out, const char *name, struct junit_counts counts)
{
	fputs("  <testsuite", out);
	print_attribute(out, "name", name);
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"0\">\n",
		counts.tests, counts.failures, counts.skipped);
}

static void begin_case(FILE *out, const char *file, const char *name)
{
	fputs("    <testcase", out);
	print_attribute(out, "classname", file);
	print_attribute(out, "name", name);
	fputs(" time=\"0\"", out);
}

void junit_pass(FILE *out, const char *file, const char *name, const char *detail)
{
	begin_case(out, file, name);
	if (!detail) {
		fputs("/>\n", out);
		return;
	}
	fputs(">\n      <system-out>", out);
	print_lines(out, detail);
	fputs("\n      </system-out>\n    </testcase>\n", out);
}

void junit_fail(FILE *out, const char *file, const char *name, const char *type,
	const char *message, const char *detail)
{
	begin_case(out, file, name);
	fputs(">\n      <failure", out);
	print_attribute(out, "type", type);
	print_attribute(out, "message", message);
	fputc('>', out);
	print_lines(out, detail);
	fputs("\n      </failure>\n    </testcase>\n", out);
}

void junit_skip(FILE *out, const char *file, const char *name, const char *why)
{
	begin_case(out, file, name);
	fputs(">\n      <skipped", out);
	print_attribute(out, "message", why);
	fputs("/>\n    </testcase>\n", out);
}

void junit_end_suite(FILE *out)
{
	fputs("  </testsuite>\n", out);
}

void junit_end(FILE *out)
{
	fputs("</testsuites>\n", out);
}
