# SPDX-License-Identifier: GPL-2.0-or-later
# What compilers and checkers say of the command, of its unit tests and of its fuzz targets.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	mapfile -t flags < <(make -s print-flags)
	tests=(tests/unit/*.c tests/fuzz/*.c)
	sources=(cli/*.c cli/*/*.c)
}

# Usage: says_nothing COMMAND...: it ends well, and without a word
says_nothing() {
	run "$@"
	echo "$output"
	[ "$status" -eq 0 ] && [ -z "$output" ]
}

@test "clang finds nothing in the command and its tests" {
	says_nothing clang "${flags[@]}" -Werror -Itests/unit -fsyntax-only "${sources[@]}" "${tests[@]}"
}

# Without optimization: gcc 12 warns of code that optimization has removed.
@test "gcc's analyzer finds nothing in the command" {
	for source in "${sources[@]}"; do
		says_nothing gcc "${flags[@]}" -Werror -O0 -fanalyzer -c -o /dev/null "$source"
	done
}

# These checks are left out: those that want the functions of C11's Annex K, which glibc does not have,
# and those of sizes of arrays of pointers, of parameters that could be swapped, and of results of
# printf() and signal(). The analyzer searches less deeply than it could, in a tenth of the time.
@test "clang-tidy finds nothing in the command" {
	checks="-*,bugprone-*,cert-*,clang-analyzer-*,misc-*,performance-*,portability-*"
	checks+=,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling
	checks+=,-bugprone-sizeof-expression,-bugprone-easily-swappable-parameters,-cert-err33-c
	clang-tidy --quiet --warnings-as-errors='*' --checks="$checks" "${sources[@]}" -- "${flags[@]}" \
		-Xclang -analyzer-config -Xclang mode=shallow 2>/dev/null
}

# json-c has a loop as a macro. Scopes of variables and the place of const are a matter of taste.
@test "cppcheck finds nothing in the command" {
	says_nothing cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr -Icli \
		--enable=warning,style,performance,portability \
		--suppress=variableScope --suppress=constParameter \
		-D_GNU_SOURCE -D'json_object_object_foreach(object,key,value)=while (object)' cli
}

# kmod/ and tests/kernel follow the kernel's own rules, which checkpatch checks.
@test "the command and its tests are formatted" {
	says_nothing clang-format --dry-run --Werror cli/*.c cli/*/*.[ch] tests/unit/*.[ch] tests/fuzz/*.[ch]
}
