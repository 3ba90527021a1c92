/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A shared library that is opened when it is first used, for most runs use none: loading one takes
 * a tenth of the time of a short run.
 *
 * The one file that uses a library has a table of pointers to its functions. An X macro has their
 * names, once; the types are those of the library's own header:
 *
 *	#define FUNCTIONS(each) \
 *		each(new) \
 *		each(unref)
 *
 *	static struct {
 *	#define POINTER(name) __typeof__(foo_##name) *(name);
 *		FUNCTIONS(POINTER)
 *	} foo;
 *	#define FUNCTION(name) {"foo_" #name, &foo.name},
 *	static const struct library_function functions[] = {FUNCTIONS(FUNCTION){NULL, NULL}};
 *	static struct library library = {"libfoo.so.1", "libfoo1", functions, false};
 *	LIBRARY_NOTE("foo", "what it is for", "recommended", "libfoo.so.1");
 *
 * After library_open(), foo.new() is foo_new().
 */
#ifndef LIBRARY_H
#define LIBRARY_H

#include "base/util.h"

#include <elf.h>

struct library_function {
	const char *name; /* NULL ends a table */
	void *pointer; /* to the pointer that is set to the function */
};

struct library {
	const char *soname;
	const char *package; /* of Debian, for messages */
	const struct library_function *functions;
	bool is_open;
};

/*
 * Opens the library, unless it is open, and sets all pointers. 0; or -ELIBACC, for a library that
 * is not there, cannot be loaded or lacks a function, and a reason in *reterr that names it and the
 * package to install. It stays open until the program ends.
 */
int library_open(struct library *library, char **reterr);

/*
 * Tells packagers of a library that the program opens but is not linked to, by an ELF note:
 * https://uapi-group.org/specifications/specs/elf_dlopen_metadata/ has its form. priority:
 * "required", "recommended" or "suggested". Once in a file.
 */
#define LIBRARY_NOTE(feature, description, priority, soname)                           \
	LIBRARY_NOTE_OF("[{\"feature\":\"" feature "\",\"description\":\"" description \
			"\",\"priority\":\"" priority "\",\"soname\":[\"" soname "\"]}]")

/* Who has specified the note; with its NUL it fills four bytes, at which the next part begins. */
#define LIBRARY_NOTE_OWNER "FDO"
#define LIBRARY_NOTE_TYPE 0x407c0c0a

#define LIBRARY_NOTE_OF(json)                                                            \
	static const struct {                                                            \
		Elf32_Nhdr header;                                                       \
		char text[sizeof(LIBRARY_NOTE_OWNER "\0" json)];                         \
	} library_note __attribute__((used, aligned(4), section(".note.dlopen"))) = {    \
		.header = {sizeof(LIBRARY_NOTE_OWNER), sizeof(json), LIBRARY_NOTE_TYPE}, \
		.text = LIBRARY_NOTE_OWNER "\0" json,                                    \
	}

#endif
