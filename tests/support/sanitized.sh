#!/usr/bin/env bash
# Runs the tests of some labels in a sanitizer's build folder: sanitized.sh <folder> <label regex>
set -euo pipefail
[ -f "$1/build.ninja" ] || {
    echo "no $1: ./run test builds it"
    exit 77
}
# As in ./run: GCC 12's TSan does not start where addresses are randomised by more than 28 bits.
fixed=(setarch "$(uname -m)" -R)
"${fixed[@]}" true 2>/dev/null || fixed=()
export UBSAN_OPTIONS=print_stacktrace=1
exec "${fixed[@]}" ctest --test-dir "$1" -L "^($2)$" --output-on-failure --no-tests=error \
    --no-label-summary -j 2
