/* base/mem.c - allocation that ends the process when memory is out, and frees what is const to
 * others. */
#include "base/mem.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Without formatting, which may need memory. */
static _Noreturn void out_of_memory(void)
{
	static const char line[] = "refresh-router: out of memory; what was accepted is in the "
				   "store and goes on at the next start\n";
	ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
	(void)ignored;
	abort();
}

/* In glibc of Debian 12, malloc() uses the thread's own cache of small blocks and calloc() does
 * not: a JSON tree is built twice as fast with malloc(). */
#define CACHED_BYTES 1024

void *mem_alloc(size_t size)
{
	if (!size)
		size = 1;
	bool is_small = size <= CACHED_BYTES;
	void *block = is_small ? malloc(size) : calloc(1, size);
	if (!block)
		out_of_memory();
	__asm__("" : "+r"(block)); /* else the compiler turns the pair into calloc() */
	if (is_small)
		memset(block, 0, size);
	return block;
}

void *mem_resize(void *block, size_t size)
{
	void *resized = realloc(block, size ? size : 1);
	if (!resized)
		out_of_memory();
	return resized;
}

char *mem_copy_bytes(const void *bytes, size_t length)
{
	char *copy = mem_alloc(length + 1);
	if (length)
		memcpy(copy, bytes, length);
	return copy;
}

char *mem_copy_text(const char *text)
{
	return text ? mem_copy_bytes(text, strlen(text)) : NULL;
}

char *mem_printf(const char *format, ...)
{
	va_list arguments;
	char *text = NULL;
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		out_of_memory();
	va_end(arguments);
	return text;
}

void mem_grow_array(void **array, size_t item_size, size_t *capacity, size_t count)
{
	if (count < *capacity)
		return;
	size_t wanted = *capacity ? *capacity * 2 : 8;
	if (wanted > SIZE_MAX / item_size)
		out_of_memory();
	*array = mem_resize(*array, wanted * item_size);
	*capacity = wanted;
}
