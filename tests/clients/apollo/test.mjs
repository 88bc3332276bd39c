// Apollo Client pages forward and backward through all projects, merges the pages to the unpaged list and keeps each
// thing once in its cache.
import assert from "node:assert/strict";
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { filter, firstValueFrom } from "rxjs";
import { ask, authorizedFetch, endpoint } from "../service.mjs";

const PAGE = 3;
const BIG_PAGE = 50;
const ORDERS = {
  "the default order": null,
  "name": [{ field: "NAME" }],
  "budget, biggest first, empty last": [{ field: "BUDGET", direction: "DESC", nulls: "LAST" }],
  "budget, empty first": [{ field: "BUDGET", direction: "ASC", nulls: "FIRST" }],
};
const PROJECTS = `
  query Projects($orderBy: [ProjectOrder!], $first: Int, $after: String, $last: Int, $before: String) {
    projects(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
      totalCount
      edges { cursor node { id name budget { amount } unit { id name } plan { id } } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`;

function newClient() {
  return new ApolloClient({
    link: new HttpLink({ uri: endpoint, fetch: authorizedFetch }),
    cache: new InMemoryCache({
      typePolicies: { Query: { fields: { projects: relayStylePagination(["orderBy"]) } } },
    }),
  });
}

const ids = (connection) => connection.edges.map((edge) => edge.node.id);

/** All projects, read without cursors: by offset, in few big pages. */
async function unpaged(orderBy) {
  const { projects: { totalCount } } = await ask("{ projects { totalCount } }");
  assert.ok(totalCount > 2 * PAGE, `${totalCount} projects are too few to page through`);
  const all = [];
  while (all.length < totalCount) {
    const { projects } = await ask(
      "query Slice($orderBy: [ProjectOrder!], $first: Int, $offset: Int) { projects(orderBy: $orderBy, first: $first, offset: $offset) { nodes { id } } }",
      { orderBy, first: BIG_PAGE, offset: all.length },
    );
    assert.ok(projects.nodes.length > 0, "the list has as many projects as were counted");
    all.push(...projects.nodes.map((project) => project.id));
  }
  assert.equal(new Set(all).size, totalCount, "no project twice");
  return all;
}

/** Reads page after page by `fetchMore` and gives the merged list of the cache. */
async function paged(orderBy, firstPage, hasMore, more) {
  const client = newClient();
  const first = { query: gql(PROJECTS), variables: { orderBy, ...firstPage } };
  const query = client.watchQuery(first);
  const subscription = query.subscribe({ error: () => {} });
  let { data } = await firstValueFrom(query.pipe(filter((result) => !result.loading)));
  for (let pages = 1; hasMore(data.projects.pageInfo); pages += 1) {
    assert.ok(pages < 1000, "paging comes to an end");
    ({ data } = await query.fetchMore({ variables: more(data.projects.pageInfo) }));
    assert.ok(data.projects.edges.length <= PAGE, "a page is not longer than asked");
  }
  subscription.unsubscribe();
  return ids(client.readQuery(first).projects);
}

for (const [name, orderBy] of Object.entries(ORDERS)) {
  const expected = await unpaged(orderBy);
  const forward = await paged(
    orderBy, { first: PAGE }, (info) => info.hasNextPage, (info) => ({ first: PAGE, after: info.endCursor }),
  );
  assert.deepEqual(forward, expected, `forward pages by ${name} are the unpaged list`);
  const backward = await paged(
    orderBy, { last: PAGE }, (info) => info.hasPreviousPage,
    (info) => ({ first: null, after: null, last: PAGE, before: info.startCursor }),
  );
  assert.deepEqual(backward, expected, `backward pages by ${name} are the unpaged list`);
  console.log(`${expected.length} projects by ${name}: forward and backward pages are the unpaged list`);
}

// One entry of the cache for each thing: a change of it is seen wherever it was read.
const client = newClient();
const { data } = await client.query({ query: gql(PROJECTS), variables: { first: PAGE } });
const [{ node: project }] = data.projects.edges;
const single = gql`query One($id: ID!) { project(by: { id: $id }) { id name unit { id name } } node(id: $id) { id } }`;
const one = await client.query({ query: single, variables: { id: project.id } });
assert.equal(one.data.project.name, project.name);
assert.equal(one.data.node.__typename, "Project");
const cached = client.cache.extract();
const entries = (type) => Object.keys(cached).filter((key) => key.startsWith(`${type}:`));
assert.deepEqual(entries("Project").sort(), ids(data.projects).map((id) => `Project:${id}`).sort());
assert.equal(entries("Unit").length, new Set(data.projects.edges.map((edge) => edge.node.unit.id)).size);
client.cache.writeFragment({
  id: client.cache.identify(project), fragment: gql`fragment Renamed on Project { name }`, data: { __typename: "Project", name: "renamed" },
});
assert.equal(client.readQuery({ query: single, variables: { id: project.id } }).project.name, "renamed");
assert.equal(client.readQuery({ query: gql(PROJECTS), variables: { first: PAGE } }).projects.edges[0].node.name, "renamed");
console.log(`cache: ${entries("Project").length} projects and ${entries("Unit").length} units, each once`);

// A refused argument is an error with a code, and names the limit.
const refused = await client.query({ query: gql(PROJECTS), variables: { first: 1000000 }, errorPolicy: "all", fetchPolicy: "no-cache" });
assert.ok(CombinedGraphQLErrors.is(refused.error), "a page over the limit is a GraphQL error");
assert.equal(refused.error.errors[0].extensions.code, "BAD_USER_INPUT");
assert.match(refused.error.errors[0].message, /\b\d+\b/, "the error names the limit");
console.log(`a page over the limit: ${refused.error.errors[0].message}`);
