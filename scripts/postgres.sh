#!/usr/bin/env bash
# A private PostgreSQL server for the tests: `postgres.sh start FOLDER` makes a cluster in the new folder FOLDER, listening on a free loopback port,
# and prints its URL; `postgres.sh stop FOLDER` ends it and removes the folder. It never syncs to the disk: for tests only, of which
# those about TLS find a certificate for 127.0.0.1 there. With `start FOLDER durable` it keeps what it was told, as PostgreSQL does
# unless told otherwise: for `make bench`.
. "$(dirname "$0")/env.sh"

bin="$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1)"
if [ -z "$bin" ] && command -v initdb >/dev/null; then bin="$(dirname "$(command -v initdb)")"; fi
if [ -z "$bin" ]; then
    deb_install "The tests need a PostgreSQL server" postgresql >&2
    bin="$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -1)"
fi

# PostgreSQL refuses to run as root.
as_server() { if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }

# In the folder $1: an authority, and the key and certificate by it of a server at 127.0.0.1.
certify() {
    command -v openssl >/dev/null || deb_install "The tests need openssl for a certificate" openssl >&2
    local ec="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes" days="-days 30"
    (
        cd "$1"
        # shellcheck disable=SC2086
        openssl req -x509 $ec $days -subj "/CN=An authority of the tests" -keyout authority.key -out authority.pem
        # shellcheck disable=SC2086
        openssl req $ec -subj "/CN=PostgreSQL of the tests" -keyout server.key -out server.csr
        openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -set_serial 1 $days -out server.pem \
            -extfile <(printf 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n')
        chmod 644 authority.pem server.pem
        chmod 600 server.key
        if [ "$(id -u)" = 0 ]; then chown postgres server.key; fi
    ) >"$1.tls.log" 2>&1 || die "no certificate: $(tail -3 "$1.tls.log")"
}

case "${1:-}" in
start)
    folder="$2"
    mkdir -p "$folder"
    options="" query=""
    if [ "${3:-}" != durable ]; then
        certify "$folder"
        options="-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=300"
        options="$options -c ssl=on -c ssl_cert_file=$folder/server.pem -c ssl_key_file=$folder/server.key -c ssl_ca_file=$folder/authority.pem"
        # Thousands of connections need no handshake each.
        query="?sslmode=disable"
    fi
    if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
    port="$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')"
    as_server "$bin/initdb" --pgdata "$folder/data" --username postgres --auth trust --encoding UTF8 --no-locale --no-sync >"$folder.log" 2>&1 ||
        die "initdb failed: $(tail -3 "$folder.log")"
    as_server "$bin/pg_ctl" --pgdata "$folder/data" --wait --log "$folder/log" \
        --options "-p $port -c listen_addresses=127.0.0.1 -k $folder $options" \
        start >>"$folder.log" 2>&1 || die "pg_ctl failed: $(tail -3 "$folder.log")"
    echo "postgres://postgres@127.0.0.1:$port/postgres$query"
    ;;
stop)
    folder="$2"
    as_server "$bin/pg_ctl" --pgdata "$folder/data" --mode immediate stop >/dev/null 2>&1 || true
    rm -rf "$folder" "$folder.log" "$folder.tls.log"
    ;;
*) die "usage: postgres.sh start FOLDER [durable] | postgres.sh stop FOLDER" ;;
esac
