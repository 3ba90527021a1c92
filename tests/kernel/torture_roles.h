/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The roles of torture: the operations that each process repeats
 */

#ifndef TESTS_KERNEL_TORTURE_ROLES_H
#define TESTS_KERNEL_TORTURE_ROLES_H

#include <dirent.h>
#include <linux/serial_reg.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "attempt.h"

#define DRIVER "/sys/bus/pci/drivers/medu"
#define MTTY_TYPE "/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1"
#define CORE "/sys/module/mdev"
#define CLASS "/sys/class/mdev"
#define UUIDS "5f0c3b1e-8a45-4c1d-9d5b-0000000000a"
#define EDU_ID_VALUE 0x010000ed
#define MTTY_VENDOR 0x4348
#define EDU_FACTORIAL 0x08
#define EDU_DMA_CMD 0x98

/* Instances that each parent of medu can have: fewer than there are identities */
#define INSTANCES "4"

/* The ports of mtty, of which each of its instances has one: more than it can need */
#define MTTY_PORTS 24

#define ERRNO_MAX 134

/* More allocations than making an instance takes */
#define NTH_MAX 400

struct worker;

/**
 * struct role - what a process does
 * @name: its name in the printed counts
 * @workers: number of processes with this role
 * @step: does one operation, and counts its outcome
 * @losing: the errnos that losing a race can give, ended by 0
 */
struct role {
	const char *name;
	unsigned int workers;
	void (*step)(struct worker *w);
	int losing[10];
};

/**
 * struct worker - a process
 * @role: its role
 * @pid: 0 when it has ended
 * @seed: state of its random numbers
 * @fault: its fail-nth, or -1
 * @since_ms: when its operation began
 * @took_ms: how long its last operation kept parents away from the others
 * @armed: an allocation is going to fail
 * @hit: one has failed in this operation
 * @failures: number of failures in all
 * @outcomes: how often operations ended with each errno; 0 is success
 */
struct worker {
	const struct role *role;
	pid_t pid;
	unsigned int seed;
	int fault;
	_Atomic int64_t since_ms;
	int64_t took_ms;
	bool armed;
	bool hit;
	unsigned long failures;
	unsigned long outcomes[ERRNO_MAX];
};

/**
 * struct turns - every allocation of an operation, made to fail in turn
 * @next: number of the allocation that fails next, from 1
 * @rounds: how often all of them have had their turn
 * @hits: how often each has failed
 */
struct turns {
	_Atomic unsigned int next;
	_Atomic unsigned long rounds;
	_Atomic unsigned long hits[NTH_MAX];
};

struct shared {
	struct worker workers[32];
	unsigned int nr_workers;
	struct turns creation;
	_Atomic bool stop;
	_Atomic bool failed;
};

static struct shared *shared;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static sigjmp_buf no_page;

static void on_sigbus(int sig)
{
	siglongjmp(no_page, sig);
}

static unsigned int pick(struct worker *w, unsigned int nr)
{
	return rand_r(&w->seed) / 7 % nr;
}

static void __attribute__((noreturn)) give_up(struct worker *w, const char *what, const char *why)
{
	printf("%s: %s: %s\n", w->role->name, what, why);
	exit(1);
}

static void disarm(struct worker *w)
{
	if (w->armed && fault_disarm(w->fault)) {
		w->hit = true;
		w->failures++;
	}
	w->armed = false;
}

static void arm(struct worker *w, unsigned int nth)
{
	disarm(w);
	fault_arm(w->fault, nth);
	w->armed = true;
}

/* With --faults, makes an allocation fail in half of the operations */
static void maybe_arm(struct worker *w, unsigned int range)
{
	if (w->fault >= 0 && pick(w, 2))
		arm(w, 1 + pick(w, range));
}

/* The same for the allocation whose turn it is; returns its number, or 0 for none */
static unsigned int maybe_arm_turn(struct worker *w, struct turns *turns)
{
	unsigned int nth = w->fault >= 0 && pick(w, 2) ? atomic_load(&turns->next) : 0;

	if (nth)
		arm(w, nth);
	return nth;
}

/* Goes on to the next allocation if this one has failed; to the first if there is none left */
static void turn_over(struct turns *turns, unsigned int nth, bool hit, int rc)
{
	if (hit) {
		turns->hits[nth]++;
		atomic_compare_exchange_strong(&turns->next, &nth, nth % (NTH_MAX - 1) + 1);
	} else if (!rc && atomic_compare_exchange_strong(&turns->next, &nth, 1)) {
		turns->rounds++;
	}
}

/*
 * Counts an outcome; one that is not in role->losing ends the run. Returns whether
 * an allocation has failed.
 */
