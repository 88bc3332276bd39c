// The design rules of the schema: graphql-eslint's recommended and Relay sets, and those of its full set that apply.
import { fileURLToPath } from "node:url";
import graphql from "@graphql-eslint/eslint-plugin";

const schema = fileURLToPath(new URL("../../../schema.graphql", import.meta.url));
const from = (config) => graphql.configs[config].rules;

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...from("flat/schema-recommended"),
      ...from("flat/schema-relay"),
      "@graphql-eslint/input-name": ["error", { checkInputType: true, caseSensitiveInputType: false }],
      "@graphql-eslint/no-scalar-result-type-on-mutation": "error",
      "@graphql-eslint/require-deprecation-date": "error",
      "@graphql-eslint/require-field-of-type-query-in-mutation-result": "error",
      "@graphql-eslint/require-nullable-fields-with-oneof": "error",
      "@graphql-eslint/require-description": [
        "error",
        {
          types: true, rootField: true, DirectiveDefinition: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true,
          // Arguments of directives: the export prints no descriptions of them, introspection has them.
          ignoredSelectors: ["DirectiveDefinition InputValueDefinition"],
        },
      ],
      // Edges may wrap things that are not nodes, and lists other than those of edges exist: connections also have `nodes`.
      "@graphql-eslint/relay-edge-types": ["error", { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
      // What is found and groups of sums are read forward; lists of objects both ways, which the suite tests.
      "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
      // Money, targets, pages and other values have no identity; the things that have one implement Node.
      "@graphql-eslint/strict-id-in-types": "off",
      // `unit(by:)` and other look-ups are nullable; a connection of the root is never null.
      "@graphql-eslint/require-nullable-result-in-root": "off",
    },
  },
];
