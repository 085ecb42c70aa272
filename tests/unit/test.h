/* tests/unit/test.h - cmocka with the headers that it needs before its own. */
#pragma once
/* clang-format off: cmocka.h needs the others before it */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

/* cmocka's assertions do not tell the compiler that they end the test. */
#pragma GCC diagnostic ignored "-Wnull-dereference"
