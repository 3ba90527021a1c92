#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev apply: the plan, and what it writes. Files of the made root take every write, but no device
# appears; tests/kernel/apply.bats has what happens then.

load ../helpers

setup() {
	make_root
	FACT=$ROOT/sys/class/mdev_bus/0000:01:00.0/mdev_supported_types/acme-fact/create
	SOFT=$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create
}

# Three good definitions, each in a file of its own.
make_definitions() {
	printf '[%s]\nparent = udev:ID_PATH=pci-0000:01:00.0\ntype = acme-fact\nauto = yes\n' "$U1" |
		make_definition 1.conf
	printf '[%s]\nparent = soft\ntype = soft-1\nauto = no\n' "$U2" | make_definition 2.conf
	printf '[%s]\nparent = elsewhere\ntype = soft-1\nauto = yes\n' "$U3" | make_definition 3.conf
}

# applied [STATUS] ARG...: what mdev apply prints, without the last line for the user; that is in $summary.
applied() {
	local expected=0
	if [[ $1 =~ ^[0-9]$ ]]; then
		expected=$1
		shift
	fi
	mdev "$expected" --root "$ROOT" apply "$@" || return
	summary=${output##*$'\n'}
	output=${output%"$summary"}
	output=${output%$'\n'}
}

@test "apply with nothing defined does nothing, and says so by hand only" {
	for args in "" "-p soft" "--all"; do
		# shellcheck disable=SC2086 # words
		applied $args
		assert "$output$stderr" == ""
		assert "$summary" =~ "^nothing is defined( for parent 'soft')?$"
	done
	for parent in soft nonsense; do
		mdev --root "$ROOT" apply --event -p "$parent"
		assert "$output$stderr" == ""
	done
	refused 1 "there is no parent 'nonsense'" --root "$ROOT" apply -p nonsense
	assert "$(ls "$ROOT/run")" == $'mdev.d\nudev' "not even locked"
}

@test "apply by hand ends in a line that counts what was done" {
	make_definitions
	make_definition 0.conf <<< "nonsense"
	make_device soft soft-1 "$U2"
	make_device soft soft-1 44440000-aaaa-4bbb-8ccc-000000000004
	applied 1
	assert "$summary" == "1 created, 1 kept, 1 without their parent, 1 problem(s) in files"
	rm "$ROOT/etc/mdev.d/0.conf"
	printf '[%s]\nparent = 01:00.0\ntype = no-such\nauto = yes\n' "$U1" | make_definition 1.conf
	applied 1 --prune
	assert "$summary" == "1 destroyed, 1 kept, 1 without their parent, 1 failed"
	for args in --json --quiet; do
		mdev 1 --root "$ROOT" apply "$args"
		assert "$output" !~ "kept," "$args"
	done
	for args in --event --dry-run; do
		mdev --root "$ROOT" apply "$args"
		assert "$output" !~ "kept," "$args"
	done
}

@test "apply creates what is auto and missing" {
	make_definitions
	applied
	assert "$output" == "create $U1 parent 0000:01:00.0 type acme-fact from $ROOT/etc/mdev.d/1.conf"
	assert "$stderr" =~ "there is no parent 'elsewhere'"
	assert "${#stderr_lines[@]}" -eq 1
	assert "$(cat "$FACT")" == "$U1"
	assert "$(cat "$SOFT")" == ""
}

@test "apply --all also creates what is not auto" {
	make_definitions
	mdev --root "$ROOT" --quiet apply --all
	assert "$output" == ""
	assert "$(cat "$SOFT")" == "$U2"
}

@test "apply leaves alone what is live as defined" {
	make_definitions
	make_device 0000:01:00.0 acme-fact "$U1"
	applied
	assert "$output" == ""
	assert "$(cat "$FACT")" == ""
}

@test "apply -p takes a parent by any name, also one that nothing is defined for" {
	make_definitions
	applied --all -p soft
	assert "$output" == "create $U2 parent soft type soft-1 from $ROOT/etc/mdev.d/2.conf"
	applied --all -p 02:00.0
	assert "$output$stderr" == ""
	assert "$summary" == "nothing is defined for parent '02:00.0'"
	applied -p pci:1234:11e8/1
	assert "$(cat "$FACT")" == "$U1"
	refused 1 "there is no parent 'nonsense'" --root "$ROOT" apply -p nonsense
	refused 2 "cannot name a parent" --root "$ROOT" apply -p ../soft
}

@test "apply with words does what they mean, whatever auto says, and nothing else" {
	make_definitions
	applied "$U1"
	assert "$output" == "create $U1 parent 0000:01:00.0 type acme-fact from $ROOT/etc/mdev.d/1.conf"
	assert "$stderr $summary $(cat "$FACT" "$SOFT")" == " 1 created $U1"
	applied 1 2222 -u 3333
	assert "$output" == "create $U2 parent soft type soft-1 from $ROOT/etc/mdev.d/2.conf"
	assert "$stderr" =~ "^mdev: cannot create $U3 .*/3.conf:1\): there is no parent 'elsewhere'"
	assert "$summary" == "1 created, 1 failed"
	make_device soft soft-1 "$U2"
	applied "$U2" 2222
	assert "$output$stderr $summary" == " 1 kept"
	applied --dry-run "$U2"
	assert "$summary" == "keep $U2 parent soft type soft-1 from $ROOT/etc/mdev.d/2.conf"
	applied 1 --dry-run "$U1" 3333
	assert "$output$summary" == "create $U1 parent 0000:01:00.0 type acme-fact from $ROOT/etc/mdev.d/1.conf"
	assert "$stderr" =~ "^mdev: cannot create $U3 .*: there is no parent 'elsewhere'"
}

@test "apply with a word that is live as something else, or whose parent is a bad name, is a failure" {
	make_definitions
	printf '[%s]\nparent = a/b\ntype = soft-1\n' "44440000-aaaa-4bbb-8ccc-000000000004" | make_definition 4.conf
	make_device 0000:01:00.0 acme-dma "$U1"
	make_device soft soft-1 "$U3"
	for how in "" --dry-run; do
		mdev 1 --root "$ROOT" apply $how 1111
		assert "$stderr" =~ "^mdev: left alone: $U1 .*: it is live on parent '0000:01:00.0' with type 'acme-dma', but defined"
		mdev 1 --root "$ROOT" apply $how 3333
		assert "$stderr" =~ "^mdev: left alone: $U3 .*: it is live on parent 'soft', but defined for parent 'elsewhere': there is no parent"
		mdev 1 --root "$ROOT" apply $how 4444
		assert "${#stderr_lines[@]}" -eq 1 "$stderr"
		assert "$stderr" =~ "/4.conf:1: .*'a/b'"
	done
}

@test "apply with words that are several or none says which" {
	make_definitions
	printf '[%s]\nparent = soft\ntype = soft-1\n' "${U1%1}2" | make_definition 4.conf
	refused 1 "cannot apply '1111': '1111' is the beginning of several devices: $U1, ${U1%1}2" --root "$ROOT" apply 1111 2222
	make_device soft soft-1 5555"${U1#1111}"
	refused 1 "cannot apply '5555': it is not defined" --root "$ROOT" apply 2222 5555
	refused 1 "cannot apply '5555': it is not defined for that parent" --root "$ROOT" apply -p soft 5555
	refused 2 "--wait goes with UUIDs" --root "$ROOT" apply --wait
	refused 2 "'1s' is not a number of seconds" --root "$ROOT" apply --wait=1s "$U2"
	assert "$(cat "$FACT" "$SOFT")" == ""
}

# sleeps PID: the process has looked, and waits before it looks again.
sleeps() {
	for _ in $(seq 3000); do
		[[ $(< "/proc/$1/wchan") != *nanosleep* ]] || return 0
		read -rt 0.01 <> <(:) || :
	done
	return 1
}

@test "apply --wait waits for the parent of a word, as long as it is said" {
	make_definitions
	mdev 1 --root "$ROOT" apply --wait=0 3333
	assert "$stderr" =~ "there is no parent 'elsewhere'"
	mdev 1 --root "$ROOT" apply --wait=1 3333
	assert "$stderr" =~ "^mdev: cannot create $U3 .*: there is no parent 'elsewhere'"
	assert "${#stderr_lines[@]}" -eq 1 "$stderr"
	mdev 1 --root "$ROOT" apply --dry-run --wait=300 3333
	make_parent devices/virtual/else/elsewhere else
	make_type elsewhere soft-1 4 Else
	mv "$ROOT/sys/class/mdev_bus/elsewhere" "$ROOT/parent"
	"$MDEV" --root "$ROOT" apply --wait=300 3333 2222 > "$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	pid=$!
	sleeps $pid
	assert "$(cat "$SOFT")" == "" "nothing is done before all of them can be"
	mv "$ROOT/parent" "$ROOT/sys/class/mdev_bus/elsewhere"
	wait $pid
	assert "$(tail -n 1 "$BATS_TEST_TMPDIR/out")" == "2 created"
	assert "$(cat "$SOFT" "$ROOT/sys/class/mdev_bus/elsewhere/mdev_supported_types/soft-1/create")" == "$U2$U3"
}

@test "apply --wait does not wait for what will not come" {
	make_definitions
	make_device soft soft-1 "$U3"
	mdev 1 --root "$ROOT" apply --wait=100000 3333
	mdev 1 --root "$ROOT" apply --wait=100000 4444
	mdev --root "$ROOT" apply --wait=100000 "$U1" 2222
	printf '[%s]\nparent = a/b\ntype = soft-1\n' "${U1%1}4" | make_definition 4.conf
	mdev 1 --root "$ROOT" apply --wait=100000 "${U1%1}4"
}

@test "apply with a word and a parent does what the word means on that parent" {
	for parent in soft 01:00.0; do
		printf '[%s]\nparent = %s\ntype = acme-fact\nauto = yes\n' "$U1" "$parent"
	done | make_definition 0.conf
	applied 1 -p 01:00.0 "$U1"
	assert "$output$summary" == "1 shadowed"
	assert "$stderr" =~ "0.conf:1 for parent 'soft' is meant, not"
	refused 1 "cannot apply '$U1': it is not defined for that parent" --root "$ROOT" apply -p 02:00.0 "$U1"
	refused 1 "cannot apply '$U1': it is neither live on that parent nor defined for it" --root "$ROOT" apply --prune -p 02:00.0 "$U1"
	refused 1 "there is no parent 'nonsense'" --root "$ROOT" apply -p nonsense "$U1"
}

@test "apply --prune with words destroys those that are not defined" {
	make_definitions
	make_device soft soft-1 "$U2"
	make_device soft soft-1 44440000-aaaa-4bbb-8ccc-000000000004
	make_device soft soft-1 55550000-aaaa-4bbb-8ccc-000000000005
	applied --prune "$U2" 4444
	assert "$output" == "destroy 44440000-aaaa-4bbb-8ccc-000000000004 parent soft type soft-1"
	assert "$summary" == "1 destroyed, 1 kept"
	assert "$(cat "$ROOT"/sys/bus/mdev/devices/{2222,5555}*/remove)" == ""
	make_definition 0.conf <<< "nonsense"
	mdev 1 --root "$ROOT" apply --prune 5555
	assert "$stderr" =~ "nothing is destroyed: a definition that cannot be read"
	assert "$(cat "$ROOT"/sys/bus/mdev/devices/5555*/remove)" == ""
}

@test "apply with a word that means nothing does nothing" {
	make_definitions
	refused 1 "^mdev: cannot apply '4444': it is not defined$" --root "$ROOT" apply "$U1" 4444
	refused 2 "'x' is neither a UUID" --root "$ROOT" apply "$U1" x
	assert "$(cat "$FACT")" == ""
}

@test "apply with words has them in JSON" {
	requires jq
	make_definitions
	make_device soft soft-1 "$U2"
	mdev 1 --root "$ROOT" apply --json 1111 "$U2" 3333
	assert "$(jq -c '.results | map([.word, .uuid[0:4], .action, .changed, .code])' <<<"$output")" == \
		"[[\"1111\",\"1111\",\"create\",true,null],[\"$U2\",\"2222\",\"keep\",false,null],[\"3333\",\"3333\",\"absent\",false,\"absent\"]]"
}

@test "apply --dry-run prints the plan and does nothing" {
	make_definitions
	make_device soft soft-1 "$U2"
	before=$(fingerprint)
	mdev --root "$ROOT" apply --dry-run
	assert "$output" == "\
create $U1 parent 0000:01:00.0 type acme-fact from $ROOT/etc/mdev.d/1.conf
keep $U2 parent soft type soft-1 from $ROOT/etc/mdev.d/2.conf
absent $U3 parent elsewhere type soft-1 from $ROOT/etc/mdev.d/3.conf"
	assert "$(fingerprint)" == "$before"
}

@test "a parent that is not there is told by hand, with the reason, and not when udev runs it" {
	make_definitions
	applied
	assert "$stderr" =~ "^mdev: warning: $U3 \($ROOT/etc/mdev.d/3.conf:1\): there is no parent 'elsewhere'"
	rm "$ROOT"/etc/mdev.d/[12].conf
	mdev --root "$ROOT" apply --event
	assert "$output$stderr" == ""
}

@test "apply reports and leaves alone what is live with another type or parent" {
	make_definitions
	make_device 0000:01:00.0 acme-dma "$U1"
	refused 1 "^mdev: left alone: $U1 \($ROOT/etc/mdev.d/1.conf:1\): it is live on parent '0000:01:00.0' with type 'acme-dma', but defined for parent '0000:01:00.0' with type 'acme-fact'" \
		--root "$ROOT" --quiet apply
	assert "$(cat "$FACT")" == ""
}

@test "apply goes on after a definition that is refused" {
	local id=44440000-aaaa-4bbb-8ccc-000000000004
	make_definitions
	printf '[%s]\nparent = 01:00.0\ntype = no-such\nauto = yes\n' "$id" | make_definition 0.conf
	mdev 1 --root "$ROOT" --quiet apply
	assert "$stderr" == "mdev: cannot create $id ($ROOT/etc/mdev.d/0.conf:1): parent '0000:01:00.0' has no type 'no-such' (it has acme-dma 'DMA', acme-fact 'Factorial')"
	assert "$(cat "$FACT")" == "$U1"
}

@test "apply goes on after a definition that cannot be read" {
	make_definitions
	make_definition 0.conf <<< "nonsense"
	mdev 1 --root "$ROOT" --quiet apply
	assert "$stderr" == "mdev: $ROOT/etc/mdev.d/0.conf:1: no '=' in the line"
	assert "$(cat "$FACT")" == "$U1"
}

# Run as udev does, but with messages on stderr, because these tests have no system log.
event() {
	mdev --root "$ROOT" --quiet apply --event "$@"
}

@test "apply --event reports a problem once, not for each parent and event" {
	make_definitions
	make_definition 0.conf <<< "nonsense"
	printf '[%s]\nparent = 01:00.0\ntype = no-such\nauto = yes\n' 44440000-aaaa-4bbb-8ccc-000000000004 | make_definition 9.conf
	event -p 01:00.0
	assert "$stderr" == "\
mdev: cannot create 44440000-aaaa-4bbb-8ccc-000000000004 ($ROOT/etc/mdev.d/9.conf:1): parent '0000:01:00.0' has no type 'no-such' (it has acme-dma 'DMA', acme-fact 'Factorial')
mdev: $ROOT/etc/mdev.d/0.conf:1: no '=' in the line"
	assert "$(sed 's/^/mdev: /' "$ROOT/run/mdev.said")" == "$stderr"
	before=$(stat -c '%i %y' "$ROOT/run/mdev.said")
	for parent in 01:00.0 soft; do
		event -p "$parent"
		assert "$output$stderr" == ""
	done
	assert "$(stat -c '%i %y' "$ROOT/run/mdev.said")" == "$before" "not even written again"
	mdev 1 --root "$ROOT" apply -p soft
	assert "$stderr" =~ "0.conf:1: no '='" "a user who looks is told each time"
	assert "$(ls "$ROOT/run")" == $'mdev\nmdev.d\nmdev.lock\nudev' "and so is the log then"
}

@test "what is said once has a line, whatever a file is called" {
	printf 'nonsense\n' > "$ROOT/etc/mdev.d/a"$'\n'"b.conf"
	for _ in 1 2; do
		event -p soft
		assert "$(< "$ROOT/run/mdev.said")" == "$ROOT/etc/mdev.d/a\\x0ab.conf:1: no '=' in the line"
	done
}

# A request that another run has left: asked|taken PARENT
leave_request() {
	mkdir -p "$ROOT"/run/mdev/{asked,taken}
	: > "$ROOT/run/mdev/$1/$2"
}

requests() {
	(cd "$ROOT/run/mdev" && find asked taken -mindepth 1 | sort)
}

@test "an event does what was asked for and not done" {
	make_definitions
	sed -i 's/no/yes/' "$ROOT/etc/mdev.d/2.conf"
	leave_request asked soft
	event -p 01:00.0
	assert "$(cat "$FACT" "$SOFT") $(requests)" == "$U1$U2 "
	: > "$SOFT"
	leave_request taken soft
	leave_request asked gone
	leave_request asked 02:00.0
	event -p 01:00.0
	assert "$(cat "$FACT" "$SOFT") $(requests)" == "$U1$U2 "
}

@test "an event that asks for more than others do does its own alone" {
	make_definitions
	leave_request asked soft
	for args in "-p 01:00.0 --all" "-p 01:00.0 --prune" "-p 01:00.0 --dry-run" "" \
		"-p pci:1234:11e8/1" "-p udev:ID_PATH=pci-0000:01:00.0" "-p /sys/devices/pci0000:00/0000:01:00.0"; do
		# shellcheck disable=SC2086 # words
		event $args
		assert "$stderr $(requests)" == " asked/soft" "$args"
	done
}

@test "requests are neither followed through links nor taken for paths" {
	local planted=$BATS_TEST_TMPDIR/planted
	make_definitions
	mkdir "$planted"
	leave_request asked soft
	mkdir "$ROOT/run/mdev/asked/folder"
	printf 'nonsense' > "$ROOT/run/mdev/asked/a"$'\n'"b"
	ln -s "$planted/new" "$ROOT/run/mdev/asked/0000:01:00.0"
	event -p 0000:01:00.0
	assert "$(cat "$FACT")$stderr" == "$U1"
	: > "$FACT"
	rm -r "$ROOT/run/mdev"
	for link in run/mdev run/mdev/asked run/mdev/taken run/mdev/lock; do
		mkdir -p "$ROOT/run/mdev"
		rm -rf "${ROOT:?}/$link"
		ln -s "$planted" "$ROOT/$link"
		event -p 0000:01:00.0
		assert "$(cat "$FACT")$stderr" == "$U1" "$link"
		: > "$FACT"
		rm -r "$ROOT/run/mdev"
	done
	assert "$(ls -A "$planted")" == ""
}

@test "an event where nothing can be left for others does its own alone, and says nothing of it" {
	make_definitions
	for what in mdev mdev/asked mdev/taken mdev/lock; do
		mkdir -p "$ROOT/run/mdev"
		rm -rf "$ROOT/run/$what"
		case $what in
		*lock) mkdir "$ROOT/run/$what" ;;
		*) : > "$ROOT/run/$what" ;;
		esac
		event -p 01:00.0
		assert "$output$stderr $(cat "$FACT")" == " $U1" "$what"
		: > "$FACT"
		rm -r "$ROOT/run/mdev"
	done
}

