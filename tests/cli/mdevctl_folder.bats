#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Definitions that stand where mdevctl keeps them, in /etc/mdevctl.d/PARENT/UUID, on a made root.

load ../helpers

setup() {
	make_root
	ETC=$ROOT/etc/mdev.d
	THEIRS=$ROOT/etc/mdevctl.d
	mkdir -p "$THEIRS"/soft "$THEIRS"/scripts.d/callouts
}

# single TYPE START [ATTRIBUTE VALUE]: a definition as mdevctl 1.4.0 writes it
single() {
	printf '{\n  "mdev_type": "%s",\n  "start": "%s",\n  "attrs": [' "$1" "$2"
	[ "${3-}" = "" ] || printf '\n    {\n      "%s": "%s"\n    }\n  ' "$3" "$4"
	printf ']\n}'
}

@test "they are listed, shown, checked and created like others" {
	single soft-1 auto rate 5 > "$THEIRS/soft/$U1"
	single soft-1 manual > "$THEIRS/soft/$U2"
	mkdir "$THEIRS/0000:77:00.0"
	single acme-9 auto > "$THEIRS/0000:77:00.0/$U3"
	mdev --root "$ROOT" list --raw --noheadings -o uuid,parent,type,auto
	assert "$output$stderr" == "$U3 0000:77:00.0 acme-9 yes
$U1 soft soft-1 yes
$U2 soft soft-1 no"
	mdev --root "$ROOT" show 1111
	assert "$output" =~ "definition:  $THEIRS/soft/$U1:1"
	assert "$output" =~ "rate = 5"
	mdev --root "$ROOT" check
	assert "$output" == "definitions: 3, errors: 0, warnings: 1"
	mdev 1 --root "$ROOT" create 1111
	assert "$(cat "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create")" == "$U1"
	: > "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create"
	mdev 1 --root "$ROOT" apply
	assert "$(cat "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create")" == "$U1"
}

@test "modify changes them as mdevctl would, byte for byte" {
	single soft-1 auto rate 5 > "$THEIRS/soft/$U1"
	mdev --root "$ROOT" modify "$U1" --manual --set-attr rate=6
	assert "$(cat "$THEIRS/soft/$U1"; echo .)" == "$(single soft-1 manual rate 6; echo .)"
	mdev --root "$ROOT" modify "$U1" --type soft-9 --remove-attr rate
	assert "$(cat "$THEIRS/soft/$U1"; echo .)" == "$(single soft-9 manual; echo .)"
	before=$(fingerprint)
	refused 1 "mdevctl's file cannot say a description; 'mdev import $THEIRS/soft/$U1' moves it first" --root "$ROOT" modify "$U1" --description x
	refused 1 "cannot say parameters" --root "$ROOT" modify "$U1" --params x
	refused 1 "cannot say another parent" --root "$ROOT" modify "$U1" --parent 01:00.0
	assert "$(fingerprint)" == "$before"
}

@test "what is said in another way is written as mdevctl would, though nothing changes" {
	printf '{"mdev_type": "soft-1", "start": "never"}' > "$THEIRS/soft/$U1"
	mdev --root "$ROOT" modify "$U1" --manual
	assert "$(cat "$THEIRS/soft/$U1")" == "$(single soft-1 manual)"
	inode=$(stat -c %i "$THEIRS/soft/$U1")
	mdev --root "$ROOT" modify "$U1" --manual
	assert "$(stat -c %i "$THEIRS/soft/$U1")" == "$inode" "nothing is left to be written"
}

@test "modify keeps what mdevctl does not know, and the mode" {
	printf '{"note": [1e400, {"mdev_type": "}\\""}],\n "start":"auto", "mdev_type":"soft-1" , "x" : null}' > "$THEIRS/soft/$U1"
	chmod 600 "$THEIRS/soft/$U1"
	mdev --root "$ROOT" modify "$U1" --manual
	assert "$(cat "$THEIRS/soft/$U1")" == '{
  "mdev_type": "soft-1",
  "start": "manual",
  "attrs": [],
  "note": [1e400, {"mdev_type": "}\""}],
  "x": null
}'
	assert "$(stat -c %a "$THEIRS/soft/$U1")" == 600
	printf '{"\\u0073tart": "auto", "mdev_type": "soft-1"}' > "$THEIRS/soft/$U2"
	mdev --root "$ROOT" modify "$U2" --manual
	assert "$(cat "$THEIRS/soft/$U2")" == "$(single soft-1 manual)"
}

