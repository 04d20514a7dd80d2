#!/usr/bin/env bash
# Builds the release binary with everything inside it, and prints what it weighs and how it starts.
. "$(dirname "$0")/env.sh"
"$ROOT/scripts/build-site.sh"
cd "$ROOT"
say "Compiling the release binary"
cargo build --quiet --release -p server
"$ROOT/scripts/measure.sh" "$CARGO_TARGET_DIR/release/portico"
say "Built $CARGO_TARGET_DIR/release/portico ($(du -h "$CARGO_TARGET_DIR/release/portico" | cut -f1)): copy it anywhere, it needs no other file"
