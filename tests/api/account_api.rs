//! Accounts, grants and clients by GraphQL: who manages them, what keeps the administrators apart, and what a caller is told
//! that he may do.

mod can;
mod clients;
mod managing;
mod reading;
mod secrets;

use entity::value::{Duty, Role};
use jixiao::auth::{Account, Caller, Grant, Scope};
use jixiao::service::account;
use serde_json::{Value, json};

use crate::support::database;
use crate::support::world::World;

/// An account that is stored, with a role on everything, as the caller of its requests.
pub async fn stored(world: &World, name: &str, role: Role) -> Caller {
    let duty = account::duty_of(role).expect("a role of an account");
    let grant = Grant::new(role, Scope::Everything);
    let made = database::work(&world.db, async |work| {
        let made = account::add(work, name, duty).await?;
        account::grant(work, made.id, &grant, None).await?;
        Ok(made)
    });
    Caller::account(made.await.expect("a new account"), vec![grant.clone()])
}

/// An account without grants.
pub async fn bare(world: &World, name: &str, duty: Duty) -> Account {
    database::work(&world.db, async |work| account::add(work, name, duty).await).await.expect("a new account")
}

/// The administrators of system and security, and the auditor.
pub struct Administrators {
    pub system: Caller,
    pub security: Caller,
    pub audit: Caller,
}

pub async fn administrators(world: &World) -> Administrators {
    Administrators {
        system: stored(world, "sys", Role::SysAdmin).await,
        security: stored(world, "sec", Role::SecAdmin).await,
        audit: stored(world, "aud", Role::Auditor).await,
    }
}

/// Sends a mutation, and gives the whole answer.
pub async fn send(world: &World, caller: &Caller, field: &str, input: Value, selection: &str) -> Value {
    let ty = format!("{}{}Input", field[..1].to_uppercase(), &field[1..]);
    let query = format!(
        "mutation($input: {ty}!) {{ it: {field}(input: $input) {{ outcome {selection} userErrors {{ code path
            ... on ValidationError {{ rule }} ... on NotFoundError {{ key }} }} }} }}"
    );
    world.ask_as(caller, &query, json!({ "input": input })).await
}

/// Sends a mutation that must be done, and gives its payload.
pub async fn done(world: &World, caller: &Caller, field: &str, input: Value, selection: &str) -> Value {
    let answer = send(world, caller, field, input, selection).await;
    assert_eq!((answer.get("errors"), &answer["data"]["it"]["userErrors"]), (None, &json!([])), "{field}: {answer:#}");
    answer["data"]["it"].clone()
}

/// Sends a mutation that has one mistake, and gives its code, its rule, and its path below the input.
pub async fn mistake(world: &World, caller: &Caller, field: &str, input: Value) -> (String, String, String) {
    let answer = send(world, caller, field, input, "").await;
    let payload = &answer["data"]["it"];
    assert_eq!((answer.get("errors"), &payload["outcome"]), (None, &json!("FAILED")), "{field}: {answer:#}");
    let [error] = payload["userErrors"].as_array().expect("a list").as_slice() else { panic!("{answer:#}") };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rule = if error["rule"].is_null() { text(&error["key"]) } else { text(&error["rule"]) };
    let path: Vec<String> = error["path"].as_array().expect("a path").iter().skip(1).map(text).collect();
    (text(&error["code"]), rule, path.join("."))
}

/// The same as borrowed text, to compare.
pub fn words((code, rule, path): &(String, String, String)) -> (&str, &str, &str) {
    (code, rule, path)
}
