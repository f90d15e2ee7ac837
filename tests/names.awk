# A class that two headers define under one name in one namespace: the linker takes the code of one
# of them for both, silently. Prints each, and fails if there is one.
function base(path) { sub(/.*\//, "", path); return path }
FNR == 1 { space = "" }
/^namespace [a-z_:]+ \{/ { space = space == "" ? $2 : space "::" $2; next }
/^namespace \{/ { space = space "::(" FILENAME ")"; next }
/^\}  \/\/ namespace/ { sub(/(::)?[a-z_]+(::[a-z_]+)*$/, "", space); next }
/^(class|struct) [a-z_0-9]+( final)?( :.*)?( \{|$)/ && !/;$/ {
    name = space "::" $2
    if (name in known && known[name] != FILENAME) {
        print name " is defined in " known[name] " and in " FILENAME
        found = 1
    }
    known[name] = FILENAME
}
END { exit found }
