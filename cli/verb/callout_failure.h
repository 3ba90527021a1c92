/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a script keeps something from being done, and what else scripts do, in words. */
#ifndef CALLOUT_FAILURE_H
#define CALLOUT_FAILURE_H

#include "host/script.h"

/* Why a script keeps something from being done. */
enum callout_trouble {
	CALLOUT_FINE,
	CALLOUT_REFUSED, /* it ended with another status than 0 */
	CALLOUT_KILLED, /* a signal ended it */
	CALLOUT_LATE, /* it did not end in time, now or before, or there is no time for it */
	CALLOUT_NO_ACTION, /* it says what it supports, and that is not among it */
	CALLOUT_NO_EVENT,
	CALLOUT_BAD_ANSWER,
	CALLOUT_NO_JSON,
	CALLOUT_BROKEN, /* what there is cannot be known, or not be run */
};

struct callout_failure {
	enum callout_trouble trouble;
	const char *path; /* of the script, NULL where none is to blame */
	enum script_event event;
	enum script_action action;
	int status; /* that it ended with, or the number of the signal */
	char *detail; /* the first line that it complained of, or why */
};

/* In whose words it is said what scripts do: at the start in those of mdev. */
enum callout_form { CALLOUT_FORM_OURS, CALLOUT_FORM_MDEVCTL };
void callout_set_form(enum callout_form form);

/* Why the action is not done; the caller frees it. */
char *callout_explain(const struct callout_failure *failure);

/* Warns that it is done all the same. */
void callout_say_forced(enum script_action action, const struct callout_failure *failure);
void callout_say_killed(const struct script *script, int signal);
/* The script says that it supports a word that is not known here, an "action" or an "event". */
void callout_say_unknown(const struct script *script, const char *what);

/*
 * Passes on what a script complains of. is_refusal: its first line will be the reason why the
 * action is not done, which need not be said twice.
 */
void callout_relay(const struct script *script, const struct process_result *result,
		   bool is_refusal);

#endif
