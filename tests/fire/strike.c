// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a command and strikes at one of its system calls.
 *
 *	strike kill N COMMAND [ARG]...		SIGKILL at the Nth system call
 *	strike kill-change N COMMAND [ARG]...	SIGKILL at the Nth one that changes something for
 *						others: what is left behind is the same at all
 *						calls from one of these to the next
 *	strike ERRNO N COMMAND [ARG]...		the Nth system call on a file fails with ERRNO
 *	strike look-ERRNO N COMMAND [ARG]...	the Nth that only reads or looks at one does
 *
 * Calls are counted from 1, beginning with the first one that has a path below $STRIKE_ROOT; those
 * before it belong to the dynamic linker. Calls on files are those that a disk or file system can
 * refuse; calls on the standard streams are not counted. Programs that the command starts are not
 * traced, only waited for.
 *
 * Ends as the command does, with 137 for a killed one, 100 + signal when it crashed; with 99 when
 * it ended by itself, and well, before there was an Nth call (of look-ERRNO, well or not).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_REACHED = 99, CRASHED = 100, KILLED = 137 };

static const struct {
	const char *name;
	int number;
} errors[] = {
	{"ENOSPC", ENOSPC}, {"EIO", EIO},	{"EDQUOT", EDQUOT}, {"EROFS", EROFS},
	{"EACCES", EACCES}, {"ENOMEM", ENOMEM}, {"ENFILE", ENFILE}, {"EMFILE", EMFILE},
};

/* What is struck at. */
struct blow {
	int error; /* 0: kill */
	bool (*is_aimed_at)(const struct user_regs_struct *regs);
	long n;
};

/* The argument that is a path, for the calls that matter here; -1: none. */
static int path_argument(long call)
{
	switch (call) {
	case SYS_open:
	case SYS_stat:
	case SYS_mkdir:
	case SYS_unlink:
		return 0;
	case SYS_openat:
	case SYS_newfstatat:
	case SYS_mkdirat:
	case SYS_unlinkat:
		return 1;
	default:
		return -1;
	}
}

static bool is_below_root(pid_t pid, unsigned long long address)
{
	const char *root = getenv("STRIKE_ROOT");
	char path[256] = "";
	struct iovec here = {path, sizeof(path) - 1}, there = {(void *)address, sizeof(path) - 1};

	if (!root)
		return true;
	/* A path near the end of a page cannot be read as far as that; the root can. */
	if (process_vm_readv(pid, &here, 1, &there, 1, 0) < 0) {
		here.iov_len = there.iov_len = strlen(root);
		if (process_vm_readv(pid, &here, 1, &there, 1, 0) < 0)
			return false;
	}
	return strncmp(path, root, strlen(root)) == 0;
}

static bool is_on_file(const struct user_regs_struct *regs)
{
	switch (regs->orig_rax) {
	case SYS_open:
	case SYS_openat:
	case SYS_openat2:
	case SYS_mkdir:
	case SYS_mkdirat:
	case SYS_chmod:
	case SYS_fchmodat:
	case SYS_fchownat:
	case SYS_symlinkat:
	case SYS_rename:
	case SYS_renameat:
	case SYS_renameat2:
	case SYS_unlink:
	case SYS_unlinkat:
		return true;
	case SYS_read:
	case SYS_write:
	case SYS_pwrite64:
	case SYS_getdents64:
	case SYS_fsync:
	case SYS_fdatasync:
	case SYS_fchmod:
	case SYS_fchown:
	case SYS_flistxattr:
	case SYS_fgetxattr:
	case SYS_fsetxattr:
	case SYS_fremovexattr:
	case SYS_flock:
		return regs->rdi > STDERR_FILENO;
	default:
		return false;
	}
}

static bool is_look(const struct user_regs_struct *regs)
{
	switch (regs->orig_rax) {
	case SYS_open:
	case SYS_openat:
	case SYS_openat2:
	case SYS_stat:
	case SYS_lstat:
	case SYS_newfstatat:
	case SYS_statx:
	case SYS_readlink:
	case SYS_readlinkat:
	case SYS_access:
	case SYS_faccessat:
	case SYS_faccessat2:
		return true;
	case SYS_fstat:
	case SYS_read:
	case SYS_getdents64:
		return regs->rdi > STDERR_FILENO;
	default:
		return false;
	}
}