static bool count(struct worker *w, const char *what, int rc)
{
	const int *losing = w->role->losing;
	bool hit;

	disarm(w);
	hit = w->hit;
	w->hit = false;
	w->outcomes[-rc]++;
	/* Let those run that make the instance, or bring the parent back. */
	if (rc == -ENOENT || rc == -ENXIO)
		usleep(2000);
	if (!rc || (hit && (rc == -ENOMEM || rc == -EFAULT)))
		return hit;
	while (*losing && *losing != -rc)
		losing++;
	if (!*losing)
		give_up(w, what, strerror(-rc));
	return hit;
}

static const char *a_parent(struct worker *w)
{
	return pick(w, 2) ? "0000:01:00.0" : "0000:02:00.0";
}

/* The text that is written for an identity, and the name of its device */
static const char *const ids[] = { "", ":0", ":1", ":2" };
static const char *const names[] = { "", "-0", "-1", "-2" };

static void a_device(struct worker *w, char *name, size_t size)
{
	snprintf(name, size, UUIDS "%u%s", pick(w, 2), names[pick(w, 4)]);
}

/*
 * An instance of a driver of the kernel's own interface, which has no number. No
 * allocation fails here: VFIO goes on without memory for the set of such a device,
 * and takes a lock that does not exist when it is opened.
 */
static void step_mtty(struct worker *w)
{
	char uuid[64];

	snprintf(uuid, sizeof(uuid), UUIDS "%u", pick(w, 2));
	count(w, uuid, attempt_write(MTTY_TYPE "/create", uuid));
}

static void step_create(struct worker *w)
{
	const char *type = pick(w, 2) ? "medu-fact" : "medu-dma";
	unsigned int uuid = pick(w, 2), id = pick(w, 4), nth;
	char path[PATH_MAX], text[128];
	bool hit;
	int rc;

	if (*ids[id] && pick(w, 2)) {
		snprintf(path, sizeof(path), PARENTS "/%s/mdev_create", a_parent(w));
		snprintf(text, sizeof(text), UUIDS "%u%s:type=%s,seed=1", uuid, ids[id], type);
	} else {
		snprintf(path, sizeof(path), PARENTS "/%s/mdev_supported_types/%s/create",
			 a_parent(w), type);
		snprintf(text, sizeof(text), UUIDS "%u%s", uuid, ids[id]);
	}
	nth = maybe_arm_turn(w, &shared->creation);
	rc = attempt_write(path, text);
	hit = count(w, text, rc);
	if (nth)
		turn_over(&shared->creation, nth, hit, rc);
}

static void step_destroy(struct worker *w)
{
	char path[PATH_MAX], name[64];

	a_device(w, name, sizeof(name));
	maybe_arm(w, 20);
	if (pick(w, 3)) {
		snprintf(path, sizeof(path), DEVICES "/%s/remove", name);
		count(w, name, attempt_write(path, "1"));
	} else {
		snprintf(path, sizeof(path), PARENTS "/%s/mdev_destroy", a_parent(w));
		snprintf(name, sizeof(name), UUIDS "%u%s", pick(w, 2), ids[pick(w, 4)]);
		count(w, name, attempt_write(path, name));
	}
}

static void step_machine(struct worker *w, const char *path)
{
	char uuid[64];

	snprintf(uuid, sizeof(uuid), UUIDS "%u", pick(w, 2));
	maybe_arm(w, 20);
	count(w, path, attempt_write(path, uuid));
}

static void step_start(struct worker *w)
{
	step_machine(w, CLASS "/mdev_start");
}

static void step_stop(struct worker *w)
{
	step_machine(w, CLASS "/mdev_stop");
}

/* Sends and receives by a serial port of mtty */
static void use_port(struct worker *w, const struct session *s)
{
	char byte = 'x';

	pwrite(s->device, &byte, 1, UART_TX);
	pread(s->device, &byte, 1, UART_LSR);
	pread(s->device, &byte, 1, UART_RX);
	if (!pick(w, 4))
		ioctl(s->device, VFIO_DEVICE_RESET);
}

/* Whether an open instance is one of mtty. It cannot be another one before it is closed. */
static bool is_mtty(const struct session *s)
{
	struct vfio_region_info config;
	uint16_t vendor = 0;

	if (attempt_region(s, VFIO_PCI_CONFIG_REGION_INDEX, &config))
		return false;
	pread(s->device, &vendor, sizeof(vendor), config.offset);
	return vendor == MTTY_VENDOR;
}

static void use_registers(struct worker *w, const struct session *s)
{
	uint32_t id = 0, value = 12;

	/* What tells the instances apart must not fail: it would look like another instance. */
	disarm(w);
	if (is_mtty(s)) {
		use_port(w, s);
		return;
	}
	/* Another user of the device may reset it at any time. */
	attempt_enable(s);
	if (pread(s->device, &id, sizeof(id), 0) == sizeof(id) && id != EDU_ID_VALUE)
		give_up(w, "id", "not that of an edu");
	pwrite(s->device, &value, sizeof(value), EDU_FACTORIAL);
	if (pick(w, 4))
		return;
	/* There is no guest memory at these addresses: the job has to fail. */
	value = 1;
	pwrite(s->device, &value, sizeof(value), EDU_DMA_CMD);
	ioctl(s->device, VFIO_DEVICE_RESET);
}

