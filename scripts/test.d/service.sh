# One service for all client tests: built for development, a fresh data folder with the samples, a free port on loopback.

# Whether the service says that it is ready. $1: port.
is_ready() {
    (
        exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$1" >&3 &&
            head -n 1 <&3 | grep -q ' 200 '
    ) 2>/dev/null
}

start_service() {
    local port pid
    echo failed >"$work/service.state"
    cargo build --quiet --locked --bin jixiao
    port=$(free_port)
    JIXIAO_LISTEN=127.0.0.1:$port "$target/debug/jixiao" demo --data "$work/data" </dev/null >"$work/service.log" 2>&1 &
    pid=$!
    echo "$pid" >"$work/service.pid"
    for _ in {1..600}; do
        if ! kill -0 "$pid" 2>/dev/null; then
            tail -n 30 "$work/service.log" >&2
            fail "the service ended while it was starting"
        fi
        if is_ready "$port"; then
            echo "$port" >"$work/service.port"
            echo started >"$work/service.state"
            echo "the service listens on port $port"
            return
        fi
        sleep 0.2
    done
    tail -n 30 "$work/service.log" >&2
    fail "the service was not ready within two minutes"
}

# Makes the running service and a fresh token of its reader known to a client test.
need_service() {
    [[ -f $work/service.state ]] || start_service
    [[ $(cat "$work/service.state") == started ]] || fail "the service did not start, see above"
    JIXIAO_URL=http://127.0.0.1:$(cat "$work/service.port")
    JIXIAO_TOKEN=$(JIXIAO_DATA=$work/data "$target/debug/jixiao" token --account reader)
    export JIXIAO_URL JIXIAO_TOKEN
}

# Asks the service to end, and makes it end.
stop_service() {
    [[ -f $work/service.pid ]] || return 0
    local pid
    pid=$(cat "$work/service.pid")
    kill -TERM "$pid" 2>/dev/null || return 0
    for _ in {1..50}; do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.2
    done
    kill -KILL "$pid" 2>/dev/null || true
}
