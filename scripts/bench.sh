#!/usr/bin/env bash
# Requests per second of the hot endpoints, as ratios to a bare handler in the same run, on SQLite and on a private PostgreSQL that keeps what
# it was told. `make bench SIZE=small` leaves out the second pass with a million tokens; `SIZE=million` the first. `ONLY=refresh` asks the
# rows alone whose names contain the word.
. "$(dirname "$0")/env.sh"
"$ROOT/scripts/build-site.sh" >/dev/null
cd "$ROOT"
say "Compiling the release binary and the benchmark"
cargo bench --quiet -p server --bench ratios --no-run
folder="$(mktemp -d "${TMPDIR:-/tmp}/portico-bench-postgres-XXXXXX")"
trap '"$ROOT/scripts/postgres.sh" stop "$folder/server"; rm -rf "$folder"' EXIT
chmod 755 "$folder"
url="$("$ROOT/scripts/postgres.sh" start "$folder/server" durable)"
commit="$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)"
git diff --quiet HEAD 2>/dev/null || commit="$commit with uncommitted changes"
say "Measuring: 64 connections, durable commits, ratios to a bare handler on the same cores"
cargo bench --quiet -p server --bench ratios -- --postgres "$url" --size "${SIZE:-both}" --only "${ONLY:-}" --commit "$commit" "$@"
