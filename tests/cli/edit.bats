#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev edit, with editors that are scripts, on a made root.

load ../helpers

setup() {
	make_root
	ETC=$ROOT/etc/mdev.d
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
	unset VISUAL
	printf '# mine\n[%s]\nparent = soft\ntype = soft-1\n' "$U1" | make_definition farm.conf
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U2" | make_definition usr/lib/mdev.d/pkg.conf
}

@test "what the editor leaves is taken" {
	EDITOR="sed -i s/soft-1/soft-2/" mdev --root "$ROOT" edit 1111
	assert "$output$stderr" == ""
	assert "$(cat "$ETC/farm.conf")" == $'# mine\n'"[$U1]"$'\nparent = soft\ntype = soft-2'
	EDITOR=false VISUAL="sed -i s/soft-2/soft-3/" mdev --root "$ROOT" edit farm
	EDITOR="sed -i s/soft-3/soft-4/" mdev --root "$ROOT" edit "$ETC/farm.conf"
	EDITOR="sed -i s/soft-4/soft-5/" mdev --root "$ROOT" edit
	assert "$(tail -n 1 "$ETC/farm.conf")" == "type = soft-5"
	assert "$(stat -c %a "$ETC/farm.conf")" == 644
	assert "$(ls -A "$TMPDIR")" == "" "nothing is left"
}

@test "edit writes nothing when nothing was changed" {
	before=$(stat -c %i "$ETC/farm.conf")
	EDITOR=true mdev -v --root "$ROOT" edit farm
	assert "$stderr" =~ "nothing was changed"
	assert "$(stat -c %i "$ETC/farm.conf")" == "$before"
	assert "$(ls -A "$TMPDIR")" == ""
}

