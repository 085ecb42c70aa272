/*
 * base/code_point.c - the table of characters that deceive the reader of a name. Invisible ones are
 * Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt).
 */
#include "base/code_point.h"

#include <utf8proc.h>

/* clang-format off */
static const struct notable {
	int32_t first, last;
	enum code_point_kind kind;
	char twin;
	const char *name; /* of the first character; NULL: its number says enough */
} notables[] = { /* sorted by number */
	{ 0x0000, 0x0007, CODE_POINT_CONTROL,   0,    NULL },
	{ 0x0008, 0x0008, CODE_POINT_CONTROL,   0,    "backspace" },
	{ 0x0009, 0x0009, CODE_POINT_CONTROL,   ' ',  "tab" },
	{ 0x000a, 0x000a, CODE_POINT_CONTROL,   ' ',  "line break" },
	{ 0x000b, 0x000b, CODE_POINT_CONTROL,   ' ',  "vertical tab" },
	{ 0x000c, 0x000c, CODE_POINT_CONTROL,   ' ',  "form feed" },
	{ 0x000d, 0x000d, CODE_POINT_CONTROL,   ' ',  "carriage return" },
	{ 0x000e, 0x001a, CODE_POINT_CONTROL,   0,    NULL },
	{ 0x001b, 0x001b, CODE_POINT_CONTROL,   0,    "escape" },
	{ 0x001c, 0x001f, CODE_POINT_CONTROL,   0,    NULL },
	{ 0x0020, 0x0020, CODE_POINT_PLAIN,     0,    "space" },
	{ 0x007f, 0x0084, CODE_POINT_CONTROL,   0,    NULL },
	{ 0x0085, 0x0085, CODE_POINT_CONTROL,   ' ',  "next line" },
	{ 0x0086, 0x009f, CODE_POINT_CONTROL,   0,    NULL },
	{ 0x00a0, 0x00a0, CODE_POINT_BLANK,     ' ',  "no-break space" },
	{ 0x00ab, 0x00ab, CODE_POINT_QUOTE,     '"',  "left guillemet" },
	{ 0x00ad, 0x00ad, CODE_POINT_INVISIBLE, 0,    "soft hyphen" },
	{ 0x00b4, 0x00b4, CODE_POINT_QUOTE,     '\'', "acute accent" },
	{ 0x00bb, 0x00bb, CODE_POINT_QUOTE,     '"',  "right guillemet" },
	{ 0x034f, 0x034f, CODE_POINT_INVISIBLE, 0,    "combining grapheme joiner" },
	{ 0x061c, 0x061c, CODE_POINT_INVISIBLE, 0,    "Arabic letter mark" },
	{ 0x115f, 0x1160, CODE_POINT_INVISIBLE, 0,    "Hangul filler" },
	{ 0x1680, 0x1680, CODE_POINT_BLANK,     ' ',  "Ogham space" },
	{ 0x17b4, 0x17b5, CODE_POINT_INVISIBLE, 0,    NULL },
	{ 0x180b, 0x180d, CODE_POINT_INVISIBLE, 0,    "a variation selector" },
	{ 0x180e, 0x180e, CODE_POINT_INVISIBLE, 0,    "Mongolian vowel separator" },
	{ 0x180f, 0x180f, CODE_POINT_INVISIBLE, 0,    "a variation selector" },
	{ 0x2000, 0x200a, CODE_POINT_BLANK,     ' ',  "a space of another width" },
	{ 0x200b, 0x200b, CODE_POINT_INVISIBLE, 0,    "zero-width space" },
	{ 0x200c, 0x200c, CODE_POINT_INVISIBLE, 0,    "zero-width non-joiner" },
	{ 0x200d, 0x200d, CODE_POINT_INVISIBLE, 0,    "zero-width joiner" },
	{ 0x200e, 0x200f, CODE_POINT_INVISIBLE, 0,    "a mark of direction" },
	{ 0x2010, 0x2010, CODE_POINT_DASH,      '-',  "hyphen" },
	{ 0x2011, 0x2011, CODE_POINT_DASH,      '-',  "non-breaking hyphen" },
	{ 0x2012, 0x2012, CODE_POINT_DASH,      '-',  "figure dash" },
	{ 0x2013, 0x2013, CODE_POINT_DASH,      '-',  "en dash" },
	{ 0x2014, 0x2014, CODE_POINT_DASH,      '-',  "em dash" },
	{ 0x2015, 0x2015, CODE_POINT_DASH,      '-',  "horizontal bar" },
	{ 0x2018, 0x2018, CODE_POINT_QUOTE,     '\'', "left single quotation mark" },
	{ 0x2019, 0x2019, CODE_POINT_QUOTE,     '\'', "right single quotation mark" },
	{ 0x201a, 0x201b, CODE_POINT_QUOTE,     '\'', "low single quotation mark" },
	{ 0x201c, 0x201c, CODE_POINT_QUOTE,     '"',  "left double quotation mark" },
	{ 0x201d, 0x201d, CODE_POINT_QUOTE,     '"',  "right double quotation mark" },
	{ 0x201e, 0x201f, CODE_POINT_QUOTE,     '"',  "low double quotation mark" },
	{ 0x2028, 0x2028, CODE_POINT_CONTROL,   ' ',  "line separator" },
	{ 0x2029, 0x2029, CODE_POINT_CONTROL,   ' ',  "paragraph separator" },
	{ 0x202a, 0x202e, CODE_POINT_INVISIBLE, 0,    "a mark of direction" },
	{ 0x202f, 0x202f, CODE_POINT_BLANK,     ' ',  "narrow no-break space" },
	{ 0x2032, 0x2032, CODE_POINT_QUOTE,     '\'', "prime" },
	{ 0x2033, 0x2033, CODE_POINT_QUOTE,     '"',  "double prime" },
	{ 0x2039, 0x203a, CODE_POINT_QUOTE,     '\'', "single guillemet" },
	{ 0x205f, 0x205f, CODE_POINT_BLANK,     ' ',  "mathematical space" },
	{ 0x2060, 0x2065, CODE_POINT_INVISIBLE, 0,    "word joiner" },
	{ 0x2066, 0x206f, CODE_POINT_INVISIBLE, 0,    "a mark of direction" },
	{ 0x2212, 0x2212, CODE_POINT_DASH,      '-',  "minus sign" },
	{ 0x2800, 0x2800, CODE_POINT_BLANK,     ' ',  "Braille blank" },
	{ 0x3000, 0x3000, CODE_POINT_BLANK,     ' ',  "ideographic space" },
	{ 0x3164, 0x3164, CODE_POINT_INVISIBLE, 0,    "Hangul filler" },
	{ 0xfe00, 0xfe0f, CODE_POINT_INVISIBLE, 0,    "a variation selector" },
	{ 0xfe58, 0xfe58, CODE_POINT_DASH,      '-',  "small em dash" },
	{ 0xfe63, 0xfe63, CODE_POINT_DASH,      '-',  "small hyphen-minus" },
	{ 0xfeff, 0xfeff, CODE_POINT_INVISIBLE, 0,    "byte order mark" },
	{ 0xffa0, 0xffa0, CODE_POINT_INVISIBLE, 0,    "Hangul filler" },
	{ 0xfff0, 0xfffb, CODE_POINT_INVISIBLE, 0,    NULL },
	{ 0x1bca0, 0x1bca3, CODE_POINT_INVISIBLE, 0,  NULL },
	{ 0x1d173, 0x1d17a, CODE_POINT_INVISIBLE, 0,  NULL },
	{ 0xe0000, 0xe007f, CODE_POINT_INVISIBLE, 0,  "tag character" },
	{ 0xe0080, 0xe0fff, CODE_POINT_INVISIBLE, 0,  "a variation selector" },
};
/* clang-format on */

