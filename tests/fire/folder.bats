#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Folders of definitions that are read-only, full or huge, or in which links, FIFOs and devices stand
# in the place of files. The message is right; no verb hangs, needs unbounded memory, or writes elsewhere.

load fire

setup() {
	make_fast_root
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U3" > "$ETC/z-good.conf"
}

teardown() {
	remove_fast_root
}

# mounted OPTIONS COMMANDS: in a mount namespace of their own, with a tmpfs of these options as the
# folder of definitions, in which the file z-good.conf is.
mounted() {
	unshare -m true 2> /dev/null || skip "needs a mount namespace"
	# shellcheck disable=SC2016 # for the inner shell
	MDEV=$MDEV ROOT=$ROOT ETC=$ETC unshare -m bash -euc '
		cp "$ETC/z-good.conf" "$ROOT/"
		mount -t tmpfs -o "$0" fire "$ETC"
		mv "$ROOT/z-good.conf" "$ETC"
		fails() { # PATTERN VERB...
			local pattern=$1 text
			shift
			if text=$("$MDEV" --root "$ROOT" "$@" 2>&1 > /dev/null); then
				echo "it did not fail: mdev $*" && return 1
			fi
			[[ $text =~ $pattern ]] || { echo "mdev $*: $text" && return 1; }
		}
		eval "$1"' "$1" "$2"
}

@test "writing verbs where the folder can only be read" {
	mounted size=1m '
		mount -o remount,ro "$ETC"
		before=$(cat "$ETC"/*)
		fails "mdev: cannot define [^ ]*: .*/mdev.d: cannot be written: Read-only file system$" \
			define -p soft -t soft-1
		fails "/mdev.d: cannot be written: Read-only file system$" define -p soft -t soft-1 --file z-good
		fails "/mdev.d: cannot be written: Read-only file system$" modify 3333 --auto
		fails "/mdev.d: cannot be written: Read-only file system$" undefine 3333
		EDITOR="sed -i s/soft-1/soft-2/" TMPDIR=$ROOT fails "/mdev.d: cannot be written: Read-only file system.*kept" edit 3333
		[ "$(cat "$ETC"/*)" = "$before" ]
		"$MDEV" --root "$ROOT" list | grep -q 3333'
}

@test "writing verbs where the folder is another user's" {
	requires root
	chmod -R a+rX "$FAST"
	before=$(fingerprint)
	run --separate-stderr setpriv --reuid 65534 --clear-groups "$MDEV" --root "$ROOT" define "$U1" -p soft -t soft-1
	assert "$status $stderr" == "1 mdev: cannot define $U1: $ETC: cannot be written: Permission denied (only root may)"
	run --separate-stderr setpriv --reuid 65534 --clear-groups "$MDEV" --root "$ROOT" undefine "$U3"
	assert "$status $stderr" == "1 mdev: cannot undefine $U3: $ETC: cannot be written: Permission denied (only root may)"
	assert "$(fingerprint)" == "$before"
}

@test "writing verbs on a disk that is full" {
	mounted size=16k '
		before=$(cat "$ETC"/z*)
		cat /dev/zero > "$ETC/.filler" 2> /dev/null || :
		fails "cannot be written: No space left on device$" define -p soft -t soft-1
		fails "cannot be written: No space left on device$" modify 3333 --auto
		[ "$(cat "$ETC"/z*)" = "$before" ]
		[ "$(ls "$ETC")" = z-good.conf ]
		rm "$ETC/.filler"
		"$MDEV" --root "$ROOT" modify 3333 --auto'
}

@test "a disk without an inode left" {
	mounted nr_inodes=4 '
		touch "$ETC/.filler" "$ETC/.filler2"
		fails "cannot be written: No space left on device$" modify 3333 --auto
		rm "$ETC/.filler2" # there is one for the lock then
		fails "z-good.conf: cannot be written: No space left on device$" modify 3333 --auto
		rm "$ETC/.filler"
		"$MDEV" --root "$ROOT" modify 3333 --auto'
}

@test "edit where there is no room for the copy" {
	{ head -c 9000 /dev/zero | tr '\0' '#'; echo; } >> "$ETC/z-good.conf"
	mounted size=1m '
		mkdir "$ROOT/tmp"
		mount -t tmpfs -o size=4k fire "$ROOT/tmp"
		EDITOR=true TMPDIR=$ROOT/tmp fails "/tmp/mdev-.*/z-good.conf: No space left on device$" edit 3333
		[ -z "$(ls -A "$ROOT/tmp")" ]'
}

@test "what is no file is reported, and never opened" {
	requires root strace
	mkfifo "$ETC/fifo.conf"
	mknod "$ETC/device.conf" c 1 7
	mknod "$ETC/block.conf" b 7 250
	mkdir "$ETC/folder.conf"
	perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0]))' "$ETC/socket.conf"
	ln -s fifo.conf "$ETC/link-fifo.conf"
	mknod "$ROOT/dev/full" c 1 7
	ln -s /dev/full "$ETC/link-device.conf"
	ln -s /dev/null "$ETC/link-null.conf"
	ln -s nowhere "$ETC/link-nowhere.conf"
	ln -s link-self.conf "$ETC/link-self.conf"
	ASAN_OPTIONS=detect_leaks=0 run --separate-stderr timeout 30 \
		strace -o "$FAST/calls" -e trace=openat,openat2,open "$MDEV" --root "$ROOT" list --raw --noheadings
	assert "$output" == "$U3 soft soft-1 no defined"
	assert "$stderr" == "\
mdev: $ETC/block.conf: not a regular file
mdev: $ETC/device.conf: not a regular file
mdev: $ETC/fifo.conf: not a regular file
mdev: $ETC/folder.conf: a folder in place of a file
mdev: $ETC/link-device.conf: not a regular file
mdev: $ETC/link-fifo.conf: not a regular file
mdev: $ETC/link-nowhere.conf: No such file or directory
mdev: $ETC/link-self.conf: Too many levels of symbolic links
mdev: $ETC/socket.conf: not a regular file"
	# A descriptor of O_PATH only points at a file.
	assert "$(grep -v O_PATH "$FAST/calls" | grep -o '[a-z-]*\.conf"')" == 'z-good.conf"'
	for name in fifo device block socket link-fifo link-device link-null; do
		refused 1 "$name.conf: (not a regular file|a symbolic link)" --root "$ROOT" define "$U1" -p soft -t soft-1 --file $name
	done
}

