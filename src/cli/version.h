/* cli/version.h - the program's version and those of the libraries that it runs with. */
#pragma once
#include <stdio.h>

void version_print(FILE *out);