/* Cyrillic and Greek letters that most fonts draw like a Latin one: those found on keyboards
 * (Unicode's confusables.txt has all). */
static const struct {
	int32_t point;
	char twin;
} letters[] = {
	{ 0x0391, 'A' },
	{ 0x0392, 'B' },
	{ 0x0395, 'E' },
	{ 0x0396, 'Z' },
	{ 0x0397, 'H' },
	{ 0x0399, 'I' },
	{ 0x039a, 'K' },
	{ 0x039c, 'M' },
	{ 0x039d, 'N' },
	{ 0x039f, 'O' },
	{ 0x03a1, 'P' },
	{ 0x03a4, 'T' },
	{ 0x03a5, 'Y' },
	{ 0x03a7, 'X' },
	{ 0x03bd, 'v' },
	{ 0x03bf, 'o' },
	{ 0x03c1, 'p' },
	{ 0x0405, 'S' },
	{ 0x0406, 'I' },
	{ 0x0408, 'J' },
	{ 0x0410, 'A' },
	{ 0x0412, 'B' },
	{ 0x0415, 'E' },
	{ 0x041a, 'K' },
	{ 0x041c, 'M' },
	{ 0x041d, 'H' },
	{ 0x041e, 'O' },
	{ 0x0420, 'P' },
	{ 0x0421, 'C' },
	{ 0x0422, 'T' },
	{ 0x0425, 'X' },
	{ 0x0430, 'a' },
	{ 0x0435, 'e' },
	{ 0x043e, 'o' },
	{ 0x0440, 'p' },
	{ 0x0441, 'c' },
	{ 0x0443, 'y' },
	{ 0x0445, 'x' },
	{ 0x0455, 's' },
	{ 0x0456, 'i' },
	{ 0x0458, 'j' },
	{ 0x04bb, 'h' },
	{ 0x0501, 'd' },
	{ 0x051b, 'q' },
	{ 0x051d, 'w' },
};

