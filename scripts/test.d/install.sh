# What the steps need from outside. Each function ends quietly when it is there, installs it when that is possible, and
# otherwise fails with the reason and the way to do it by hand.

DENY_VERSION=0.20.2

fail() {
    echo "failed: $*" >&2
    exit 1
}

# Installs Debian packages, as root only. $1: what for; the rest: packages.
apt_install() {
    local what=$1
    shift
    [[ $(id -u) -eq 0 ]] || fail "$what is missing. By hand: sudo apt-get install $*"
    command -v apt-get >/dev/null || fail "$what is missing, and this is no Debian; install it by your system's packages"
    echo "installing $what: apt-get install $*"
    if ! (apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@") \
        >"$work/apt.log" 2>&1; then
        tail -n 20 "$work/apt.log" >&2
        fail "$what could not be installed by apt-get"
    fi
}

need_rust_component() {
    cargo "$1" --version >/dev/null 2>&1 && return
    command -v rustup >/dev/null || fail "cargo $1 is missing. By hand: rustup component add $2"
    rustup component add "$2"
}

# Sets `cargo_deny`: the program in its pinned version, kept in the target folder between runs.
need_cargo_deny() {
    local candidate
    for candidate in "$target/tools/bin/cargo-deny" "$(command -v cargo-deny || true)"; do
        if [[ -x $candidate && $("$candidate" --version) == "cargo-deny $DENY_VERSION" ]]; then
            cargo_deny=$candidate
            return
        fi
    done
    echo "installing cargo-deny $DENY_VERSION (some minutes, once)"
    CARGO_TARGET_DIR=$target/tools/build cargo install cargo-deny --quiet --locked --version "$DENY_VERSION" \
        --root "$target/tools" || fail "cargo-deny $DENY_VERSION could not be built"
    rm -rf "$target/tools/build"
    cargo_deny=$target/tools/bin/cargo-deny
}

# Prints the folder of a PostgreSQL of at least version 15: the one that is set, else the newest.
find_postgres() {
    local folder folders version
    if [[ -n ${JIXIAO_PG_BIN:-} ]]; then
        folders=("$JIXIAO_PG_BIN")
    else
        mapfile -t folders < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -Vr)
        folders+=("$(dirname "$(command -v initdb || echo /)")")
    fi
    for folder in "${folders[@]}"; do
        [[ -x $folder/initdb && -x $folder/pg_ctl ]] || continue
        version=$("$folder/initdb" --version | grep -oE '[0-9]+' | head -n 1)
        if [[ $version -ge 15 ]]; then
            echo "$folder"
            return
        fi
    done
    return 1
}

# Sets `pg_bin`: the folder of the programs of PostgreSQL 15 or newer.
need_postgres() {
    if ! pg_bin=$(find_postgres); then
        [[ -z ${JIXIAO_PG_BIN:-} ]] || fail "JIXIAO_PG_BIN=$JIXIAO_PG_BIN holds no PostgreSQL 15 or newer"
        apt_install "PostgreSQL 15 or newer" postgresql
        pg_bin=$(find_postgres) || fail "the installed PostgreSQL is older than 15; set JIXIAO_PG_BIN to a newer one's folder"
    fi
}

need_strace() {
    command -v strace >/dev/null || apt_install strace strace
}

need_node() {
    command -v npm >/dev/null || apt_install "Node.js 20 or newer" nodejs npm
    local version
    version=$(node --version)
    version=${version#v}
    [[ ${version%%.*} -ge 20 ]] || fail "Node.js $version is too old: 20 or newer is needed, see https://nodejs.org"
}

# Installs the packages of one client test, unless its lock file is the installed one. $1: folder in tests/clients.
need_node_packages() {
    need_node
    local folder=tests/clients/$1 stamp
    stamp=$(sha256sum "$folder/package-lock.json")
    if [[ $(cat "$folder/node_modules/.installed" 2>/dev/null) != "$stamp" ]]; then
        echo "installing the packages of $folder: npm ci"
        (cd "$folder" && npm ci --loglevel=error) || fail "npm ci in $folder"
        echo "$stamp" >"$folder/node_modules/.installed"
    fi
}

need_python_packages() {
    local folder=tests/clients/python stamp
    stamp=$(sha256sum "$folder/requirements.txt")
    if [[ $(cat "$folder/.venv/.installed" 2>/dev/null) != "$stamp" ]]; then
        python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install "Python 3 with venv" python3 python3-venv
        echo "installing the packages of $folder: pip install -r requirements.txt"
        python3 -m venv --clear "$folder/.venv"
        "$folder/.venv/bin/pip" install --quiet --no-deps --requirement "$folder/requirements.txt" || fail "pip install in $folder"
        echo "$stamp" >"$folder/.venv/.installed"
    fi
}

need_chromium() {
    local name
    if [[ -z ${JIXIAO_CHROMIUM:-} ]]; then
        for name in chromium chromium-browser google-chrome google-chrome-stable; do
            if JIXIAO_CHROMIUM=$(command -v "$name"); then
                break
            fi
        done
        if [[ -z $JIXIAO_CHROMIUM ]]; then
            apt_install Chromium chromium
            JIXIAO_CHROMIUM=$(command -v chromium)
        fi
    fi
    [[ -x $JIXIAO_CHROMIUM ]] || fail "JIXIAO_CHROMIUM=$JIXIAO_CHROMIUM is no program"
    export JIXIAO_CHROMIUM
}
