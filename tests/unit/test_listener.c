// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The listener: what it does of the events that come, and that none is lost.
 *
 * It runs in a process of its own, on events that the test makes up in place of udev's; what it has
 * done with which parent is in memory that the processes share.
 *
 * link-flags: -Wl,--wrap=udev_watch_begin -Wl,--wrap=udev_watch_fd -Wl,--wrap=udev_watch_next
 * link-flags: -Wl,--wrap=udev_watch_is_behind -Wl,--wrap=udev_watch_end -Wl,--wrap=root_is_host
 */
#include "base/file.h"
#include "host/udev.h"
#include "root.h"
#include "tap.h"
#include "verb/cmd.h"
#include "verb/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* Longer than anything takes but what hangs, on however busy a machine */
#define HANG_MS 60000

#define CROWD 1000
#define FEW 100

/* What goes through the pipe in place of an event; a name of "" stands for lost ones. */
struct made_event {
	char action[8], state[16], name[32];
};

static struct shared {
	atomic_bool is_behind, holds;
	atomic_int batches, looks, done[CROWD], held, kept_done; /* of the parent "kept" */
} * shared;

static int events[2]; /* a pipe */
static struct made_event taken;
static char taken_path[64];

int __wrap_udev_watch_begin(struct udev_watch **ret_watch, const char *tag, char **reterr);
int __wrap_udev_watch_fd(const struct udev_watch *watch);
int __wrap_udev_watch_next(struct udev_watch *watch, struct udev_event *ret_event);
bool __wrap_udev_watch_is_behind(const struct udev_watch *watch);
void __wrap_udev_watch_end(struct udev_watch *watch);
bool __wrap_root_is_host(void);

int __wrap_udev_watch_begin(struct udev_watch **ret_watch, const char *tag, char **reterr)
{
	(void)tag, (void)reterr;
	*ret_watch = NULL;
	return 0;
}

int __wrap_udev_watch_fd(const struct udev_watch *watch)
{
	(void)watch;
	return events[0];
}

int __wrap_udev_watch_next(struct udev_watch *watch, struct udev_event *ret_event)
{
	(void)watch;
	if (read(events[0], &taken, sizeof(taken)) != sizeof(taken))
		return -EAGAIN;
	if (!*taken.name)
		return -ENOBUFS;
	(void)snprintf(taken_path, sizeof(taken_path), "/devices/%s", taken.name);
	*ret_event = (struct udev_event){.action = taken.action,
					 .path = taken_path,
					 .mdev_state = *taken.state ? taken.state : NULL};
	return 0;
}

bool __wrap_udev_watch_is_behind(const struct udev_watch *watch)
{
	(void)watch;
	shared->looks++;
	return shared->is_behind;
}

void __wrap_udev_watch_end(struct udev_watch *watch)
{
	(void)watch;
}

bool __wrap_root_is_host(void)
{
	return true;
}

static void send_event(const char *action, const char *state, const char *name)
{
	struct made_event event = {0};

	(void)snprintf(event.action, sizeof(event.action), "%s", action);
	(void)snprintf(event.state, sizeof(event.state), "%s", state);
	(void)snprintf(event.name, sizeof(event.name), "%s", name);
	if (write(events[1], &event, sizeof(event)) != sizeof(event))
		abort();
}

/* "pN" is counted; "held" waits until it is let go; "killed" ends the process as the kernel does.
 */
static void work(struct batch *batch, void *arg)
{
	(void)arg;
	shared->batches++;
	for (size_t i = 0; batch_begin(batch, i); i++) {
		const char *name = batch->parents.v[i];

		if (strcmp(name, "killed") == 0)
			(void)kill(getpid(), SIGKILL);
		if (strcmp(name, "held") == 0)
			shared->held++;
		while (strcmp(name, "held") == 0 && shared->holds)
			usleep(1000);
		if (strcmp(name, "kept") == 0)
			shared->kept_done++;
		if (*name == 'p')
			shared->done[atoi(name + 1)]++;
		batch_end(batch, i);
	}
}

static bool wait_until(atomic_int *count, int value)
{
	int64_t until = clock_ms() + HANG_MS;

	while (*count < value && clock_ms() < until)
		usleep(1000);
	return *count >= value;
}

static bool listens(void)
{
	_cleanup_free_ char *path = root_path("run/mdev/listener");

	return file_look(path) == 0;
}

static bool wait_for_file(bool is_there)
{
	int64_t until = clock_ms() + HANG_MS;

	while (listens() != is_there && clock_ms() < until)
		usleep(1000);
	return listens() == is_there;
}

static pid_t begin(void)
{
	pid_t pid;

	memset(shared, 0, sizeof(*shared));
	if (pipe2(events, O_NONBLOCK) < 0)
		abort();
	/* As large as a crowd, which a test may send before anybody reads. */
	(void)fcntl(events[1], F_SETPIPE_SZ, 1 << 20);
	(void)fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(listener_run(work, NULL));
	ok(wait_for_file(true), "it tells that it listens");
	return pid;
}

