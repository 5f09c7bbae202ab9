/* The master: starts one process a role, watches them, starts again what ends. */
#ifndef BOURSE_DAEMON_MASTER_H
#define BOURSE_DAEMON_MASTER_H

/* Until SIGTERM or SIGINT; SIGHUP is handed on. Returns the exit code. */
int master_run(const char *program, const char *config_path);

#endif
