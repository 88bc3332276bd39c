//! Looking at accounts, grants, sessions and clients.

use entity::value::{Duty, Role};
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::service::{client, session};
use serde_json::{Value, json};

use super::{Administrators, administrators, bare, done, stored};
use crate::support::database;
use crate::support::world::{World, person};

/// Everything that there is to see of accounts and clients.
const EVERYTHING: &str = "{
    accounts(first: 500, orderBy: [{field: NAME}]) { totalCount pageInfo { hasNextPage } nodes {
        id name kind duty externalSubject disabledAt lastSignInAt createdAt updatedAt version
        grants { id role access divisionCode unitId fiscalYearFirst fiscalYearLast expiresAt createdAt version account { id } }
        serviceClient { id scopes } credential { passwordSetAt totpSetAt }
        invitations { createdAt expiresAt usedAt }
        sessions(first: 5) { totalCount nodes { id address active createdAt expiresAt endedAt endedBy account { id } } }
    } }
    serviceClients(first: 500) { totalCount nodes { id scopes createdAt updatedAt version account { name }
        secrets { id createdAt expiresAt } keys { kid algorithm thumbprint createdAt } } }
}";

async fn filled(world: &World, people: usize) -> Administrators {
    let all = administrators(world).await;
    for number in 0..people {
        let name = format!("p{number}");
        stored(world, &name, Role::Finance).await;
        let system = bare(world, &format!("s{number}"), Duty::Service).await;
        let made = database::work(&world.db, async |work| {
            client::add(work, &system.name, &["project:read".to_owned()].into()).await?;
            client::add_secret(work, &system.name, std::time::Duration::from_secs(60)).await?;
            session::begin(work, system.id, "203.0.113.9".to_owned()).await.map(drop)
        });
        made.await.expect("a client");
        done(world, &all.system, "accountInvite", json!({"by": {"name": name}}), "").await;
    }
    all
}

#[tokio::test]
async fn the_number_of_statements_does_not_depend_on_the_number_of_accounts() {
    let mut counts = Vec::new();
    for people in [1, 12] {
        let world = World::empty().await;
        let all = filled(&world, people).await;
        let (statements, answer) = world.count(world.ask_as(&all.audit, EVERYTHING, json!({}))).await;
        assert_eq!(answer.get("errors"), None, "{answer:#}");
        assert_eq!(answer["data"]["accounts"]["totalCount"], 3 + 2 * people);
        assert_eq!(answer["data"]["serviceClients"]["totalCount"], people);
        counts.push(statements);
    }
    assert_eq!(counts[0], counts[1]);
}

#[tokio::test]
async fn only_administrators_of_everything_look_at_accounts() {
    let world = World::empty().await;
    let all = filled(&world, 1).await;
    let id = all.system.identity().expect("an account").id.public();
    let fields = [
        "accounts { totalCount }".to_owned(),
        "serviceClients { totalCount }".to_owned(),
        "account(by: {name: \"sys\"}) { name }".to_owned(),
        "serviceClient(by: {name: \"s0\"}) { scopes }".to_owned(),
    ];
    for role in Role::ALL {
        let administers = [Role::SysAdmin, Role::SecAdmin, Role::Auditor].contains(role);
        for field in &fields {
            let whole = person(vec![Grant::new(*role, Scope::Everything)]);
            let answer = world.ask_as(&whole, &format!("{{ {field} }}"), json!({})).await;
            assert_eq!(answer.get("errors").is_none(), administers, "{role:?} {field} {answer}");
        }
        // What an administrator of a part sees is nothing, as if nobody was there.
        let part = person(vec![Grant::new(*role, Scope::Division("1".to_owned()))]);
        let query = format!(
            "{{ node(id: {id:?}) {{ id }} accounts {{ totalCount nodes {{ name }} }} account(by: {{name: \"sys\"}}) {{ name }} }}"
        );
        let answer = world.ask_as(&part, &query, json!({})).await;
        if administers {
            let nothing = json!({"node": null, "accounts": {"totalCount": 0, "nodes": []}, "account": null});
            assert_eq!(answer["data"], nothing, "{role:?}");
        } else {
            assert_eq!(answer["data"], Value::Null, "{role:?} {answer}");
        }
        let limited =
            person(vec![Grant::new(*role, Scope::Everything)]).limited_to(Some(["unit:read".to_owned()].into()));
        assert!(world.ask_as(&limited, "{ accounts { totalCount } }", json!({})).await.get("errors").is_some());
    }
    assert!(world.ask_as(&Caller::anonymous(), "{ accounts { totalCount } }", json!({})).await.get("errors").is_some());
}

