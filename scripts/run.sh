#!/usr/bin/env bash
# Builds Portico, loads the demo data if the database is empty, and serves it.
. "$(dirname "$0")/env.sh"
"$ROOT/scripts/build-site.sh"
cd "$ROOT"

say "Compiling the server"
cargo build --quiet
portico="$CARGO_TARGET_DIR/debug/portico"

mkdir -p data
if "$portico" demo >data/demo.new 2>data/demo.problem; then
    mv data/demo.new data/demo.txt
    say "Loaded the demo data"
else
    rm -f data/demo.new
    # A database with organizations in it keeps them; anything else is said as it is.
    if ! grep -qi 'organizations' data/demo.problem; then
        cat data/demo.problem >&2
        exit 1
    fi
fi
rm -f data/demo.problem

issuer=$("$portico" config check | sed -n 's/^PORTICO_ISSUER=//p')
say "Portico answers at $issuer (Ctrl+C ends it)"
if [ -z "${PORTICO_DATABASE_URL:-}" ] && [ -f data/demo.txt ]; then sed 1d data/demo.txt; fi
exec "$portico" serve
