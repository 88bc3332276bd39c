// All audits of GraphQL over HTTP in npm's graphql-http must be ok, warnings and notices included.
import assert from "node:assert/strict";
import { auditServer } from "graphql-http";
import { authorizedFetch, endpoint } from "../service.mjs";

const AUDITS = 61;

const results = await auditServer({ url: endpoint, fetchFn: authorizedFetch });
const failed = results.filter((result) => result.status !== "ok");
for (const result of failed) {
  console.error(`${result.status} ${result.id} ${result.name}: ${result.reason}`);
}
assert.equal(results.length, AUDITS, "the number of audits of the pinned version");
assert.equal(failed.length, 0, `${failed.length} of ${AUDITS} audits are not ok`);
console.log(`${results.length} of ${AUDITS} audits ok`);
