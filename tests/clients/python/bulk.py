"""Loads projects by JSONL through the API and reads them back. Needs nothing but Python: this is also the example of docs/bulk.md."""

import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.request

PROJECTS = int(os.environ.get("JIXIAO_BULK_PROJECTS", "10000"))
PART = 1 << 20
YEAR = 2031


def required(name: str) -> str:
    """The value of an environment variable; without it the test cannot run."""
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set")
    return value


def expect(condition: bool, reason: str) -> None:
    """Ends the test with the reason unless the condition holds."""
    if not condition:
        sys.exit(f"failed: {reason}")


BASE = required("JIXIAO_URL").rstrip("/")
TOKEN = required("JIXIAO_EDITOR_TOKEN")


def send(method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    """One request with the token; 308 is an answer like others here, not another address."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        BASE + path, data=body, method=method, headers={"Authorization": f"Bearer {TOKEN}", **headers}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def ask(query: str, **variables):
    """Asks by GraphQL and gives the data of an answer without errors."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    status, text = send("POST", "/graphql", body, Content_Type="application/json")
    answer = json.loads(text)
    expect("errors" not in answer, f"{status} {text.decode()}")
    return answer["data"]


def upload(name: str, data: bytes) -> str:
    """Announces a file and sends it in parts; after a failure it goes on where the service stands."""
    query = """
      mutation($input: UploadCreateInput!) {
        uploadCreate(input: $input) { upload { id url } userErrors { message } }
      }"""
    digest = hashlib.sha256(data).hexdigest()
    made = ask(query, input={"fileName": name, "size": str(len(data)), "sha256": digest})["uploadCreate"]
    expect(not made["userErrors"], f"{made}")
    url, at = made["upload"]["url"], 0
    while at < len(data):
        part = data[at : at + PART]
        span = f"bytes {at}-{at + len(part) - 1}/{len(data)}"
        status, text = send("PUT", url, part, Content_Range=span, Content_Type="application/octet-stream")
        expect(status in (200, 201, 308), f"{status} {text.decode()}")
        at = json.loads(send("GET", url)[1])["received"]
    return made["upload"]["id"]


def run(**options) -> dict:
    """Starts an operation and waits for its end."""
    query = """
      mutation($input: ImportStartInput!) {
        importStart(input: $input) { bulkOperation { id } userErrors { code path message } }
      }"""
    started = ask(query, input=options)["importStart"]
    expect(not started["userErrors"], f"{started}")
    query = """
      query($id: ID!) {
        bulkOperation(id: $id) {
          status finishedAt failure { code message } resultUrl errorsUrl
          progress { percent etaSeconds rowsCreated rowsUnchanged rowsFailed }
        }
      }"""
    while True:
        operation = ask(query, id=started["bulkOperation"]["id"])["bulkOperation"]
        if operation["finishedAt"]:
            return operation
        time.sleep(0.2)


def line(number: int, unit: str) -> str:
    """One project with its plan and an indicator, in the shape of `projectsUpsert`."""
    key = {"divisionCode": "130304", "fiscalYear": YEAR, "unitCode": unit, "code": f"B{number:08}"}
    indicator = {"level1": "产出指标", "name": "完成数量", "target": {"text": f"≥{number % 90 + 1}项"}}
    plan = [{"month": month, "percent": percent} for month, percent in ((6, "50"), (12, "100"))]
    fields = {"name": f"批量项目{number}", "budget": {"yuan": str(number)}, "plan": plan, "indicators": [indicator]}
    return json.dumps({"key": key, "set": fields}, ensure_ascii=False)


def read_back() -> dict[str, dict]:
    """Every project of the year, page by page."""
    query = """
      query($after: String, $year: Int!) {
        projects(first: 500, after: $after, filter: {fiscalYear: {eq: $year}}) {
          nodes { code name budget { amount(unit: YUAN) } indicators(first: 5) { nodes { name } } }
          pageInfo { hasNextPage endCursor }
        }
      }"""
    found, after = {}, None
    while True:
        page = ask(query, after=after, year=YEAR)["projects"]
        found.update((project["code"], project) for project in page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def main() -> None:
    unit = required("JIXIAO_EDITOR_UNIT")
    data = "".join(line(number, unit) + "\n" for number in range(1, PROJECTS + 1)).encode()
    file = upload("projects.jsonl", data)

    dry = run(uploadId=file, kind="PROJECTS")
    expect(dry["progress"]["rowsCreated"] == PROJECTS and not read_back(), f"the dry run: {dry}")
    began = time.monotonic()
    real = run(uploadId=file, kind="PROJECTS", dryRun=False)
    seconds = time.monotonic() - began
    expect(real["status"] == "COMPLETED" and real["progress"] == dry["progress"], f"the run: {real}")
    lines = send("GET", real["resultUrl"])[1].decode().splitlines()
    expect(len(lines) == PROJECTS and all(json.loads(row)["outcome"] == "CREATED" for row in lines), "its results")

    found = read_back()
    expect(len(found) == PROJECTS, f"{len(found)} projects instead of {PROJECTS}")
    for number in range(1, PROJECTS + 1):
        project = found[f"B{number:08}"]
        expect(project["name"] == f"批量项目{number}", f"{project}")
        expect(float(project["budget"]["amount"]) == number, f"{project}")
        expect(len(project["indicators"]["nodes"]) == 1, f"{project}")

    again = run(uploadId=file, kind="PROJECTS", dryRun=False)
    expect(again["progress"]["rowsUnchanged"] == PROJECTS, f"the same file once more: {again}")
    print(f"{PROJECTS} projects were loaded in {seconds:.1f} s, read back, and loaded again without a change")


main()