@test "links that lead out of the folder are read, but not written through" {
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U1" > "$ROOT/outside"
	ln -s /outside "$ETC/link.conf"
	ln "$ROOT/outside" "$ETC/hard.conf" 2> /dev/null
	sed -i "s/$U1/$U2/" "$ROOT/outside"
	mdev --root "$ROOT" list --raw --noheadings -o UUID
	assert "$output" == "$U1"$'\n'"$U2"$'\n'"$U3"
	before=$(sha256sum "$ROOT/outside")
	refused 1 "link.conf: a symbolic link, which is not written through" --root "$ROOT" modify "$U2" --auto
	refused 1 "link.conf: a symbolic link, which is not written through" --root "$ROOT" undefine "$U2"
	mdev --root "$ROOT" modify "$U1" --auto
	assert "$(sha256sum "$ROOT/outside")" == "$before"
}

@test "a hard link keeps what it had" {
	ln "$ETC/z-good.conf" "$FAST/other-name"
	before=$(sha256sum < "$FAST/other-name")
	mdev --root "$ROOT" modify "$U3" --auto
	assert "$(sha256sum < "$FAST/other-name")" == "$before"
	assert "$(grep -c 'auto = yes' "$ETC/z-good.conf")" -eq 1
}

@test "a linked folder is read, but not written" {
	mv "$ETC" "$ROOT/elsewhere"
	ln -s /elsewhere "$ETC"
	mdev --root "$ROOT" list --raw --noheadings -o UUID
	assert "$output" == "$U3"
	before=$(ls -A "$ROOT/elsewhere")
	for verb in "define $U1 -p soft -t soft-1" "modify $U3 --auto" "undefine $U3"; do
		# shellcheck disable=SC2086 # several words
		refused 1 "$ETC: a symbolic link, which is not written through" --root "$ROOT" $verb
	done
	assert "$(ls -A "$ROOT/elsewhere")" == "$before"
}