/* The status that it ended with, or -1. */
static int end(pid_t pid)
{
	int64_t until = clock_ms() + HANG_MS;
	int status;
	pid_t ended;

	while (!(ended = waitpid(pid, &status, WNOHANG)) && clock_ms() < until)
		usleep(1000);
	if (!ended)
		(void)kill(pid, SIGKILL);
	close(events[0]);
	close(events[1]);
	return ended == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_present(void)
{
	pid_t pid = begin();

	ok(wait_until(&shared->done[0], 1) && wait_until(&shared->done[1], 1),
	   "what is there at the start is done");
	send_event("add", "", "p2");
	ok(wait_until(&shared->done[2], 1), "what comes is done");
	send_event("remove", "", "p3");
	send_event("change", "", "p3");
	send_event("change", "unregistered", "p3");
	send_event("change", "registered", "p4");
	ok(wait_until(&shared->done[4], 1), "what registers is done");
	is_number(shared->done[3], 0, "and nothing for other events");
	send_event("", "", "");
	ok(wait_until(&shared->done[0], 2) && wait_until(&shared->done[1], 2),
	   "where events were lost, all that is there is done again");
	is_number(shared->done[2], 1, "and nothing else");
	(void)kill(pid, SIGTERM);
	is_number(end(pid), DONE, "asked to end, it does");
	ok(!listens(), "and tells that it does");
}

static void test_crowd(void)
{
	pid_t pid = begin();
	char name[16];
	int once = 0;

	ok(wait_until(&shared->done[1], 1), "it has begun");
	shared->is_behind = true;
	shared->batches = 0;
	for (int i = 2; i < CROWD; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		send_event("add", "", name);
		send_event("add", "", name);
	}
	shared->is_behind = false;
	for (int i = 2; i < CROWD; i++)
		once += wait_until(&shared->done[i], 1);
	is_number(once, CROWD - 2, "of a crowd all are done");
	ok(shared->batches < 50, "by few processes");
	printf("# they were %d\n", shared->batches);
	(void)kill(pid, SIGTERM);
	is_number(end(pid), DONE, "it ends well");
}

/* Each is there alone when it is looked at, as where udev is as quick as the parents come. */
static void test_trickle(void)
{
	int64_t start;
	pid_t pid = begin();
	char name[16];
	int once = 0;

	ok(wait_until(&shared->done[1], 1), "it has begun");
	start = clock_ms();
	shared->batches = 0;
	for (int i = 2; i < FEW; i++) {
		int looks = shared->looks;

		(void)snprintf(name, sizeof(name), "p%d", i);
		send_event("add", "", name);
		(void)wait_until(&shared->looks, looks + 2);
	}
	for (int i = 2; i < FEW; i++)
		once += wait_until(&shared->done[i], 1);
	is_number(once, FEW - 2, "of a crowd that trickles in all are done");
	ok(shared->batches <= 2 + (clock_ms() - start) / 16, "not each by a process of its own");
	printf("# they were %d\n", shared->batches);
	(void)kill(pid, SIGTERM);
	is_number(end(pid), DONE, "it ends well");
}

static void test_held(void)
{
	pid_t pid = begin();

	shared->holds = true;
	send_event("add", "", "held");
	ok(wait_until(&shared->held, 1), "a parent hangs");
	send_event("add", "", "p5");
	ok(wait_until(&shared->done[5], 1), "others are done all the same");
	shared->is_behind = true;
	send_event("add", "", "held");
	send_event("add", "", "p6");
	send_event("add", "", "p7");
	shared->is_behind = false;
	ok(wait_until(&shared->done[6], 1) && wait_until(&shared->done[7], 1),
	   "also those that came with it");
	(void)kill(pid, SIGTERM);
	is_number(end(pid), DONE, "it does not wait for that one at its end");
	shared->holds = false;
}

static void test_killed(void)
{
	pid_t pid = begin();

	send_event("add", "", "killed");
	is_number(end(pid), FAILED, "where one of its processes is killed, it fails");
	ok(!listens(), "and tells that it does not listen");
}

static void test_end(void)
{
	pid_t pid = begin();

	ok(wait_until(&shared->done[1], 1), "it has begun");
	shared->is_behind = true;
	(void)kill(pid, SIGTERM);
	ok(wait_for_file(false), "asked to end, it tells so at once");
	send_event("change", "registered", "kept");
	shared->is_behind = false;
	is_number(end(pid), DONE, "and ends");
	is_number(shared->kept_done, 1, "but first it does what udev left to it");

	pid = begin();
	ok(wait_until(&shared->done[1], 1), "it has begun");
	shared->is_behind = true;
	(void)kill(pid, SIGTERM);
	is_number(end(pid), DONE, "it does not wait for udev without end");
	is_number(shared->done[0], 2, "and does all parents then, for what it has not seen");
}

/* It looks after pauses, not all the time. */
static void test_end_without_parents(void)
{
	_cleanup_free_ char *parents = root_path("sys/class/mdev_bus");
	_cleanup_free_ char *away = root_path("sys/class/away");
	pid_t pid;

	if (rename(parents, away) < 0)
		abort();
	pid = begin();
	shared->is_behind = true;
	(void)kill(pid, SIGTERM);
	is_number(end(pid), DONE, "it ends where there is no parent");
	ok(shared->looks < 500, "and looks at times whether udev is through");
	if (rename(away, parents) < 0)
		abort();
}

static void test_refused(void)
{
	pid_t pid = begin();

	is_number(listener_run(work, NULL), FAILED, "a second one is refused");
	ok(listens(), "and takes nothing from the first");
	(void)kill(pid, SIGTERM);
	is_number(end(pid), DONE, "which ends well");
	unsetenv("NOTIFY_SOCKET");
	is_number(listener_run(work, NULL), USAGE, "without a manager of services it is refused");
}

int main(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		abort();
	root_begin();
	make_folder("sys/class/mdev_bus/p0");
	make_folder("sys/class/mdev_bus/p1");
	setenv("NOTIFY_SOCKET", "@nobody", 1);
	test_present();
	test_crowd();
	test_trickle();
	test_held();
	test_killed();
	test_end();
	test_end_without_parents();
	test_refused();
	root_end();
	return tap_end();
}
