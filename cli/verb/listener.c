// SPDX-License-Identifier: GPL-2.0-or-later
/* The service that waits for parents, in place of a run of the program for each of them. */
#include "verb/listener.h"

#include "base/file.h"
#include "base/msg.h"
#include "base/request.h"
#include "base/service.h"
#include "host/live.h"
#include "host/udev.h"
#include "verb/cmd.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

/* Given to parents by udev's rule. */
#define TAG "mdev"

/* A process begins with further parents for so long. */
#define TURN_MS 1000

/*
 * While parents come, udev is asked after pauses, each twice as long as the one before, whether it
 * is through. Those that have come are done when it is, or after a time that grows fourfold while
 * parents go on to come; and the next batch does not begin sooner than that after the last one. So
 * a parent that comes alone is done at once, and a crowd that comes in ten seconds in a dozen
 * batches, for each of which the definitions are read, whether udev is as quick as the crowd or
 * not.
 */
#define PAUSE_MIN_MS 1
#define PAUSE_MAX_MS 64
#define GATHER_MIN_MS 16
#define GATHER_MAX_MS 1024

/* How long udev may take, when the listener is to end, for what it has begun with. */
#define END_MS 5000

/* Processes at once; and of one turn, where drivers take longer than that. */
#define BATCHES_MAX 32
#define WIDTH_MAX 16

struct listener {
	struct udev_watch *watch;
	batch_work work;
	void *work_arg;
	sigset_t signals_before;
	int signal_fd, file_fd;
	struct strlist waiting; /* parents that are in no batch; some may come several times */
	unsigned int pause_ms, gather_ms;
	int64_t gathered; /* the latest time to begin with those that wait, as of clock_ms() */
	int64_t next; /* the earliest, unless it ends */
	struct batch batches[BATCHES_MAX];
	size_t count; /* of them */
	size_t width; /* how many share what waits */
	bool was_late; /* one of this turn */
	bool ends;
	int64_t end; /* by then it does, as of clock_ms() */
};

static void listener_add(struct listener *listener, const char *parent)
{
	if (!listener->waiting.n) {
		listener->pause_ms = PAUSE_MIN_MS;
		listener->gathered = clock_ms() + listener->gather_ms;
	}
	strlist_add(&listener->waiting, parent);
}

static void listener_add_all(struct listener *listener)
{
	struct strlist parents = {0};

	/* Where they cannot be listed, the next run of apply says so. */
	(void)live_parents(&parents);
	for (size_t i = 0; i < parents.n; i++)
		listener_add(listener, parents.v[i]);
	strlist_free(&parents);
}

/* As udev's rule has it: other events of a parent come, too. */
static bool is_of_new_parent(const struct udev_event *event)
{
	return strcmp(event->action, "add") == 0 ||
	       (strcmp(event->action, "change") == 0 && event->mdev_state &&
		strcmp(event->mdev_state, "registered") == 0);
}

/* All events that are there. 0, or what the system said. */
static int listener_take_events(struct listener *listener)
{
	struct udev_event event;
	int rc;

	while ((rc = udev_watch_next(listener->watch, &event)) == 0 || rc == -ENOBUFS) {
		const char *name = rc ? NULL : strrchr(event.path, '/');

		if (rc)
			listener_add_all(listener);
		else if (name && is_of_new_parent(&event))
			listener_add(listener, name + 1);
	}
	return rc == -EAGAIN || rc == -EINTR ? 0 : rc;
}

static bool has_turn(const struct listener *listener)
{
	for (size_t i = 0; i < listener->count; i++)
		if (!listener->batches[i].is_late)
			return true;
	return false;
}

static void listener_take_back(struct listener *listener, struct batch *batch, bool has_ended)
{
	struct strlist parents = {0};

	batch_take_back(batch, has_ended, &parents);
	for (size_t i = 0; i < parents.n; i++)
		listener_add(listener, parents.v[i]);
	strlist_free(&parents);
}

static bool is_end_asked_for(int status)
{
	int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	return signal == SIGHUP || signal == SIGINT || signal == SIGTERM;
}

/*
 * A process that failed leaves nobody to do what it was at, and so the listener fails: whoever
 * starts it again has all parents done anew. -ECHILD then, else 0.
 */
