# Complains of files and functions that are too long to be read at once: awk -f sizes.awk FILE...
#
# A scan of braces, not a parser: strings, characters and comments are taken out, raw strings are
# skipped, and an opening brace is judged by the text since the last `;` or block. One outside of
# functions whose text holds a parenthesis begins a function; what is inside one counts to it.

BEGIN {
    max_file = 400
    max_function = 60
}

function complain(text) {
    print text
    failed = 1
}

function finish_file() {
    if (file != "" && lines > max_file)
        complain(file ": " lines " lines, " max_file " are the most")
}

function begin_file() {
    finish_file()
    file = FILENAME
    depth = 0
    outer = 0          # the depth of the function that we are in; 0: in none
    head = ""
    head_line = 0
    in_comment = 0
    raw_end = ""
}

# What of a line is code.
function code_of(line,    out, at, c, two, rest, name) {
    out = ""
    for (at = 1; at <= length(line); ++at) {
        rest = substr(line, at)
        two = substr(rest, 1, 2)
        c = substr(rest, 1, 1)
        if (raw_end != "") {
            if (index(rest, raw_end) == 0) return out
            at += index(rest, raw_end) + length(raw_end) - 2
            raw_end = ""
        } else if (in_comment) {
            if (index(rest, "*/") == 0) return out
            at += index(rest, "*/")
            in_comment = 0
        } else if (two == "//") {
            return out
        } else if (two == "/*") {
            in_comment = 1
            ++at
        } else if (match(rest, /^R"[A-Za-z_]*\(/)) {
            name = substr(rest, 3, RLENGTH - 3)
            raw_end = ")" name "\""
            at += RLENGTH - 1
        } else if (match(rest, /^"(\\.|[^"\\])*"/) || match(rest, /^'(\\.|[^'\\])+'/)) {
            # A quote between digits groups them.
            if (c == "'" && out ~ /[0-9a-fA-F]$/) continue
            at += RLENGTH - 1
        } else if (c != "'") {
            out = out c
        }
    }
    return out
}

function is_function(text) {
    if (text ~ /^ *(inline +)?namespace/ || text ~ /^ *extern/) return 0
    if (text ~ /^ *(template *<.*> *)?(class|struct|union|enum) / && text !~ /\) *(const)? *(noexcept)? *$/)
        return 0
    return text ~ /\(/ && text !~ /[^=!<>]= *$/
}

function open_brace() {
    ++depth
    opened[depth] = FNR
    if (outer == 0 && is_function(head)) {
        outer = depth
        began = head_line
    }
    if (outer == 0 || outer == depth) kept[depth] = head
    head = ""
}

function close_brace(    size) {
    size = FNR - began + 1
    # An initializer within one line belongs to what it stands in.
    head = opened[depth] == FNR ? kept[depth] "{}" : ""
    if (outer == depth) {
        outer = 0
        if (size > max_function)
            complain(file ":" began ": a function of " size " lines, " max_function " are the most")
    }
    if (depth > 0) --depth
}

FNR == 1 { begin_file() }
{ lines = FNR }
/^#/ { next }
{
    code = code_of($0)
    for (i = 1; i <= length(code); ++i) {
        c = substr(code, i, 1)
        if (c == "{") open_brace()
        else if (c == "}") close_brace()
        else if (c == ";") head = ""
        else {
            if (head ~ /^ *$/ && c != " ") head_line = FNR
            head = head c
        }
    }
    if (head != "") head = head " "
    if (head ~ /(public|private|protected): $/) head = ""
}
END {
    finish_file()
    exit failed
}
