// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * torture: processes that create, destroy, start, stop, open and read the same
 * few instances, while parents are unbound and bound and modules unloaded and
 * loaded, all at once
 *
 * Usage: torture SECONDS SEED [--faults ROUNDS]
 *
 * An operation may fail with the errnos that are documented for losing such a
 * race. With --faults one allocation fails in half of the operations. In those
 * that create an instance, each allocation fails in turn, round after round; the
 * run goes on until there were ROUNDS, but not for longer than PATIENCE times
 * SECONDS. In other operations a random allocation fails.
 *
 * The exit status is 1 after any other errno, an attribute with an impossible
 * value, an operation that does not end, or counts that do not add up. The counts
 * are printed at the end.
 *
 * This file starts and watches the processes, and adds up the counts. Their
 * operations are in torture_roles.h.
 */

#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "attempt.h"
#include "torture_roles.h"

/* Operations wait for users at most, and no user stays that long. */
#define OPERATION_LIMIT_MS 120000

/* Up to so many times SECONDS are taken to reach ROUNDS */
#define PATIENCE 3

/* Uevents of instances that were received */
static struct {
	unsigned long add, remove, online, offline;
} heard;

/* A worker does one operation after another until time is up. */
static void work(struct worker *w, unsigned int seed, bool faults)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGBUS, on_sigbus);
	w->seed = seed;
	w->fault = -1;
	if (faults) {
		w->fault = fault_open();
		if (w->fault < 0)
			err(1, "/proc/thread-self/fail-nth");
	}
	while (!atomic_load(&shared->stop)) {
		atomic_store(&w->since_ms, now_ms());
		w->role->step(w);
	}
	exit(0);
}

static void spawn_all(unsigned int seed, bool faults)
{
	size_t r;
	unsigned int i;

	for (r = 0; r < NR_ROLES; r++)
		for (i = 0; i < roles[r].workers; i++) {
			struct worker *w = &shared->workers[shared->nr_workers++];
			pid_t pid;

			w->role = &roles[r];
			w->since_ms = now_ms();
			pid = fork();
			if (pid < 0)
				err(1, "fork");
			if (!pid)
				work(w, seed + shared->nr_workers, faults);
			/* The struct is shared, and fork() returns 0 in the child. */
			w->pid = pid;
		}
}

/* Uevents */

static int listen_uevents(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);
	int size = 64 << 20;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "uevents");
	return fd;
}

static void hear(const char *event, size_t len)
{
	static const char mdev[] = "SUBSYSTEM=mdev";
	const char *end = event + len, *field;

	for (field = event; field < end; field += strlen(field) + 1)
		if (!strcmp(field, mdev))
			break;
	if (field >= end)
		return;
	heard.add += !strncmp(event, "add@", 4);
	heard.remove += !strncmp(event, "remove@", 7);
	heard.online += !strncmp(event, "online@", 7);
	heard.offline += !strncmp(event, "offline@", 8);
}

/* Receives uevents, for a short time. If memory fails some may be lost. */
static void hear_all(int fd, int timeout_ms, bool faults)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char event[8192];
	ssize_t len;

	poll(&pfd, 1, timeout_ms);
	do {
		len = recv(fd, event, sizeof(event) - 1, 0);
		if (len > 0) {
			event[len] = '\0';
			hear(event, len);
		}
	} while (len > 0 || (errno == ENOBUFS && faults));
	if (errno != EAGAIN)
		err(1, "uevents are lost");
}

/* Watching */

static void show_stack(pid_t pid)
{
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		printf("    %s", line);
	fclose(file);
}

/* Ends the run when an operation does not end */
static void look_for_hang(void)
{
	unsigned int i, hung = 0;

	for (i = 0; i < shared->nr_workers; i++) {
		struct worker *w = &shared->workers[i];

		if (!w->pid || now_ms() - atomic_load(&w->since_ms) < OPERATION_LIMIT_MS)
			continue;
		if (!hung++)
			printf("operations that do not end:\n");
		printf("  %s %d\n", w->role->name, w->pid);
		show_stack(w->pid);
	}
	if (!hung)
		return;
	for (i = 0; i < shared->nr_workers; i++)
		if (shared->workers[i].pid)
			kill(shared->workers[i].pid, SIGKILL);
	exit(1);
}

