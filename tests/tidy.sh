#!/usr/bin/env bash
# usage: tests/tidy.sh <build folder> <source>
# Runs clang-tidy over one source, unless that was clean before and nothing has changed since. A
# clean source leaves a stamp, which holds what the verdict rests on: the program, the compile
# command, and the contents of .clang-tidy, of the source and of our headers that it includes.
set -euo pipefail
build=$1
source=$2
stamp=$build/tidy/$source.stamp

command=$(awk -v source="\"$PWD/$source\"" '
    $1 == "\"command\":" { command = $0 }
    $1 == "\"file\":" && $2 == source { print command; exit }
' "$build/compile_commands.json" | sed 's/^ *"command": "//; s/",$//; s/\\\(.\)/\1/g')
if [ -z "$command" ]; then
    printf '%s: %s does not compile it\n' "$source" "$build" >&2
    exit 1
fi

# The source and our headers that it includes. `-MM` leaves out those of the system.
includes() {
    (cd "$build" && eval "$command -MM -MF - -o /dev/null") | tr -s '\\ ' '\n' | sed '/:$/d; /^$/d'
}

# facts <file>...: what a stamp holds.
facts() {
    realpath "$(command -v clang-tidy)"
    printf '%s\n' "$command"
    sha256sum .clang-tidy "$@"
}

if [ -f "$stamp" ]; then
    mapfile -t files < <(sed -n 's/^[0-9a-f]\{64\}  //p' "$stamp" | tail -n +2)
    ! facts "${files[@]}" 2>/dev/null | cmp -s - "$stamp" || exit 0
    rm "$stamp"
fi

list=$(includes)
mapfile -t files <<<"$list"
seen=$(facts "${files[@]}") # before the run: a change during it has the next run look again
if ! output=$(clang-tidy --quiet -p "$build" "$source" 2>&1); then
    printf '%s\n' "$output"
    exit 1
fi
mkdir -p "$(dirname "$stamp")"
printf '%s\n' "$seen" >"$stamp"
