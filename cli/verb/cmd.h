/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a verb is, and what verbs share. */
#ifndef CMD_H
#define CMD_H

#include "base/file.h"
#include "base/options.h"
#include "out/output.h"
#include "store/change.h"
#include "verb/callout.h"
#include "verb/inventory.h"

enum exit_status { DONE = 0, FAILED = 1, USAGE = 2 };

/* The options that stand with every verb. */
struct globals {
	const struct program *program;
	const char *root;
	bool json, raw, noheadings, quiet, verbose, syslog, help, version;
};

/* What the words behind a verb are; completion offers those that there are. */
enum words {
	WORDS_NONE,
	WORDS_ANY, /* identities of devices, live or defined */
	WORDS_LIVE,
	WORDS_DEFINED,
	WORDS_TO_CREATE, /* what is defined and not live */
	WORDS_TO_DEFINE, /* what is live and not defined */
	WORDS_MACHINES, /* UUIDs of live devices */
	WORDS_DEFINED_OR_FILE, /* or the name of a definition file */
	WORDS_PATHS,
	WORDS_PARENTS,
	WORDS_VERBS,
};

/* A verb is data: parsing, --help and completion read this and nothing else. */
struct command {
	const char *name;
	const char *summary; /* one line in the list of verbs */
	const char *synopsis; /* what follows the name in the usage line */
	const char *details; /* further lines of --help, or NULL */
	enum words words;
	int min_words, max_words; /* -1: any number */
	const struct option_row *options;
	size_t args_size; /* of the struct that the options go to */
	enum output_kind output; /* what it prints */
	void (*help_more)(void); /* prints what is made from other tables, or NULL */
	/* words are what is left of the command line; returns an enum exit_status. */
	int (*run)(const struct globals *globals, void *args, int word_count, char **words);
};

extern const struct command cmd_list, cmd_types, cmd_create, cmd_destroy, cmd_define, cmd_undefine,
	cmd_apply, cmd_start, cmd_stop, cmd_modify, cmd_show, cmd_check, cmd_edit, cmd_import,
	cmd_export, cmd_monitor, cmd_help;

/* What the program consists of: all verbs, in the order of --help (NULL ends them), and options. */
struct program {
	const struct command *const *commands;
	const struct option_row *options;
	bool is_plain; /* these options stand without a verb alone, and not with every one */
};

/*
 * The option by which an identity can be given to a verb that takes them as words, as other
 * programs have it: a table that is empty for other verbs.
 */
const struct option_row *command_word_options(const struct command *command);

/* The verb of that name, or NULL. */
const struct command *program_find(const struct program *program, const char *name);

/* Fails with a line that names the verb that may have been meant, and returns USAGE. */
int cmd_unknown_verb(const struct program *program, const char *name);

/*
 * The argument of --wait[=S]: NULL without the option, "" for the usual number of seconds. DONE and
 * the time, as of clock_ms(), until which to wait; or a message and USAGE.
 */
int cmd_wait_until(const struct command *command, const char *text, int64_t *ret_until);

/*
 * Warns of processes of other users, so many, which could not be looked into: more devices than
 * were found may be what ("in use"). Nothing for none.
 */
void cmd_warn_hidden(size_t count, const char *what);

struct udev_wait;

/*
 * Waits for udev to be done with an instance that was just made (NULL: for nothing), of which kind,
 * id and name are asked, ten seconds at most; then there is a warning. Ends what udev_wait_begin()
 * began.
 */
void cmd_await_udev(struct udev_wait *wait, const struct device *dev);

/* What --help prints, on stdout. */
void help_print(const struct program *program);
void help_print_verb(const struct program *program, const struct command *command);

