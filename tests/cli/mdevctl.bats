#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The program as mdevctl and lsmdev: verbs, options, exit statuses, and every text, byte for byte as
# mdevctl 1.4.0 has it, on a made root.

load ../helpers

setup() {
	umask 022
	make_root
	ln -s "$(realpath "$MDEV")" "$BATS_TEST_TMPDIR/mdevctl"
	ln -s "$(realpath "$MDEV")" "$BATS_TEST_TMPDIR/lsmdev"
	export MDEVCTL_ENV_ROOT=$ROOT
	THEIRS=$ROOT/etc/mdevctl.d
	P=0000:01:00.0
	CREATE=$ROOT/sys/class/mdev_bus/$P/mdev_supported_types/acme-fact/create
	OUT=$BATS_TEST_TMPDIR/out ERR=$BATS_TEST_TMPDIR/err
}

# as NAME STATUS STDOUT STDERR ARG...: the program of that name; a date in a warning is left out.
as() {
	local name=$1 expected=$2 out=$3 err=$4 status=0
	shift 4
	timeout 60 "$BATS_TEST_TMPDIR/$name" "$@" > "$OUT" 2> "$ERR" || status=$?
	assert "$status" == "$expected" "status of: $name $*: $(cat "$ERR")" || return
	assert "$(cat "$OUT"; echo .)" == "$out." "stdout of: $name $*" || return
	assert "$(sed -E 's/^\[....-..-..T..:..:..Z (WARN ) mdevctl\]/\1/' "$ERR"; echo .)" == "$err." "stderr of: $name $*"
}

# gives STDOUT ARG...
gives() {
	as mdevctl 0 "$1" "" "${@:2}"
}

# fails MESSAGE ARG...
fails() {
	as mdevctl 1 "" "Error: $1"$'\n' "${@:2}"
}

# refuses PATTERN ARG...
refuses() {
	local pattern=$1 status=0
	shift
	timeout 60 "$BATS_TEST_TMPDIR/mdevctl" "$@" > "$OUT" 2> "$ERR" || status=$?
	assert "$status $(cat "$OUT")" == "1 " "mdevctl $*" || return
	assert "$(tr '\n' ' ' < "$ERR")" =~ "$pattern" "stderr of: mdevctl $*"
}

# wrong ARG...: wrong usage
wrong() {
	local status=0
	"$BATS_TEST_TMPDIR/mdevctl" "$@" > "$OUT" 2> "$ERR" || status=$?
	assert "$status" == 2 "status of: mdevctl $*" || return
	assert "$(cat "$OUT")" == "" "stdout of: mdevctl $*" || return
	assert "$(sed -n '1s/:.*//p; 2p; 3s/:.*//p; 4p; 5p' "$ERR")" == "error

Usage

For more information, try '--help'." "stderr of: mdevctl $*"
}

# caused MESSAGE CAUSE: both as an error has them
caused() {
	printf '%s\n\nCaused by:\n    %s' "$1" "$2"
}