/* Returns how many workers are left; one that has not ended with status 0 is a failure */
static unsigned int reap(void)
{
	unsigned int i, left = 0;
	int status;

	for (i = 0; i < shared->nr_workers; i++) {
		struct worker *w = &shared->workers[i];

		if (!w->pid)
			continue;
		if (!waitpid(w->pid, &status, WNOHANG)) {
			left++;
			continue;
		}
		if (status) {
			printf("%s %d left with %#x\n", w->role->name, w->pid, status);
			shared->failed = true;
			shared->stop = true;
		}
		w->pid = 0;
	}
	return left;
}

static bool time_is_up(int64_t ms, unsigned int seconds, unsigned long rounds)
{
	if (ms < seconds * INT64_C(1000))
		return false;
	return shared->creation.rounds >= rounds || ms >= PATIENCE * seconds * INT64_C(1000);
}

static void run_for(unsigned int seconds, unsigned long rounds, int uevents, bool faults)
{
	int64_t start = now_ms();

	while (reap()) {
		hear_all(uevents, 100, faults);
		look_for_hang();
		if (time_is_up(now_ms() - start, seconds, rounds))
			atomic_store(&shared->stop, true);
	}
}

/* Sums */

static unsigned long done(const char *role)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < shared->nr_workers; i++)
		if (!strcmp(shared->workers[i].role->name, role))
			sum += shared->workers[i].outcomes[0];
	return sum;
}

static void print_role(const struct role *role)
{
	unsigned long sum[ERRNO_MAX] = { 0 }, failures = 0;
	unsigned int i, e;

	for (i = 0; i < shared->nr_workers; i++) {
		const struct worker *w = &shared->workers[i];

		if (w->role != role)
			continue;
		for (e = 0; e < ERRNO_MAX; e++)
			sum[e] += w->outcomes[e];
		failures += w->failures;
	}
	printf("%-8s done %lu", role->name, sum[0]);
	for (e = 1; e < ERRNO_MAX; e++)
		if (sum[e])
			printf(", %s %lu", strerrorname_np(e), sum[e]);
	if (failures)
		printf("; %lu failures met", failures);
	printf("\n");
}

static void must_equal(const char *what, unsigned long a, unsigned long b)
{
	if (a == b)
		return;
	printf("does not add up: %s, %lu and %lu\n", what, a, b);
	shared->failed = true;
}

static void print_turns(const struct turns *turns)
{
	unsigned long sum = 0;
	unsigned int nth, last = 0;

	for (nth = 1; nth < NTH_MAX; nth++) {
		sum += turns->hits[nth];
		if (turns->hits[nth])
			last = nth;
	}
	printf("creation: %u allocations failed in turn, %lu rounds, %lu failures\n", last,
	       turns->rounds, sum);
}

/*
 * Sending a uevent allocates memory. With --faults some are not sent, so their
 * number is not compared then.
 */
static void add_up(unsigned long left, bool faults)
{
	unsigned long created = done("create") + done("mtty"), removed = done("destroy") + left;

	printf("created %lu, removed %lu (%lu of them at the end), gone with their parent %lu\n",
	       created, removed, left, created - removed);
	printf("uevents: add %lu, remove %lu, online %lu, offline %lu\n", heard.add, heard.remove,
	       heard.online, heard.offline);
	if (removed > created)
		must_equal("more removed than created", created, removed);
	if (faults)
		return;
	must_equal("instances created and announced", created, heard.add);
	must_equal("instances announced and taken back", heard.add, heard.remove);
}

int main(int argc, char **argv)
{
	bool faults = argc == 5 && !strcmp(argv[3], "--faults");
	unsigned long rounds = 0, left;
	unsigned int seconds, seed;
	int uevents;
	size_t r;

	if (argc != 3 && !faults) {
		fprintf(stderr, "usage: torture SECONDS SEED [--faults ROUNDS]\n");
		return 2;
	}
	seconds = strtoul(argv[1], NULL, 10);
	seed = strtoul(argv[2], NULL, 10);
	if (faults)
		rounds = strtoul(argv[4], NULL, 10);
	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		err(1, "mmap");

	shared->creation.next = 1;
	uevents = listen_uevents();
	spawn_all(seed, faults);
	run_for(seconds, rounds, uevents, faults);
	left = clear_away();
	hear_all(uevents, 1000, faults);

	for (r = 0; r < NR_ROLES; r++)
		print_role(&roles[r]);
	add_up(left, faults);
	if (faults)
		print_turns(&shared->creation);
	return shared->failed;
}
