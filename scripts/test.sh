#!/usr/bin/env bash
# Everything that must hold, one step after the other, each with its time. A step that fails does not hide the next ones; what cannot be built ends it.
. "$(dirname "$0")/env.sh"
cd "$ROOT"

logs="$(mktemp -d)"
postgres=""
passed=0 failed=0
report=()
finish() {
    if [ -n "$postgres" ]; then scripts/postgres.sh stop "$postgres"; fi
    rm -rf "$logs"
}
trap finish EXIT

# Adds up what `cargo test`, Playwright and the Python clients print as their last lines; a step without such lines counts as one.
count() {
    local log="$1" ended="$2" good bad
    read -r good bad < <(
        sed 's/\x1b\[[0-9;]*m//g' "$log" | awk '
            /^test result: / { good += $4; bad += $6 }
            /^ *[0-9]+ passed/ { good += $1 }
            /^ *[0-9]+ failed/ { bad += $1 }
            END { print good + 0, bad + 0 }'
    )
    if [ "$ended" = 0 ] && [ "$good" = 0 ]; then good=1; fi
    if [ "$ended" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    passed=$((passed + good)) failed=$((failed + bad))
}

# `step NAME COMMAND..`: runs it, shows what it prints, remembers how it ended and how long it took. Fails as the command fails.
step() {
    local name="$1" began ended=0
    shift
    say "$name"
    began=$SECONDS
    "$@" 2>&1 | tee "$logs/step" || ended=1
    count "$logs/step" "$ended"
    report+=("$(printf '%4d s  %-6s  %s' $((SECONDS - began)) "$([ $ended = 0 ] && echo ok || echo FAILED)" "$name")")
    return $ended
}

summary() {
    printf '\n'
    printf '%s\n' "${report[@]}"
    printf '%4d s  in all\n\n%d passed, %d failed\n' "$SECONDS" "$passed" "$failed"
    [ "$failed" = 0 ]
}

# What later steps stand on: without it they would only repeat the same failure.
must() {
    step "$@" || {
        summary
        exit 1
    }
}

documents() { RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --quiet; }

benchmark() { cargo test --quiet --bench ratios -- --size trial --postgres "$PORTICO_TEST_POSTGRES_URL"; }

journeys() {
    node_install "$ROOT/end2end"
    browser_install
    (cd end2end && npm run --silent types && npx playwright test "$@")
}

start_postgres() {
    if [ -n "${PORTICO_TEST_POSTGRES_URL:-}" ]; then
        echo "using the server of PORTICO_TEST_POSTGRES_URL"
        return
    fi
    echo "$logs/postgres" >"$logs/postgres.folder"
    scripts/postgres.sh start "$logs/postgres" | tee "$logs/postgres.url"
}

# One build of the default members for lints, tests and journeys: the same features everywhere, so that nothing is compiled twice.
must "the site: wasm, style sheet, size budgets" scripts/build-site.sh
step "format" cargo fmt --all --check || true
step "lints, host" cargo clippy --quiet --all-targets -- -D warnings || true
step "lints, wasm" cargo clippy --quiet -p frontend --target wasm32-unknown-unknown -- -D warnings || true
step "documentation" documents || true
if cargo deny --version >/dev/null 2>&1; then
    step "dependencies: licences, bans, sources" cargo deny --log-level error check bans licenses sources || true
else
    say "dependencies: not checked, cargo-deny is not installed"
fi
must "compile the server and its tests" cargo test --quiet --no-run
# A copy: whoever compiles into the same folder meanwhile changes nothing under the tests.
chmod 711 "$logs"
cp "$CARGO_TARGET_DIR/debug/portico" "$logs/portico"
export PORTICO_TEST_BIN="$logs/portico"
must "PostgreSQL" start_postgres
if [ -f "$logs/postgres.folder" ]; then
    postgres="$(cat "$logs/postgres.folder")"
    PORTICO_TEST_POSTGRES_URL="$(tail -1 "$logs/postgres.url")"
    export PORTICO_TEST_POSTGRES_URL PORTICO_TEST_POSTGRES_AUTHORITY="$postgres/authority.pem"
fi
step "unit, store (SQLite and PostgreSQL) and HTTP tests" cargo test --quiet --no-fail-fast || true
step "the benchmark, tried without measuring" benchmark || true
step "conformance table" python3 scripts/conformance.py --check || true
step "budgets of the running server" scripts/measure.sh "$PORTICO_TEST_BIN" || true
step "browser journeys" journeys || true
step "Python clients" scripts/python-clients.sh "$PORTICO_TEST_BIN" || true
summary
