/* rules/luid.c - checks the form of Tableau's ids. */
#include "rules/luid.h"

bool luid_normalise(struct str text, char out[LUID_TEXT_SIZE])
{
	if (text.length != LUID_TEXT_SIZE - 1)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
		bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
		if (is_dash ? c != '-' : !is_hex)
			return false;
		out[i] = c;
	}
	out[text.length] = '\0';
	return true;
}
