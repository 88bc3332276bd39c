# A throw-away PostgreSQL: its own folder, a free port on loopback, a password, the safe settings of a real one.

# Prints a port on which nobody listens now.
free_port() {
    local port
    while true; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# PostgreSQL does not run as root: there, another user does it.
as_postgres() {
    if [[ $(id -u) -eq 0 ]]; then
        (cd / && runuser -u "$(id -un postgres 2>/dev/null || echo nobody)" -- "$@")
    else
        "$@"
    fi
}

# Starts it and sets `database_url`. Sorting follows a natural language on purpose, so that a query which relies on the
# database's own order of texts is found here.
start_postgres() {
    need_postgres
    local folder=$work/postgres password port
    # One server a step: that of a step before has its databases with it.
    stop_postgres
    rm -rf "$folder"
    mkdir "$folder"
    password=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
    echo "$password" >"$folder/password"
    [[ $(id -u) -ne 0 ]] || chown -R "$(id -un postgres 2>/dev/null || echo nobody)" "$folder"
    as_postgres "$pg_bin/initdb" --pgdata="$folder/data" --username=jixiao --pwfile="$folder/password" \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=zh-CN \
        >"$work/initdb.log" 2>&1 || { cat "$work/initdb.log" >&2; fail "initdb"; }
    for _ in 1 2 3; do
        port=$(free_port)
        if as_postgres "$pg_bin/pg_ctl" start --wait --silent --pgdata="$folder/data" --log="$folder/log" \
            --options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$folder -c max_connections=200"; then
            database_url=postgres://jixiao:$password@127.0.0.1:$port/postgres
            echo "PostgreSQL $("$pg_bin/postgres" --version | grep -oE '[0-9.]+' | head -n 1) on port $port"
            return
        fi
    done
    tail -n 20 "$folder/log" >&2
    fail "PostgreSQL did not start"
}

stop_postgres() {
    local folder=$work/postgres bin
    [[ -f $folder/data/postmaster.pid ]] || return 0
    bin=$(find_postgres) && as_postgres "$bin/pg_ctl" stop --silent --mode=immediate --pgdata="$folder/data" || true
}