# hold_requests: keeps the turn, until its input ends
hold_requests() {
	flock "$ROOT/run/mdev/lock" sh -c 'echo held && exec >&- && read -r line'
}

@test "an event that waits in vain does its own alone" {
	make_definitions
	leave_request taken soft
	: > "$ROOT/run/mdev/lock"
	coproc HOLDER { hold_requests; }
	read -r <&"${HOLDER[0]}"
	event -p 01:00.0
	assert "$(cat "$FACT" "$SOFT")$stderr" == "$U1"
	assert "$(requests)" == $'asked/01:00.0\ntaken/soft' "it stays, for another run may have asked as well"
	eval "exec ${HOLDER[1]}>&-"
	wait
	event -p soft
	assert "$stderr $(requests)" == " "
}

@test "an event passes over a parent that another run is at work on, whose request stays" {
	make_definitions
	sed -i 's/no/yes/' "$ROOT/etc/mdev.d/2.conf"
	leave_request asked soft
	event -p 01:00.0
	: | tee "$FACT" "$SOFT"
	leave_request asked soft
	# The lock of a parent is a byte, whose place is made of the name.
	coproc HOLDER { perl -e 'my $n = 0; $n = ($n * 31 + ord) % 2**32 for split //, "soft";
		open(my $file, "+>", $ARGV[0]) or die; my $lock = pack("s s x4 q q l x4", 1, 0, $n, 1, 0);
		fcntl($file, 37, $lock) or die; print "held\n"; close(STDOUT); <STDIN>' "$ROOT/run/mdev.lock"; }
	read -r <&"${HOLDER[0]}"
	event -p 01:00.0
	assert "$(cat "$FACT" "$SOFT")$stderr $(requests)" == "$U1 taken/soft"
	eval "exec ${HOLDER[1]}>&-"
	wait
	event -p soft
	assert "$(cat "$SOFT")$stderr $(requests)" == "$U2 "
}

# with_log COMMAND...: in a /dev of its own, whose log puts what it gets into $BATS_TEST_TMPDIR/log.
with_log() {
	# shellcheck disable=SC2016 # for the shell and the perl that it starts
	with_mounts /dev -- bash -c 'mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && "$@"' - \
		perl -MIO::Socket::UNIX -MSocket -e '
			my $log = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "/dev/log") or die;
			open(my $out, ">>", shift) or die;
			my $status = system(@ARGV);
			while (defined(recv($log, my $line, 1 << 20, MSG_DONTWAIT))) { print $out "$line\n" }
			exit($status >> 8)' "$BATS_TEST_TMPDIR/log" "$@"
}