#[tokio::test]
async fn accounts_are_filtered_ordered_and_paged() {
    let world = World::empty().await;
    let all = filled(&world, 3).await;
    done(&world, &all.system, "accountUpdate", json!({"by": {"name": "p1"}, "set": {"disabled": true}}), "").await;
    let names = async |arguments: &str| {
        let query = format!("{{ accounts({arguments}) {{ nodes {{ name }} pageInfo {{ endCursor }} }} }}");
        let answer = world.ask_as(&all.audit, &query, json!({})).await;
        assert_eq!(answer.get("errors"), None, "{arguments} {answer}");
        let nodes = answer["data"]["accounts"]["nodes"].as_array().expect("nodes").clone();
        let names: Vec<String> =
            nodes.iter().map(|node| node["name"].as_str().unwrap_or_default().to_owned()).collect();
        (names.join(" "), answer["data"]["accounts"]["pageInfo"]["endCursor"].clone())
    };
    for (arguments, expected) in [
        ("filter: {duty: {eq: BUSINESS}}", "p0 p1 p2"),
        ("filter: {kind: {eq: SERVICE}}, orderBy: [{field: NAME, direction: DESC}]", "s2 s1 s0"),
        ("filter: {disabledAt: {isNull: false}}", "p1"),
        ("filter: {grants: {some: {role: {in: [SYS_ADMIN, AUDITOR]}}}}", "aud sys"),
        ("filter: {grants: {none: {}}}", "s0 s1 s2"),
        ("filter: {sessions: {some: {address: {eq: \"203.0.113.9\"}}}, name: {ne: \"s1\"}}", "s0 s2"),
        ("first: 2, filter: {name: {startsWith: \"p\"}}", "p0 p1"),
    ] {
        assert_eq!(names(arguments).await.0, expected, "{arguments}");
    }
    let (first, cursor) = names("first: 4").await;
    assert_eq!(first, "aud p0 p1 p2");
    assert_eq!(names(&format!("first: 2, after: {cursor}")).await.0, "s0 s1");
}

#[tokio::test]
async fn every_key_leads_back_to_its_object() {
    let world = World::empty().await;
    let all = filled(&world, 1).await;
    let answer = world.ask_as(&all.audit, EVERYTHING, json!({})).await;
    let accounts = answer["data"]["accounts"]["nodes"].as_array().expect("accounts");
    let mut expected: Vec<(String, &str)> = Vec::new();
    let mut add = |id: &Value, ty| expected.push((id.as_str().expect("an id").to_owned(), ty));
    for account in accounts {
        add(&account["id"], "Account");
        account["grants"].as_array().into_iter().flatten().for_each(|grant| add(&grant["id"], "AccountGrant"));
        account["sessions"]["nodes"].as_array().into_iter().flatten().for_each(|it| add(&it["id"], "Session"));
        // A client has the key of its account, under another name.
        if let Some(id) = account["serviceClient"]["id"].as_str() {
            add(&json!(id), "ServiceClient");
        }
    }
    assert!(
        ["Account", "AccountGrant", "Session", "ServiceClient"].iter().all(|ty| expected.iter().any(|it| it.1 == *ty))
    );
    let ids: Vec<&String> = expected.iter().map(|(id, _)| id).collect();
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }";
    let nodes = world.ask_as(&all.audit, query, json!({ "ids": ids })).await;
    let told: Vec<Value> = expected.iter().map(|(id, ty)| json!({"id": id, "__typename": ty})).collect();
    assert_eq!(nodes["data"]["nodes"], json!(told));
    let hidden =
        world.ask_as(&person(vec![Grant::new(Role::Finance, Scope::Everything)]), query, json!({ "ids": ids })).await;
    assert!(hidden["data"]["nodes"].as_array().expect("nodes").iter().all(Value::is_null), "{hidden}");
}

#[tokio::test]
async fn the_last_time_of_signing_in_is_told_from_the_record() {
    let world = World::empty().await;
    let audit = administrators(&world).await.audit;
    let lin = bare(&world, "lin", Duty::Business).await;
    let last = async || {
        let query = "{ account(by: {name: \"lin\"}) { lastSignInAt sessions { nodes { createdAt } } } }";
        world.ask_as(&audit, query, json!({})).await["data"]["account"].clone()
    };
    assert_eq!(last().await["lastSignInAt"], Value::Null);
    let origin = jixiao::service::work::Origin::of(jixiao::service::account::sign_in::ACTION);
    let begun = world.db.write(async |tx| {
        let begin = async |work: &mut jixiao::service::work::Work<'_>| {
            session::begin(work, lin.id, "203.0.113.9".to_owned()).await.map(drop)
        };
        jixiao::service::work::Work::within(tx, &Caller::operator(), &origin, jixiao::clock::system, begin).await
    });
    begun.await.expect("a session");
    let told = last().await;
    assert!(told["lastSignInAt"].is_string(), "{told}");
    assert_eq!(told["lastSignInAt"], told["sessions"]["nodes"][0]["createdAt"]);
}
