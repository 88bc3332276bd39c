#!/usr/bin/env bash
# Imports a JSONL file of a million indicators through a service and prints the peak of the service's memory.
# Usage: bench/memory.sh [BINARY]; SQLite in a temporary folder. Needs Linux, curl and Python.
set -euo pipefail

binary=$(realpath "${1:-target/release/jixiao}")
samples=$(cd "$(dirname "${BASH_SOURCE[0]}")/../samples" && pwd)
lines=${LINES_OF_FILE:-1000000}
folder=$(mktemp -d)
cd "$folder"
export JIXIAO_LISTEN=127.0.0.1:${PORT:-18181} JIXIAO_LOG_LEVEL=error

"$binary" import "$samples/beidaihe-culture-2020.txt" --division 130304 > /dev/null
"$binary" account add loader --service > /dev/null
"$binary" account grant loader --role SERVICE > /dev/null
"$binary" token --account loader --valid-for 1h > token

# Fifty indicators for each project, project after project.
python3 - "$lines" <<'PYTHON'
import json, sys
lines = int(sys.argv[1])
key = lambda n: {"divisionCode": "130304", "fiscalYear": 2031, "unitCode": "361002", "code": f"M{n:06}"}
with open("projects.jsonl", "w") as file:
    for n in range(-(-lines // 50)):
        file.write(json.dumps({"key": key(n), "set": {"name": f"项目{n}"}}, ensure_ascii=False) + "\n")
with open("indicators.jsonl", "w") as file:
    for n in range(lines):
        set = {"level1": "产出指标", "level2": "数量指标", "name": f"指标{n % 50}", "target": {"text": f"≥{n % 97}个"}}
        row = {"key": {"project": key(n // 50), "ordinal": n % 50 + 1}, "set": set}
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
PYTHON

"$binary" serve &
service=$!
trap 'kill $service 2> /dev/null || true; rm -rf "$folder"' EXIT
until curl -sf "http://$JIXIAO_LISTEN/readyz" > /dev/null; do sleep 0.1; done
server=(--apply --server "http://$JIXIAO_LISTEN" --token-file token)
"$binary" import projects.jsonl --kind projects "${server[@]}" | tail -1
began=$(date +%s)
"$binary" import indicators.jsonl --kind indicators "${server[@]}" | tail -1
echo "$lines lines, $(($(stat -c %s indicators.jsonl) >> 20)) MiB, in $(($(date +%s) - began)) s"
grep VmHWM "/proc/$service/status"