static int listener_end_batch(struct listener *listener, size_t i, int status)
{
	struct batch *batch = &listener->batches[i];

	listener_take_back(listener, batch, true);
	batch_free(batch);
	*batch = listener->batches[--listener->count];
	if (!status || is_end_asked_for(status))
		return 0;
	msg_error("the process that applied definitions has failed (%s %d)",
		  WIFSIGNALED(status) ? "signal" : "status",
		  WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return -ECHILD;
}

static int listener_reap(struct listener *listener)
{
	int rc = 0, status;

	for (size_t i = listener->count; i > 0; i--)
		if (waitpid(listener->batches[i - 1].pid, &status, WNOHANG) > 0 &&
		    listener_end_batch(listener, i - 1, status))
			rc = -ECHILD;
	return rc;
}

static void listener_take_from_late(struct listener *listener)
{
	for (size_t i = 0; i < listener->count; i++) {
		struct batch *batch = &listener->batches[i];

		if (batch->is_late || clock_ms() < batch->until)
			continue;
		listener_take_back(listener, batch, false);
		listener->was_late = true;
	}
}

/* In the new process, which a driver may hold up for longer than the listener lives. */
static void listener_work(struct batch *batch, void *arg)
{
	const struct listener *listener = arg;

	if (!listener->ends)
		close(listener->file_fd);
	close(listener->signal_fd);
	close(udev_watch_fd(listener->watch));
	sigprocmask(SIG_SETMASK, &listener->signals_before, NULL);
	listener->work(batch, listener->work_arg);
}

/* One of so many parts of the parents that wait, each of which counts once; they are sorted. */
static int listener_start_part(struct listener *listener, size_t part, size_t parts)
{
	const struct strlist *waiting = &listener->waiting;
	struct strlist parents = {0};
	size_t count = 0;
	int rc;

	for (size_t i = 0; i < waiting->n; i++)
		if ((!i || strcmp(waiting->v[i], waiting->v[i - 1]) != 0) &&
		    count++ % parts == part)
			strlist_add(&parents, waiting->v[i]);
	if (!parents.n)
		return 0;
	rc = batch_start(&listener->batches[listener->count], &parents, TURN_MS, listener_work,
			 listener);
	if (!rc)
		listener->count++;
	strlist_free(&parents);
	return rc;
}

/* One crowd goes on while udev is behind, or while parents wait for the next batch. */
static void listener_take_breath(struct listener *listener, bool is_behind)
{
	int64_t now = clock_ms();
	bool is_crowd = is_behind || now < listener->next + listener->gather_ms;

	listener->gather_ms = is_crowd ? 4 * listener->gather_ms : GATHER_MIN_MS;
	if (listener->gather_ms > GATHER_MAX_MS)
		listener->gather_ms = GATHER_MAX_MS;
	listener->next = now + listener->gather_ms;
}

static int listener_start(struct listener *listener, bool is_behind)
{
	size_t parts;
	int rc = 0;

	listener->width = listener->was_late ? 2 * listener->width : 1;
	if (listener->width > WIDTH_MAX)
		listener->width = WIDTH_MAX;
	listener->was_late = false;
	parts = BATCHES_MAX - listener->count;
	if (parts > listener->width)
		parts = listener->width;
	listener_take_breath(listener, is_behind);
	strlist_sort(&listener->waiting);
	for (size_t part = 0; !rc && part < parts; part++)
		rc = listener_start_part(listener, part, parts);
	strlist_free(&listener->waiting);
	return rc;
}

static bool may_start(const struct listener *listener, bool is_behind)
{
	int64_t now = clock_ms();

	return listener->waiting.n && listener->count < BATCHES_MAX && !has_turn(listener) &&
	       (now >= listener->next || listener->ends) &&
	       (!is_behind || now >= listener->gathered);
}

/* The first of those that ask for an end keeps udev's rule from relying on it. */
static int listener_take_signals(struct listener *listener)
{
	struct signalfd_siginfo signal;

	while (read(listener->signal_fd, &signal, sizeof(signal)) == sizeof(signal)) {
		if (signal.ssi_signo == SIGCHLD || listener->ends)
			continue;
		listener->ends = true;
		listener->end = clock_ms() + END_MS;
		listener->pause_ms = PAUSE_MIN_MS;
		listener_end(listener->file_fd);
		(void)service_tell("STOPPING=1");
	}
	return listener_reap(listener);
}

/* Until something happens, or it is time to look. */
static int listener_wait(struct listener *listener)
{
	struct pollfd ready[] = {{.fd = listener->signal_fd, .events = POLLIN},
				 {.fd = udev_watch_fd(listener->watch), .events = POLLIN}};
	int64_t now = clock_ms(), timeout = -1;

	if (listener->waiting.n || listener->ends) {
		/* Events gather meanwhile. */
		ready[1].fd = -1;
		timeout = listener->pause_ms;
		if (listener->pause_ms < PAUSE_MAX_MS)
			listener->pause_ms *= 2;
	}
	for (size_t i = 0; i < listener->count; i++) {
		int64_t left = listener->batches[i].until - now;

		if (!listener->batches[i].is_late && (timeout < 0 || left < timeout))
			timeout = left > 0 ? left : 0;
	}
	return poll(ready, ARRAY_SIZE(ready), (int)timeout) < 0 && errno != EINTR ? -errno : 0;
}

/* Nothing is left that relied on it. When udev takes too long, all parents there are are done. */
static bool listener_has_ended(struct listener *listener, bool is_behind)
{
	if (!listener->ends || has_turn(listener))
		return false;
	if (is_behind && listener->end && clock_ms() >= listener->end) {
		listener->end = 0;
		listener_add_all(listener);
	}
	return !listener->waiting.n && (!is_behind || !listener->end);
}

/*
 * udev is asked whether it is behind before its events are taken: if it is not, they are all there.
 */
static int listener_follow(struct listener *listener)
{
	bool is_behind = true;
	int rc = 0;

	while (!rc && !listener_has_ended(listener, is_behind)) {
		rc = listener_wait(listener);
		if (!rc)
			rc = listener_take_signals(listener);
		is_behind = udev_watch_is_behind(listener->watch);
		if (!rc)
			rc = listener_take_events(listener);
		listener_take_from_late(listener);
		if (!rc && may_start(listener, is_behind))
			rc = listener_start(listener, is_behind);
	}
	return rc;
}

/* Signals come to a descriptor, so that none is missed between a look and a wait. */
static int listener_catch_signals(struct listener *listener)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &listener->signals_before);
	listener->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return listener->signal_fd < 0 ? -errno : 0;
}

