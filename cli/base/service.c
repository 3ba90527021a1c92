// SPDX-License-Identifier: GPL-2.0-or-later
/* What a service tells the manager that started it, by the protocol of sd_notify(3). */
#include "base/service.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The address of a socket, which has a name in the file system, or behind "@" in no file system. */
static const char *address(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && (*path == '/' || *path == '@') ? path : NULL;
}

bool service_is_expected(void)
{
	return address();
}

int service_tell(const char *state)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = address();
	socklen_t len;

	if (!path)
		return -ENOENT;
	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path));
	len = offsetof(struct sockaddr_un, sun_path) + (socklen_t)strlen(path);
	if (*path == '@')
		to.sun_path[0] = '\0';
	else
		len++;
	return sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, len) < 0 ?
		       -errno :
		       0;
}
