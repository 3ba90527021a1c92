#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev define and mdev undefine: a file is written as a whole or not at all.

load ../helpers

setup() {
	make_root
	ETC=$ROOT/etc/mdev.d
}

@test "a lock that any user could hold does not hold up define" {
	exec 8< "$ETC" # as whoever may read the folder can lock it
	flock -n 8
	mdev --root "$ROOT" define "$U2" -p soft -t soft-1
	exec 8>&-
	assert "$(ls -A "$ETC")" == "$U2.conf" "no lock is left behind"
	ln -s "$BATS_TEST_TMPDIR/planted" "$ETC/.mdev.lock"
	refused 1 "$ETC: cannot be written: Too many levels of symbolic links" --root "$ROOT" define "$U3" -p soft -t soft-1
	[ ! -e "$BATS_TEST_TMPDIR/planted" ]
}

@test "only its owner may open the lock, and one that was left behind is taken" {
	requires strace
	(umask 0 && : > "$ETC/.mdev.lock")
	ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat -o "$BATS_TEST_TMPDIR/calls" "$MDEV" --root "$ROOT" define "$U1" -p soft -t soft-1
	assert "$(grep -c '"\.mdev\.lock".*O_NOFOLLOW.*, 0600)' "$BATS_TEST_TMPDIR/calls")" -eq 1
	assert "$(ls -A "$ETC")" == "$U1.conf"
}

# Returns when the writer waits for the lock that has the name now, or has ended.
until_it_waits() {
	while kill -0 "$writer" 2> /dev/null &&
		! grep -q -e "-> FLOCK.*WRITE.*:$(stat -c %i "$ETC/.mdev.lock") " /proc/locks; do
		:
	done
}

# What was locked and waited for can be gone by then, and another file in its place.
@test "of a lock that was waited for, the one that has the name by then counts" {
	exec 8> "$ETC/.mdev.lock"
	flock 8
	"$MDEV" --root "$ROOT" define "$U1" -p soft -t soft-1 8>&- &
	writer=$!
	until_it_waits
	rm "$ETC/.mdev.lock"
	exec 9> "$ETC/.mdev.lock"
	flock 9
	flock -u 8
	until_it_waits
	assert "$(ls "$ETC")" == "" "it waits"
	flock -u 9
	wait "$writer"
	assert "$(ls -A "$ETC")" == "$U1.conf"
}

@test "a device gets a file of its own" {
	mdev --root "$ROOT" define "$U1:2" -p 01:00.0 -t acme-fact --auto --params seed=1 \
		--description "grüner Läufer; #1" -a "nvidia/vgpu_params= " -a "b=c=d ;#" -a b=again
	assert "$output" == "$U1:2"
	assert "$(cat "$ETC/$U1-2.conf")" == "\
# Written by mdev; change it with mdev or by hand.

[$U1:2]
parent = 01:00.0
type = acme-fact
auto = yes
params = seed=1
description = grüner Läufer; #1
attr = nvidia/vgpu_params  
attr = b c=d ;#
attr = b again"
	assert "$(stat -c %a "$ETC/$U1-2.conf")" == 644
	requires jq
	mdev --root "$ROOT" list --json
	assert "$(jq -c '.results[0].defined.attrs | map(.value)' <<<"$output")" == '[" ","c=d ;#","again"]'
}

@test "the umask does not matter, and the folder is made" {
	rm -r "$ETC"
	umask 077
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1
	assert "$(stat -c %a "$ETC" "$ETC/$U1.conf" | paste -sd ' ')" == "755 644"
}

@test "define makes up a UUID when none is given; the parent need not be there" {
	mdev --root "$ROOT" define -p 0000:77:00.0 -t whatever
	assert "$(ls "$ETC")" == "$output.conf"
	assert "$stderr" == ""
}

@test "a live device is kept as it is" {
	make_device 0000:01:00.0 acme-dma "$U2-3"
	mdev --root "$ROOT" define 2222 --auto
	assert "$output" == "$U2:3"
	assert "$(sed -n '3,6p' "$ETC/$U2-3.conf")" == "\
[$U2:3]
parent = 0000:01:00.0
type = acme-dma
auto = yes"
	refused 1 "cannot define $U3: it is not live; name --parent and --type" --root "$ROOT" define "$U3"
	refused 1 "cannot define '4444': there is no device" --root "$ROOT" define 4444
}