@test "undefine removes the file, and leaves its folder" {
	single soft-1 auto > "$THEIRS/soft/$U1"
	single soft-1 auto > "$THEIRS/soft/$U2"
	mdev --root "$ROOT" undefine 1111
	assert "$(cd "$THEIRS" && find . -type f)" == "./soft/$U2"
	mdev --root "$ROOT" undefine 2222 -p soft
	assert "$(cd "$THEIRS" && find . -name soft)" == "./soft"
	assert "$(cd "$THEIRS" && find . -type f)" == ""
}

@test "a broken one hides nobody, is named, and can be undefined" {
	single soft-1 auto > "$THEIRS/soft/$U1"
	broken() {
		printf '%s' "$1" > "$THEIRS/soft/$U2"
		mdev 1 --root "$ROOT" list --raw --noheadings -o uuid
		assert "$output" == "$U1" "beside: $1"
		assert "$stderr" =~ "^mdev: $THEIRS/soft/$U2: $2"
		refused 1 "$THEIRS/soft/$U2: $2" --root "$ROOT" check
		mdev --root "$ROOT" undefine "$U2" -n
		assert "$output" == "undefine $U2 parent soft type  from $THEIRS/soft/$U2" "dry run"
		mdev --root "$ROOT" undefine "$U2"
		assert "$(cd "$THEIRS" && find . -type f)" == "./soft/$U1"
	}
	refused() {
		local status=$1 pattern=$2
		shift 2
		mdev "$status" "$@" || return
		assert "$stderr" =~ "$pattern" "stderr of: mdev $*"
	}
	broken '' "the text ends too early to be JSON"
	broken '{oops' "not JSON at byte"
	broken '{} x' "something follows the JSON"
	broken '[]' "invalid json"
	broken '{"mdev_type": "a"}' "invalid json"
	broken '{"mdev_type": 5, "start": "auto"}' "invalid json"
	broken '{"mdev_type": "a", "start": "auto", "attrs": {}}' "attributes field is not an array"
	broken '{"mdev_type": "a", "start": "auto", "attrs": [5]}' "invalid JSON format for attribute: not an object"
	broken '{"mdev_type": "a", "start": "auto", "attrs": [{}]}' "invalid JSON format for attribute: too many fields"
	broken '{"mdev_type": "a", "start": "auto", "attrs": [{"a": 1}]}' 'invalid JSON format for attribute \{"a", 1\}: value must be of type str'
	broken '{"mdev_type": "a", "start": "auto", "attrs": [{"a": "1\u0000"}]}' 'the value of attribute .a. holds a NUL'
	broken "$(printf '[%.0s' {1..100000})" "not JSON at byte"
}

@test "names that would lead out of the device or the type are refused before anything is made" {
	single ../soft-1 auto > "$THEIRS/soft/$U1"
	single soft-1 auto ../soft/rate 5 > "$THEIRS/soft/$U2"
	refused 1 "parent 'soft' has no type '../soft-1'" --root "$ROOT" create "$U1"
	refused 1 "'../soft/rate' cannot be the name of an attribute" --root "$ROOT" create "$U2"
	mdev 1 --root "$ROOT" apply --all
	assert "$stderr" =~ "'../soft-1' cannot be the name of a type"
	assert "$(cat "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create")" == ""
	mdev 1 --root "$ROOT" check
	assert "$stderr" =~ "$THEIRS/soft/$U2:1: '../soft/rate' cannot be the name of an attribute"
}

@test "what is no file named by a UUID, or is reached through a link, is passed over; check names the former" {
	single soft-1 auto > "$THEIRS/soft/$U1"
	ln -s "$THEIRS/soft/$U1" "$THEIRS/soft/$U2"
	ln -s soft "$THEIRS/0000:01:00.0"
	mkdir "$THEIRS/soft/$U3"
	single soft-1 auto > "$THEIRS/soft/$U3.bak"
	mdev --root "$ROOT" list --raw --noheadings -o uuid,parent
	assert "$output$stderr" == "$U1 soft"
	mdev --root "$ROOT" check
	assert "$stderr" =~ "$THEIRS/soft/$U3.bak: its name is no UUID, so it is not read"
	refused 1 "it is not defined" --root "$ROOT" modify "$U2" --auto
}

