/*
 * tests/fault/network_disk_shim.c - every file is on NFS, by what statfs() says. Preloaded by the
 * scenarios.
 *
 *     cc -shared -fPIC -o network_disk_shim.so network_disk_shim.c
 */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

int statfs(const char *path, struct statfs *about)
{
	int failed = (int)syscall(SYS_statfs, path, about);

	if (!failed)
		about->f_type = 0x6969;
	return failed;
}
