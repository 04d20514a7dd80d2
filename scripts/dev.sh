#!/usr/bin/env bash
# Serves with live reload: cargo-leptos builds from the same sources into the same places (see [[workspace.metadata.leptos]]).
. "$(dirname "$0")/env.sh"
"$ROOT/scripts/setup.sh"
cd "$ROOT"

CARGO_LEPTOS_VERSION=0.3.11
if [ "$(cargo-leptos --version 2>/dev/null)" != "cargo-leptos $CARGO_LEPTOS_VERSION" ]; then
    say "Installing cargo-leptos $CARGO_LEPTOS_VERSION into $TOOLS (about a quarter of an hour, only for this target)"
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback CARGO_TARGET_DIR="$CACHE/tools-target" \
        cargo install cargo-leptos --version "$CARGO_LEPTOS_VERSION" --root "$TOOLS" --quiet
    rm -rf "$CACHE/tools-target"
fi
export CARGO_TARGET_DIR="$ROOT/target" PATH="$NODE_TOOLS:$PATH"
exec cargo leptos watch
