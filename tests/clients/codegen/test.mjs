// Typed documents are generated from schema.graphql, compile under strict TypeScript and run against the service.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ask } from "../service.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
rmSync(new URL("src/gql", import.meta.url), { recursive: true, force: true });
const run = (tool, ...args) => execFileSync(`node_modules/.bin/${tool}`, args, { cwd: here, stdio: ["ignore", "inherit", "inherit"] });
run("graphql-codegen", "--config", "codegen.mjs", "--silent", "--errors-only");
run("tsc", "--project", "tsconfig.json");

const persisted = JSON.parse(readFileSync(new URL("src/gql/persisted-documents.json", import.meta.url), "utf8"));
const documents = Object.values(persisted);
assert.ok(documents.length > 0, "documents were generated");
for (const document of documents) {
  const data = await ask(document, { first: 5 });
  assert.ok(data.projects.nodes.length > 0, "the generated document brings projects");
}
console.log(`generated, compiled and ran ${documents.length} typed document`);
