/* tests/unit/test.h - cmocka with the headers that it needs before its own. */
#pragma once
/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

/* The compiler does not know that cmocka's assertions end the test. */
#pragma GCC diagnostic ignored "-Wnull-dereference"