@test "what no log takes is not remembered as said" {
	requires root
	make_definition 0.conf <<< "nonsense"
	# shellcheck disable=SC2016 # for the shell that it starts
	with_mounts /dev -- bash -c 'mount -t tmpfs none /dev && "$@"' - "$MDEV" --root "$ROOT" --syslog apply --event -p soft
	assert "$(cat "$ROOT/run/mdev.said")" == ""
	for _ in 1 2; do
		with_log "$MDEV" --root "$ROOT" --syslog apply --event -p soft
	done
	assert "$(grep -c "0.conf:1: no '='" "$BATS_TEST_TMPDIR/log")" == 1
	assert "$(cat "$ROOT/run/mdev.said")" =~ "0.conf:1: no '='"
}

@test "a line of the log is no longer than a log has to take" {
	requires root
	printf '[%s]\nparent = soft\ntype = %s\nauto = yes\n' "$U1" "$(printf 'a%.0s' {1..200})" | make_definition 0.conf
	for i in {1..2000}; do
		mkdir "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-with-a-name-of-some-length-$i"
	done
	printf '%0300000d\n' 0 | make_definition 1.conf
	with_log "$MDEV" --root "$ROOT" --syslog apply --event -p soft
	assert "$(awk '{ if (length($0) > most) most = length($0) } END { print most }' "$BATS_TEST_TMPDIR/log")" -le 2048
	assert "$(grep -c 'cannot create' "$BATS_TEST_TMPDIR/log")" == 1
}