static void use_mapping(struct worker *w, const struct session *s)
{
	struct vfio_region_info info;
	volatile char *map;

	maybe_arm(w, 20);
	if (attempt_region(s, VFIO_PCI_BAR2_REGION_INDEX, &info))
		return;
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, s->device, info.offset);
	if (map == MAP_FAILED)
		return;
	if (!sigsetjmp(no_page, 1))
		map[pick(w, 4096)]++;
	munmap((void *)map, 4096);
}

static void use_irqs(struct worker *w, const struct session *s)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int fd = eventfd(0, EFD_CLOEXEC);

	/* mtty knows how many interrupts it has once it was asked. */
	ioctl(s->device, VFIO_DEVICE_GET_INFO, &info);
	maybe_arm(w, 20);
	attempt_irq(s, VFIO_PCI_MSI_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, fd);
	attempt_irq(s, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, fd);
	attempt_irq(s, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK, fd);
	eventfd_write(fd, 1);
	close(fd);
}

static int use_instance(struct worker *w, const char *name)
{
	struct session s;
	int rc, uses = pick(w, 6);

	maybe_arm(w, 40);
	rc = attempt_group(&s, name);
	if (!rc)
		rc = attempt_device(&s, name);
	while (!rc && uses--) {
		use_registers(w, &s);
		use_mapping(w, &s);
		use_irqs(w, &s);
	}
	session_close(&s);
	return rc;
}

/* A user that is killed while it uses the instance */
static void use_and_die(struct worker w, const char *name)
{
	struct session s;

	/* The fail-nth that is open belongs to the parent process. */
	w.fault = -1;
	if (!attempt_group(&s, name) && !attempt_device(&s, name)) {
		use_registers(&w, &s);
		use_irqs(&w, &s);
	}
	raise(SIGKILL);
}

static void step_open(struct worker *w)
{
	char name[64];
	pid_t pid;

	a_device(w, name, sizeof(name));
	if (pick(w, 8)) {
		count(w, name, use_instance(w, name));
		return;
	}
	pid = fork();
	if (pid < 0)
		give_up(w, "fork", strerror(errno));
	if (!pid)
		use_and_die(*w, name);
	waitpid(pid, NULL, 0);
}

/* Checks the value of an attribute; it is no failure if the file does not exist */
static void read_file(struct worker *w, const char *folder, const char *file, char *text,
		      size_t size)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	maybe_arm(w, 10);
	rc = attempt_read(path, text, size);
	count(w, path, rc);
}

/* How many instances can be left of the type in whose folder this file is */
static unsigned long most_left(int fd)
{
	char path[PATH_MAX] = "", link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof(path) - 1) > 0 && strstr(path, "/mtty-1/"))
		return MTTY_PORTS;
	return strtoul(INSTANCES, NULL, 10);
}

/* The name may be that of another type's instance by the next look: what is left is read once. */
static void read_left(struct worker *w, const char *name)
{
	char path[PATH_MAX], text[16] = "";
	int fd, rc;

	snprintf(path, sizeof(path), DEVICES "/%s/mdev_type/available_instances", name);
	maybe_arm(w, 10);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	rc = fd < 0 ? -errno : attempt(read(fd, text, sizeof(text) - 1));
	count(w, path, rc < 0 ? rc : 0);
	if (strtoul(text, NULL, 10) > most_left(fd))
		give_up(w, "available_instances", text);
	if (fd >= 0)
		close(fd);
}

static void read_instance(struct worker *w, const char *name)
{
	char path[PATH_MAX], text[256];

	snprintf(path, sizeof(path), DEVICES "/%s", name);
	read_file(w, path, "uuid", text, sizeof(text));
	if (*text && strncmp(text, name, strlen(text)))
		give_up(w, name, text);
	read_file(w, path, "state", text, sizeof(text));
	if (*text && strcmp(text, "started") && strcmp(text, "stopped"))
		give_up(w, name, text);
	read_file(w, path, "instance", text, sizeof(text));
	read_file(w, path, "medu/label", text, sizeof(text));
	read_file(w, path, "vendor/sample_mdev_dev", text, sizeof(text));
	read_left(w, name);
	read_file(w, path, "uevent", text, sizeof(text));
}

