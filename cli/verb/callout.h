/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts are asked before something is done to a device, and told afterwards. A script may say
 * what it supports: then it alone serves all devices of that type and parent. Otherwise all are
 * asked in turn, until one takes the device for its own.
 *
 * Each device has its scripts by itself, from the first to the last, before those of the next one
 * begin: some hold a lock from before an action until after it. The caller holds no lock.
 */
#ifndef CALLOUT_H
#define CALLOUT_H

#include "base/file.h"
#include "host/script.h"
#include "model/device.h"
#include "verb/callout_failure.h"

enum callout_flags {
	CALLOUT_FORCE = 1 << 0, /* what scripts refuse is done all the same, with a warning */
};

/* One action on one device, on its way from callout_begin() to callout_end(). */
struct callout {
	enum script_action action;
	struct identity id;
	char *type, *parent;
	char *text; /* what scripts get to read of it; NULL where there are none */
	const struct callout_service *service; /* NULL where no script is asked */
	struct script *script; /* that took it, of those that do not say what they support */
	struct callout_failure failure;
	bool is_open;
};

/*
 * Asks the scripts whether this may be done to the device, which is as the definition says or
 * shall be so. Nobody changes it meanwhile but others, so what was checked before is to be checked
 * again. 0, or a negative errno with a reason in *reterr, and failure set until callout_end(),
 * which does nothing else then.
 */
int callout_begin(struct callout *ret, enum script_action action, const struct definition *def,
		  enum callout_flags flags, char **reterr);

/* Tells the scripts how the action ended. */
void callout_end(struct callout *callout, bool is_done);

/*
 * All of that around an action, so that nobody forgets the end. What act() returns goes to the
 * caller, or what kept it from being done, with a reason in *reterr.
 */
typedef struct disk_change (*callout_act_fn)(void *arg, char **reterr);
struct disk_change callout_do(enum script_action action, const struct definition *def,
			      enum callout_flags flags, callout_act_fn act, void *arg,
			      char **reterr);

/*
 * Asks for the attributes of the live device, and adds them to the definition. 0, also where no
 * script says anything; or a negative errno with a reason in *reterr, and of what the script says
 * only that is added which stands before a mistake.
 */
int callout_get_attributes(struct callout *callout, struct definition *def, struct arena *arena,
			   char **reterr);
/*
 * The same without an action around it. -ECANCELED, -EBADMSG, -EOPNOTSUPP, -EPERM and -ETIMEDOUT
 * are about a script that does not answer; after any other error it is not known what scripts
 * there are, or what they say.
 */
int callout_ask_attributes(struct definition *def, struct arena *arena, char **reterr);

/*
 * Whether a script changes such devices while they are live, as few do: 1, or 0 where none does, or
 * a negative errno with a reason in *reterr.
 */
int callout_find_live(const struct definition *def, char **reterr);
/*
 * Has it change the live device to what the definition says. 0, or a negative errno as above;
 * -EOPNOTSUPP without a reason where no script says what it supports.
 */
int callout_change_live(const struct definition *def, char **reterr);

/* False where no script is installed: then all of the above does nothing. */
bool callout_is_any(void);

/* How long scripts may take in all where udev runs the program, which it ends after 180 seconds. */
#define CALLOUT_EVENT_SECONDS 150

/* From now on scripts get that many seconds in all. What would ask more of them is refused. */
void callout_limit(unsigned int seconds);

/* A live device as scripts know it, with none of what may be defined for it. */
struct definition callout_device(const struct device *dev);

#endif