@test "apply creates instances before it reports problems, however many there are" {
	requires strace
	make_definitions
	yes x | head -n 100000 | make_definition z.conf
	ASAN_OPTIONS=detect_leaks=0 strace -s 300 -o "$BATS_TEST_TMPDIR/trace" -e trace=write "$MDEV" --root "$ROOT" apply --event -p 01:00.0 \
		2> /dev/null
	assert "$(cat "$FACT")" == "$U1"
	# The write to "create" stands before the first message.
	assert "$(grep -nm 1 "write([0-9]*, \"$U1" "$BATS_TEST_TMPDIR/trace" | cut -d: -f1)" -le \
		"$(grep -nm 1 z.conf:1 "$BATS_TEST_TMPDIR/trace" | cut -d: -f1)"
}

@test "a parent that is several, or can be none, is named with file and line" {
	make_definition 0.conf <<-E
		[$U1]
		parent = pci:1234:11e8
		type = acme-fact
		auto = yes
		[$U2]
		parent = ../soft
		type = soft-1
		auto = yes
	E
	mdev 1 --root "$ROOT" --quiet apply
	assert "$stderr" == "\
mdev: $ROOT/etc/mdev.d/0.conf:1: 'pci:1234:11e8' names several PCI devices; say which of 0000:01:00.0 (/1), 0000:02:00.0 (/2)
mdev: $ROOT/etc/mdev.d/0.conf:5: '../soft' cannot name a parent"
	assert "$output" == ""
}

