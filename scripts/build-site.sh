#!/usr/bin/env bash
# Builds what browsers load into $CARGO_TARGET_DIR/site/pkg/<content hash>/: wasm, its script and the style sheet, each file also compressed with
# brotli and gzip. The server's build script takes it from there into the binary.
. "$(dirname "$0")/env.sh"
"$ROOT/scripts/setup.sh"

cd "$ROOT"
say "Compiling the islands to wasm"
cargo build --quiet -p frontend --target wasm32-unknown-unknown --profile wasm-release
wasm="$CARGO_TARGET_DIR/wasm32-unknown-unknown/wasm-release/frontend.wasm"

# The two halves must agree on names that hold a hash of the source path; everything else that counts is in these files.
stamp="$(
    {
        echo "$ROOT $WASM_BINDGEN_VERSION"
        sha256sum <"$wasm"
        find style scripts/build-site.sh scripts/pack-site.mjs scripts/node/package-lock.json -type f -print0 | sort -z | xargs -0 sha256sum
    } | sha256sum
)"
if [ "$stamp" != "$(cat "$SITE/.stamp" 2>/dev/null)" ]; then
    work="$(mktemp -d)"
    trap 'rm -rf "$work"' EXIT
    say "Binding, optimising and packing the site"
    wasm-bindgen --target web --no-typescript --out-dir "$work" --out-name portico "$wasm"
    "$NODE_TOOLS/wasm-opt" -Oz --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext --enable-mutable-globals \
        --enable-reference-types "$work/portico_bg.wasm" -o "$work/portico.wasm"
    rm "$work/portico_bg.wasm"
    "$NODE_TOOLS/lightningcss" --bundle --minify style/main.css -o "$work/portico.css"
    rm -rf "$SITE"
    mkdir -p "$SITE"
    node scripts/pack-site.mjs "$work" "$SITE"
    echo "$stamp" >"$SITE/.stamp"
fi
node scripts/site-sizes.mjs "$SITE"
