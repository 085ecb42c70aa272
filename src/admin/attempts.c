/* admin/attempts.c - a leaky bucket for each address, as the one moment when it will be empty. */
#include "admin/attempts.h"
#include <string.h>

/* Its place; `count`: it has none. */
static size_t find(const struct attempts *attempts, struct peer_address address)
{
	size_t i = 0;
	while (i < attempts->count &&
		memcmp(&attempts->of[i].address, &address, sizeof address) != 0)
		i++;
	return i;
}

int64_t attempts_wait(const struct attempts *attempts, struct peer_address address, struct mono now)
{
	size_t i = find(attempts, address);
	if (i == attempts->count)
		return 0;
	int64_t over = attempts->of[i].paid.us - now.us - (ATTEMPTS_AT_ONCE - 1) * ATTEMPTS_EVERY;
	return over <= 0 ? 0 : (over + US_PER_SECOND - 1) / US_PER_SECOND;
}

static size_t oldest(const struct attempts *attempts)
{
	size_t found = 0;
	for (size_t i = 1; i < attempts->count; i++)
		if (attempts->of[i].paid.us < attempts->of[found].paid.us)
			found = i;
	return found;
}

void attempts_add_wrong(struct attempts *attempts, struct peer_address address, struct mono now)
{
	size_t i = find(attempts, address);
	if (i == attempts->count) {
		if (attempts->count < ATTEMPTS_ADDRESSES)
			attempts->count++;
		else
			i = oldest(attempts);
		attempts->of[i].address = address;
		attempts->of[i].paid = now;
	}
	if (attempts->of[i].paid.us < now.us)
		attempts->of[i].paid = now;
	attempts->of[i].paid.us += ATTEMPTS_EVERY;
}
