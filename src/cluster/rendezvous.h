/*
 * cluster/rendezvous.h - spreads sites over nodes so that every node computes the same, and the
 * coming or going of one moves no site between others (rendezvous, or highest random weight,
 * hashing: Thaler and Ravishankar, 1998).
 */
#pragma once
#include <stdint.h>

/* The weight of a node for a site: the node with the highest one is first in line. */
uint64_t rendezvous_weight(const char *site, int64_t node);
