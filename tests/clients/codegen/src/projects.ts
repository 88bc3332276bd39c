// Typed reading of projects. It only has to compile: the lines below fail when a generated type is too wide or too narrow.
import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";
import { graphql } from "./gql";

export const projects = graphql(`
  query Projects($filter: ProjectFilter, $orderBy: [ProjectOrder!], $first: Int, $after: String) {
    projects(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        id
        fiscalYear
        code
        name
        budget { amount(unit: YUAN) raw }
        unit { name parent { name } }
        plan { printedBasis points { month percent raw } }
        indicators(first: 10) {
          nodes {
            name
            target {
              __typename
              raw
              ... on QuantityTarget { comparison value unit }
              ... on RangeTarget { low high unit }
              ... on QualitativeTarget { text }
            }
          }
        }
      }
    }
  }
`);

type Project = ResultOf<typeof projects>["projects"]["nodes"][number];
type Target = Project["indicators"]["nodes"][number]["target"];

export function describe(project: Project): string {
  const name: string = project.name;
  const year: number = project.fiscalYear;
  const amount: string | undefined = project.budget?.amount;
  // @ts-expect-error money is an exact string, not a number
  const wrong: number | undefined = project.budget?.amount;
  // @ts-expect-error the code may be null: some forms leave it empty
  const code: string = project.code;
  return [name, year, amount, wrong, code].join(" ");
}

export function targetText(target: Target): string {
  switch (target.__typename) {
    case "QuantityTarget":
      return `${target.comparison} ${target.value} ${target.unit ?? ""}`;
    case "RangeTarget":
      return `${target.low} to ${target.high}`;
    case "QualitativeTarget":
      return target.text;
  }
}

export const variables: VariablesOf<typeof projects> = {
  filter: { budget: { gte: { yuan: "100000.00" } }, unit: { name: { contains: "局" } }, indicators: { some: { name: { contains: "率" } } } },
  orderBy: [{ field: "BUDGET", direction: "DESC" }],
  first: 10,
};

// @ts-expect-error a number is refused where an exact decimal is meant
export const refused: VariablesOf<typeof projects> = { filter: { budget: { gte: { yuan: 100000 } } } };
