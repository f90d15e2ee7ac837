#!/usr/bin/env bash
# Runs what the pages tell their reader to type: shell.sh SOURCES BUILD SCRATCH CMAKE_ARGS...
# The quick start is done as a stranger would, against the package in BUILD/stage. A line that cannot
# be run here is named below with the reason; one that is neither is a fault.
set -euo pipefail
sources=$1 build=$2 scratch=$3
shift 3
tools=$sources/tests/docs
failed=0
complain() {
    echo "$*"
    failed=1
}
server=
stop() {
    [ -n "$server" ] || return 0
    kill -TERM "$server"
    wait "$server" || complain "the server of $page ended with $?"
    server=
}
trap '[ -z "$server" ] || kill -KILL "$server"' EXIT

# Everything the pages have on port 8080 is done on one that is free here.
free_port() {
    local p
    for _ in {1..50}; do
        p=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo $p && return; }
    done
    return 1
}
port=$(free_port)
here() { sed "s/8080/$port/g"; }

# start PROGRAM...: returns when it listens.
start() {
    "$@" </dev/null &
    server=$!
    for _ in {1..600}; do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
        kill -0 "$server" || break
        sleep 0.1
    done
    complain "$* does not listen on $port"
}
# expect TEXT COMMAND...: runs it, and looks for the text in what it prints.
expect() {
    local said wanted=$1
    shift
    said=$("$@" 2>&1) || complain "failed: $*"
    [[ $said == *"$wanted"* ]] || complain "$*: no '$wanted' in: $said"
}
block() { awk -v fence="$2" -v nth="$3" -f "$tools/blocks.awk" "$sources/$1"; }

# -- the quick start --------------------------------------------------------------------------------

# project N PROGRAM: the N-th program of the page, built as the page says.
project() {
    local folder=$scratch/$2
    mkdir -p "$folder/public"
    block "$page" cmake 1 >"$folder/CMakeLists.txt"
    block "$page" "cpp program" "$1" | here >"$folder/app.cpp"
    block "$page" html 1 >"$folder/public/index.html"
    cmake -S "$folder" -B "$folder/build" -DCMAKE_PREFIX_PATH="$build/stage" "${cmake_args[@]}" >/dev/null
    cmake --build "$folder/build" >"$folder/log" 2>&1 || { cat "$folder/log" && exit 1; }
    cd "$folder"
}
quick_start() {
    project 1 chat
    start build/app
    expect '<form id="form">' curl -sS "http://127.0.0.1:$port/"
    expect '0{"sid":"' curl -sS "http://127.0.0.1:$port/socket.io/?EIO=4&transport=polling"
    stop
    project 2 sessions
    start build/app
    expect '"websocket":true' curl -sS "http://127.0.0.1:$port/sockjs/info"
    stop
}

# -- line by line -----------------------------------------------------------------------------------

run_line() {
    local line=${1%%[[:space:]]#*}
    while [[ $line == *" " ]]; do line=${line% }; done
    case $line in
        "curl -i "*)
            local wanted="HTTP/1.1 200 OK"
            [[ $line != *Origin* ]] || wanted="HTTP/1.1 "
            [ -n "$server" ] || start "$build/bin/anywire-conformance" --port "$port"
            expect "$wanted" bash -c "$(here <<<"$line")"
            ;;
        'build/bin/test_sockjs "a line*"') expect "All tests passed" bash -c "${line/#build/$build}" ;;
        "cmake --preset library && cmake --build"*) # a build of minutes: the preset, then what the tests have installed
            expect "Generating done" cmake --preset library -S "$sources" -B "$scratch/library" "${cmake_args[@]}"
            [ "$page" != docs/quick-start.md ] || quick_start
            ;;
        "anywire-cli "*example.com*) ;; # another machine
        "anywire-cli "*)
            [ -x "$build/bin/anywire-cli" ] || return 0 # CLI11 is not installed
            [ -n "$server" ] || start "$build/bin/anywire-conformance" --port "$port"
            expect "" bash -c "$(here <<<"$build/bin/$line")"
            ;;
        "anywire-gateway check "*)
            [ -x "$build/bin/anywire-gateway" ] || return 0 # CLI11 or toml++ is not installed
            expect ": good, with " bash -c "$build/bin/$line"
            ;;
        "anywire-gateway "*)
            [ -x "$build/bin/anywire-gateway" ] || return 0
            expect ": good, with " bash -c "$build/bin/$line --check"
            ;;
        "flask "*) ;;                  # needs Flask, which the tests do not install
        "sudo apt-get install "*) ;;   # installs; ./run does the same, and CI needs it
        "./run test" | "./run test -R "* | "./run build && ctest "*) ;; # what has started this
        "ANYWIRE_BROWSER="*" node --test tests/clients/"*)
            [ -f "$sources/${line##* }" ] || complain "$page: ${line##* } is not there"
            ;;
        "./run demo" | "./run demo --nodes "*) ;; # tests/clients has a test of the page
        "./run check && "* | "./run bench"* | "./run browsers "*) ;; # minutes to hours
        "./run format") ;;             # changes the sources; the test "format" looks
        "build/bin/anywire-httplib "* | "build/bin/anywire-nghttp2 "* | \
            "build/bin/anywire-beast "*) ;; # tests/hosts
        *) complain "$page: not in tests/docs/shell.sh: $line" ;;
    esac
}

cmake_args=("$@")
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$sources"
for page in README.md CONTRIBUTING.md docs/*.md; do
    while IFS= read -r numbered; do
        line=${numbered#*:*:}
        [ -z "$line" ] || run_line "$line" </dev/null
    done < <(awk -v fence=sh -f "$tools/blocks.awk" "$page")
    stop
    cd "$sources"
done
exit $failed