/* Of openat2(), whose flags are in memory, any; and the end, by which all changes are behind it. */
static bool is_change(const struct user_regs_struct *regs)
{
	switch (regs->orig_rax) {
	case SYS_open:
		return regs->rsi & (O_CREAT | O_TRUNC);
	case SYS_openat:
		return regs->rdx & (O_CREAT | O_TRUNC);
	case SYS_openat2:
	case SYS_mkdir:
	case SYS_mkdirat:
	case SYS_symlink:
	case SYS_symlinkat:
	case SYS_link:
	case SYS_linkat:
	case SYS_rename:
	case SYS_renameat:
	case SYS_renameat2:
	case SYS_unlink:
	case SYS_unlinkat:
	case SYS_rmdir:
	case SYS_chmod:
	case SYS_fchmod:
	case SYS_fchmodat:
	case SYS_chown:
	case SYS_fchown:
	case SYS_fchownat:
	case SYS_truncate:
	case SYS_ftruncate:
	case SYS_exit_group:
		return true;
	case SYS_write:
	case SYS_writev:
	case SYS_pwrite64:
		return regs->rdi > STDERR_FILENO;
	default:
		return false;
	}
}

static bool is_any(const struct user_regs_struct *regs)
{
	(void)regs;
	return true;
}

/* Until the next stop at a system call; what else the command gets is passed on. False: it ended.
 */
static bool go_on(pid_t pid, int *status)
{
	int signal = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, 0, signal) < 0 && errno != ESRCH)
			err(2, "ptrace");
		if (waitpid(pid, status, 0) < 0)
			err(2, "waitpid");
		if (!WIFSTOPPED(*status))
			return false;
		if (WSTOPSIG(*status) == (SIGTRAP | 0x80))
			return true;
		signal = WSTOPSIG(*status);
	}
}

/* At the entry of a system call. True when this one was it; the command may have ended then. */
static bool strike(pid_t pid, int error, int *status)
{
	struct user_regs_struct regs;

	if (!error) {
		kill(pid, SIGKILL);
		(void)go_on(pid, status);
		return true;
	}
	ptrace(PTRACE_GETREGS, pid, 0, &regs);
	regs.orig_rax = (unsigned long long)-1;
	ptrace(PTRACE_SETREGS, pid, 0, &regs);
	if (!go_on(pid, status))
		return true;
	ptrace(PTRACE_GETREGS, pid, 0, &regs);
	regs.rax = (unsigned long long)-error;
	ptrace(PTRACE_SETREGS, pid, 0, &regs);
	return true;
}

/* Returns the status that the command ended with. *struck: whether there was an Nth call. */
static int trace(pid_t pid, struct blow blow, bool *struck)
{
	bool counting = false, entry = true;
	struct user_regs_struct regs;
	int status;

	for (*struck = false; go_on(pid, &status); entry = !entry) {
		if (!entry || *struck)
			continue;
		ptrace(PTRACE_GETREGS, pid, 0, &regs);
		if (!counting) {
			const unsigned long long arguments[] = {regs.rdi, regs.rsi};
			int which = path_argument((long)regs.orig_rax);

			counting = which >= 0 && is_below_root(pid, arguments[which]);
		}
		if (!counting || !blow.is_aimed_at(&regs) || --blow.n)
			continue;
		*struck = strike(pid, blow.error, &status);
		if (!WIFSTOPPED(status))
			break;
		/* The exit of a failed call is behind us. */
		entry = blow.error ? false : entry;
	}
	return status;
}

static int parse_error(const char *text)
{
	if (strcmp(text, "kill") == 0 || strcmp(text, "kill-change") == 0)
		return 0;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, text) == 0)
			return errors[i].number;
	errx(2, "unknown: %s", text);
}

int main(int argc, char **argv)
{
	struct blow blow = {.is_aimed_at = is_on_file};
	const char *what;
	int status;
	bool struck;
	pid_t pid;

	if (argc < 4)
		errx(2, "usage: strike kill[-change]|[look-]ERRNO N COMMAND [ARG]...");
	what = argv[1];
	if (strncmp(what, "look-", strlen("look-")) == 0) {
		what += strlen("look-");
		blow.is_aimed_at = is_look;
	}
	blow.error = parse_error(what);
	if (!blow.error)
		blow.is_aimed_at = strcmp(what, "kill") == 0 ? is_any : is_change;
	blow.n = atol(argv[2]);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		execvp(argv[3], argv + 3);
		err(2, "%s", argv[3]);
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
		errx(2, "%s does not start", argv[3]);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	status = trace(pid, blow, &struck);
	while (wait(NULL) > 0)
		;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGKILL ? KILLED : CRASHED + WTERMSIG(status);
	if (blow.is_aimed_at == is_look && !struck)
		return NOT_REACHED;
	return struck || WEXITSTATUS(status) ? WEXITSTATUS(status) : NOT_REACHED;
}
