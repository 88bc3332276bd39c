// What a Relay application would ask: a list with two connections inside each other, each paged by its own refetch query.
import { graphql } from "relay-runtime";

export const query = graphql`
  query unitsQuery($count: Int!, $cursor: String) {
    viewer { __typename }
    ...units_list @arguments(count: $count, cursor: $cursor)
  }
`;

export const list = graphql`
  fragment units_list on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 5 }, cursor: { type: "String" })
  @refetchable(queryName: "unitsPageQuery") {
    units(first: $count, after: $cursor) @connection(key: "units_units") {
      edges {
        node {
          id
          ...units_projects
        }
      }
    }
  }
`;

export const projects = graphql`
  fragment units_projects on Unit
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
  @refetchable(queryName: "unitsProjectsPageQuery") {
    name
    projects(first: $count, after: $cursor, orderBy: [{ field: NAME }]) @connection(key: "units_projects") {
      edges {
        node {
          ...units_project
        }
      }
    }
  }
`;

export const project = graphql`
  fragment units_project on Project @refetchable(queryName: "unitsProjectQuery") {
    name
    budget { amount }
    indicators(first: 3) {
      nodes {
        target {
          raw
          ... on QuantityTarget { value unit }
        }
      }
    }
  }
`;
