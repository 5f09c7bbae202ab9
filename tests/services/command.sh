# shellcheck shell=bash
# run_command COMMAND...: runs it with our standard input, passes signals on to it and exits with its exit code.
run_command() {
    local status=0 signal
    "$@" <&0 &
    command_pid=$!
    for signal in INT TERM HUP; do
        # shellcheck disable=SC2064 # the signal's name and the pid are meant to be fixed here
        trap "kill -s $signal $command_pid 2>/dev/null || :" "$signal"
    done
    wait "$command_pid" || status=$?
    # a forwarded signal interrupts the wait: wait again for the command itself
    while kill -0 "$command_pid" 2>/dev/null; do
        status=0
        wait "$command_pid" || status=$?
    done
    exit "$status"
}

# cache_folder: prints the folder for templates: in the build folder, or the user's cache when that belongs to someone else.
cache_folder() {
    local folder=${BOURSE_TEST_CACHE:-$root/build/test-services}
    mkdir -p "$folder" 2>/dev/null || :
    if [ ! -w "$folder" ]; then
        folder=${XDG_CACHE_HOME:-$HOME/.cache}/bourse-test-services
        mkdir -p "$folder"
    fi
    printf '%s' "$folder"
}
