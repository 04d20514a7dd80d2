# Sourced by every script: folders, tool versions and the environment that both compilers share. Changes nothing on disk.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/portico"
# Handed on under another name: the server refuses to start where a PORTICO_ variable is none of its keys.
export TOOLS="${PORTICO_TOOLS:-${TOOLS:-$CACHE/tools}}"
unset PORTICO_TOOLS

# A clone in CI is new each time: what was compiled before lives outside of it.
if [ "${CI:-}" = true ]; then
    CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$CACHE/target}"
fi
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$ROOT/target}"
case "$CARGO_TARGET_DIR" in /*) ;; *) CARGO_TARGET_DIR="$ROOT/$CARGO_TARGET_DIR" ;; esac

SITE="$CARGO_TARGET_DIR/site"
WASM_BINDGEN_VERSION="$(sed -n 's/^wasm-bindgen = "=\(.*\)"$/\1/p' "$ROOT/Cargo.toml")"
NODE_TOOLS="$ROOT/scripts/node/node_modules/.bin"

export PATH="$TOOLS/bin:$PATH"
# Where rustup reaches no server, setup.sh took Debian's compiler: the same one for both halves, so that they share every proc macro.
if [ -f "$TOOLS/debian-rust" ]; then
    export PATH="/usr/bin:$PATH"
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=/usr/lib/llvm-22/bin/wasm-ld
fi

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Installs Debian packages: as root only, and said so. `deb_install WHY PACKAGE..`
deb_install() {
    local why="$1"
    shift
    command -v apt-get >/dev/null || die "$why: install $* (or what your system calls it) and run this again."
    if [ "$(id -u)" != 0 ]; then
        die "$why. Nothing was installed, because that needs root. Run: sudo apt-get install $*"
    fi
    say "$why: installing the Debian packages $* (as root)"
    apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1 && return
    apt-get update >/dev/null
    apt-get install -y --no-install-recommends "$@" >/dev/null || die "apt-get could not install $*."
}

# Installs the pinned packages of a folder with package-lock.json, unless the very same ones are there.
node_install() {
    local folder="$1" stamp="$1/node_modules/.portico-lock"
    if cmp -s "$folder/package-lock.json" "$stamp"; then return; fi
    say "Installing the node packages of ${folder#"$ROOT"/}"
    (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error)
    cp "$folder/package-lock.json" "$stamp"
}

# Installs a browser for the tests where none is found: Playwright's own download is not reachable everywhere.
browser_install() {
    local place
    for place in "${PORTICO_TEST_CHROMIUM:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
        if [ -n "$place" ] && [ -x "$place" ]; then return; fi
    done
    deb_install "The browser journeys need Chromium" chromium
}
