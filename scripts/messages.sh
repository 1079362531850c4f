# shellcheck shell=bash
# What the set-up scripts say; to be sourced. Everything goes to standard error.

say() { printf '%s\n' "$*" >&2; }
hint() { [ ! -t 2 ] || printf '\r\033[K%s' "$*" >&2; } # a line that the next one replaces
fail() { say "Voice Coach: $*"; exit 2; }

explain() { # says why installing $1 failed, from the log $2
    if grep -qiE 'resolving|name resolution|could not (resolve|connect)|unreachable|NewConnectionError|timed out' "$2"; then
        fail "no network to install $1 from; connect and run this again."
    fi
    tail -n 15 "$2" >&2
    fail "cannot install $1; the lines above say why."
}
