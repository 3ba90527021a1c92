// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sysfs_fuzz: writes random lines to the files that make, remove, start and stop
 * instances of medu and of mtty, and checks the result of each write
 *
 * It makes a correct line, and then often spoils it: adds, removes or changes a
 * byte, cuts it, repeats it, or makes it about as long as a page. It computes the
 * expected result as kmod/ABI.rst has it, from the instances that exist, and not
 * in the way in which the kernel parses. Nobody else may use the parents.
 *
 * Usage: sysfs_fuzz SEED SECONDS; prints what differs, and for each file how many
 * writes there were and how they ended. Exit status 0: nothing differs.
 */

#include <ctype.h>
#include <dirent.h>
#include <signal.h>

#include "attempt.h"
#include "rng.h"

#define PARENT PARENTS "/0000:01:00.0"
#define TYPES PARENT "/mdev_supported_types"
#define MTTY_TYPES "/sys/class/mdev_bus/mtty/mdev_supported_types"
#define UUIDS "5f0c3b1e-8a45-4c1d-9d5b-0000000000a"
#define NR_UUIDS 3
#define UUID_LEN 36
#define INSTANCES_MAX 8
#define LABEL_MAX 63
#define PAGE 4096
#define TEXT_MAX (2 * PAGE)
#define ERRNO_MAX 134

enum file { CREATE, MTTY_CREATE, MDEV_CREATE, MDEV_DESTROY, REMOVE, START, STOP, LABEL, NR_FILES };

static const char *const file_names[NR_FILES] = {
	"create", "create of mtty", "mdev_create", "mdev_destroy", "remove", "mdev_start", "mdev_stop", "label",
};

/**
 * struct instance - an instance that exists
 * @name: name of its device
 * @uuid: lower case
 * @number: of the instance
 * @is_mtty: it is one of mtty, a driver of the kernel's own
 */
struct instance {
	char name[64];
	char uuid[UUID_LEN + 1];
	uint32_t number;
	bool is_mtty;
};

/**
 * struct request - a line, parsed as ABI.rst describes it
 * @uuid: lower case
 * @numbered: whether it names a number
 * @number: the number, or 0
 * @params: or NULL
 */
struct request {
	char uuid[UUID_LEN + 1];
	bool numbered;
	uint32_t number;
	char *params;
};

/* Those of mtty have no number: there are no more than UUIDs. */
static struct instance instances[INSTANCES_MAX + NR_UUIDS];
static unsigned int nr_instances;
static uint64_t rng;
static unsigned long results[NR_FILES][ERRNO_MAX], differences;
static volatile sig_atomic_t stop;

static uint64_t below(uint64_t n)
{
	return rng_below(&rng, n);
}

/* Not every kernel has mtty. */
static enum file a_file(void)
{
	enum file file = below(NR_FILES);

	return file == MTTY_CREATE && access(MTTY_TYPES, F_OK) ? CREATE : file;
}

/* What is expected */

/* A number as the kernel parses it: all digits; if base is 0, a prefix means 8 or 16 */
static bool parse_number(const char *text, int base, uint64_t max, uint64_t *ret)
{
	char *end;

	if (*text == '+')
		text++;
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*ret = strtoull(text, &end, base);
	return !errno && !*end && *ret <= max;
}

static bool parse_uuid(const char *text, char *uuid)
{
	int i;

	for (i = 0; i < UUID_LEN; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' :
							      !isxdigit((unsigned char)text[i]))
			return false;
		uuid[i] = tolower((unsigned char)text[i]);
	}
	uuid[UUID_LEN] = '\0';
	return true;
}

