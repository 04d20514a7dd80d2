#!/usr/bin/env bash
# Journey 3 and the documents of four platforms with Authlib, requests-oauthlib and curl, each against a server of its own: `python-clients.sh PORTICO`.
. "$(dirname "$0")/env.sh"

portico="$1"
requirements="$ROOT/end2end/python/requirements.txt"
venv="$CACHE/python"
python3 -c 'import ensurepip, venv' 2>/dev/null || deb_install "The Python clients need Python 3 with venv" python3 python3-venv
command -v curl >/dev/null || deb_install "Two platforms' documents speak of curl" curl
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
    say "Installing the Python clients into $venv"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$venv/requirements.txt"
fi
cd "$ROOT/end2end/python"
PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" clients.py "$portico"