/* The order is that of listener.h. */
static int listener_listen(struct listener *listener)
{
	int rc = listener_catch_signals(listener);

	if (!rc)
		listener->file_fd = listener_begin();
	if (rc || listener->file_fd < 0)
		return rc ? rc : listener->file_fd;
	(void)service_tell("READY=1");
	listener_add_all(listener);
	rc = listener_follow(listener);
	if (!listener->ends)
		listener_end(listener->file_fd);
	return rc;
}

int listener_run(batch_work work, void *arg)
{
	struct listener listener = {.work = work,
				    .work_arg = arg,
				    .signal_fd = -1,
				    .pause_ms = PAUSE_MIN_MS,
				    .gather_ms = GATHER_MIN_MS,
				    .width = 1};
	_cleanup_free_ char *error = NULL;
	int rc;

	if (!service_is_expected() || !root_is_host())
		return cmd_usage(&cmd_apply, "--listen is for a manager of services, as systemd");
	if (udev_watch_begin(&listener.watch, TAG, &error)) {
		msg_error("cannot follow udev's events: %s", error);
		return USAGE;
	}
	rc = listener_listen(&listener);
	if (rc == -ETIMEDOUT)
		msg_error("another process listens for parents already");
	else if (rc && rc != -ECHILD)
		msg_error("cannot listen for parents: %s", error_text(rc));
	for (size_t i = 0; i < listener.count; i++)
		batch_free(&listener.batches[i]);
	strlist_free(&listener.waiting);
	cleanup_close(&listener.signal_fd);
	udev_watch_end(listener.watch);
	return rc ? FAILED : DONE;
}
