// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin for QEMU (7.2, its plugin API version 1): counts the guest kernel's instructions by
 * address between two marks, which a program in the guest sets.
 *
 *	-plugin profile.so,out=FILE
 *
 * The marks are instructions that do nothing (see tests/bench/weigh.c). At each second one the file
 * gets a line "section", and then "ADDRESS INSTRUCTIONS" for each piece of code that has run.
 *
 * Debian has no header of the API; what is used of it is declared here, as docs/devel/tcg-plugins
 * and include/qemu/qemu-plugin.h in QEMU's sources have it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_info;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t id,
						      struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum qemu_plugin_op op,
					      void *ptr, uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int vcpu, void *data),
					    enum qemu_plugin_cb_flags flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/* nopl 0x6d646576(%rax) begins a section, nopl 0x6d646577(%rax) ends it */
static const uint8_t mark_begin[] = { 0x0f, 0x1f, 0x80, 0x76, 0x65, 0x64, 0x6d };
static const uint8_t mark_end[] = { 0x0f, 0x1f, 0x80, 0x77, 0x65, 0x64, 0x6d };

/* A piece of code that QEMU runs as a whole; kept for ever, its counter is in QEMU's code. */
struct piece {
	struct piece *next;
	uint64_t address;
	uint64_t instructions;
};

static struct piece *pieces;
static FILE *out;

static void begin(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	for (struct piece *piece = pieces; piece; piece = piece->next)
		piece->instructions = 0;
}

static void end(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	fputs("section\n", out);
	for (struct piece *piece = pieces; piece; piece = piece->next)
		if (piece->instructions)
			fprintf(out, "%016llx %llu\n", (unsigned long long)piece->address,
				(unsigned long long)piece->instructions);
	fflush(out);
}

static bool is_mark(const struct qemu_plugin_insn *insn, const uint8_t *mark)
{
	return qemu_plugin_insn_size(insn) == sizeof(mark_begin) &&
	       !memcmp(qemu_plugin_insn_data(insn), mark, sizeof(mark_begin));
}

static void find_marks(struct qemu_plugin_tb *tb)
{
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (is_mark(insn, mark_begin))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, begin,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
		else if (is_mark(insn, mark_end))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, end,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct piece *piece;

	(void)id;
	/* The kernel's half of the addresses is the upper one. */
	if (!(qemu_plugin_tb_vaddr(tb) >> 63)) {
		find_marks(tb);
		return;
	}
	piece = calloc(1, sizeof(*piece));
	if (!piece)
		abort();
	piece->address = qemu_plugin_tb_vaddr(tb);
	piece->next = pieces;
	pieces = piece;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
						 &piece->instructions, qemu_plugin_tb_n_insns(tb));
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
							       const struct qemu_info *info,
							       int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fputs("profile.so: usage: -plugin profile.so,out=FILE\n", stderr);
		return -1;
	}
	out = fopen(argv[0] + 4, "w");
	if (!out) {
		perror(argv[0] + 4);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
