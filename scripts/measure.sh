#!/usr/bin/env bash
# Budgets of a running server: `measure.sh PORTICO`. Starts it on a fresh demo database, prints how long it takes to be ready and what it keeps in
# memory, and checks that the consent page with its style sheet stays within its budget and has no hydration script.
. "$(dirname "$0")/env.sh"
exec node "$ROOT/scripts/measure.mjs" "$1"
