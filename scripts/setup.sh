#!/usr/bin/env bash
# Installs what `make run` and `make build` need and is missing: the wasm32 standard library, wasm-bindgen, wasm-opt and Lightning CSS.
# Each step is skipped when it is done already.
. "$(dirname "$0")/env.sh"

has_wasm_std() {
    local lib
    lib="$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib"
    compgen -G "$lib/libstd-*.rlib" >/dev/null
}

# Debian's security archive has a compiler with its sources, from which the wasm32 standard library is built in half a minute.
debian_wasm_std() {
    deb_install "rustup could not fetch the wasm32 standard library, Debian's own compiler will serve" \
        rustc-web cargo-web rust-web-src rust-web-clippy lld-22
    local version source copy lib=/usr/lib/rustlib/wasm32-unknown-unknown/lib
    version="$(/usr/bin/rustc --version | cut -d' ' -f2)"
    source="/usr/src/rustc-$version/library"
    [ -d "$source" ] || die "expected the sources of Debian's rustc in $source."
    if ! compgen -G "$lib/libstd-*.rlib" >/dev/null; then
        say "Building the wasm32 standard library of rustc $version into $lib (as root)"
        copy="$(mktemp -d)"
        cp -r "$source/." "$copy"
        (
            cd "$copy"
            export RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc __CARGO_DEFAULT_LIB_METADATA=stablestd
            export RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes" CARGO_TARGET_DIR="$copy/target"
            /usr/bin/cargo build --release --target wasm32-unknown-unknown --manifest-path sysroot/Cargo.toml \
                --features "compiler-builtins-mem panic-unwind"
        )
        mkdir -p "$lib"
        cp "$copy"/target/wasm32-unknown-unknown/release/deps/*.rlib "$lib/"
        rm -rf "$copy"
    fi
    mkdir -p "$TOOLS"
    touch "$TOOLS/debian-rust"
}

command -v cargo >/dev/null || die "cargo is missing: install Rust from https://rustup.rs and run this again."
command -v npm >/dev/null || die "npm is missing: install Node.js 20 or newer and run this again."
command -v cc >/dev/null || deb_install "A C compiler is needed for the embedded SQLite" gcc libc6-dev
command -v make >/dev/null || deb_install "make is needed for the memory allocator" make

if ! has_wasm_std; then
    say "Adding the wasm32 standard library with rustup"
    if ! { command -v rustup >/dev/null && timeout 180 rustup target add wasm32-unknown-unknown; }; then
        debian_wasm_std
    fi
fi

if [ "$(wasm-bindgen --version 2>/dev/null)" != "wasm-bindgen $WASM_BINDGEN_VERSION" ]; then
    say "Installing wasm-bindgen-cli $WASM_BINDGEN_VERSION into $TOOLS (about three minutes)"
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        CARGO_TARGET_DIR="$CACHE/tools-target" \
        cargo install wasm-bindgen-cli --version "$WASM_BINDGEN_VERSION" --root "$TOOLS" --quiet
    rm -rf "$CACHE/tools-target"
fi

node_install "$ROOT/scripts/node"
