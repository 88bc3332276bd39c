"""Python's gql fetches the schema, validates locally and pages through everything, synchronously and asynchronously."""

import asyncio
import os
import sys
from decimal import Decimal

from gql import Client, GraphQLRequest, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport
from graphql import GraphQLError, build_schema, lexicographic_sort_schema, print_schema

PAGE = 3
PROJECTS = gql("""
  query Projects($first: Int, $after: String) {
    projects(first: $first, after: $after) {
      totalCount
      nodes { id name budget { amount } }
      pageInfo { hasNextPage endCursor }
    }
  }
""")
FINDINGS = gql("""
  query Findings($first: Int, $after: String) {
    findings(first: $first, after: $after) {
      totalCount
      nodes { id rule }
      pageInfo { hasNextPage endCursor }
    }
  }
""")


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


ENDPOINT = required("JIXIAO_URL").rstrip("/") + "/graphql"
HEADERS = {"Authorization": f"Bearer {required('JIXIAO_TOKEN')}"}
SCHEMA_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "schema.graphql")


def page_through(session, query, field: str, size: int) -> list[dict]:
    """All nodes of a connection, page after page."""
    nodes, after = [], None
    while True:
        connection = session.execute(GraphQLRequest(query, variable_values={"first": size, "after": after}))[field]
        expect(0 < len(connection["nodes"]) <= size, f"a page of {field} holds 1 to {size} rows")
        nodes += connection["nodes"]
        if not connection["pageInfo"]["hasNextPage"]:
            expect(len(nodes) == connection["totalCount"], f"{len(nodes)} {field} paged, {connection['totalCount']} counted")
            expect(len({node["id"] for node in nodes}) == len(nodes), f"no row of {field} comes twice")
            return nodes
        after = connection["pageInfo"]["endCursor"]


def test_requests() -> None:
    """The synchronous client."""
    transport = RequestsHTTPTransport(url=ENDPOINT, headers=HEADERS)
    options = {"input_value_deprecation": True, "specified_by_url": True, "input_object_one_of": True}
    with Client(transport=transport, fetch_schema_from_transport=True, introspection_args=options) as session:
        fetched = session.client.schema
        with open(SCHEMA_FILE, encoding="utf-8") as file:
            committed = build_schema(file.read())
        same = print_schema(lexicographic_sort_schema(fetched)) == print_schema(lexicographic_sort_schema(committed))
        expect(same, "the fetched schema is the one of schema.graphql")

        try:
            session.execute(gql("{ projects(first: 1) { nodes { nmae } } }"))
            sys.exit("failed: a wrong field name passed the local validation")
        except GraphQLError as error:
            expect("nmae" in error.message, f"the local validation names the field: {error.message}")

        projects = page_through(session, PROJECTS, "projects", PAGE)
        total = sum(Decimal(project["budget"]["amount"]) for project in projects if project["budget"])
        expect(total > 0, "the budgets have a sum")
        findings = page_through(session, FINDINGS, "findings", 50)
        print(f"requests: {len(projects)} projects with budgets of {total} 万元, {len(findings)} findings")

    # Without the local schema the service itself must refuse, with a code and not by a broken answer.
    with Client(transport=RequestsHTTPTransport(url=ENDPOINT, headers=HEADERS)) as session:
        try:
            session.execute(gql("{ projects(first: 1) { nodes { nmae } } }"))
            sys.exit("failed: the service answered a query with a wrong field name")
        except TransportQueryError as error:
            code = error.errors[0].get("extensions", {}).get("code")
            expect(code == "GRAPHQL_VALIDATION_FAILED", f"the code of a validation error is {code}")


async def test_aiohttp() -> None:
    """The asynchronous client, with several requests at a time on one session."""
    transport = AIOHTTPTransport(url=ENDPOINT, headers=HEADERS)
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        answers = await asyncio.gather(*(session.execute(GraphQLRequest(PROJECTS, variable_values={"first": size})) for size in range(1, 6)))
        expect([len(answer["projects"]["nodes"]) for answer in answers] == [1, 2, 3, 4, 5], "each answer has the size that was asked")
        print("aiohttp: 5 requests at a time")


test_requests()
asyncio.run(test_aiohttp())
