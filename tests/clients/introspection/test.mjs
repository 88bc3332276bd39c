// The schema that the service tells by introspection is valid and the one that schema.graphql publishes, and is
// described in both languages.
import assert from "node:assert/strict";
import {
  buildClientSchema, buildSchema, getIntrospectionQuery, isIntrospectionType, isSpecifiedDirective, isSpecifiedScalarType,
  lexicographicSortSchema, printSchema, validateSchema,
} from "graphql";
import { ask, authorizedFetch, base, sdl } from "../service.mjs";

// Without the description of the schema itself: async-graphql answers one constant sentence there and prints none.
const QUERY = getIntrospectionQuery({ oneOf: true, specifiedByUrl: true, inputValueDeprecation: true, directiveIsRepeatable: true });

async function introspected(language) {
  const schema = buildClientSchema(await ask(QUERY, {}, { "Accept-Language": language }));
  assert.deepEqual(validateSchema(schema).map(String), [], "the introspected schema is valid");
  return schema;
}

/** The first line in which two schemas differ, with the lines before it; null when they are the same. */
function firstDifference(left, right) {
  const [a, b] = [left, right].map((schema) => printSchema(lexicographicSortSchema(schema)).split("\n"));
  const at = a.findIndex((line, index) => line !== b[index]);
  if (at === -1 && a.length === b.length) return null;
  const around = (lines) => lines.slice(Math.max(0, at - 5), at + 1).join("\n");
  return `introspection:\n${around(a)}\nschema.graphql:\n${around(b)}`;
}

/** Every described thing of a schema: [coordinate, description]. */
function descriptions(schema) {
  const found = [];
  const add = (coordinate, { description }) => found.push([coordinate, description ?? ""]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
    add(type.name, type);
    for (const field of Object.values(type.getFields?.() ?? {})) {
      add(`${type.name}.${field.name}`, field);
      for (const argument of field.args ?? []) add(`${type.name}.${field.name}(${argument.name}:)`, argument);
    }
    for (const value of type.getValues?.() ?? []) add(`${type.name}.${value.name}`, value);
  }
  for (const directive of schema.getDirectives()) {
    if (!isSpecifiedDirective(directive)) add(`@${directive.name}`, directive);
  }
  return found;
}

const published = buildSchema(sdl);
assert.deepEqual(validateSchema(published).map(String), [], "schema.graphql is valid");

const english = await introspected("en");
assert.equal(firstDifference(english, published), null, "introspection and schema.graphql tell the same schema");
assert.deepEqual(descriptions(english).filter(([, text]) => text.trim() === "").map(([at]) => at), [], "everything has an English description");

const chinese = await introspected("zh-CN");
const described = descriptions(chinese);
assert.deepEqual(described.map(([at]) => at), descriptions(english).map(([at]) => at), "the same schema in both languages");
assert.deepEqual(described.filter(([, text]) => !/\p{Script=Han}/u.test(text)).map(([at]) => at), [], "everything has a Chinese description");

const served = await authorizedFetch(new URL("schema.graphql", base));
assert.equal(served.status, 200, "/schema.graphql is served");
assert.equal((await served.text()).trim(), sdl.trim(), "/schema.graphql is the committed file");

console.log(`${Object.keys(english.getTypeMap()).length} types, ${described.length} descriptions in each language`);
