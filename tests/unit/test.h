/* tests/unit/test.h - cmocka with the headers that it needs before its own. */
#pragma once
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* cmocka's assertions do not tell the compiler that they end the test. */
#pragma GCC diagnostic ignored "-Wnull-dereference"
