//! Several services on one database, which share nothing but it and the folder of the keys: what one decides holds in the others.
//! How they share the queue of bulk operations, `bulk::worker` and `bulk::killed` try; revoked tokens, `oauth::ending`.

use entity::value::Role;
use jixiao::auth::{Grant, Scope};
use jixiao::service::account;
use serde_json::Value;

use crate::oauth::site::Site;
use crate::replicas::scene::{until, writer};
use crate::support::database;

/// The outcome of a write, or the code of its error.
async fn write(site: &Site, token: &str, name: &str) -> String {
    let query = format!(
        "mutation {{ divisionUpsert(input: {{key: {{code: \"13\"}}, set: {{name: \"{name}\"}}}}) {{ outcome userErrors {{ code }} }} }}"
    );
    let answer = site.ask(token, &query, &[]).await.json();
    let places = ["/data/divisionUpsert/outcome", "/errors/0/extensions/code"];
    let said = places.iter().find_map(|place| answer.pointer(place).and_then(Value::as_str));
    said.unwrap_or_else(|| panic!("{answer:#}")).to_owned()
}

#[tokio::test]
async fn what_one_process_grants_takes_and_writes_holds_in_the_other() {
    let one = Site::new().await;
    let other = one.beside().await;
    let token = writer(&one).await;
    assert_eq!(write(&other, &token, "甲").await, "CREATED", "the account of the first, known to the second");
    assert_eq!(write(&one, &token, "甲").await, "UNCHANGED");
    assert_eq!(write(&one, &token, "乙").await, "UPDATED");
    assert_eq!(write(&other, &token, "乙").await, "UNCHANGED");

    let id = database::work(&one.db, async |work| Ok(account::get_by_name(work.tx, work.caller, "system").await?.id));
    let id = id.await.unwrap();
    let everything = Scope::Everything;
    // The second has just asked as this account, and may remember it for a moment.
    database::work(&one.db, async |work| account::revoke(work, id, Role::Service, &everything).await).await.unwrap();
    assert_eq!(write(&one, &token, "乙").await, "FORBIDDEN", "at once where it was taken");
    until("it is gone in the other", async || write(&other, &token, "乙").await == "FORBIDDEN").await;
    let grant = Grant::new(Role::Service, Scope::Everything);
    database::work(&other.db, async |work| account::grant(work, id, &grant, None).await.map(drop)).await.unwrap();
    assert_eq!(write(&other, &token, "乙").await, "UNCHANGED", "at once where it was given");
    until("it is there in the first", async || write(&one, &token, "乙").await == "UNCHANGED").await;

    database::work(&other.db, async |work| account::disable(work, id).await).await.unwrap();
    until("the account is refused everywhere", async || {
        (one.asked_with(&token).await, other.asked_with(&token).await) == (401, 401)
    })
    .await;
}