# single TYPE START [ATTRIBUTE VALUE]...: a definition as mdevctl writes it
single() {
	local separator=''
	printf '{\n  "mdev_type": "%s",\n  "start": "%s",\n  "attrs": [' "$1" "$2"
	shift 2
	while [ $# -gt 0 ]; do
		printf '%s\n    {\n      "%s": "%s"\n    }' "$separator" "$1" "$2"
		separator=,
		shift 2
	done
	[ "$separator" = "" ] || printf '\n  '
	printf ']\n}'
}

# keep PARENT UUID TYPE START [ATTRIBUTE VALUE]...
keep() {
	mkdir -p "$THEIRS/$1"
	single "${@:3}" > "$THEIRS/$1/$2"
}

# is_kept PARENT UUID TYPE START [ATTRIBUTE VALUE]...
is_kept() {
	assert "$(cat "$THEIRS/$1/$2"; echo .)" == "$(single "${@:3}"; echo .)" "$1/$2"
}

# What start writes attributes to: the made root's kernel shows no device that is made.
make_folder() {
	mkdir -p "$ROOT/sys/class/mdev_bus/$P/$1"
	: > "$ROOT/sys/class/mdev_bus/$P/$1/remove"
	: > "$ROOT/sys/class/mdev_bus/$P/$1/rate"
}

@test "options: what is wrong usage" {
	wrong --nonsense
	wrong frob
	wrong LIST
	wrong lis
	wrong ""
	wrong -- list
	wrong list word
	wrong list -- x
	wrong list --par=x
	wrong list -d -d
	wrong list --defined=yes
	wrong list -d=yes
	wrong list -p
	wrong list -p -d
	wrong list -u -d
	wrong list -u x
	wrong list -u "$U1" -u "$U1"
	wrong list --force
	wrong types -u "$U1"
	wrong types --version
	wrong define
	wrong define -t x
	wrong define -u "$U1:1" -p x -t x
	wrong define -u "URN:UUID:$U1" -p x -t x
	wrong define -u "{$U1" -p x -t x
	wrong define -p x --jsonfile f -t x
	wrong define -p x --jsonfile f -a
	wrong define -p x --jsonfile=
	wrong undefine -p x
	wrong modify -u "$U1"
	wrong modify -a
	wrong modify -u "$U1" -a -m
	wrong modify -u "$U1" -a -i 0
	wrong modify -u "$U1" -m --value x
	wrong modify -u "$U1" --addattr x
	wrong modify -u "$U1" --value x
	wrong modify -u "$U1" --delattr --value x
	wrong modify -u "$U1" --delattr -i -1
	wrong modify -u "$U1" --delattr -i 4294967296
	wrong modify -u "$U1" --live
	wrong modify -u "$U1" --live --delattr -i 0
	wrong modify -u "$U1" --jsonfile f -t x
	wrong modify -u "$U1" --jsonfile f --addattr a --value x
	wrong start
	wrong start -t x
	wrong start -p x --jsonfile f -t x
	wrong stop
	wrong stop -u "$U1" -t x
	wrong start-parent-mdevs
	wrong start-parent-mdevs a b
}

@test "help and versions need no folder, and win over what is missing" {
	(cd "$ROOT" && rm -r etc usr)
	local words verb
	for words in --help -h help "help list" "modify --defined --live --jsonfile b --help" "--help frob" "start -h"; do
		# shellcheck disable=SC2086 # several words
		timeout 60 "$BATS_TEST_TMPDIR/mdevctl" $words > "$OUT" 2> "$ERR"
		assert "$(sed -n '1s/ .*//p' "$OUT")$(cat "$ERR")" == "Usage:" "mdevctl $words"
	done
	gives $'mdevctl 1.4.0\n' --version
	gives $'mdevctl 1.4.0\n' -V list
	gives $'mdevctl-list 1.4.0\n' list -V
	as lsmdev 0 $'lsmdev 1.4.0\n' "" --version
	timeout 60 "$BATS_TEST_TMPDIR/mdevctl" > "$OUT" 2> "$ERR" && return 1
	assert "$(sed -n '1s/ .*//p' "$ERR")$(cat "$OUT")" == "Usage:" "no verb"
	wrong help frob
}

@test "define keeps what is said, and prints the UUID that it made up alone" {
	gives "" define -u "$U1" -p "$P" -t acme-fact
	is_kept "$P" "$U1" acme-fact manual
	assert "$(ls -A "$ROOT/etc/mdev.d")" == "" "nothing of ours is left"
	gives "" define "-u={$U2}" -p="$P" -aftodd
	is_kept "$P" "$U2" odd auto
	gives "" define "--uuid=urn:uuid:${U3^^}" --parent=$'matr\xc3\xafx' --type='a "b" \c' --auto
	is_kept $'matr\xc3\xafx' "$U3" 'a \"b\" \\c' auto
	"$BATS_TEST_TMPDIR/mdevctl" define --parent soft --type soft-1 > "$OUT"
	assert "$(ls "$THEIRS/soft")" == "$(cat "$OUT")"
	assert "$(stat -c %a "$THEIRS/soft" "$THEIRS/soft/$(cat "$OUT")" | paste -sd ' ')" == "755 644"
	(umask 077 && gives "" define -u "$U1" -p other -t x)
	assert "$(stat -c %a "$THEIRS/other" "$THEIRS/other/$U1" | paste -sd ' ')" == "755 644" "whatever the umask"
}

@test "define: of a live device, from a file, and what it refuses" {
	make_device "$P" acme-fact "$U1"
	gives "" define -u "$U1"
	is_kept "$P" "$U1" acme-fact manual
	fails "Device $U1 on $P already defined" define -u "$U1"
	fails "No parent specified" define -u "$U1" -t acme-fact
	fails "No parent specified" define -u "$U2"
	fails "No type specified" define -u "$U2" -p "$P"
	gives "" define -u "$U1" -p other -t x
	printf '{"start": "auto", "mdev_type": "t", "note": 1, "attrs": [{"b": "2"}, {"a": "\xc3\xbc\\n"}]}\n' > "$BATS_TEST_TMPDIR/f"
	gives "" define -u "$U2" -p soft --jsonfile "$BATS_TEST_TMPDIR/f"
	is_kept soft "$U2" t auto b 2 a $'\xc3\xbc\\n'
	fails "Cowardly refusing to overwrite existing config for soft/$U2" define -u "$U2" -p soft --jsonfile "$BATS_TEST_TMPDIR/f"
	"$BATS_TEST_TMPDIR/mdevctl" define --parent=a --jsonfile=/dev/stdin < "$BATS_TEST_TMPDIR/f" > "$OUT"
	is_kept a "$(cat "$OUT")" t auto b 2 a $'\xc3\xbc\\n'
	fails "$(caused 'Unable to read file "/proc/none"' "No such file or directory (os error 2)")" define -u "$U3" --jsonfile /proc/none
	fails "Parent device required to define device via \"$BATS_TEST_TMPDIR/f\"" define -u "$U3" --jsonfile "$BATS_TEST_TMPDIR/f"
	fails "$(caused 'Unable to read jsonfile "/tmp"' "Is a directory (os error 21)")" define -p a --jsonfile /tmp
	rm -r "$THEIRS/a"
	ln -s /tmp "$THEIRS/a"
	local name
	for name in ../x a/b . .. "" "$(printf 'x%.0s' {1..256})"; do
		fails "'$name' cannot be the name of a parent" define -u "$U3" -p "$name" -t x
	done
	fails "$(caused "Failed to write config for device $U3" "$THEIRS/a: a symbolic link, which is not written through")" define -u "$U3" -p a -t x
	ln -s "$U2" "$THEIRS/soft/$U3"
	fails "Device $U3 on soft already defined" define -u "$U3" -p soft -t x
	ln -sf "$BATS_TEST_TMPDIR/planted" "$THEIRS/soft/$U3"
	fails "$(caused "Failed to write config for device $U3" "$THEIRS/soft/$U3: cannot be written: a symbolic link, which is not written through")" define -u "$U3" -p soft -t x
	[ ! -e "$BATS_TEST_TMPDIR/planted" ]
}

@test "what a JSON file may not be" {
	local file=$BATS_TEST_TMPDIR/f
	bad() {
		printf '%s' "$2" > "$file"
		fails "$1" define -u "$U1" -p soft --jsonfile "$file"
		fails "$1" modify -u "$U1" -p soft --jsonfile "$file"
		fails "$1" start -u "$U1" -p soft --jsonfile "$file"
	}
	bad "invalid json" '[]'
	bad "invalid json" '"x"'
	bad "invalid json" '{"mdev_type": "a"}'
	bad "invalid json" '{"start": "auto"}'
	bad "invalid json" '{"mdev_type": 5, "start": "auto"}'
	bad "invalid json" '{"mdev_type": null, "start": "auto"}'
	bad "attributes field is not an array" '{"mdev_type": "a", "start": "auto", "attrs": {}}'
	bad "invalid JSON format for attribute: not an object" '{"mdev_type": "a", "start": "auto", "attrs": [5]}'
	bad "invalid JSON format for attribute: too many fields" '{"mdev_type": "a", "start": "auto", "attrs": [{}]}'
	bad 'invalid JSON format for attribute {"a", 1}: value must be of type str' '{"mdev_type": "a", "start": "auto", "attrs": [{"a": 1}]}'
	bad "the text ends too early to be JSON" '{'
	bad "the type holds a NUL" '{"mdev_type": "a\u0000", "start": "auto"}'
	assert "$(find "$ROOT/etc" -type f)" == ""
}

@test "what is nearly JSON is none, wherever it stands" {
	local file=$BATS_TEST_TMPDIR/f value
	noted() {
		printf '{"mdev_type": "soft-1", "start": "auto", "note": %s}' "$1" > "$file"
	}
	nested() {
		noted "$(printf "[%.0s" $(seq "$1"))$(printf "]%.0s" $(seq "$1"))"
	}
	mkdir -p "$THEIRS/soft"
	for value in NaN -Infinity 1. -01 01 $'"a\tb"' '"\ud800"' '"\udc00\ud800"' '{"\udc00": 1}' $'"\377"'; do
		noted "$value"
		refuses "^Error: .*(not JSON|valid UTF-8)" define -u "$U1" -p soft --jsonfile "$file"
		cp "$file" "$THEIRS/soft/$U1"
		refuses "^Error: $THEIRS/soft/$U1: (not JSON|.*valid UTF-8)" modify -u "$U1" --auto
		as mdevctl 0 "" "WARN  $(sed 's/^Error: //' "$ERR")"$'\n' list -d
		rm "$THEIRS/soft/$U1"
	done
	nested 127
	refuses "^Error: not JSON .* nesting too deep" define -u "$U1" -p soft --jsonfile "$file"
	nested 126
	gives "" define -u "$U1" -p soft --jsonfile "$file"
	noted '[-0.5e-05, "\ud83d\ude00\\ud800", 1E+01]'
	cp "$file" "$THEIRS/soft/$U1"
	gives "" modify -u "$U1" --manual
}

@test "list: live devices, and definitions, as text" {
	make_device "$P" acme-fact "$U2"
	make_device "$P" acme-fact "$U1"
	make_device soft soft-1 "$U3"
	make_device soft soft-1 "11110000-aaaa-4bbb-8ccc-000000000009-3"
	keep "$P" "$U1" acme-fact auto rate 5 mode 'a\"b'
	keep "$P" "$U2" acme-dma manual
	keep soft "$U1" soft-1 manual
	gives "$U1 $P acme-fact auto (defined)
$U2 $P acme-fact manual (defined)
$U3 soft soft-1 manual
" list
	gives "$U3 soft soft-1 manual
" list -v -p soft
	gives "$U1 $P acme-fact auto (active)
  Attrs:
    @{0}: {\"rate\":\"5\"}
    @{1}: {\"mode\":\"a\"b\"}
$U2 $P acme-dma manual
$U1 soft soft-1 manual
" list -dv
	gives "$U1 soft soft-1 manual
" list --defined --uuid="${U1^^}" --parent soft
	as lsmdev 0 "$U2 $P acme-dma manual
" "" -d -u "$U2"
	gives "" list -u 44440000-aaaa-4bbb-8ccc-000000000004
	gives "" list -p ..
}

@test "list: the same as JSON, without a newline at the end" {
	gives "[]" list --dumpjson
	gives "[]" list -d --dumpjson
	make_device "$P" acme-fact "$U1"
	keep "$P" "$U1" acme-fact auto rate 5
	keep "$P" "$U2" acme-dma manual
	keep soft "$U2" soft-1 manual
	gives '[
  {
    "'$P'": [
      {
        "'$U1'": {
          "mdev_type": "acme-fact",
          "start": "auto",
          "attrs": [
            {
              "rate": "5"
            }
          ]
        }
      },
      {
        "'$U2'": {
          "mdev_type": "acme-dma",
          "start": "manual",
          "attrs": []
        }
      }
    ],
    "soft": [
      {
        "'$U2'": {
          "mdev_type": "soft-1",
          "start": "manual",
          "attrs": []
        }
      }
    ]
  }
]' list -d --dumpjson
	gives "$(single acme-fact auto rate 5)" list -d -u "$U1" --dumpjson
	gives "$(single acme-fact auto)" list -u "$U1" --dumpjson
	gives "[]" list -u "$U2" --dumpjson
}

@test "a definition that cannot be read hides nobody, is named, and can be removed" {
	keep soft "$U1" soft-1 auto
	echo '{oops' > "$THEIRS/soft/$U2"
	: > "$THEIRS/soft/strange"
	as mdevctl 0 "$U1 soft soft-1 auto
" "WARN  Can't determine uuid for file 'strange'
WARN  $THEIRS/soft/$U2: not JSON at byte 1: quoted object property name expected
" list -d
	gives "" list -d -p other
	rm "$THEIRS/soft/strange"
	fails "Device $U2 on soft already defined" define -u "$U2" -p soft -t x
	fails "$THEIRS/soft/$U2: not JSON at byte 1: quoted object property name expected" modify -u "$U2" -a
	fails "$THEIRS/soft/$U2: not JSON at byte 1: quoted object property name expected" start -u "$U2"
	gives "" undefine -u "$U2"
	assert "$(ls "$THEIRS/soft")" == "$U1"
}

@test "a file whose name writes the UUID in another way is its definition" {
	local name
	local upper=${U1^^}
	for name in "$upper" "${U1//-/}" "${upper//-/}" "{$U1}" "{$upper}" "urn:uuid:$U1" "urn:uuid:$upper"; do
		keep soft "$name" soft-1 auto
		gives "$U1 soft soft-1 auto"$'\n' list -d
		gives "$(single soft-1 auto)" list -d -u "$U1" --dumpjson
		fails "Device $U1 on soft already defined" define -u "$U1" -p soft -t soft-1
		fails "Cowardly refusing to overwrite existing config for soft/$U1" define -u "$U1" -p soft --jsonfile /dev/null
		gives "" modify -u "$U1" --manual
		is_kept soft "$name" soft-1 manual
		single soft-2 auto > "$BATS_TEST_TMPDIR/whole"
		gives "" modify -u "$U1" -p soft --jsonfile "$BATS_TEST_TMPDIR/whole"
		is_kept soft "$name" soft-2 auto
		gives "" undefine -u "$U1"
		assert "$(ls -A "$THEIRS/soft")" == ""
	done
}

@test "MDEVCTL_LOG takes warnings away" {
	mkdir -p "$THEIRS/soft"
	: > "$THEIRS/soft/strange"
	MDEVCTL_LOG=error gives "" list -d
	MDEVCTL_LOG=off gives "" list -d
	MDEVCTL_LOG=Error gives "" list -d
	MDEVCTL_LOG=debug as mdevctl 0 "" "WARN  Can't determine uuid for file 'strange'"$'\n' list -d
}

@test "types, as text and as JSON" {
	local types=$ROOT/sys/class/mdev_bus/soft/mdev_supported_types
	printf ' a "b"\tc\n\nx \n\n' > "$types/soft-1/description"
	printf ' \n' > "$types/soft-1/name"
	printf ' -3 \n' > "$types/soft-1/available_instances"
	gives 'soft
  soft-1
    Available instances: -3
    Device API: vfio-pci
    Description: a "b"	c, , x
' types -p soft
	gives '[
  {
    "soft": [
      {
        "soft-1": {
          "available_instances": -3,
          "device_api": "vfio-pci",
          "description": "a \"b\"\tc, , x"
        }
      }
    ]
  }
]' types --parent=soft --dumpjson
	gives "" types -p none
	gives "[]" types -p none --dumpjson
	rm -r "$types/soft-1"
	gives $'soft\n' types -p soft
	gives $'[\n  {\n    "soft": []\n  }\n]' types -p soft --dumpjson
}

@test "types: one that cannot be shown hides no other" {
	echo many > "$ROOT/sys/class/mdev_bus/$P/mdev_supported_types/acme-dma/available_instances"
	rm -r "$ROOT/sys/class/mdev_bus/0000:02:00.0/mdev_supported_types"
	as mdevctl 0 "$P
  acme-fact
    Available instances: 4
    Device API: vfio-pci
    Name: Factorial
soft
  soft-1
    Available instances: 24
    Device API: vfio-pci
    Name: Soft
" "WARN  Type acme-dma of parent $P is left out: its available_instances cannot be read
WARN  Parent 0000:02:00.0 is left out: it has no types
" types
}

@test "modify changes one definition" {
	keep soft "$U1" soft-1 auto a 1 b 2
	gives "" modify -u "$U1" -m
	is_kept soft "$U1" soft-1 manual a 1 b 2
	gives "" modify -u "$U1" -at soft-9
	is_kept soft "$U1" soft-9 auto a 1 b 2
	gives "" modify -u "$U1" --addattr c --value=-3
	is_kept soft "$U1" soft-9 auto a 1 b 2 c -3
	gives "" modify -u "$U1" --addattr z --value "" -i 1
	is_kept soft "$U1" soft-9 auto a 1 z "" b 2 c -3
	gives "" modify -u "$U1" --delattr --index 0
	gives "" modify -u "$U1" --delattr
	is_kept soft "$U1" soft-9 auto z "" b 2
	fails $'Attribute index 2 is invalid\n  Attrs:\n    @{0}: {"z":""}\n    @{1}: {"b":"2"}\n' modify -u "$U1" --delattr -i 2
	fails $'Attribute index 3 is invalid\n  Attrs:\n    @{0}: {"z":""}\n    @{1}: {"b":"2"}\n' modify -u "$U1" --addattr c --value 1 -i3
	echo '{"mdev_type":"t","start":false}' > "$BATS_TEST_TMPDIR/f"
	gives "" modify -u "$U1" -p soft --jsonfile "$BATS_TEST_TMPDIR/f"
	is_kept soft "$U1" t manual
	gives "" modify -u "$U1" --delattr
	fails $'Attribute index 0 is invalid\nDevice '"$U1 has no attributes" modify -u "$U1" --delattr -i 0
	gives "" modify -u "$U2" -p other --jsonfile "$BATS_TEST_TMPDIR/f"
	is_kept other "$U2" t manual
	fails "Parent device required to modify device via json file" modify -u "$U1" --jsonfile "$BATS_TEST_TMPDIR/f"
	keep other "$U1" t auto
	fails "Multiple definitions found for $U1, specify a parent" modify -u "$U1" -a
	fails "Mediated device $U3 is not defined" modify -u "$U3" -a
	fails "Mediated device x/$U1 is not defined" modify -u "$U1" -p x -a
}

@test "modify keeps what only JSON can say, and what mdevctl does not know" {
	mkdir -p "$THEIRS/soft"
	printf '{"note": [1e400], "start": "auto", "attrs": [{"a": "x\\ny"}, {"b": ""}], "mdev_type": "soft-1"}' > "$THEIRS/soft/$U1"
	gives "" modify -u "$U1" -m
	assert "$(cat "$THEIRS/soft/$U1"; echo .)" == '{
  "mdev_type": "soft-1",
  "start": "manual",
  "attrs": [
    {
      "a": "x\ny"
    },
    {
      "b": ""
    }
  ],
  "note": [1e400]
}.'
	gives "" modify -u "$U1" --delattr -i 0
	assert "$(tail -n 2 "$THEIRS/soft/$U1")" == '  "note": [1e400]
}'
	printf '{"mdev\\u005Ftype": "soft-1", "\\u0073tart": "manual", "\\u0061ttr\\u0073": [{"a": "1"}], "starts": 1}' > "$THEIRS/soft/$U1"
	gives "" modify -u "$U1" -a -t soft-2
	gives "" modify -u "$U1" --delattr
	assert "$(cat "$THEIRS/soft/$U1"; echo .)" == '{
  "mdev_type": "soft-2",
  "start": "auto",
  "attrs": [],
  "starts": 1
}.' "keys are the same, however they are written"
}

