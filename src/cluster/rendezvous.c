/*
 * cluster/rendezvous.c - the weight of a node for a site.
 */
#include "cluster/rendezvous.h"

/* The finalizer of SplitMix64, which spreads every bit over all others. */
static uint64_t mix(uint64_t bits)
{
	bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
	bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
	return bits ^ (bits >> 31);
}

uint64_t rendezvous_weight(const char *site, int64_t node)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a of the name */

	for (const char *at = site; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
	return mix(hash ^ mix((uint64_t)node));
}
