# shellcheck shell=bash
# Compiles one CMake preset. Needs terminal.sh.

# build_preset ROOT PRESET LOG [TARGET...]: configures once, then builds what changed. On a terminal the step's line shows
# how far it is.
build_preset() {
    local root=$1 preset=$2 log=$3 folder=$1/build/$2
    shift 3
    mkdir -p "$folder"
    : >"$log"
    # one build of a folder at a time
    exec 7>"$folder/lock"
    flock 7
    if [ ! -e "$folder/build.ninja" ]; then
        (cd "$root" && cmake --preset "$preset") >>"$log" 2>&1 || {
            rm -f "$folder/CMakeCache.txt"
            die_with_log "$log" "CMake could not configure the build"
        }
    fi
    set -o pipefail
    cmake --build "$folder" ${1:+--target "$@"} 2>&1 7>&- | tee -a "$log" | build_counter || {
        printf '\n' >&2
        grep -E -A3 'error:|FAILED:|undefined reference|CMake Error' "$log" | grep -v -e ' -o ' | head -30 >&2 || tail -n 5 "$log" >&2
        die "the $preset build failed (whole log: $log)"
    }
    exec 7>&-
}

# Shows ninja's counter "[12/345]" at the end of the current line.
build_counter() {
    local line back=''
    if [ ! -t 1 ]; then
        cat >/dev/null
        return
    fi
    while IFS= read -r line; do
        line=${line%%]*}
        case $line in
            '['*/*)
                line="$line] "
                printf '%s%s' "$back" "$line"
                back=$(printf '%*s' "${#line}" '' | tr ' ' '\b')
                ;;
        esac
    done
    printf '%s' "$back"
}