@test "of several definitions of one identity apply takes the first whose parent is there" {
	for parent in elsewhere soft 01:00.0; do
		printf '[%s]\nparent = %s\ntype = soft-1\nauto = yes\n' "$U1" "$parent"
	done | make_definition 0.conf
	applied
	assert "$output" == "create $U1 parent soft type soft-1 from $ROOT/etc/mdev.d/0.conf"
	assert "$stderr" =~ "$U1: $ROOT/etc/mdev.d/0.conf:5 for parent 'soft' is meant, not $ROOT/etc/mdev.d/0.conf:9 for '01:00.0'"
}

@test "of several definitions of one identity apply keeps the one that fits the live device" {
	for parent in soft 01:00.0; do
		printf '[%s]\nparent = %s\ntype = acme-fact\nauto = yes\n' "$U1" "$parent"
	done | make_definition 0.conf
	make_device 0000:01:00.0 acme-fact "$U1"
	applied
	assert "$output" == ""
	assert "$stderr" =~ "0.conf:5 for parent '01:00.0' is meant, not $ROOT/etc/mdev.d/0.conf:1 for 'soft'"
}

@test "udev's parent that went again meanwhile is no failure" {
	make_definitions
	mdev --root "$ROOT" apply --event -p 0000:05:00.0
	assert "$stderr" == ""
	[ ! -e "$ROOT/run/mdev.said" ]
	refused 1 "there is no parent '0000:05:00.0'" --root "$ROOT" apply -p 0000:05:00.0
}

