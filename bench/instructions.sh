#!/bin/sh
# Counts the instructions of a request of Q1 and of Q2 by callgrind, which no other load of the machine disturbs.
#
#   bench/instructions.sh [FOLDER OF THE PROGRAMS]
#
# Needs valgrind and curl. Works on a county in a temporary folder.
set -eu
programs=$(cd "${1:-target/release}" && pwd)
folder=$(mktemp -d)
trap 'kill "$service" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
export JIXIAO_DATABASE_URL="sqlite://$folder/county.sqlite" JIXIAO_DATA="$folder/data" JIXIAO_LOG_LEVEL=warn
export JIXIAO_LISTEN=127.0.0.1:18181
"$programs/bench" generate --url "$JIXIAO_DATABASE_URL" --size county >/dev/null
token=$("$programs/jixiao" token --account loader --valid-for 1h)
valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file="$folder/out" "$programs/jixiao" serve --unsafe >log 2>&1 &
service=$!
until curl -sf "http://$JIXIAO_LISTEN/readyz" >/dev/null; do sleep 1; done

key='{"divisionCode":"510101","fiscalYear":2026,"code":"K000000000000007"}'
q1='{"query":"query Q1($key: ProjectKeyInput!) { project(by: {key: $key}) { id code name fiscalYear goalLevel budget { amount } fiscalFunds { amount } otherFunds { amount } purpose version } }","variables":{"key":'$key'}}'
q2='{"query":"query Q2($unit: UnitKeyInput!, $year: Int!) { unit(by: {key: $unit}) { code name projects(first: 20, filter: {fiscalYear: {eq: $year}}) { nodes { id code name budget { amount } plan { points { month percent amount { amount } } } indicators(first: 8) { nodes { ordinal name description target { raw } weight } } } } } }","variables":{"unit":{"divisionCode":"510101","code":"101"},"year":2026}}'

ask() { # BODY TIMES: over one connection
    urls=$(yes "http://$JIXIAO_LISTEN/graphql" | head -n "$2")
    # shellcheck disable=SC2086
    curl -sf -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d "$1" $urls >answers
}
for operation in Q1 Q2; do
    # Enough that looking up the caller again each half second does not show.
    body=$q1 times=400
    [ $operation = Q2 ] && body=$q2 times=40
    ask "$body" 10
    callgrind_control -i on "$service" >/dev/null
    ask "$body" "$times"
    callgrind_control -i off "$service" >/dev/null
    callgrind_control -d "$service" >/dev/null
    sleep 1
    total=$(sed -n 's/^\(totals\|summary\): *\([0-9]*\).*/\2/p' "$folder"/out.* | sort -n | tail -n 1)
    echo "$operation: $((total / times)) instructions"
    rm -f "$folder"/out.*
done
