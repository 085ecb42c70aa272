/* cli/check/finding.c - reads the pages, which are Markdown of a few forms
 * (src/cli/check/findings/README.md).
 */
#include "cli/check/finding.h"

#include <assert.h>

static const char *const pages[PROBLEM_CODE_COUNT] = {
#include "src/cli/check/finding_pages.inc"
};

#define FILE_NAME_BYTES 64 /* of an example; ours */

struct page_reader {
	finding_visit *visit;
	void *context;
	enum finding_section section;
	bool is_file; /* within a fence */
	char file[FILE_NAME_BYTES];
	struct text text; /* of the part that has begun */
};

static void end_part(struct page_reader *reader)
{
	struct finding_part part = { .section = reader->section,
		.file = reader->is_file ? reader->file : NULL,
		.text = reader->text.at };
	if (reader->text.length)
		reader->visit(&part, reader->context);
	text_reset(&reader->text);
	reader->is_file = false;
}

/* "```yaml NAME"; without a name it is rules.yaml. */
static void begin_file(struct page_reader *reader, struct str line)
{
	const char *name = memchr(line.at, ' ', line.length);
	struct str file =
		name ? (struct str){ name + 1, line.length - (size_t)(name + 1 - line.at) }
		     : STR("rules.yaml");
	end_part(reader);
	reader->is_file = true;
	str_print(reader->file, sizeof reader->file, "%.*s", (int)file.length, file.at);
}

static void take_line(struct page_reader *reader, struct str line)
{
	if (reader->is_file && !str_is(line, "```")) {
		text_add_str(&reader->text, line);
		text_add_char(&reader->text, '\n');
	} else if (!line.length || str_is(line, "```") || str_starts(line, "# ") ||
		   str_starts(line, "<!--")) {
		end_part(reader);
	} else if (str_starts(line, "## ")) {
		end_part(reader);
		reader->section =
			str_is(line, "## Corrected") ? FINDING_CORRECTED : FINDING_EXAMPLE;
	} else if (str_starts(line, "```")) {
		begin_file(reader, line);
	} else {
		text_add(&reader->text, reader->text.length ? " " : "");
		text_add_str(&reader->text, line);
	}
}

void finding_read(enum problem_code code, finding_visit *visit, void *context)
{
	assert(code < PROBLEM_CODE_COUNT && pages[code]);
	struct page_reader reader = {
		.visit = visit, .context = context, .text = TEXT(TEXT_UNBOUNDED)
	};
	for (const char *at = pages[code]; *at;) {
		size_t length = strcspn(at, "\n");
		take_line(&reader, (struct str){ at, length });
		at += length + (at[length] == '\n');
	}
	end_part(&reader);
	text_clear(&reader.text);
}

static void add_paragraph(const struct finding_part *part, void *context)
{
	struct text *out = context;
	if (part->section != FINDING_TEXT || part->file)
		return;
	text_add(out, out->length ? "\n\n" : "");
	text_add(out, part->text);
}

void finding_text(enum problem_code code, struct text *out)
{
	finding_read(code, add_paragraph, out);
}
