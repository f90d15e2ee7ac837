# Finds links to pages and headings that are not there: awk -f links.awk README.md docs/*.md ...
# Links between files of the tree only; names are relative to the file that has the link.

function folder_of(path) { return match(path, /.*\//) ? substr(path, 1, RLENGTH) : "" }
function resolved(path,   before) {
    while (sub(/^\.\//, "", path) || sub(/[^\/]+\/\.\.\//, "", path)) before = path
    return path
}
# As GitHub makes them of a heading.
function anchor_of(heading) {
    gsub(/`/, "", heading)
    heading = tolower(heading)
    gsub(/[^a-z0-9 _-]/, "", heading)
    gsub(/ /, "-", heading)
    return heading
}
function complain(text) { print text; bad = 1 }

FNR == 1 { in_code = 0; known[FILENAME] = 1 }
/^ *```/ { in_code = !in_code; next }
in_code { next }
/^#+ / {
    heading = $0
    sub(/^#+ +/, "", heading)
    anchors[FILENAME "#" anchor_of(heading)] = 1
}
{
    rest = $0
    gsub(/`[^`]*`/, "", rest)  # code may look like a link
    while (match(rest, /\]\([^)]+\)/)) {
        links[++count] = substr(rest, RSTART + 2, RLENGTH - 3)
        from[count] = FILENAME
        at[count] = FNR
        rest = substr(rest, RSTART + RLENGTH)
    }
}
END {
    for (i = 1; i <= count; ++i) {
        if (links[i] ~ /^[a-z]+:/) continue
        split(links[i], part, "#")
        file = part[1] == "" ? from[i] : resolved(folder_of(from[i]) part[1])
        where = from[i] ":" at[i] ": "
        if (!(file in known)) {
            if (system("test -e '" file "'") != 0) complain(where file " is not there")
            continue
        }
        if (part[2] != "" && !((file "#" part[2]) in anchors))
            complain(where file " has no heading #" part[2])
    }
    exit bad
}