@test "apply --prune destroys what is not defined, unless a definition cannot be read" {
	make_definitions
	make_device soft soft-1 "$U2"
	make_device soft soft-1 "$U3-7"
	make_device 0000:01:00.0 acme-dma 44440000-aaaa-4bbb-8ccc-000000000004
	applied --prune -p soft
	assert "$output" == "destroy $U3:7 parent soft type soft-1"
	assert "$(cat "$ROOT"/sys/bus/mdev/devices/*/remove)" == "1"
	make_definition 0.conf <<< "nonsense"
	mdev 1 --root "$ROOT" apply --prune
	assert "$stderr" =~ "nothing is destroyed: a definition that cannot be read"
	assert "$(cat "$ROOT"/sys/bus/mdev/devices/*/remove)" == "1"
}

@test "apply --prune leaves what is defined for a parent that is not there, and says so" {
	for parent in 0000:05:00.0 pci:1af4:1000 udev:ID_PATH=gone /sys/devices/gone; do
		printf '[%s]\nparent = %s\ntype = soft-1\n' "$U1" "$parent" | make_definition 1.conf
		[ -e "$ROOT/sys/bus/mdev/devices/$U1" ] || make_device soft soft-1 "$U1"
		for args in "" "-p soft"; do
			# shellcheck disable=SC2086 # words
			applied --prune $args
			assert "$output" == ""
			assert "$stderr" =~ "^mdev: warning: $U1: it is live on parent 'soft', but defined for parent '$parent' \($ROOT/etc/mdev.d/1.conf:1\)"
		done
	done
	assert "$(cat "$ROOT/sys/bus/mdev/devices/$U1/remove")" == ""
}

