/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one door for what verbs print on stdout. A verb hands over what it found and did; whether
 * that becomes text, a table or JSON is decided once, before the verb runs. There is one stdout,
 * so the door keeps its state to itself.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "out/result.h"

/* The strings of the request stay as they are until output_end(). */
void output_begin(const struct output_request *request);

/* JSON tells definitions and states that text leaves out: they are to be looked up for it. */
bool output_is_json(void);

/* With --dry-run: text has a line for each device of what would be done to it, whatever the verb.
 */
void output_as_actions(void);

/* A device as it is now, and what was done to it. */
void output_device(const struct device *dev, const struct outcome *outcome);
/*
 * What failed and is no device: the word that named none; NULL for something no word stands for.
 * Text has nothing of it, for messages say it.
 */
void output_word(const char *word, const struct outcome *outcome);
/* Says what failed, as msg_error() does, and prints it as the result of the word (or NULL). */
void output_error(const char *word, enum code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/*
 * Says why the verb as a whole failed, as msg_error() does: it becomes the result of every word of
 * the command line, or of none where there are none. The first reason counts.
 */
void output_fail(enum code code, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Devices, in a table; text has all that belongs to a table at once. 0, or a negative errno when it
 * cannot be printed, which output_fail() has said.
 */
int output_devices(const struct device_list *list, const struct output_style *style);
int output_types(const struct type_list *list, const struct output_style *style);
/* One device in full. others: definitions of its identity that are not meant. */
void output_details(const struct device *dev, struct definition *const *others, size_t other_count);

/* Text goes to stderr, for a finding is a message. */
void output_finding(const struct finding *finding);
/* What happened to a parent, or to a device; only what is live is known of it. */
void output_parent_event(const char *action, const char *parent);
void output_device_event(const char *action, const struct device *dev);

/* A line at the end of the text, unless --quiet; JSON leaves it out. */
void output_summary(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* A text of the verb's own form, OUTPUT_FOREIGN. */
void output_foreign(const char *text);

/* The end of the document. has_failed: the verb did; then a result that says why is in it. */
void output_end(bool has_failed);

#endif
