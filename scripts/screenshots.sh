#!/usr/bin/env bash
# Writes every page at 1280 and 390 px, light and dark, into end2end/screenshots. It takes the server that make run or make test built.
. "$(dirname "$0")/env.sh"
node_install "$ROOT/end2end"
browser_install
cd "$ROOT/end2end"
npm run --silent screenshots
say "The pictures are in $ROOT/end2end/screenshots"
