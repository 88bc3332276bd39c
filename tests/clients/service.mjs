// The service under test, as the environment names it, and the committed schema. Used by all client tests of this folder.
import { readFile } from "node:fs/promises";

function required(name, meaning) {
  const value = process.env[name];
  if (!value) {
    console.error(`${name} is not set: give ${meaning}`);
    process.exit(2);
  }
  return value;
}

/** Address of the service with a slash at its end, `http://127.0.0.1:8080/`. */
export const base = new URL("/", required("JIXIAO_URL", "the address of a running service, e.g. http://127.0.0.1:8080")).href;

/** A token of an account that may read everything. */
export const token = required("JIXIAO_TOKEN", "a token that may read everything, as `jixiao token --account reader` prints it");

export const endpoint = new URL("graphql", base).href;

/** The committed public contract. */
export const schemaFile = new URL("../../schema.graphql", import.meta.url);
export const sdl = await readFile(schemaFile, "utf8").catch(() => {
  console.error("schema.graphql is missing in the root of the repository; `jixiao schema` prints it");
  process.exit(2);
});

/** `fetch` with the token. */
export function authorizedFetch(input, init = {}) {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${token}`);
  return fetch(input, { ...init, headers });
}

/** Asks the service and gives `data`; any error of the answer is thrown. */
export async function ask(query, variables = {}, headers = {}) {
  const response = await authorizedFetch(endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept": "application/graphql-response+json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(`HTTP ${response.status} without JSON: ${text.slice(0, 300)}`);
  }
  if (answer.errors !== undefined) {
    throw new Error(`HTTP ${response.status}, errors: ${JSON.stringify(answer.errors, null, 2)}`);
  }
  return answer.data;
}