@test "define --json has the definition with its file" {
	requires jq
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1 --json
	assert "$(jq -c '.results[0] | [.uuid, .live, .defined.file, .defined.line, .action]' <<<"$output")" == \
		"[\"$U1\",null,\"$ETC/$U1.conf\",null,\"define\"]"
}

@test "define refuses an identity that is defined for the parent" {
	mdev --root "$ROOT" define "$U1" -p 01:00.0 -t acme-fact
	before=$(fingerprint)
	refused 1 "$U1: it is already defined in $ETC/$U1.conf:3" --root "$ROOT" define "$U1" -p 01:00.0 -t acme-fact
	refused 1 "it is already defined" --root "$ROOT" define "$U1:0" -p 0000:01:00.0 -t x --file other
	assert "$(fingerprint)" == "$before"
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1
	assert "$(grep -c "^\[$U1\]" "$ETC/$U1.conf")" -eq 2 "for another parent it is"
}

@test "a section is added to and taken out of a file, and every other byte stays" {
	printf '# by hand\n\n[defaults]\n  \nparent=soft\n\n; two\n[%s]\ntype =  a\n# end of two' "$U2" > "$ETC/farm.conf"
	cp "$ETC/farm.conf" "$BATS_TEST_TMPDIR/before"
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1 --file farm
	mdev --root "$ROOT" define "$U3" -p soft -t soft-1 --file farm.conf
	cmp -n "$(stat -c %s "$BATS_TEST_TMPDIR/before")" "$ETC/farm.conf" "$BATS_TEST_TMPDIR/before"
	mdev --root "$ROOT" list --noheadings --raw -o uuid,file
	assert "$output" == "$U1 $ETC/farm.conf:12"$'\n'"$U2 $ETC/farm.conf:8"$'\n'"$U3 $ETC/farm.conf:17"

	cp "$ETC/farm.conf" "$BATS_TEST_TMPDIR/before"
	mdev --root "$ROOT" undefine 1111
	diff "$BATS_TEST_TMPDIR/before" "$ETC/farm.conf" > "$BATS_TEST_TMPDIR/diff" || :
	assert "$(cat "$BATS_TEST_TMPDIR/diff")" == "\
12,15d11
< [$U1]
< parent = soft
< type = soft-1
< auto = no"
	mdev --root "$ROOT" undefine 2222 3333
	assert "$(cat "$ETC/farm.conf")" == "$(printf '# by hand\n\n[defaults]\n  \nparent=soft\n\n; two\n# end of two')"
}

@test "a device's own file goes with its definition, unless something was added" {
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1
	mdev --root "$ROOT" undefine "$U1"
	assert "$(ls "$ETC")" == ""
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1
	echo "# mine" >> "$ETC/$U1.conf"
	mdev --root "$ROOT" undefine "$U1"
	assert "$(tail -n 1 "$ETC/$U1.conf")" == "# mine"
}

