/*
 * cli/main.c - the list of commands. Each has a file of its own; command.h is shared.
 */
#include "base/json.h"
#include "cli/command.h"
#include <fcntl.h>
#include <unistd.h>

extern const struct command command_serve, command_check, command_route, command_test, command_diff,
	command_init, command_explain, command_schema, command_send, command_events,
	command_refreshes, command_show, command_retry, command_cancel, command_replay,
	command_sites, command_nodes, command_notify, command_complete, command_verify,
	command_manual, command_reload, command_health, command_backup, command_doctor,
	command_store;

const struct command *const commands[] = {
	&command_init,
	&command_serve,
	&command_check,
	&command_route,
	&command_test,
	&command_diff,
	&command_verify,
	&command_explain,
	&command_schema,
	&command_send,
	&command_events,
	&command_refreshes,
	&command_show,
	&command_retry,
	&command_cancel,
	&command_replay,
	&command_sites,
	&command_nodes,
	&command_health,
	&command_reload,
	&command_backup,
	&command_store,
	&command_doctor,
	&command_notify,
	&command_complete,
	&command_manual,
	NULL,
};

/* A file or socket that got the number of a closed stream would be written to by messages. */
static void open_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			IGNORE(open("/dev/null", O_RDWR) < 0); /* takes the lowest number */
}

int main(int argc, char **argv)
{
	open_streams();
	json_setup();
	return command_main(argc, argv);
}
