#!/usr/bin/env bash
# Requests per second of the hot endpoints, as ratios to a bare handler in the same run.
. "$(dirname "$0")/env.sh"
"$ROOT/scripts/build-site.sh" >/dev/null
cd "$ROOT"
say "Compiling the release binary and the benchmark"
cargo bench --quiet -p server --bench ratios -- "$@"