@test "names and words of any bytes end nothing early" {
	mkdir -p "$THEIRS/soft"
	: > "$THEIRS/soft/"$'a\377\e[2Jb'
	keep soft "$U1" soft-1 auto
	as mdevctl 0 "$U1 soft soft-1 auto"$'\n' "WARN  Can't determine uuid for file 'a\\xff\\x1b[2Jb'"$'\n' list -d
	mkdir "$THEIRS/"$'p\377' && cp "$THEIRS/soft/$U1" "$THEIRS/"$'p\377'
	as mdevctl 0 "$U1 soft soft-1 auto"$'\n' "WARN  Can't determine uuid for file 'a\\xff\\x1b[2Jb'"$'\n' list -d -p soft
	fails "$(caused 'Unable to read file "/\xff"' "No such file or directory (os error 2)")" define -u "$U2" -p soft --jsonfile $'/\377'
	wrong define -u "$U2" -p soft -t $'\377'
	wrong modify -u "$U1" --addattr $'\377' --value x
	wrong modify -u "$U1" --addattr x --value $'\377'
	wrong list -p $'\377'
	wrong start-parent-mdevs $'\377'
	wrong $'\377'
}

@test "modify --live: what it refuses" {
	make_device soft soft-1 "$U1"
	echo '{"mdev_type":"soft-1","start":"auto"}' > "$BATS_TEST_TMPDIR/f"
	fails "'auto' cannot be changed on active mdev" modify -u "$U2" --live --auto
	fails "'manual' cannot be changed on active mdev" modify -u "$U1" -lm
	fails "Mediated device $U2 is not active" modify -u "$U2" --live --delattr
	fails "Mediated device x/$U1 is not active" modify -u "$U1" -p x --live --delattr
	fails "'live' option must be used with 'jsonfile' option" modify -u "$U1" --live --delattr
	fails "Live modification is not supported for this device type. Changing the device configuration requires stopping and restarting the device." modify -u "$U1" --live --jsonfile "$BATS_TEST_TMPDIR/f"
	fails "Mediated device soft/$U1 is not defined" modify -u "$U1" -ld --jsonfile "$BATS_TEST_TMPDIR/f"
	keep soft "$U1" soft-2 auto
	fails "'type' of active and defined mdev does not match" modify -u "$U1" -ld --jsonfile "$BATS_TEST_TMPDIR/f"
	echo '{"mdev_type":"soft-2","start":"auto"}' > "$BATS_TEST_TMPDIR/f"
	fails "'type' cannot be changed on active mdev" modify -u "$U1" --live --jsonfile "$BATS_TEST_TMPDIR/f"
}