@test "apply --prune destroys nothing where the folder of definitions is missing or cannot be read" {
	make_device soft soft-1 "$U1"
	rmdir "$ROOT/etc/mdev.d"
	mdev 1 --root "$ROOT" apply --prune
	assert "$stderr" =~ "nothing is destroyed: the folder of definitions is not there"
	: > "$ROOT/etc/mdev.d"
	mdev 1 --root "$ROOT" apply --prune
	assert "$stderr" =~ "nothing is destroyed: a definition that cannot be read"
	assert "$(cat "$ROOT/sys/bus/mdev/devices/$U1/remove")" == ""
}

@test "apply --prune leaves what is in use, and says which process uses it" {
	make_definitions
	rm "$ROOT/etc/mdev.d/3.conf"
	make_device soft soft-1 "$U3"
	make_device soft soft-1 "$U3-7"
	mkdir -p "$ROOT/proc/42/fd"
	echo vmm > "$ROOT/proc/42/comm"
	ln -s "$(vfio_node 0)" "$ROOT/proc/42/fd/3"
	applied 1 --prune -p soft
	assert "$output" == "destroy $U3:7 parent soft type soft-1"
	assert "$stderr" == "mdev: cannot destroy $U3: it is in use by PID 42 'vmm'"
	assert "$(cat "$ROOT/sys/bus/mdev/devices/$U3/remove")" == ""
}

