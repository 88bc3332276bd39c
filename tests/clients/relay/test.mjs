// The Relay compiler, the strictest reader of a schema, accepts it; the Relay store pages through what it compiled.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import relay from "relay-runtime";
import { ask } from "../service.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const generated = new URL("src/__generated__/", import.meta.url);
rmSync(generated, { recursive: true, force: true });
mkdirSync(generated);
execFileSync("node_modules/.bin/relay-compiler", [], { cwd: here, stdio: ["ignore", "ignore", "inherit"] });

const artifact = async (name) => (await import(new URL(`${name}.graphql.js`, generated))).default;
const query = await artifact("unitsQuery");
const page = await artifact("unitsPageQuery");
const projectsPage = await artifact("unitsProjectsPageQuery");
await artifact("unitsProjectQuery");

const { Environment, Network, RecordSource, Store, createOperationDescriptor, fetchQuery } = relay;
const environment = new Environment({
  network: Network.create(async (request, variables) => ({ data: await ask(request.text, variables) })),
  store: new Store(new RecordSource()),
});
const read = (request, variables) => fetchQuery(environment, request, variables).toPromise();

// The connection grows in the store page by page until it holds every unit.
const { units: { totalCount } } = await ask("{ units { totalCount } }");
environment.retain(createOperationDescriptor(query, { count: 1 }));
await read(query, { count: 1 });
const connection = () => environment.getStore().getSource().get("client:root:__units_units_connection");
const record = (reference) => environment.getStore().getSource().get(reference.__ref);
while (record(connection().pageInfo).hasNextPage) {
  const before = connection().edges.__refs.length;
  await read(page, { count: 1, cursor: record(connection().pageInfo).endCursor });
  assert.ok(connection().edges.__refs.length > before, "a page brings at least one more unit");
}
assert.equal(connection().edges.__refs.length, totalCount, "the pages hold every unit");

// A unit is fetched again by its id through node, with the next page of its projects.
const ids = connection().edges.__refs.map((edge) => record(record({ __ref: edge }).node).id);
assert.equal(new Set(ids).size, totalCount, "no unit twice");
await read(projectsPage, { id: ids[0], count: 2, cursor: null });
console.log(`compiled; ${totalCount} units paged through the Relay store, one fetched again through node`);
