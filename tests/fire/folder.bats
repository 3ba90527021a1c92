#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Folders of definitions that are read-only, full or huge, or in which links, FIFOs and devices stand
# in the place of files; and processes that may open few files. The message is right; no verb hangs, needs
# unbounded memory, or writes elsewhere.

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

# What mdevctl's folder has: two definitions of a parent that is there, and what others write there.
make_mdevctls() {
	U4=44440000-aaaa-4bbb-8ccc-000000000004
	U5=55550000-aaaa-4bbb-8ccc-000000000005
	THEIRS=$ROOT/etc/mdevctl.d
	mkdir -p "$THEIRS/soft"
	printf '{"mdev_type": "soft-1", "start": "manual", "attrs": []}' | tee "$THEIRS/soft/$U4" > "$THEIRS/soft/$U5"
	make_parent devices/virtual/matrix/matrix matrix
	make_type matrix vfio_ap-passthrough 1 AP
	printf '{"mdev_type": "soft-1", "start": "auto", "attrs": [{"a": "1"}]}' > "$FAST/definition"
	ln -s "$(realpath "$MDEV")" "$FAST/mdevctl"
	export MDEVCTL_ENV_ROOT=$ROOT
}

# What the two programs have that writes in mdevctl's folder, one a line; ROOT and FAST stand for the paths.
writing_there() {
	cat <<-E
		mdevctl define -u $U1 -p soft -t soft-1
		mdevctl define -u $U1 -p new -t soft-1
		mdevctl define -u $U1 -p new --jsonfile FAST/definition
		mdevctl modify -u $U4 --auto
		mdevctl modify -u $U4 -p soft --jsonfile FAST/definition
		mdevctl modify -u $U4 -p new --jsonfile FAST/definition
		mdevctl undefine -u $U4
		mdev define $U2 -p matrix -t vfio_ap-passthrough
		mdev create $U2 -p matrix -t vfio_ap-passthrough --define
		mdev modify $U4 --auto
		mdev edit $U4
		mdev undefine $U4
		mdev import ROOT/etc/mdevctl.d/soft/$U4
	E
}

# read_only FOLDER COMMAND...: where this folder cannot be written
read_only() {
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m bash -euc 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"' "$@"
}

# As one word each, where the program is
words_of() {
	local line=${1//ROOT/$ROOT}
	read -r -a words <<< "${line//FAST/$FAST}"
	case ${words[0]} in
	mdev) words=("$MDEV" --root "$ROOT" "${words[@]:1}") ;;
	mdevctl) words=("$FAST/mdevctl" "${words[@]:1}") ;;
	esac
}

@test "what writes in mdevctl's folder, where that or the one above can only be read" {
	local folder line words status n=0
	unshare -m true 2> /dev/null || skip "needs a mount namespace"
	make_mdevctls
	export EDITOR="sed -i s/manual/auto/" TMPDIR=$FAST
	cp -a "$ROOT/etc" "$FAST/before"
	for folder in etc/mdevctl.d etc; do
		while read -r line; do
			[ "$folder $line" != "etc/mdevctl.d mdev import ROOT/etc/mdevctl.d/soft/$U4" ] || continue
			words_of "$line"
			status=0
			read_only "$ROOT/$folder" "${words[@]}" > "$FAST/out" 2> "$FAST/err" || status=$?
			assert "$status $(< "$FAST/out")" == "1 " "$folder: $line"
			assert "$(< "$FAST/err")" =~ "(Error|WARN|mdev: )[^
]*(
|.)*$ROOT/etc/mdev[^ ]*: cannot be (written|removed|made): Read-only file system" "$folder: $line"
			diff -r "$FAST/before" "$ROOT/etc"
			((++n))
		done < <(writing_there)
	done
	assert "$n" -eq 25
}

@test "a definition that is imported, and cannot be removed where it was" {
	unshare -m true 2> /dev/null || skip "needs a mount namespace"
	make_mdevctls
	run --separate-stderr read_only "$THEIRS" "$MDEV" --root "$ROOT" import "$THEIRS/soft/$U4"
	assert "$status $stderr" == "1 mdev: $U4 is imported, and stays in the other place: $THEIRS/soft/$U4: cannot be removed: Read-only file system"
	[ -s "$ETC/$U4.conf" ] && [ -s "$THEIRS/soft/$U4" ]
	run --separate-stderr read_only "$THEIRS" "$MDEV" --root "$ROOT" import "$THEIRS/soft/$U4"
	assert "$status" -eq 1
	mdev --root "$ROOT" import "$THEIRS/soft/$U4"
	[ -s "$ETC/$U4.conf" ] && [ ! -e "$THEIRS/soft/$U4" ]
}

# The next one works, and leaves nothing of what was before.
@test "no folder, however the one that made it was stopped, is left with another mode" {
	local n=0 status=0
	make_mdevctls
	umask 077
	export STRIKE_ROOT=$ROOT ASAN_OPTIONS=detect_leaks=0
	for kind in kill EIO; do
		for ((n = 1, status = 0; status != 99; n++)); do
			rm -rf "$ROOT"/etc/mdev*
			status=0
			"$BATS_TEST_DIRNAME/../../build/tests/strike" $kind $n "$FAST/mdevctl" define -u "$U1" -p new -t soft-1 > /dev/null 2>&1 || status=$?
			assert "$(find "$ROOT"/etc -mindepth 1 -type d -not -perm 755)" == "" "$kind at call $n"
		done
		assert "$n" -ge 15
	done
}

# same_files FOLDER FOLDER: an empty folder more is no difference
same_files() {
	diff <(cd "$1" && find . -type f -exec sha256sum {} + | sort) <(cd "$2" && find . -type f -exec sha256sum {} + | sort)
}

# with_few_files LINE: the command of that line, as it may open one file more each time. It says so, or does
# all; what is imported may stand in both places.
with_few_files() {
	local files status=1 words
	words_of "$1"
	cp -a "$ROOT/etc" "$FAST/old"
	"${words[@]}" > /dev/null
	mv "$ROOT/etc" "$FAST/new"
	for ((files = 4; status != 0; files++)); do
		rm -rf "${ROOT:?}/etc"
		cp -a "$FAST/old" "$ROOT/etc"
		status=0
		prlimit --nofile=$files "${words[@]}" > /dev/null 2> "$FAST/err" || status=$?
		case $status in
		127) grep -q "error while loading shared libraries" "$FAST/err" ;;
		0) same_files "$FAST/new" "$ROOT/etc" ;;
		1)
			assert "$(< "$FAST/err")" =~ "Too many open files" "$files for $1"
			same_files "$FAST/old" "$ROOT/etc" ||
				{ [[ $1 == *import* ]] && same_files "$FAST/old/mdevctl.d" "$ROOT/etc/mdevctl.d"; }
			;;
		*) false ;;
		esac || { echo "$files files for $1: status $status: $(< "$FAST/err")" && return 1; }
	done
	assert "$files" -ge 7 "$1"
	rm -rf "$FAST/new" "${ROOT:?}/etc"
	mv "$FAST/old" "$ROOT/etc"
}

@test "what writes in a place of definitions, where a process may open few files" {
	local line
	make_mdevctls
	export EDITOR="sed -i s/manual/auto/" TMPDIR=$FAST
	while read -r line; do
		with_few_files "$line"
	done < <(writing_there
		echo "mdev define $U1 -p soft -t soft-1"
		echo "mdev modify $U3 --auto"
		echo "mdev undefine $U3"
		echo "mdevctl modify -u $U3 --auto"
		echo "mdevctl undefine -u $U3")
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
