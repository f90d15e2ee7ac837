#!/bin/sh
# check.sh SCRATCH COMPILER [FLAG...]: compiles the programs beside this script. Each has a mistake, and
# its first line the sentence that the compiler is to say of it, in at most 40 lines of output.
# One that begins with "compiles" has none, and there is nothing to warn of in what it includes.
set -eu
here=$(dirname "$0")
scratch=$1 compiler=$2
shift 2
rm -rf "$scratch"
mkdir -p "$scratch"
cp "$here/prelude.hpp" "$scratch"
"$compiler" "$@" -std=c++20 -x c++-header "$scratch/prelude.hpp" -o "$scratch/prelude.hpp.gch"

failed=0
complain() {
    failed=1
    echo "$1: $2"
    cat "$scratch/output"
}
for program in "$here"/*.cpp; do
    sentence=$(sed -n '1s|^// ||p' "$program")
    status=0 warnings=
    [ "$sentence" != compiles ] || warnings="-Wall -Wextra -Wconversion -Wshadow -Werror"
    # shellcheck disable=SC2086 # one word a warning
    LC_ALL=C "$compiler" "$@" $warnings -std=c++20 -fsyntax-only -include "$scratch/prelude.hpp" "$program" \
        > "$scratch/output" 2>&1 || status=$?
    if [ "$sentence" = compiles ]; then
        [ $status -eq 0 ] || complain "$program" "does not compile"
        continue
    fi
    lines=$(wc -l < "$scratch/output")
    if [ $status -eq 0 ]; then
        complain "$program" "compiles"
    elif [ -z "$sentence" ] || ! grep -qF "$sentence" "$scratch/output"; then
        complain "$program" "the compiler does not say: $sentence"
    elif [ "$lines" -gt 40 ]; then
        complain "$program" "$lines lines of output are too many"
    fi
done
exit $failed
