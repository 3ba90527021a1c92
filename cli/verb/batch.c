// SPDX-License-Identifier: GPL-2.0-or-later
/* Parents that come together, done by a process of their own. */
#include "verb/batch.h"

#include "base/file.h"

#include <errno.h>
#include <sys/mman.h>

/* An array that is the same one in both processes. */
static atomic_uchar *share(size_t count)
{
	void *shared = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return shared == MAP_FAILED ? NULL : shared;
}

static void unshare_steps(struct batch *batch)
{
	(void)munmap(batch->steps, batch->parents.n);
}

int batch_start(struct batch *batch, struct strlist *parents, unsigned int turn_ms, batch_work work,
		void *arg)
{
	*batch = (struct batch){
		.parents = *parents, .steps = share(parents->n), .until = clock_ms() + turn_ms};
	if (!batch->steps)
		return -errno;
	batch->pid = fork();
	if (batch->pid < 0) {
		int rc = -errno;

		unshare_steps(batch);
		return rc;
	}
	if (!batch->pid) {
		work(batch, arg);
		(void)stdout_flush();
		_exit(0);
	}
	*parents = (struct strlist){0};
	return 0;
}

bool batch_begin(struct batch *batch, size_t i)
{
	if (i >= batch->parents.n || (i > 0 && clock_ms() >= batch->until))
		return false;
	atomic_store(&batch->steps[i], BATCH_BEGUN);
	return true;
}

void batch_end(struct batch *batch, size_t i)
{
	atomic_store(&batch->steps[i], BATCH_DONE);
}

void batch_take_back(struct batch *batch, bool has_ended, struct strlist *parents)
{
	for (size_t i = 0; i < batch->parents.n; i++) {
		enum batch_step step = atomic_load(&batch->steps[i]);

		if ((step == BATCH_WAITS && !batch->is_late) || (step == BATCH_BEGUN && has_ended))
			strlist_add(parents, batch->parents.v[i]);
	}
	batch->is_late = true;
}

void batch_free(struct batch *batch)
{
	unshare_steps(batch);
	strlist_free(&batch->parents);
	*batch = (struct batch){0};
}
