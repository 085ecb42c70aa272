/*
 * base/web/descriptors.h - how many files and sockets this process may have open.
 */
#pragma once

/* Raises the soft limit to `wanted` as far as the hard one allows; never lowers it. Returns the
 * limit in force. */
unsigned descriptors_raise(unsigned wanted);