/* Fails with a line that names the verb's --help, and returns USAGE. */
int cmd_usage(const struct command *command, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Prints what was found wrong in the definition files: FAILED when anything was, else DONE. */
int cmd_report_problems(const struct inventory *inventory);

/* The same for what could not be read elsewhere, since the last call; see base/unread. */
int cmd_report_unread(void);

/*
 * DONE, or a message and FAILED: how the verb's change of the definition files ended for an
 * identity. error: the reason that store.h gives unless it is done.
 */
int cmd_say_change(const char *verb, const struct identity *id, struct disk_change change,
		   const char *error);
/* The same for the output. */
struct outcome cmd_outcome(struct disk_change change, const char *error);

/*
 * Takes definitions out of their files, as store_remove() does, each with the scripts that are
 * asked for it: together where there is none.
 */
void cmd_remove_definitions(struct removal *removals, size_t count, enum callout_flags flags);

/* The device that a definition alone speaks of; it has the definition as its own. */
struct device cmd_device_of(struct definition *def);

/*
 * Puts the UUID of the instance on a virtual function in the place of each word that is the
 * function's PCI address. DONE, or FAILED with a message where there is none.
 */
int cmd_take_addresses(const struct command *command, int word_count, char **words);

/*
 * A parent as the user names it. DONE and its name, or a message and FAILED or USAGE. NULL
 * stays NULL.
 */
int cmd_parent(const struct command *command, struct inventory *inventory, const char *text,
	       const char **ret_name);
/* The same; a virtual function names its parent, and in *ret_vf itself, which else is VF_ANY. */
int cmd_parent_function(const struct command *command, struct inventory *inventory,
			const char *text, const char **ret_name, int *ret_vf);

/*
 * As above, for a parent that may come later: what could never be one is USAGE, any other that is
 * not found is DONE without a name.
 */
int cmd_parent_to_come(const struct command *command, struct inventory *inventory, const char *text,
		       const char **ret_name);

/*
 * --parent-by (NULL: as written): the parent of that name, NULL for one that is not there, as its
 * definition shall name it. DONE and the text, which belongs to the arena, or a message and FAILED
 * or USAGE.
 */
int cmd_parent_by(const struct command *command, struct inventory *inventory, const char *way,
		  const char *name, struct arena *arena, const char **ret_text);

/* The options that say what an instance shall be; part of a verb's own struct. */
struct instance_args {
	const char *parent, *parent_by, *type, *instance, *params, *owner, *mode;
	struct strlist attrs;
};

/*
 * The identity of a word (NULL: a new one) and --instance. With a list of known
 * devices the word may be the beginning of one that accept() takes.
 * DONE, or a message and FAILED or USAGE.
 */
int cmd_identity(const struct command *command, const struct instance_args *args, const char *word,
		 const struct device_list *known, bool (*accept)(const struct device *dev),
		 struct identity *ret_id);

/*
 * Does what makes an instance or a definition of an identity that was made up. Nobody else knows
 * that identity: signals that end the program wait until it is printed, and when it cannot be
 * printed it goes into a message. done: what happened to it, "created". Returns what make() does.
 */
int cmd_make_new(int (*make)(void *arg), void *arg, const struct identity *id, const char *done);

/*
 * Notes in the devices of this identity by which word the user named it. outcome: NULL, or what
 * became of each, which is printed.
 */
void cmd_name_devices(const struct device_index *index, const struct identity *id, const char *word,
		      const struct outcome *outcome);

/*
 * The identities that the words of a verb mean, among those that accept() takes (NULL: all), as
 * identity_sort() sorts them; absent says of one that it is not there; NULL: one
 * that is written in full may be absent, which is a result of its own. Devices get the words that
 * named them. DONE, or a message for each and FAILED or USAGE; the others are said to be left
 * alone.
 */
int cmd_identities(const struct command *command, const struct device_list *list,
		   bool (*accept)(const struct device *dev), const char *absent, int word_count,
		   char **words, struct identity *ret_ids);

/*
 * The id of a type as the user names it: by its id, or by what the parent calls it. parent: its
 * name in sysfs, or NULL for one that is not there, whose types cannot be known: then only an id
 * is meant. The id belongs to the arena. DONE, or a message and FAILED or USAGE.
 */
int cmd_type(const struct command *command, const char *parent, const char *text,
	     struct arena *arena, const char **ret_id);

/*
 * NAME=VALUE of an attribute that an instance can have, split in place. DONE, or a message and
 * USAGE.
 */
int cmd_attr(const struct command *command, char *text, struct attr *ret_attr);

/* --owner and --mode (NULL: not given) have the form that a definition has. As above. */
int cmd_check_owner(const struct command *command, const char *owner, const char *mode);

/*
 * --params, --owner, --mode and --attr into the definition, whose attributes belong to the arena.
 * As above.
 */
int cmd_take_instance_args(const struct command *command, const struct instance_args *args,
			   struct arena *arena, struct definition *def);

/*
 * A parent that is not there can only be meant as it is written in the definition, or by the same
 * PCI address. name: what the text is in sysfs, or NULL.
 */
bool cmd_is_for_parent(const struct definition *def, const char *text, const char *name);

/*
 * The definition, other than except (or NULL), of the same identity for the same parent, whatever
 * it calls the parent and whichever file it is in; or NULL.
 */
struct definition *cmd_find_defined(const struct inventory *inventory, const struct definition *def,
				    const struct definition *except);
/* Both say the same of that identity and parent, which each may write in its own way. */
bool cmd_is_defined_so(const struct definition *known, const struct definition *def);

/*
 * No definition but except (or NULL) is of the same identity for the same parent, whatever it
 * calls the parent and whichever file it is in. DONE, or a message and FAILED.
 */
int cmd_check_new(const struct command *command, const struct inventory *inventory,
		  const struct definition *def, const struct definition *except);

/*
 * The same once more under a lock or after scripts had their time. 0, or -EEXIST with the reason.
 */
int cmd_check_again(const struct definition *def, char **reterr);

/*
 * With --ensure: what is defined as def says is a success, which is printed, and one that is
 * defined for that parent with anything else is not. DONE, and whether it is so already; or a
 * message and FAILED.
 */
int cmd_ensure_defined(const struct command *command, const struct inventory *inventory,
		       const struct definition *def, bool *ret_is_so);

/* The option is a question of the shell's completion: "--list-..." or "--describe-...". */
bool complete_is_asked(const char *option);
/*
 * Answers the question; the head of complete.c says what the words are. Returns an enum
 * exit_status.
 */
int complete(const struct program *program, const char *option, int word_count, char **words);

#endif
