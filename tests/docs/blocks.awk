# Prints the code blocks of Markdown files that begin with a fence: awk -v fence=sh -f blocks.awk page.md
# Each line as PAGE:NUMBER:LINE; with -v nth=2 the second block alone, as it is.
/^```/ && fenced { fenced = inside = 0; next }
/^```/ { fenced = 1; inside = $0 == "```" fence && (++count == nth || !nth); next }
inside { print nth ? $0 : FILENAME ":" FNR ":" $0 }
