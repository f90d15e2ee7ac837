#!/bin/sh
# Tries sizes.awk on files that it must let through, and on some that it must not.
set -eu
awk=$1
scratch=$2
here=$(dirname "$0")
mkdir -p "$scratch"

# expect VERDICT NAME: the file is what comes on standard input.
expect() {
    cat >"$scratch/$2.cpp"
    if "$awk" -f "$here/sizes.awk" "$scratch/$2.cpp" >"$scratch/$2.log"; then got=good; else got=bad; fi
    if [ "$got" != "$1" ]; then
        echo "$2: $got, not $1"
        cat "$scratch/$2.log"
        exit 1
    fi
}

# fill N TEXT: N lines of it.
fill() {
    n=0
    while [ "$n" -lt "$1" ]; do
        echo "$2"
        n=$((n + 1))
    done
}

fill 400 "// text" | expect good file_of_400
fill 401 "// text" | expect bad file_of_401
{ echo "void f() {"; fill 58 "    g();"; echo "}"; } | expect good function_of_60
{ echo "void f() {"; fill 59 "    g();"; echo "}"; } | expect bad function_of_61
{ echo "void a::f(int x,"; echo "          int y) {"; fill 58 "    g();"; echo "}"; } | expect bad head_counts
{ echo "TEST_CASE(\"a { brace\") {"; fill 59 "    CHECK(x == '{');"; echo "}"; } | expect bad test_case
{ echo "struct a {"; fill 80 "    int f() const { return 1; }"; echo "};"; } | expect good class_of_80
{ echo "namespace a {"; fill 80 "void f();"; echo "}"; } | expect good namespace_of_80
{ echo "constexpr int table[] = {"; fill 80 "    f(1),"; echo "};"; } | expect good table_of_80
{ echo "struct a {"; echo "    a() : b{1}, c{2} {"; fill 59 "        g();"; echo "    }"; echo "};"; } |
    expect bad member_of_61
{ echo "auto const text = R\"x({"; fill 80 "void f() {"; echo ")x\";"; } | expect good raw_string
{ echo "void f() {"; fill 30 "    g([] { h(); });"; echo "}"; echo "void g() {"; fill 40 "    x();"; echo "}"; } |
    expect good two_functions