static const struct notable *notable_of(int32_t point)
{
	for (size_t i = 0; i < sizeof notables / sizeof *notables; i++)
		if (point >= notables[i].first && point <= notables[i].last)
			return &notables[i];
	return NULL;
}

static char letter_twin(int32_t point)
{
	if (point >= 0xff01 && point <= 0xff5e) /* the full-width forms of ASCII */
		return (char)(point - 0xff01 + '!');
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (letters[i].point == point)
			return letters[i].twin;
	return 0;
}

enum code_point_kind code_point_kind_of(int32_t point)
{
	if (point > ' ' && point < 0x7f)
		return CODE_POINT_PLAIN;
	const struct notable *notable = notable_of(point);
	if (notable)
		return notable->kind;
	return letter_twin(point) ? CODE_POINT_LETTER : CODE_POINT_PLAIN;
}

char code_point_twin(int32_t point)
{
	if (point > ' ' && point < 0x7f)
		return 0;
	const struct notable *notable = notable_of(point);
	return notable ? notable->twin : letter_twin(point);
}

int32_t code_point_at(struct str view, size_t *length)
{
	utf8proc_int32_t point = -1;
	utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)view.at,
		(utf8proc_ssize_t)(view.length < 4 ? view.length : 4), &point);
	*length = bytes > 0 ? (size_t)bytes : 1;
	return bytes > 0 ? point : -1;
}

static bool is_visible(int32_t point)
{
	if (point <= ' ' || code_point_kind_of(point) != CODE_POINT_PLAIN)
		return false;
	utf8proc_category_t category = utf8proc_category(point);
	return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
	       (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_SO);
}

void code_point_describe(int32_t point, struct text *out)
{
	utf8proc_uint8_t bytes[4];
	if (is_visible(point)) {
		utf8proc_ssize_t length = utf8proc_encode_char(point, bytes);
		text_add_char(out, '\'');
		text_add_bytes(out, bytes, (size_t)length);
		text_add_char(out, '\'');
		return;
	}
	const struct notable *notable = notable_of(point);
	char twin = letter_twin(point);
	text_printf(out, "U+%04X", (unsigned)point);
	if (notable && notable->name)
		text_printf(out, " (%s)", notable->name);
	else if (twin)
		text_printf(out, " (%s, not the Latin '%c')",
			point >= 0xff01  ? "full-width"
			: point < 0x0400 ? "Greek"
					 : "Cyrillic",
			twin);
}