@test "undefine removes all definitions of the UUID, or that for a parent" {
	keep soft "$U1" soft-1 auto
	keep "$P" "$U1" acme-fact auto
	keep "$P" "$U2" acme-fact auto
	fails "No devices match the specified uuid" undefine -u "$U3"
	fails "No devices match the specified uuid" undefine -u "$U2" -p soft
	gives "" undefine -u "$U1" -p soft
	assert "$(cd "$THEIRS" && find . -type f | sort)" == "./$P/$U1"$'\n'"./$P/$U2"
	keep soft "$U1" soft-1 auto
	gives "" undefine -u "$U1"
	assert "$(cd "$THEIRS" && find . -mindepth 1 | sort)" == "./$P"$'\n'"./$P/$U2"$'\n'"./soft" "folders stay"
}

@test "definitions in etc/mdev.d are listed, changed and removed as well, and win" {
	keep soft "$U1" soft-1 auto
	printf '[%s]\nparent = soft\ntype = soft-2\nattr = rate 5\n\n[%s:1]\nparent = soft\ntype = x\n\n[%s]\nparent = pci:1234:5678\ntype = x\n' "$U1" "$U2" "$U3" | make_definition farm.conf
	gives "$U1 soft soft-2 manual
  Attrs:
    @{0}: {\"rate\":\"5\"}
" list -dv
	fails "Device $U1 on soft already defined" define -u "$U1" -p soft -t x
	gives "" modify -u "$U1" -at soft-3
	assert "$(grep -A4 "$U1" "$ROOT/etc/mdev.d/farm.conf")" == "[$U1]
parent = soft
type = soft-3
auto = yes
attr = rate 5"
	is_kept soft "$U1" soft-1 auto
	as mdevctl 1 "" "Error: $(caused "Failed to write config for device $U1" "$ROOT/etc/mdev.d/farm.conf cannot hold that: $ROOT/etc/mdev.d/farm.conf:5: attribute 'z' has no value")"$'\n' \
		modify -u "$U1" --addattr z --value "" -i 0
	gives "" undefine -u "$U1"
	gives "" list -d
	assert "$(cat "$ROOT/etc/mdev.d/farm.conf")" =~ "$U2:1"
	printf '[%s]\nparent = soft\ntype = soft-2\n' "$U1" | make_definition usr/lib/mdev.d/vendor.conf
	as mdevctl 1 "" "WARN  Undefine of $U1 on parent soft failed with error: $ROOT/usr/lib/mdev.d/vendor.conf belongs to a package (to hide it, link $ROOT/etc/mdev.d/vendor.conf to /dev/null)
Error: Undefine failed
" undefine -u "$U1"
}

@test "start writes the UUID, and then the attributes in order" {
	make_folder "$U1"
	gives "" start -u "$U1" -p "$P" -t acme-fact
	assert "$(cat "$CREATE"; echo .)" == "$U1."
	keep "$P" "$U1" acme-fact manual rate 5 rate 6
	: > "$CREATE"
	gives "" start -u "${U1^^}"
	assert "$(cat "$CREATE")" == "$U1"
	assert "$(cat "$ROOT/sys/class/mdev_bus/$P/$U1/rate")" == 6
	printf '{"mdev_type":"acme-fact","start":"auto","attrs":[{"rate":"7"}]}' |
		"$BATS_TEST_TMPDIR/mdevctl" start --parent="$P" --jsonfile=/dev/stdin --uuid="$U1"
	assert "$(cat "$ROOT/sys/class/mdev_bus/$P/$U1/rate")" == 7
	: > "$CREATE"
	"$BATS_TEST_TMPDIR/mdevctl" start -p "$P" --type acme-fact > "$OUT"
	assert "$(cat "$CREATE")" == "$(cat "$OUT")" "one that is made up is printed"
	keep 0000:77:00.0 "$U1" other auto
	gives "" start -u "$U1"
	assert "$(cat "$CREATE")" == "$U1" "of two definitions, the one whose parent is there"
}

@test "start: what it refuses" {
	make_device "$P" acme-fact "$U1"
	fails "can't provide type without parent" start -u "$U2" -t acme-fact
	fails "Device is insufficiently specified" start -u "$U2"
	fails "Device is insufficiently specified" start -p "$P"
	fails "Device already exists" start -u "$U1" -p "$P" -t acme-fact
	fails "Device exists with different type" start -u "$U1" -p "$P" -t acme-dma
	fails "Device exists under different parent" start -u "$U1" -p soft -t soft-1
	fails "Unable to find parent device 'none'" start -u "$U2" -p none -t x
	fails "Unable to find parent device '../soft'" start -u "$U2" -p ../soft -t x
	fails "Unable to find parent device 'SOFT'. Did you mean 'soft'?" start -u "$U2" -p SOFT -t x
	fails "Unable to find parent device '01:00.0'. Did you mean '$P'?" start -u "$U2" -p 01:00.0 -t x
	fails "Parent soft does not support mdev type x" start -u "$U2" -p soft -t x
	fails "Parent soft does not support mdev type ../soft-1" start -u "$U2" -p soft -t ../soft-1
	fails "No available instances of acme-fact on 0000:02:00.0" start -u "$U2" -p 0000:02:00.0 -t acme-fact
	keep "$P" "$U2" acme-fact manual
	keep soft "$U2" soft-1 manual
	fails "Multiple definitions found for device $U2. Please specify a parent." start -u "$U2"
	fails "Device $U2 already exists on parent soft with type soft-1" start -u "$U2" -p soft -t x
	fails "Parent device required to start device via json file" start -u "$U2" --jsonfile x
	fails "$(caused 'Unable to read jsonfile "/proc/none"' "No such file or directory (os error 2)")" start -u "$U2" -p soft --jsonfile /proc/none
	rm -r "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types"
	fails "Parent soft is not currently registered for mdev support" start -u "$U2" -p soft
	chmod 666 "$THEIRS/$P/$U2"
	[ "$(id -u)" -ne 0 ] || fails "$THEIRS/$P/$U2: root does not obey it: it can be written by every user (chown root, chmod go-w)" start -u "$U2" -p "$P"
	assert "$(cat "$CREATE")" == ""
}

@test "start: attributes that are none, and what lies outside" {
	local name
	make_folder "$U1"
	for name in ../rate /etc/passwd remove uevent driver/unbind; do
		keep "$P" "$U1" acme-fact manual "$name" 1
		fails "Invalid attribute '$name'" start -u "$U1"
	done
	assert "$(cat "$CREATE")" == "" "nothing was made for it"
	keep "$P" "$U1" acme-fact manual none 1
	fails "Invalid attribute 'none'" start -u "$U1"
	assert "$(cat "$ROOT/sys/class/mdev_bus/$P/$U1/remove")" == 1 "it was removed again"
	requires root full
	rm "$ROOT/sys/class/mdev_bus/$P/$U1/rate"
	mknod "$ROOT/sys/class/mdev_bus/$P/$U1/rate" c 1 7
	keep "$P" "$U1" acme-fact manual rate 1
	fails "$(caused "Failed to write 1 to attribute rate" "No space left on device (os error 28)")" start -u "$U1"
	# What cannot be removed again does not hide why it was to be.
	rm "$ROOT/sys/class/mdev_bus/$P/$U1/remove"
	mknod "$ROOT/sys/class/mdev_bus/$P/$U1/remove" c 1 7
	refuses "Error: Failed to write 1 to attribute rate  Caused by:     No space left on device .os error 28. *$" start -u "$U1"
}

@test "stop removes a live device, but not one that is in use" {
	make_device "$P" acme-fact "$U1"
	fails "Device $U2 is not an active mdev" stop -u "$U2"
	gives "" stop -fu "$U1"
	assert "$(cat "$ROOT/sys/class/mdev_bus/$P/$U1/remove")" == 1
	: > "$ROOT/sys/class/mdev_bus/$P/$U1/remove"
	mkdir -p "$ROOT/dev/vfio"
	make_process 4242 qemu-system-x86 "$(vfio_node 0)"
	fails "$(caused "Error removing device $U1" "it is in use by PID 4242 'qemu-system-x86'")" stop -u "$U1"
	assert "$(cat "$ROOT/sys/class/mdev_bus/$P/$U1/remove")" == "" "it was not asked"
}

@test "start-parent-mdevs starts what is auto, is silent about what is live, and never fails" {
	make_device "$P" acme-fact "$U1"
	keep "$P" "$U1" acme-fact auto
	keep "$P" "$U2" acme-fact auto
	keep "$P" "$U3" acme-fact manual
	gives "" start-parent-mdevs "$P"
	assert "$(cat "$CREATE")" == "$U2"
	: > "$CREATE"
	keep "$P" "$U1" acme-dma auto
	keep "$P" "$U2" none auto
	echo x > "$THEIRS/$P/$U3"
	as mdevctl 0 "" "WARN  $THEIRS/$P/$U3: not JSON at byte 0: unexpected character
WARN  Device exists with different type
WARN  Parent $P does not support mdev type none
" start-parent-mdevs "$P"
	gives "" start-parent-mdevs none
	assert "$(cat "$CREATE")" == ""
}

# The second instance is refused, which the parent has counted before.
@test "start-parent-mdevs: what the kernel refuses is looked up anew" {
	local types=$ROOT/sys/class/mdev_bus/$P/mdev_supported_types callouts=$ROOT/usr/lib/mdevctl/scripts.d/callouts
	requires strace
	export ASAN_OPTIONS=detect_leaks=0
	for uuid in "$U1" "$U2" "$U3"; do
		keep "$P" "$uuid" acme-fact auto
	done
	refused_second() {
		: > "$CREATE"
		strace -f -o "$BATS_TEST_TMPDIR/calls" -P "$(realpath "$CREATE")" -e trace=write -e inject=write:error=ENOSPC:when=2 \
			"$BATS_TEST_TMPDIR/mdevctl" start-parent-mdevs "$P" 2> "$ERR"
		assert "$(sed 's/.*mdevctl\] //' "$ERR")" == "$1"
		assert "$(grep -c 'write(.*= 36' "$BATS_TEST_TMPDIR/calls")" -eq "$2" "what is started"
	}
	refused_second "Failed to create mdev $U2, type acme-fact on $P
No space left on device (os error 28)" 2
	mkdir -p "$callouts"
	printf '#!/bin/sh\n[ "$4,${10}" != "pre,%s" ] || echo 0 > "%s"\n' "$U2" "$types/acme-fact/available_instances" > "$callouts/10-a"
	chmod 755 "$callouts/10-a"
	refused_second "No available instances of acme-fact on $P
No available instances of acme-fact on $P" 1
}

@test "a full disk fails what is printed" {
	requires full
	make_device "$P" acme-fact "$U1"
	full() {
		local status=0
		"$BATS_TEST_TMPDIR/mdevctl" "${@:2}" > /dev/full 2> "$ERR" || status=$?
		assert "$status $(cat "$ERR")" == "1 Error: $(caused "$1" "No space left on device (os error 28)")"
	}
	full "Failed to write data" list
	full "Unable to write output" types
	full "Failed to write data" define -p soft -t soft-1
}

@test "what is defined by one name of the program is there by the other" {
	gives "" define -u "$U1" -p soft -t soft-1 -a
	mdev --root "$ROOT" list --raw --noheadings -o uuid,parent,type,auto
	assert "$output" == "$U1 soft soft-1 yes"
	mdev --root "$ROOT" define "$U2" -p soft -t soft-1
	gives "$U1 soft soft-1 auto
$U2 soft soft-1 manual
" list -d
	mdev --root "$ROOT" undefine "$U1"
	gives "$U2 soft soft-1 manual
" list -d
}