@test "a name may write its UUID in every way" {
	local name shown
	for name in "${U1^^}" "${U1//-/}" "{$U1}"; do
		shown=$THEIRS/soft/${name//[{\}]/.}
		single soft-1 auto > "$THEIRS/soft/$name"
		mdev --root "$ROOT" list --raw --noheadings -o uuid,parent
		assert "$output$stderr" == "$U1 soft"
		refused 1 "it is already defined in $shown" --root "$ROOT" define "$U1" -p soft -t soft-1
		refused 1 "it is already defined in $shown" --root "$ROOT" define "$U1" -p soft -t soft-1 --file farm
		mdev --root "$ROOT" modify "$U1" --manual
		assert "$(cat "$THEIRS/soft/"*)" == "$(single soft-1 manual)"
		mdev --root "$ROOT" undefine "$U1"
		assert "$(ls -A "$THEIRS/soft" "$ETC")" == "$ETC:

$THEIRS/soft:"
	done
	single soft-1 auto > "$THEIRS/soft/$U1"
	single soft-2 auto > "$THEIRS/soft/${U1^^}"
	mdev --root "$ROOT" check
	assert "$stderr" =~ "too, which is meant" "one of two counts"
	mdev --root "$ROOT" undefine "$U1"
	assert "$(ls -A "$THEIRS/soft")" == ""
}

@test "one in etc/mdev.d of the same identity and parent wins, and check says so" {
	single soft-1 auto > "$THEIRS/soft/$U1"
	printf '[%s]\nparent = soft\ntype = soft-2\n' "$U1" | make_definition farm.conf
	mdev --root "$ROOT" show --json "$U1"
	requires jq
	assert "$(jq -r '.results[0].defined.file' <<<"$output")" == "$ETC/farm.conf"
	mdev --root "$ROOT" check
	assert "$stderr" =~ "warning: $THEIRS/soft/$U1:1: the identity is defined in $ETC/farm.conf:1 for parent 'soft', too, which is meant"
	mdev --root "$ROOT" export
	assert "$(jq -c . <<<"$output")" == "[{\"soft\":[{\"$U1\":{\"mdev_type\":\"soft-2\",\"start\":\"manual\",\"attrs\":[]}}]}]"
	mdev --root "$ROOT" modify "$U1" --auto
	assert "$(cat "$THEIRS/soft/$U1")" == "$(single soft-1 auto)"
	refused 1 "it is already defined in $ETC/farm.conf:1" --root "$ROOT" define "$U1" -p soft -t soft-1
}

@test "define sees them, and writes there for the parent where others look" {
	single soft-1 auto > "$THEIRS/soft/$U1"
	refused 1 "it is already defined in $THEIRS/soft/$U1:1" --root "$ROOT" define "$U1" -p soft -t soft-1
	umask 077
	mdev --root "$ROOT" define "$U2" -p matrix -t vfio_ap-passthrough -a assign_domain=5
	assert "$(cat "$THEIRS/matrix/$U2")" == "$(single vfio_ap-passthrough manual assign_domain 5)"
	assert "$(stat -c %a "$THEIRS/matrix" "$THEIRS/matrix/$U2" | paste -sd ' ')" == "755 644"
	refused 1 "it is already defined in $THEIRS/matrix/$U2" --root "$ROOT" define "$U2" -p matrix -t other
	refused 1 "has no word for: description" --root "$ROOT" define "$U3" -p matrix -t other --description x
	mdev --root "$ROOT" define "$U3" -p matrix -t other --description x --file matrix
	assert "$(ls -A "$ETC")" == "matrix.conf"
}

@test "the folder of a parent that is a link is not written through" {
	mkdir "$BATS_TEST_TMPDIR/elsewhere"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$THEIRS/matrix"
	refused 1 "$THEIRS/matrix: a symbolic link, which is not written through" --root "$ROOT" define "$U1" -p matrix -t t
	assert "$(ls -A "$BATS_TEST_TMPDIR/elsewhere" "$ETC")" == "$BATS_TEST_TMPDIR/elsewhere:

$ETC:"
}

@test "import moves them, unless --keep; what would be lost stays" {
	single soft-1 auto rate 5 > "$THEIRS/soft/$U1"
	single soft-1 auto > "$THEIRS/soft/$U2"
	mdev --root "$ROOT" import --keep "$THEIRS/soft/$U1"
	assert "$output" == "$U1"
	assert "$(grep -v '^#' "$ETC/$U1.conf")" == "
[$U1]
parent = soft
type = soft-1
auto = yes
attr = rate 5"
	[ -e "$THEIRS/soft/$U1" ]
	mdev --root "$ROOT" import "$THEIRS/soft/"*
	assert "$(ls -A "$THEIRS/soft")" == ""
	assert "$(ls -A "$ETC")" == "$U1.conf"$'\n'"$U2.conf"
	printf '{"mdev_type":"soft-1","start":"auto","note":1}' > "$THEIRS/soft/$U3"
	before=$(fingerprint)
	refused 1 "'note' is not a known key, and would be lost" --root "$ROOT" import "$THEIRS/soft/$U3"
	assert "$(fingerprint)" == "$before"
}

@test "edit checks the text, and takes it whole" {
	single soft-1 auto > "$THEIRS/soft/$U1"
	EDITOR="sed -i s/auto/manual/" mdev --root "$ROOT" edit "$U1"
	assert "$(cat "$THEIRS/soft/$U1")" == "$(single soft-1 manual)"
	MDEV_WHOLE='' EDITOR="sed -i s/[{]/[/" mdev 1 --root "$ROOT" edit "$U1"
	assert "$stderr" =~ "/mdev-.*/$U1: not JSON at byte"
	assert "$(cat "$THEIRS/soft/$U1")" == "$(single soft-1 manual)"
}

@test "root does not obey one that others can write" {
	single soft-1 auto > "$THEIRS/soft/$U1"
	chmod 666 "$THEIRS/soft/$U1"
	mdev --root "$ROOT" check
	assert "$stderr" =~ "warning: $THEIRS/soft/$U1: root does not obey it: it can be written by every user"
	chmod 644 "$THEIRS/soft/$U1"
	chmod 777 "$THEIRS"
	mdev --root "$ROOT" check
	assert "$stderr" =~ "the folder of its parents can be written by every user"
}

# mdevctl's own rule for udev
rule() {
	# shellcheck disable=SC2016 # the rule's $kernel
	printf 'ACTION=="add", TEST=="/etc/mdevctl.d/$kernel", RUN+="/bin/sh -c '\''{ /usr/sbin/mdevctl start-parent-mdevs %%k; }'\''"\n'
}

@test "udev's apply leaves them to mdevctl's own rule where that is installed" {
	single soft-1 auto > "$THEIRS/soft/$U1"
	mkdir -p "$ROOT/usr/lib/udev/rules.d" "$ROOT/usr/sbin"
	: > "$ROOT/usr/sbin/mdevctl"
	rule > "$ROOT/usr/lib/udev/rules.d/60-mdevctl.rules"
	mdev --root "$ROOT" apply --event -p soft
	assert "$(cat "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create")$stderr" == ""
	mdev --root "$ROOT" apply -n
	assert "$output" =~ "create $U1"
	rm "$ROOT/usr/lib/udev/rules.d/60-mdevctl.rules"
	mdev --root "$ROOT" apply --event -p soft
	assert "$(cat "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create")" == "$U1"
}

@test "a rule of mdevctl's whose program is not there starts nothing, and nothing is left to it" {
	local create=$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create
	single soft-1 auto > "$THEIRS/soft/$U1"
	mkdir -p "$ROOT"/usr/{lib/udev/rules.d,sbin}
	rule > "$ROOT/usr/lib/udev/rules.d/60-mdevctl.rules"
	mdev --root "$ROOT" apply --event -p soft
	assert "$(cat "$create")" == "$U1"
	: > "$create"
	: > "$ROOT/usr/sbin/mdevctl"
	mdev --root "$ROOT" apply --event -p soft
	assert "$(cat "$create")" == ""
}

@test "a rule of mdevctl's that is masked, empty or says something else starts nothing" {
	local create=$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create folder text
	single soft-1 auto > "$THEIRS/soft/$U1"
	mkdir -p "$ROOT"/{etc,run,usr/local/lib,usr/lib}/udev/rules.d "$ROOT/usr/sbin"
	: > "$ROOT/usr/sbin/mdevctl"
	rule > "$ROOT/usr/lib/udev/rules.d/60-mdevctl.rules"
	for folder in etc run usr/local/lib; do
		ln -s /dev/null "$ROOT/$folder/udev/rules.d/60-mdevctl.rules"
		mdev --root "$ROOT" apply --event -p soft
		assert "$(cat "$create")" == "$U1"
		: > "$create"
		rm "$ROOT/$folder/udev/rules.d/60-mdevctl.rules"
	done
	for text in '' 'ACTION=="add", SYMLINK+="a"'; do
		echo "$text" > "$ROOT/etc/udev/rules.d/60-mdevctl.rules"
		mdev --root "$ROOT" apply --event -p soft
		assert "$(cat "$create")" == "$U1"
		: > "$create"
	done
	rule > "$ROOT/etc/udev/rules.d/60-mdevctl.rules"
	rm "$ROOT/usr/lib/udev/rules.d/60-mdevctl.rules"
	mdev --root "$ROOT" apply --event -p soft
	assert "$(cat "$create")" == ""
}

@test "programs that watch the folder see one change, and nothing else is left" {
	single soft-1 auto > "$THEIRS/soft/$U1"
	requires strace
	ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=%file -o "$BATS_TEST_TMPDIR/calls" "$MDEV" --root "$ROOT" modify "$U1" --manual
	assert "$(grep -c 'O_CREAT.*O_EXCL' "$BATS_TEST_TMPDIR/calls")" -eq 1
	assert "$(grep -c 'rename.*"\.mdev\.tmp"' "$BATS_TEST_TMPDIR/calls")" -eq 1
	assert "$(ls -A "$ETC" "$THEIRS/soft")" == "$ETC:

$THEIRS/soft:
$U1"
}