@test "apply --json has the devices, the actions and the errors" {
	requires jq
	make_definitions
	printf '[%s]\nparent = 01:00.0\ntype = no-such\nauto = yes\n' "$U2" | make_definition 0.conf
	mdev 1 --root "$ROOT" apply --json
	assert "$(jq -c '.results | map([.uuid[0:4], .action, .error != null])' <<<"$output")" == \
		'[["2222","create",true],["1111","create",false],["2222","shadowed",false],["3333","absent",false]]'
	assert "$(jq -c '.results[0] | keys_unsorted' <<<"$output")" == \
		'["word","uuid","instance","parent","type","state","live","defined","holders","action","changed","code","error"]'
}

# Holds the lock of all parents, as an open file's own (F_OFD_SETLK), until its input ends.
hold_lock() {
	perl -e 'open(my $file, "+>", $ARGV[0]) or die; my $lock = pack("s s x4 q q l x4", 1, 0, 0, 0, 0);
		fcntl($file, 37, $lock) or die; print "held\n"; close(STDOUT); <STDIN>' "$ROOT/run/mdev.lock"
}

# That an apply does not wait for one of another parent is tested in tests/kernel/apply.bats.
@test "an apply waits for another one, which holds the lock" {
	make_definitions
	coproc HOLDER { hold_lock; }
	read -r <&"${HOLDER[0]}"
	"$MDEV" --root "$ROOT" -q apply -p 01:00.0 3>&- &
	"$MDEV" --root "$ROOT" -q apply -p soft --all 3>&- &
	for _ in $(seq 1000); do
		[ "$(grep -c -e '-> OFDLCK' /proc/locks)" = 2 ] && break
		read -rt 0.01 <> <(:) || :
	done
	assert "$(cat "$FACT" "$SOFT")" == "" "nothing is written meanwhile"
	eval "exec ${HOLDER[1]}>&-"
	wait
	assert "$(cat "$FACT" "$SOFT")" == "$U1$U2"
}
