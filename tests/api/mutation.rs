//! Mutations: what is written, what is answered, and what is refused.

mod bulk;
mod found;
mod nouns;
mod nulls;
mod single;

use entity::value::Role;
use jixiao::auth::{Caller, Grant, Scope};
use serde_json::{Value, json};

use crate::support::world::{World, person};

/// A person who may write on a scope.
pub fn editor_of(scope: Scope) -> Caller {
    person(vec![Grant::new(Role::Service, scope.clone()), Grant::new(Role::UnitEditor, scope)])
}

/// A person who may write everything.
pub fn editor() -> Caller {
    editor_of(Scope::Everything)
}

/// Sends one mutation as an editor of everything, and gives its payload.
pub async fn write(world: &World, field: &str, input: Value, selection: &str) -> Value {
    write_as(world, &editor(), field, input, selection).await
}

/// Sends one mutation, and gives its payload; an error of the request fails the test.
pub async fn write_as(world: &World, caller: &Caller, field: &str, input: Value, selection: &str) -> Value {
    let ty = format!("{}{}Input", field[..1].to_uppercase(), &field[1..]);
    let query = format!("mutation($input: {ty}!) {{ it: {field}(input: $input) {{ {selection} }} }}");
    let answer = world.ask_as(caller, &query, json!({ "input": input })).await;
    assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
    answer["data"]["it"].clone()
}

/// The divisions with their versions, as a reader of everything sees them.
pub async fn divisions(world: &World) -> Value {
    let query = "{ divisions(first: 500) { nodes { code name version } } }";
    world.ask(query, json!({})).await["divisions"]["nodes"].clone()
}