@test "what cannot be read is not taken, and kept for another try" {
	before=$(fingerprint)
	EDITOR="sed -i s/type/typ/" mdev 1 --root "$ROOT" edit farm
	assert "$(fingerprint)" == "$before"
	kept=$(echo "$TMPDIR"/*/farm.conf)
	assert "$stderr" == "\
mdev: $kept:4: unknown key 'typ'
mdev: $ETC/farm.conf is left as it is; the text is kept: mdev edit --from $kept farm.conf"
	EDITOR="sed -i s/typ.*/type=new/" mdev --root "$ROOT" edit --from "$kept" farm.conf
	assert "$(tail -n 1 "$ETC/farm.conf")" == "type=new"
}

@test "an editor that fails, and a file that changes meanwhile" {
	before=$(fingerprint)
	EDITOR=false mdev 1 --root "$ROOT" edit farm
	assert "$stderr" =~ "the editor failed \(status 1\)"
	assert "$(fingerprint)" == "$before"
	printf '#!/bin/sh\necho "# theirs" >> "%s"\necho "# ours" >> "$1"\n' "$ETC/farm.conf" > "$BATS_TEST_TMPDIR/editor"
	chmod +x "$BATS_TEST_TMPDIR/editor"
	EDITOR=$BATS_TEST_TMPDIR/editor mdev 1 --root "$ROOT" edit farm
	assert "$stderr" =~ "was changed by somebody else meanwhile"
	assert "$(tail -n 1 "$ETC/farm.conf")" == "# theirs"
	assert "$(cat "$TMPDIR"/*/farm.conf)" =~ "# ours"
}

@test "a file with an error can be repaired, a new one made, one of a package hidden" {
	printf 'nonsense\n' >> "$ETC/farm.conf"
	EDITOR="sed -i /nonsense/d" mdev --root "$ROOT" edit farm
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U3" > "$BATS_TEST_TMPDIR/text"
	EDITOR="cp $BATS_TEST_TMPDIR/text" mdev --root "$ROOT" edit --new new
	assert "$(cat "$ETC/new.conf")" == "$(cat "$BATS_TEST_TMPDIR/text")"
	EDITOR="sed -i s/soft-1/soft-9/" mdev --root "$ROOT" edit 2222
	assert "$(tail -n 1 "$ETC/pkg.conf")" == "type = soft-9"
	assert "$(tail -n 1 "$ROOT/usr/lib/mdev.d/pkg.conf")" == "type = soft-1"
	mdev --root "$ROOT" list --raw --noheadings -o uuid,type
	assert "$output" == "$U1 soft-1"$'\n'"$U2 soft-9"$'\n'"$U3 soft-1"
}

@test "edit refuses what is no file of definitions" {
	before=$(fingerprint)
	export EDITOR=true
	refused 2 "'/etc/passwd' is no definition file in one of the folders" --root "$ROOT" edit /etc/passwd
	refused 2 "is no definition file" --root "$ROOT" edit "$ETC/../mdev.d/farm.conf"
	refused 2 "is no definition file" --root "$ROOT" edit .conf
	refused 1 "cannot edit '3333': there is no device" --root "$ROOT" edit 3333
	printf '' > "$ETC/other.conf"
	refused 2 "a UUID or a file is needed: farm.conf, other.conf" --root "$ROOT" edit
	rm "$ETC/other.conf"
	assert "$(fingerprint)" == "$before"
	ln -s farm.conf "$ETC/link.conf"
	EDITOR="sed -i s/soft-1/soft-2/" mdev 1 --root "$ROOT" edit link
	assert "$stderr" =~ "a symbolic link, which is not written through"
}

@test "a name that no file has makes none by itself" {
	before=$(fingerprint)
	EDITOR=true refused 1 "^mdev: $ETC/typo.conf: there is no such file \(--new makes it\)$" --root "$ROOT" edit typo
	EDITOR=true refused 1 "there is no such file" --root "$ROOT" edit "$ROOT/run/mdev.d/typo.conf"
	EDITOR=true mdev --root "$ROOT" edit --new typo
	assert "$(fingerprint)" == "$before" "nor does a new one into which nothing was written"
	EDITOR="sed -i s/soft-1/soft-2/" mdev --root "$ROOT" edit --new farm
	assert "$(tail -n 1 "$ETC/farm.conf")" == "type = soft-2" "a file that is there is no obstacle"
}

@test "the copy stays only where something in it would be lost" {
	EDITOR=false mdev 1 --root "$ROOT" edit farm
	assert "$(ls -A "$TMPDIR")" == "" "the editor failed and changed nothing"
	printf '#!/bin/sh\ncp "$1" "$1~"\nmkdir "${1%%/*}/.undo"\ntouch "${1%%/*}/.undo/1"\n' > "$BATS_TEST_TMPDIR/editor"
	chmod +x "$BATS_TEST_TMPDIR/editor"
	EDITOR=$BATS_TEST_TMPDIR/editor mdev --root "$ROOT" edit farm
	assert "$(ls -A "$TMPDIR")" == "" "what the editor left beside it goes, too"
	EDITOR="rm" mdev 1 --root "$ROOT" edit farm
	assert "$stderr" =~ "farm.conf: there is no such file"
	assert "$(ls -A "$TMPDIR")" == "" "the editor removed it"
	printf '#!/bin/sh\necho "# half" >> "$1"\nexit 1\n' > "$BATS_TEST_TMPDIR/editor"
	EDITOR=$BATS_TEST_TMPDIR/editor mdev 1 --root "$ROOT" edit farm
	assert "$(cat "$TMPDIR"/*/farm.conf)" =~ "# half"
	rm -r "${TMPDIR:?}"/*
	EDITOR="truncate -s 17M" mdev 1 --root "$ROOT" edit farm
	assert "$stderr" =~ "/farm.conf: larger than 16 MiB
mdev: $ETC/farm.conf is left as it is; the text is kept: mdev edit --from $TMPDIR/[^ ]*/farm.conf farm.conf$"
	assert "$(head -n 1 "$TMPDIR"/*/farm.conf | tr -d '\0')" == "# mine" "it cannot be read, and is kept"
}

@test "an editor that fails is seen by a command whose caller ignores children" {
	before=$(fingerprint)
	printf '#!/bin/sh\nsed -i s/soft-1/half/ "$1"\nexit 3\n' > "$BATS_TEST_TMPDIR/editor"
	chmod +x "$BATS_TEST_TMPDIR/editor"
	export EDITOR=$BATS_TEST_TMPDIR/editor MDEV ROOT
	# Perl, because a shell does not pass on that SIGCHLD is ignored.
	run --separate-stderr perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' "$MDEV" --root "$ROOT" edit farm
	assert "$status" -eq 1
	assert "$stderr" =~ "the editor failed \(status 3\)"
	assert "$(fingerprint)" == "$before"
}