@test "undefine takes all definitions of an identity, or those for one parent" {
	make_definition a.conf <<-E
		[$U1]
		parent = soft
		type = soft-1
		[$U1]
		parent = 01:00.0
		type = acme-fact
		[$U1]
		parent = elsewhere
		type = x
	E
	mdev --root "$ROOT" undefine "$U1" -p 0000:01:00.0
	assert "$(grep -c "^\[" "$ETC/a.conf")" -eq 2
	mdev --root "$ROOT" undefine "$U1" -p elsewhere
	assert "$(cat "$ETC/a.conf")" == "[$U1]"$'\n'"parent = soft"$'\n'"type = soft-1"
	refused 1 "cannot undefine '1111': no definition" --root "$ROOT" undefine 1111 -p elsewhere
	mdev --root "$ROOT" undefine 1111
	assert "$(cat "$ETC/a.conf")" == ""
}

@test "undefine removes nothing when one of the definitions cannot be found" {
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1
	before=$(fingerprint)
	refused 1 "cannot undefine '4444': no definition of it was found" --root "$ROOT" undefine "$U1" 4444
	refused 2 "is neither a UUID" --root "$ROOT" undefine "$U1" x
	refused 2 "too few arguments" --root "$ROOT" undefine
	assert "$(fingerprint)" == "$before"
}

@test "a definition of a package is not removed, but how to hide it is said" {
	make_definition usr/lib/mdev.d/pkg.conf <<< "[$U1]"$'\n'"parent = soft"$'\n'"type = soft-1"
	before=$(fingerprint)
	refused 1 "$ROOT/usr/lib/mdev.d/pkg.conf belongs to a package \(to hide it, link $ETC/pkg.conf to /dev/null\)" \
		--root "$ROOT" undefine "$U1"
	assert "$(fingerprint)" == "$before"
	make_definition run/mdev.d/run.conf <<< "[$U2]"$'\n'"parent = soft"$'\n'"type = soft-1"
	mdev --root "$ROOT" undefine "$U2"
	assert "$(cat "$ROOT/run/mdev.d/run.conf")" == ""
}

@test "a new file hides none of a package" {
	make_definition "usr/lib/mdev.d/$U1.conf" <<< "[$U1]"$'\n'"parent = soft"$'\n'"type = soft-1"
	refused 1 "would hide $ROOT/usr/lib/mdev.d/$U1.conf" --root "$ROOT" define "$U1" -p 01:00.0 -t acme-fact
	assert "$(ls "$ETC")" == ""
}

@test "a file with an error in it is left alone" {
	make_definition farm.conf <<< "[$U2]"$'\n'"parent = soft"$'\n'"typo = x"$'\n'"[$U3]"$'\n'"parent=soft"$'\n'"type=x"
	before=$(fingerprint)
	refused 1 "$ETC/farm.conf:3: unknown key 'typo' \(the file is left as it is\)" \
		--root "$ROOT" define "$U1" -p soft -t soft-1 --file farm
	refused 1 "unknown key 'typo' \(the file is left" --root "$ROOT" undefine "$U3"
	assert "$(fingerprint)" == "$before"
}

@test "define and undefine write nothing through a link, or in place of a folder" {
	echo "precious" > "$BATS_TEST_TMPDIR/precious"
	ln -s "$BATS_TEST_TMPDIR/precious" "$ETC/$U1.conf"
	ln -s /dev/null "$ETC/null.conf"
	mkdir "$ETC/folder.conf"
	mkfifo "$ETC/fifo.conf"
	ln -s "$BATS_TEST_TMPDIR/precious" "$ETC/.mdev.tmp"
	refused 1 "$U1.conf: a symbolic link, which is not written through" --root "$ROOT" define "$U1" -p soft -t soft-1
	refused 1 "null.conf: a symbolic link" --root "$ROOT" define "$U1" -p soft -t soft-1 --file null
	refused 1 "folder.conf: a folder in place of a file" --root "$ROOT" define "$U1" -p soft -t soft-1 --file folder
	refused 1 "fifo.conf: not a regular file" --root "$ROOT" define "$U1" -p soft -t soft-1 --file fifo
	mdev --root "$ROOT" define "$U2" -p soft -t soft-1
	assert "$(cat "$BATS_TEST_TMPDIR/precious")" == "precious"
	assert "$(find "$ETC" -name '.*' -type l)" == "" "the planted temporary name is gone"
	rm -r "$ETC"
	ln -s "$BATS_TEST_TMPDIR" "$ETC"
	refused 1 "$ETC: a symbolic link, which is not written through" --root "$ROOT" define "$U1" -p soft -t soft-1
}

@test "define refuses bad input" {
	before=$(fingerprint)
	for file in "" . .. ../x a/b /etc/x .hidden $'a\n' $'\xff' "$(printf 'a%.0s' {1..300})"; do
		refused 1 "cannot be the name of a definition file" --root "$ROOT" define "$U1" -p soft -t soft-1 --file "$file"
	done
	for parent in "" .. a/b $'a\n' $'\xff'; do
		refused 2 "cannot name a parent" --root "$ROOT" define "$U1" -p "$parent" -t soft-1
	done
	for type in "" .. a/b $'a\n' $'\xff'; do
		refused 2 "cannot be the name of a type" --root "$ROOT" define "$U1" -p soft -t "$type"
	done
	for uuid in "" x 1111 "$U1:x"; do
		refused 2 "is neither a UUID nor UUID:INSTANCE" --root "$ROOT" define "$uuid" -p soft -t soft-1
	done
	refused 2 "\-\-parent and --type are needed" --root "$ROOT" define "$U1" -p soft
	refused 2 "\-\-parent and --type are needed" --root "$ROOT" define
	refused 2 "either --auto or --manual" --root "$ROOT" define "$U1" -p soft -t soft-1 --auto --manual
	for text in "" " x" "x " $'a\nb' $'a\xff'; do
		refused 1 "cannot define $U1: a definition file cannot hold it" \
			--root "$ROOT" define "$U1" -p soft -t soft-1 --description "$text"
	done
	refused 1 "a definition file cannot hold it" --root "$ROOT" define "$U1" -p soft -t soft-1 --params " x"
	refused 1 "a definition file cannot hold it: .*carriage return" --root "$ROOT" define "$U1" -p soft -t soft-1 -a $'x=a\r'
	assert "$(fingerprint)" == "$before"
}

@test "a file whose [defaults] would add something is no place for it" {
	make_definition farm.conf <<< $'[defaults]\nparams = seed=1'
	before=$(fingerprint)
	refused 1 "farm.conf cannot hold that: its \[defaults\] would hold for it, too" \
		--root "$ROOT" define "$U1" -p soft -t soft-1 --file farm
	assert "$(fingerprint)" == "$before"
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1 --params seed=2 --file farm
}

@test "a file does not become larger than what is read" {
	{ head -c 16777210 /dev/zero | tr '\0' '#'; echo; } > "$ETC/farm.conf"
	before=$(fingerprint)
	refused 1 "farm.conf would be larger than 16 MiB" --root "$ROOT" define "$U1" -p soft -t soft-1 --file farm
	assert "$(fingerprint)" == "$before"
}

@test "define where the folder cannot be written to" {
	rm -r "$ETC"
	touch "$ETC"
	refused 1 "$ETC: Not a directory" --root "$ROOT" define "$U1" -p soft -t soft-1
}

@test "a hundred at once lose nothing" {
	for i in $(seq 100 199); do
		"$MDEV" --root "$ROOT" define "44440000-aaaa-4bbb-8ccc-000000000$i" -p soft -t soft-1 --file farm \
			> /dev/null 2>> "$BATS_TEST_TMPDIR/errors" 3>&- &
	done
	wait
	assert "$(cat "$BATS_TEST_TMPDIR/errors")" == ""
	mdev --root "$ROOT" list --noheadings --raw -o uuid
	assert "${#lines[@]}" -eq 100
}

@test "of twenty that define the same device at once, one wins" {
	for i in $(seq 20); do
		"$MDEV" --root "$ROOT" define "$U1" -p soft -t soft-1 >> "$BATS_TEST_TMPDIR/won" 2> /dev/null 3>&- &
	done
	wait
	assert "$(cat "$BATS_TEST_TMPDIR/won")" == "$U1"
	assert "$(grep -c "$U1" "$ETC/$U1.conf")" -eq 1
}

@test "in a root that is being prepared the folders are made as needed" {
	local new=$BATS_TEST_TMPDIR/new
	mkdir "$new"
	for verb in list check apply "export" "list --defined"; do
		# shellcheck disable=SC2086 # several words
		mdev --root "$new" $verb
		assert "$stderr" == "" "$verb"
	done
	mdev --root "$new" define "$U1" -p soft -t soft-1 --auto
	assert "$(stat -c %a "$new/etc" "$new/etc/mdev.d" "$new/etc/mdev.d/$U1.conf")" == $'755\n755\n644'
	mdev --root "$new" apply
	assert "$(ls -A "$new")" =~ "run"
	mdev --root "$new" undefine "$U1"
	rm -r "${new:?}/etc"
	printf '{"%s": [{"%s": {"mdev_type": "t"}}]}' soft "$U2" > "$BATS_TEST_TMPDIR/json"
	mdev --root "$new" import "$BATS_TEST_TMPDIR/json"
	rm -r "${new:?}/etc"
	EDITOR=true mdev --root "$new" edit --new farm
	printf '[%s]\nparent = p\ntype = t\n' "$U3" > "$BATS_TEST_TMPDIR/text"
	EDITOR="cp $BATS_TEST_TMPDIR/text" mdev --root "$new" edit --new farm
	assert "$(cat "$new/etc/mdev.d/farm.conf")" == "$(cat "$BATS_TEST_TMPDIR/text")"
}