# within_memory VERB...: in 256 MiB of addresses, which is enough for any number of files.
within_memory() {
	case $MDEV in *asan*) skip "the sanitizer wants more memory" ;; esac
	run --separate-stderr timeout 60 prlimit --as=268435456 "$MDEV" --root "$ROOT" "$@"
}

@test "a file of 100 MB is refused" {
	head -c 100000000 /dev/zero | tr '\0' '\n' > "$ETC/large.conf"
	within_memory list --raw --noheadings -o UUID
	assert "$status $output" == "1 $U3"
	assert "$stderr" == "mdev: $ETC/large.conf: larger than 16 MiB"
	within_memory define "$U1" -p soft -t soft-1 --file large
	assert "$status $stderr" == "1 mdev: cannot define $U1: $ETC/large.conf: larger than 16 MiB"
	truncate -s 1T "$ETC/large.conf"
	within_memory check
	assert "$status" -eq 1
}

@test "16 MB in one line, and in one section" {
	{ printf '[%s]\nparent = soft\ntype = soft-1\ndescription = ' "$U1" && head -c 16000000 /dev/zero | tr '\0' x; } > "$ETC/line.conf"
	within_memory list --raw --noheadings -o UUID
	assert "$status $output" == "0 $U1"$'\n'"$U3"
	{ printf '[%s]\nparent = soft\ntype = soft-1\n' "$U1" && yes 'attr = a 1' | head -n 1000000; } > "$ETC/line.conf"
	within_memory list --raw --noheadings -o UUID
	assert "$status $output" == "0 $U1"$'\n'"$U3"
}

@test "16 MB of nonsense is told in a few lines" {
	yes x | head -c 16000000 > "$ETC/x.conf"
	{ printf '[%s]\nparent = soft\ntype = ' "$U1" && head -c 8000000 /dev/zero | tr '\0' /; } > "$ETC/y.conf"
	case $MDEV in *asan*) ;; *) limit="prlimit --as=100000000" ;; esac
	# shellcheck disable=SC2086 # several words, or none
	run --separate-stderr timeout 60 ${limit-} "$MDEV" --root "$ROOT" list --raw --noheadings -o UUID
	assert "$status $output" == "1 $U3"
	assert "${#stderr_lines[@]}" -eq 12 "lines on stderr"
	assert "${stderr_lines[0]}" == "mdev: $ETC/x.conf:1: no '=' in the line"
	assert "${stderr_lines[10]}" == "mdev: $ETC/x.conf: and 7999990 more"
	assert "${stderr_lines[11]}" =~ "y.conf:3: '/*...' \(8000000 bytes\) cannot be the name of a type$"
	run --separate-stderr timeout 60 "$MDEV" --root "$ROOT" check
	assert "$status ${#stderr_lines[@]}" == "1 12"
}

@test "a folder of 10,000 files is read" {
	awk -v folder="$ETC" 'BEGIN {
		for (i = 0; i < 10000; i++) {
			file = sprintf("%s/%05d.conf", folder, i)
			printf "[%08d-aaaa-4bbb-8ccc-000000000000]\nparent = soft\ntype = soft-1\nauto = no\n", i > file
			close(file)
		}
	}'
	within_memory list --raw --noheadings -o UUID
	assert "$status ${#lines[@]}" == "0 10001"
	within_memory apply --dry-run --all
	assert "$status ${#lines[@]}" == "0 10001"
	within_memory modify 00009999 --auto
	assert "$status" -eq 0
	assert "$(cat "$ETC/09999.conf")" == "[00009999-aaaa-4bbb-8ccc-000000000000]"$'\nparent = soft\ntype = soft-1\nauto = yes'
}
