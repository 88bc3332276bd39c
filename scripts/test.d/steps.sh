# The steps. Each runs in a subshell under `set -e`: the first command that fails ends it, and its status is the step's.

step_files() {
    local file
    (cd assets/explorer && sha256sum --check --quiet checksums.txt) || fail "vendored files of assets/explorer were changed"
    for file in tests/clients/*/package-lock.json; do
        if grep -n '"resolved"' "$file"; then
            fail "$file names a registry; .npmrc beside it must hold omit-lockfile-registry-resolved=true"
        fi
    done
    for file in scripts/test scripts/test.d/*.sh .ci/run; do
        bash -n "$file"
    done
}

step_fmt() {
    need_rust_component fmt rustfmt
    cargo fmt --all --check
}

step_clippy() {
    need_rust_component clippy clippy
    cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
}

# With the private items: the documentation is the map for those who work on the service, so links into them are right.
step_docs() {
    RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" \
        cargo doc --quiet --locked --no-deps --document-private-items --workspace
}

# cargo deny reads its advisory data from a git repository: a clone of the kept copy stands in for the public one.
step_deny() {
    local source=${JIXIAO_ADVISORY_DB:-../shared/advisory-db.bundle}
    [[ $source == *://* || -e $source ]] ||
        fail "no advisory data at $source; JIXIAO_ADVISORY_DB may name a git bundle, folder or URL of https://github.com/rustsec/advisory-db"
    need_cargo_deny
    cargo fetch --quiet --locked
    git -c init.defaultBranch=main clone --quiet --bare "$source" "$work/advisory-db.git"
    export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.file://$work/advisory-db.git.insteadOf"
    export GIT_CONFIG_VALUE_0=https://github.com/rustsec/advisory-db
    "$cargo_deny" fetch db
    "$cargo_deny" --offline --locked check
}

step_sqlite() {
    cargo test --quiet --locked --workspace
}

step_postgres() {
    start_postgres
    JIXIAO_TEST_DATABASE_URL=$database_url cargo test --quiet --locked --test api
}

# What row-level security could hide or break: who sees what, what is shown of writes, and the service's own work.
step_row_security() {
    start_postgres
    JIXIAO_TEST_DATABASE_URL=$database_url JIXIAO_TEST_ROW_SECURITY=on cargo test --quiet --locked --test api -- \
        row_security:: access:: account_api::reading scope:: search:: groups:: mutation:: idempotency:: \
        bulk_files:: write_projects:: import_store:: audit::
}

# A small dose; torture/README.md has the large one. Each command makes its own databases, and its own PostgreSQL.
step_torture() {
    need_strace
    need_postgres
    cargo build --quiet --locked --workspace --bins
    local PATH=$pg_bin:$PATH torture=$target/debug/torture database
    for database in sqlite postgres; do
        "$torture" kill9 --db "$database" --rounds 10
        "$torture" races --db "$database" --rounds 8
        "$torture" restarts --db "$database" --rounds 5 --busy
        "$torture" backups --db "$database" --rounds 3
    done
    "$torture" faults --positions 12
}

step_service() {
    need_service
}

# Runs one client test of Node. $1: its folder in tests/clients.
node_client() {
    need_node_packages "$1"
    need_service
    if ! node "tests/clients/$1/test.mjs"; then
        echo "-- the service's last words:" >&2
        tail -n 10 "$work/service.log" >&2
        return 1
    fi
}

step_http-audit() { node_client http-audit; }
step_introspection() { node_client introspection; }
step_apollo() { node_client apollo; }
step_relay() { node_client relay; }
step_codegen() { node_client codegen; }
step_eslint() { node_client eslint; }

step_explorer() {
    need_chromium
    node_client explorer
}

step_python() {
    need_python_packages
    need_service
    tests/clients/python/.venv/bin/python tests/clients/python/test.py
    JIXIAO_EDITOR_TOKEN=$(JIXIAO_DATA=$work/data "$target/debug/jixiao" token --account editor) JIXIAO_EDITOR_UNIT=361002 \
        tests/clients/python/.venv/bin/python tests/clients/python/bulk.py
    python_oauth
}

# A client of its own, with a secret and a key, for authlib.
python_oauth() {
    local python=tests/clients/python/.venv/bin/python
    export JIXIAO_CLIENT=test-system JIXIAO_CLIENT_KEY=$work/client-key.json
    jixiao() { JIXIAO_DATA=$work/data "$target/debug/jixiao" "$@"; }
    if [[ ! -f $JIXIAO_CLIENT_KEY ]]; then
        jixiao client add "$JIXIAO_CLIENT" --scope project:read --scope import:run
        jixiao account grant "$JIXIAO_CLIENT" --role SERVICE --view
        "$python" tests/clients/python/make_key.py "$JIXIAO_CLIENT_KEY" | jixiao client key "$JIXIAO_CLIENT" -
    fi
    JIXIAO_CLIENT_SECRET=$(jixiao client secret "$JIXIAO_CLIENT" --valid-for 1d) "$python" tests/clients/python/oauth.py
}