static void step_read(struct worker *w)
{
	struct dirent *entry;
	char text[256];
	DIR *dir = opendir(DEVICES);

	read_file(w, "/sys/class/mdev_bus/0000:01:00.0/mdev_supported_types/medu-fact",
		  "description", text, sizeof(text));
	if (!dir) {
		usleep(2000);
		return;
	}
	while ((entry = readdir(dir)))
		if (*entry->d_name != '.')
			read_instance(w, entry->d_name);
	closedir(dir);
}

/*
 * The other roles need parents. Waits, for up to the given multiple of the time for
 * which they were away.
 */
static int64_t leave_alone(struct worker *w, unsigned int times)
{
	int64_t until = now_ms() + pick(w, times * (w->took_ms + 100));

	/* This wait is not an operation that hangs. */
	while (now_ms() < until && !shared->stop) {
		usleep(20000);
		atomic_store(&w->since_ms, now_ms());
	}
	return now_ms();
}

static void step_bind(struct worker *w)
{
	int64_t since = leave_alone(w, 8);
	const char *parent = a_parent(w);

	count(w, parent, attempt_write(DRIVER "/unbind", parent));
	maybe_arm(w, 160);
	count(w, parent, attempt_write(DRIVER "/bind", parent));
	w->took_ms = now_ms() - since;
}

/* Returns 0, or -EBUSY if modprobe failed */
static int modprobe(struct worker *w, char *const args[])
{
	extern char **environ;
	posix_spawn_file_actions_t quiet;
	pid_t pid;
	int status, rc;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	rc = posix_spawnp(&pid, args[0], &quiet, NULL, args, environ);
	posix_spawn_file_actions_destroy(&quiet);
	if (rc)
		give_up(w, args[0], strerror(rc));
	waitpid(pid, &status, 0);
	/* Each is an operation, of which a step has several: all together may take long. */
	atomic_store(&w->since_ms, now_ms());
	return status ? -EBUSY : 0;
}

static char *const load_medu[] = { "modprobe", "medu", "instances=" INSTANCES, NULL };

/* Unloads a parent driver, the bus driver, or all modules; then loads them again */
static void step_load(struct worker *w)
{
	static char *const unload[][6] = {
		{ "rmmod", "medu", NULL },
		{ "rmmod", "vfio_mdev", NULL },
		{ "modprobe", "-r", "medu", "vfio_mdev", NULL },
		/* Those with mtty: a kernel with kmemleak releases its objects late, after its memory. */
		{ "rmmod", "mtty", NULL },
		{ "modprobe", "-r", "medu", "mtty", "vfio_mdev", NULL },
	};
	const unsigned int choices = exists("/sys/kernel/debug/kmemleak") ? 3 : 5;
	static char *const load_vfio_mdev[] = { "modprobe", "vfio_mdev", NULL };
	static char *const load_mtty[] = { "modprobe", "mtty", NULL };
	int64_t since = leave_alone(w, 8);

	count(w, "unload", modprobe(w, unload[pick(w, choices)]));
	/* See wait_for_unloaded() in kernel.bash. */
	while (!exists(CORE) && exists("/sys/class/mdev_bus") && !shared->stop)
		usleep(100000);
	count(w, "load", modprobe(w, load_vfio_mdev));
	count(w, "load", modprobe(w, load_medu));
	count(w, "load", modprobe(w, load_mtty));
	w->took_ms = now_ms() - since;
}

static const struct role roles[] = {
	{ "create", 3, step_create, { EEXIST, EUSERS, ENODEV, ENOENT, ENXIO } },
	{ "mtty", 1, step_mtty, { EEXIST, ENOSPC, ENODEV, ENOENT, ENXIO } },
	{ "destroy", 2, step_destroy, { EBUSY, ENODEV, ENOENT } },
	{ "start", 1, step_start, { ENODEV, ENOENT } },
	{ "stop", 1, step_stop, { ENODEV, ENOENT } },
	{ "open", 2, step_open, { ENODEV, ENOENT, ENXIO, EBUSY, EINVAL } },
	{ "read", 2, step_read, { ENODEV, ENOENT } },
	{ "bind", 1, step_bind, { ENODEV, ENOENT, EBUSY } },
	{ "load", 1, step_load, { EBUSY } },
};

#define NR_ROLES (sizeof(roles) / sizeof(*roles))

/* Removes all instances, after all workers have ended; returns their number */
static unsigned long clear_away(void)
{
	struct dirent *entry;
	unsigned long nr = 0;
	char path[PATH_MAX];
	DIR *dir = opendir(DEVICES);
	int rc;

	while (dir && (entry = readdir(dir))) {
		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), DEVICES "/%s/remove", entry->d_name);
		rc = attempt_write(path, "1");
		if (rc)
			errx(1, "%s is left and does not go: %s", entry->d_name, strerror(-rc));
		nr++;
	}
	if (dir)
		closedir(dir);
	return nr;
}

#endif /* TESTS_KERNEL_TORTURE_ROLES_H */