/* Removes the newline that may end a line; returns false if there is another one */
static bool chomp(char *text, size_t len)
{
	if (len >= PAGE)
		return false;
	if (len && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	return strlen(text) == len && !strchr(text, '\n');
}

static bool parse_request(char *text, size_t len, struct request *req)
{
	uint64_t number;
	size_t digits;

	*req = (struct request){ 0 };
	if (!chomp(text, len) || !parse_uuid(text, req->uuid))
		return false;
	text += UUID_LEN;
	if (!*text)
		return true;
	if (*text++ != ':')
		return false;
	digits = strspn(text, "0123456789");
	if (digits && (!text[digits] || text[digits] == ':')) {
		bool last = !text[digits];

		text[digits] = '\0';
		if (!parse_number(text, 10, UINT32_MAX, &number))
			return false;
		req->numbered = true;
		req->number = number;
		if (last)
			return true;
		text += digits + 1;
	}
	req->params = text;
	return *text;
}

/* Cuts type=NAME out of comma-separated params; returns false if there is not exactly one */
static bool take_type(struct request *req)
{
	char rest[TEXT_MAX] = "", *param = req->params, *comma;
	unsigned int types = 0, others = 0;

	while (param) {
		comma = strchr(param, ',');
		if (comma)
			*comma = '\0';
		if (strncmp(param, "type=", 5)) {
			if (others++)
				strcat(rest, ",");
			strcat(rest, param);
		} else if (types++ || (strcmp(param + 5, "medu-fact") &&
				       strcmp(param + 5, "medu-dma"))) {
			return false;
		}
		param = comma ? comma + 1 : NULL;
	}
	if (!types)
		return false;
	strcpy(req->params, rest);
	if (!others)
		req->params = NULL;
	return true;
}

static struct instance *find(const struct request *req)
{
	unsigned int i;

	for (i = 0; i < nr_instances; i++)
		if (!strcmp(instances[i].uuid, req->uuid) && instances[i].number == req->number)
			return &instances[i];
	return NULL;
}

static void forget(struct instance *gone)
{
	*gone = instances[--nr_instances];
}

static unsigned int count_medu(void)
{
	unsigned int nr = 0, i;

	for (i = 0; i < nr_instances; i++)
		nr += !instances[i].is_mtty;
	return nr;
}

static int expect_mtty_create(const struct request *req)
{
	struct instance *new = &instances[nr_instances];

	if (req->numbered || req->params)
		return EINVAL;
	if (find(req))
		return EEXIST;
	*new = (struct instance){ .is_mtty = true };
	strcpy(new->uuid, req->uuid);
	strcpy(new->name, req->uuid);
	nr_instances++;
	return 0;
}

static int expect_create(const struct request *req)
{
	struct instance *new = &instances[nr_instances];
	uint64_t seed;

	if (find(req))
		return EEXIST;
	if (count_medu() == INSTANCES_MAX)
		return EUSERS;
	if (req->params && (strncmp(req->params, "seed=", 5) ||
			    !parse_number(req->params + 5, 0, UINT32_MAX, &seed)))
		return EINVAL;
	new->is_mtty = false;
	strcpy(new->uuid, req->uuid);
	new->number = req->number;
	if (req->numbered)
		snprintf(new->name, sizeof(new->name), "%s-%u", req->uuid, req->number);
	else
		strcpy(new->name, req->uuid);
	nr_instances++;
	return 0;
}

static int expect_destroy(const struct request *req)
{
	struct instance *instance = find(req);

	if (req->params)
		return EINVAL;
	if (!instance || instance->is_mtty)
		return ENODEV;
	forget(instance);
	return 0;
}

static int expect_machine(const struct request *req)
{
	unsigned int i;

	if (req->numbered || req->params)
		return EINVAL;
	for (i = 0; i < nr_instances; i++)
		if (!strcmp(instances[i].uuid, req->uuid))
			return 0;
	return ENODEV;
}

static int expect_remove(struct instance *instance, char *text, size_t len)
{
	uint64_t val;

	if (!chomp(text, len) || !parse_number(text, 0, UINT64_MAX, &val))
		return EINVAL;
	if (val)
		forget(instance);
	return 0;
}

/* Returns the errno that the write must give, or 0, and updates the known instances */
static int expect(enum file file, struct instance *instance, char *text, size_t len)
{
	struct request req;

	/* A write of no bytes does not reach the kernel's function. */
	if (!len)
		return 0;
	if (file == REMOVE)
		return expect_remove(instance, text, len);
	if (file == LABEL)
		return chomp(text, len) && strlen(text) <= LABEL_MAX ? 0 : EINVAL;
	if (!parse_request(text, len, &req))
		return EINVAL;
	switch (file) {
	case CREATE:
		return expect_create(&req);
	case MTTY_CREATE:
		return expect_mtty_create(&req);
	case MDEV_CREATE:
		return req.numbered && take_type(&req) ? expect_create(&req) : EINVAL;
	case MDEV_DESTROY:
		return expect_destroy(&req);
	default:
		return expect_machine(&req);
	}
}

/* What is written */

static size_t make_number(char *text)
{
	static const char *const numbers[] = {
		"0", "1", "1", "1", "00", "+1", "-1", "0x1", "0x", "010", "08", "1 ", "256",
		"4294967295", "4294967296", "18446744073709551615", "18446744073709551616",
		"99999999999999999999999999", "",
	};

	return sprintf(text, "%s", numbers[below(sizeof(numbers) / sizeof(*numbers))]);
}

static size_t make_line(enum file file, char *text)
{
	static const char *const params[] = {
		"seed=1", "seed=0x11", "seed=4294967295", "seed=4294967296", "seed=", "seed",
		"seed=1,seed=2", "type=medu-fact", "type=medu-dma", "type=medu-dma,seed=7",
		"seed=7,type=medu-fact", "type=medu-fact,", ",type=medu-dma", "type=medu",
		"type=medu-fact,type=medu-dma", "a:b", ",", ":", "seed=1:2",
	};
	static const char *const fields[] = { "0", "1", "2", "7", "007", "42", "4294967295",
					      "4294967296", "-1", "1x" };
	bool destroys = file == MDEV_DESTROY;
	/* What is taken is mostly a UUID alone. */
	bool machine = file == START || file == STOP || file == MTTY_CREATE;
	size_t len = sprintf(text, UUIDS "%d", (int)below(NR_UUIDS)), i;

	for (i = 0; !below(8) && i < len; i++)
		text[i] = toupper((unsigned char)text[i]);
	if (below(8) && !(machine && below(8)))
		len += sprintf(text + len, ":%s",
			       fields[below(8) ? below(7) : below(sizeof(fields) / sizeof(*fields))]);
	if (file == MDEV_CREATE || (!below(4) && !((destroys || machine) && below(8))))
		len += sprintf(text + len, ":%s", params[below(sizeof(params) / sizeof(*params))]);
	return len;
}

static size_t make_label(char *text)
{
	size_t len = below(4) ? below(LABEL_MAX) : LABEL_MAX - 2 + below(5), i;

	for (i = 0; i < len; i++)
		text[i] = ' ' + below(95);
	return len;
}

static char a_byte(void)
{
	static const char bytes[] = "0123456789abcdefAFgxX:-,=+ \n\t%{}/.\x7f\xff";

	return bytes[below(sizeof(bytes))];
}

/* Makes one random change; there is room for it in the text */
static size_t spoil(char *text, size_t len)
{
	size_t at = below(len + 1);

	switch (below(8)) {
	case 0:
		memmove(text + at + 1, text + at, len - at);
		text[at] = a_byte();
		return len + 1;
	case 1:
		if (at == len)
			return len;
		memmove(text + at, text + at + 1, len - at - 1);
		return len - 1;
	case 2:
		if (at < len)
			text[at] = a_byte();
		return len;
	case 3:
		return at;
	case 4:
		text[len] = '\n';
		return len + 1;
	case 5:
		text[len] = '\0';
		return len + 1;
	case 6:
		memcpy(text + len, text, len);
		return 2 * len;
	default:
		at = PAGE - 2 + below(5);
		memset(text + len, below(2) ? '0' : a_byte(), at - len);
		return at;
	}
}

static size_t make_text(enum file file, char *text)
{
	size_t len;

	if (file == REMOVE)
		len = make_number(text);
	else if (file == LABEL)
		len = make_label(text);
	else
		len = make_line(file, text);
	if (!below(8))
		text[len++] = '\n';
	while (!below(3) && len < 256)
		len = spoil(text, len);
	return len;
}

static const char *file_path(enum file file, const struct instance *instance)
{
	static char path[PATH_MAX];

	switch (file) {
	case CREATE:
		return below(2) ? TYPES "/medu-fact/create" : TYPES "/medu-dma/create";
	case MTTY_CREATE:
		return below(2) ? MTTY_TYPES "/mtty-1/create" : MTTY_TYPES "/mtty-2/create";
	case MDEV_CREATE:
		return PARENT "/mdev_create";
	case MDEV_DESTROY:
		return PARENT "/mdev_destroy";
	case START:
		return "/sys/class/mdev/mdev_start";
	case STOP:
		return "/sys/class/mdev/mdev_stop";
	default:
		snprintf(path, sizeof(path), DEVICES "/%s/%s", instance->name,
			 file == REMOVE ? "remove" : "medu/label");
		return path;
	}
}

static void differs(const char *path, const char *text, size_t len, int got, int want)
{
	size_t i;

	differences++;
	printf("%s: %zu bytes '", path, len);
	for (i = 0; i < len && i < 200; i++)
		printf(isprint((unsigned char)text[i]) ? "%c" : "\\x%02x",
		       (unsigned char)text[i]);
	printf("': %s instead of %s\n", strerrorname_np(got), strerrorname_np(want));
}

static void step(void)
{
	static char text[TEXT_MAX], copy[TEXT_MAX + 1];
	enum file file = a_file();
	struct instance *instance = NULL;
	const char *path;
	size_t len;
	ssize_t rc;
	int fd, got, want;

	if (file == REMOVE || file == LABEL) {
		if (!nr_instances)
			return;
		instance = &instances[below(nr_instances)];
		if (file == LABEL && instance->is_mtty)
			return;
	}
	path = file_path(file, instance);
	len = make_text(file, text);
	memcpy(copy, text, len);
	want = expect(file, instance, copy, len);

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	rc = write(fd, text, len);
	got = rc < 0 ? errno : 0;
	close(fd);
	results[file][got % ERRNO_MAX]++;
	if (got != want || (!got && rc != (ssize_t)len))
		differs(path, text, len, got, want);
}

/* Checks that exactly the known instances exist */
static void check_state(void)
{
	char path[PATH_MAX], text[16];
	unsigned int there = 0, i;
	struct dirent *entry;
	DIR *dir = opendir(DEVICES);

	while (dir && (entry = readdir(dir)))
		there += *entry->d_name != '.';
	if (dir)
		closedir(dir);
	for (i = 0; i < nr_instances; i++) {
		snprintf(path, sizeof(path), DEVICES "/%s/driver", instances[i].name);
		there -= exists(path);
	}
	attempt_read(TYPES "/medu-dma/available_instances", text, sizeof(text));
	if (there || strtoul(text, NULL, 10) != INSTANCES_MAX - count_medu()) {
		printf("%u instances too many, %s left of %u with %u in use\n", there, text,
		       INSTANCES_MAX, count_medu());
		differences++;
	}
}

static void clear_away(void)
{
	char path[PATH_MAX];

	while (nr_instances) {
		snprintf(path, sizeof(path), DEVICES "/%s/remove", instances[0].name);
		if (attempt_write(path, "1"))
			err(1, "%s", path);
		forget(&instances[0]);
	}
}

static void report(void)
{
	unsigned long writes = 0;
	int file, error;

	for (file = 0; file < NR_FILES; file++) {
		printf("%s:", file_names[file]);
		for (error = 0; error < ERRNO_MAX; error++) {
			writes += results[file][error];
			if (results[file][error])
				printf(" %s %lu", error ? strerrorname_np(error) : "ok",
				       results[file][error]);
		}
		printf("\n");
	}
	printf("%lu writes, %lu differences\n", writes, differences);
}

static void on_alarm(int sig)
{
	(void)sig;
	stop = 1;
}

int main(int argc, char **argv)
{
	unsigned int seconds, seed;
	unsigned long steps = 0;

	if (argc != 3)
		errx(2, "usage: sysfs_fuzz SEED SECONDS");
	seed = strtoul(argv[1], NULL, 10);
	seconds = strtoul(argv[2], NULL, 10);
	rng = ((uint64_t)seed << 8) + 1;
	signal(SIGALRM, on_alarm);
	alarm(seconds);
	/* After that many differences, further ones would only follow from them. */
	while (!stop && differences < 20) {
		step();
		if (!(++steps % 256))
			check_state();
	}
	check_state();
	clear_away();
	check_state();
	printf("seed %u\n", seed);
	report();
	return differences ? 1 : 0;
}
