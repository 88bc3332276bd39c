//! Making, changing and disabling accounts, giving and taking grants, and what is done about signing in.

use entity::value::{Duty, Role, SessionEnd};
use jixiao::auth::revoked::Revoked;
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::clock;
use jixiao::error::AppError;
use jixiao::service::audit::{self, Fault};
use jixiao::service::revocation::Revocations;
use jixiao::service::{account, session};
use serde_json::{Value, json};

use super::{administrators, bare, done, mistake, send, stored, words};
use crate::support::data::{Data, Shape};
use crate::support::database::{self, names, number};
use crate::support::world::World;

const GRANTS: &str =
    "accountGrant { id role access divisionCode fiscalYearFirst fiscalYearLast expiresAt unit { code } }";

async fn grants_of(world: &World, name: &str) -> Option<Vec<Grant>> {
    let caller = account::by_subject(world.db.read(), name, clock::system()).await.expect("an answer");
    caller.map(|caller| caller.grants().to_vec())
}

#[tokio::test]
async fn an_account_is_made_linked_disabled_and_enabled_again() {
    let world = World::empty().await;
    let system = administrators(&world).await.system;
    let selection = "account { name kind duty disabledAt externalSubject version grants { id } }";
    let made = done(&world, &system, "accountCreate", json!({"name": "lin", "duty": "BUSINESS"}), selection).await;
    let account = |version: u32, subject: Value| {
        json!({"name": "lin", "kind": "PERSON", "duty": "BUSINESS", "disabledAt": null, "externalSubject": subject,
            "version": version, "grants": []})
    };
    assert_eq!((&made["outcome"], &made["account"]), (&json!("CREATED"), &account(1, Value::Null)));

    let by = json!({"name": "lin"});
    let linked = json!({"by": by, "expectedVersion": 1, "set": {"externalSubject": "8a1f"}});
    let linked = done(&world, &system, "accountUpdate", linked, selection).await;
    assert_eq!((&linked["outcome"], &linked["account"]), (&json!("UPDATED"), &account(2, json!("8a1f"))));
    let stale = json!({"by": by, "expectedVersion": 1, "set": {"disabled": true}});
    let refused = mistake(&world, &system, "accountUpdate", stale).await;
    assert_eq!((refused.0.as_str(), refused.2.as_str()), ("CONFLICT", "expectedVersion"));

    let off = json!({"by": by, "set": {"disabled": true}});
    let disabled = done(&world, &system, "accountUpdate", off.clone(), selection).await;
    assert!(disabled["account"]["disabledAt"].is_string(), "{disabled}");
    assert_eq!(grants_of(&world, "lin").await, None, "a disabled account is nobody");
    assert_eq!(done(&world, &system, "accountUpdate", off, "").await["outcome"], "UNCHANGED");
    let on = json!({"by": by, "set": {"disabled": false, "externalSubject": null}});
    let enabled = done(&world, &system, "accountUpdate", on, selection).await;
    assert_eq!(enabled["account"], account(4, Value::Null));
    assert_eq!(grants_of(&world, "lin").await, Some(Vec::new()));
}

#[tokio::test]
async fn what_cannot_be_is_named_with_its_place() {
    let world = World::empty().await;
    let all = administrators(&world).await;
    bare(&world, "lin", Duty::Business).await;
    bare(&world, "robot", Duty::Service).await;
    let by = |name: &str| json!({ "name": name });
    let everywhere = json!({"everything": true});
    let grant = |name: &str, role: &str, scope: Value| json!({"account": by(name), "role": role, "scope": scope});
    let years = json!({"account": by("lin"), "role": "FINANCE", "scope": everywhere,
        "fiscalYearFirst": 2027, "fiscalYearLast": 2026});
    let cases = [
        (
            &all.system,
            "accountCreate",
            json!({"name": "Lin Yi", "duty": "BUSINESS"}),
            ("RULE_VIOLATED", "accountName", "name"),
        ),
        (&all.system, "accountCreate", json!({"name": "lin", "duty": "BUSINESS"}), ("DUPLICATE", "", "name")),
        (&all.system, "accountUpdate", json!({"by": by("nobody"), "set": {}}), ("NOT_FOUND", "account", "by")),
        (&all.system, "accountInvite", json!({"by": by("robot")}), ("RULE_VIOLATED", "person", "by")),
        (&all.system, "accountUnlock", json!({"by": {"id": "acc_x"}}), ("NOT_FOUND", "account", "by")),
        (&all.system, "sessionEnd", json!({"id": "ses_x"}), ("NOT_FOUND", "session", "id")),
        (
            &all.security,
            "grantGive",
            grant("nobody", "FINANCE", everywhere.clone()),
            ("NOT_FOUND", "account", "account"),
        ),
        (&all.security, "grantGive", grant("lin", "SERVICE", everywhere.clone()), ("RULE_VIOLATED", "duty", "role")),
        (&all.security, "grantGive", grant("lin", "SYS_ADMIN", everywhere.clone()), ("RULE_VIOLATED", "duty", "role")),
        (&all.security, "grantGive", grant("lin", "PUBLIC", everywhere.clone()), ("RULE_VIOLATED", "duty", "role")),
        (&all.security, "grantGive", years, ("RULE_VIOLATED", "years", "fiscalYearLast")),
        (
            &all.security,
            "grantGive",
            grant("lin", "FINANCE", json!({"divisionCode": "9"})),
            ("NOT_FOUND", "scope", "scope"),
        ),
        (
            &all.security,
            "grantGive",
            grant("lin", "FINANCE", json!({"unit": {"divisionCode": "9", "code": "1"}})),
            ("NOT_FOUND", "scope", "scope"),
        ),
        (
            &all.security,
            "grantGive",
            grant("lin", "FINANCE", json!({"everything": false})),
            ("RULE_VIOLATED", "scope", "scope"),
        ),
        (&all.security, "grantTake", json!({"id": "grt_x"}), ("NOT_FOUND", "grant", "id")),
    ];
    let before = number(world.db.read(), "SELECT COUNT(*) FROM audit_entry").await;
    for (caller, field, input, expected) in cases {
        let found = mistake(&world, caller, field, input.clone()).await;
        assert_eq!(words(&found), expected, "{field} {input}");
    }
    assert_eq!(number(world.db.read(), "SELECT COUNT(*) FROM audit_entry").await, before, "nothing was written");
}

#[tokio::test]
async fn a_grant_acts_at_once_and_is_gone_at_once() {
    let world = World::empty().await;
    let security = administrators(&world).await.security;
    let data = Data::stored(&world.db, Shape::SMALL).await;
    let lin = bare(&world, "lin", Duty::Business).await;
    let unit = &data.units[0];
    let key = json!({"divisionCode": unit.division_code, "code": unit.code});
    let input = json!({"account": {"id": lin.id.public()}, "role": "UNIT_EDITOR", "access": "VIEW",
        "scope": {"unit": key}, "fiscalYearFirst": 2026, "expiresAt": "2999-01-01T00:00:00Z"});
    let given = done(&world, &security, "grantGive", input.clone(), GRANTS).await;
    let id = given["accountGrant"]["id"].clone();
    let expected = json!({"id": id, "role": "UNIT_EDITOR", "access": "VIEW", "divisionCode": null,
        "fiscalYearFirst": 2026, "fiscalYearLast": null, "expiresAt": "2999-01-01T00:00:00Z", "unit": {"code": unit.code}});
    assert_eq!(given["accountGrant"], expected);
    let [held] = &grants_of(&world, "lin").await.expect("an account")[..] else { panic!("one grant") };
    assert_eq!(held.scope, Scope::Unit(unit.id));
    assert_eq!(mistake(&world, &security, "grantGive", input).await.0, "DUPLICATE");
    let taken = done(&world, &security, "grantTake", json!({ "id": id }), GRANTS).await;
    assert_eq!((&taken["outcome"], &taken["accountGrant"]), (&json!("DELETED"), &Value::Null));
    assert_eq!(grants_of(&world, "lin").await, Some(Vec::new()));
}

#[tokio::test]
async fn the_administrators_are_kept_apart() {
    let world = World::empty().await;
    let all = administrators(&world).await;
    let everywhere = json!({"everything": true});
    // Nobody does the work of another one.
    for (caller, field, input) in [
        (&all.security, "accountCreate", json!({"name": "x", "duty": "BUSINESS"})),
        (&all.audit, "accountCreate", json!({"name": "x", "duty": "BUSINESS"})),
        (&all.system, "grantGive", json!({"account": {"name": "sys"}, "role": "SYS_ADMIN", "scope": everywhere})),
        (&all.system, "serviceClientSecretAdd", json!({"by": {"name": "x"}})),
    ] {
        let answer = send(&world, caller, field, input, "").await;
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.starts_with("No grant of this account allows this"), "{field}: {answer:#}");
    }
    // A grant that reaches a part only administers nothing.
    let part = Caller::account(
        all.system.identity().expect("an account").clone(),
        vec![Grant::new(Role::SysAdmin, Scope::Division("1".to_owned()))],
    );
    let answer = send(&world, &part, "accountCreate", json!({"name": "x", "duty": "BUSINESS"}), "").await;
    assert!(answer["errors"][0]["message"].as_str().unwrap_or_default().ends_with("on everything."), "{answer:#}");
    // Not to oneself, and not as somebody else.
    let own = json!({"account": {"name": "sec"}, "role": "SEC_ADMIN", "scope": {"divisionCode": "1"}});
    let found = mistake(&world, &all.security, "grantGive", own).await;
    assert_eq!(words(&found), ("RULE_VIOLATED", "ownGrant", "account"));
    for name in ["sys", "sec", "aud"] {
        let found = mistake(&world, &all.system, "accountInvite", json!({"by": {"name": name}})).await;
        assert_eq!(words(&found), ("RULE_VIOLATED", "administratorsIdentity", "by"));
        let link = json!({"by": {"name": name}, "set": {"externalSubject": "me"}});
        let found = mistake(&world, &all.system, "accountUpdate", link).await;
        assert_eq!(words(&found), ("RULE_VIOLATED", "administratorsIdentity", "set.externalSubject"));
    }
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let world = World::empty().await;
    let all = administrators(&world).await;
    let grant_id = async |name: &str| {
        let sql = format!(
            "SELECT g.id FROM account_grant g JOIN account a ON a.id = g.account_id WHERE a.name = '{name}' LIMIT 1"
        );
        let id = database::rows::<(uuid::Uuid,)>(world.db.read(), &sql).await[0].0;
        entity::id::AccountGrantId(id).public()
    };
    let off = |name: &str| json!({"by": {"name": name}, "set": {"disabled": true}});
    for name in ["sys", "sec"] {
        let found = mistake(&world, &all.system, "accountUpdate", off(name)).await;
        assert_eq!(words(&found), ("RULE_VIOLATED", "lastAdministrator", "set.disabled"));
        let found = mistake(&world, &all.security, "grantTake", json!({"id": grant_id(name).await})).await;
        assert_eq!(words(&found), ("RULE_VIOLATED", "lastAdministrator", "id"));
    }
    // Who only looks, or only in a part, does not count; another whole one does.
    let second = stored(&world, "sec-2", Role::SecAdmin).await;
    let id = grant_id("sec-2").await;
    done(&world, &all.security, "grantTake", json!({ "id": id }), "").await;
    let view =
        json!({"account": {"name": "sec-2"}, "role": "SEC_ADMIN", "access": "VIEW", "scope": {"everything": true}});
    done(&world, &all.security, "grantGive", view, "").await;
    assert_eq!(mistake(&world, &all.system, "accountUpdate", off("sec")).await.1, "lastAdministrator");
    done(&world, &all.security, "grantTake", json!({"id": grant_id("sec-2").await}), "").await;
    let whole = json!({"account": {"name": "sec-2"}, "role": "SEC_ADMIN", "scope": {"everything": true}});
    done(&world, &all.security, "grantGive", whole, "").await;
    done(&world, &all.system, "accountUpdate", off("sec"), "").await;
    assert_eq!(grants_of(&world, "sec").await, None);
    let found = mistake(&world, &all.system, "accountUpdate", off("sec-2")).await;
    assert_eq!(found.1, "lastAdministrator");
    assert!(second.identity().is_some());
    // The auditor changes nothing, so the service goes on without.
    done(&world, &all.system, "accountUpdate", off("aud"), "").await;
    // The operator at the machine may do everything: he makes new ones.
    let sys = all.system.identity().expect("an account").id;
    database::work(&world.db, async |work| account::disable(work, sys).await).await.expect("the operator may");
}

#[tokio::test]
async fn two_at_the_same_moment_leave_one_administrator() {
    let world = World::empty().await;
    let first = stored(&world, "sys-1", Role::SysAdmin).await;
    let second = stored(&world, "sys-2", Role::SysAdmin).await;
    let off = |name: &str| json!({"by": {"name": name}, "set": {"disabled": true}});
    let both = futures_util::future::join(
        send(&world, &first, "accountUpdate", off("sys-2"), ""),
        send(&world, &second, "accountUpdate", off("sys-1"), ""),
    );
    both.await;
    let left = number(world.db.read(), "SELECT COUNT(*) FROM account WHERE disabled_at IS NULL").await;
    assert_eq!(left, 1);
}

#[tokio::test]
async fn sessions_and_tokens_end() {
    let world = World::empty().await;
    let system = administrators(&world).await.system;
    let lin = bare(&world, "lin", Duty::Business).await;
    let begin = async || {
        let begun =
            database::work(&world.db, async |work| session::begin(work, lin.id, "203.0.113.9".to_owned()).await);
        begun.await.expect("a session").0.id
    };
    let (one, two) = (begin().await, begin().await);
    let revoked = Revocations::read(&world.db, clock::system).await.expect("the revocations");
    let is_refused = async |what: Revoked| {
        revoked.refresh().await.expect("the revocations");
        let value = match &what {
            Revoked::Token(value) | Revoked::Session(value) => value.clone(),
            Revoked::Account(id, _) => id.public(),
        };
        number(world.db.read(), &format!("SELECT COUNT(*) FROM revocation WHERE value = '{value}'")).await == 1
    };
    let ended = done(&world, &system, "sessionEnd", json!({"id": one.public()}), "session { active endedBy }").await;
    let expected = json!({"active": false, "endedBy": SessionEnd::Administrator.code()});
    assert_eq!((&ended["outcome"], &ended["session"]), (&json!("UPDATED"), &expected));
    assert!(is_refused(Revoked::Session(one.public())).await);
    assert_eq!(done(&world, &system, "sessionEnd", json!({"id": one.public()}), "").await["outcome"], "UNCHANGED");
    done(&world, &system, "tokenRevoke", json!({"account": {"name": "lin"}, "jti": "019ab1c2"}), "").await;
    assert!(is_refused(Revoked::Token("019ab1c2".to_owned())).await);
    let selection = "account { sessions { nodes { id active } } }";
    let out = done(&world, &system, "accountSignOut", json!({"by": {"name": "lin"}}), selection).await;
    let sessions = out["account"]["sessions"]["nodes"].as_array().expect("sessions").clone();
    assert_eq!(sessions.len(), 2);
    assert!(sessions.iter().all(|session| session["active"] == false), "{out}");
    assert!(is_refused(Revoked::Session(two.public())).await);
    assert!(is_refused(Revoked::Account(lin.id, clock::system())).await);
    done(&world, &system, "accountUnlock", json!({"by": {"name": "lin"}}), "").await;
    let told = names(world.db.read(), "SELECT action FROM audit_entry WHERE actor_name = 'sys' ORDER BY seq");
    assert_eq!(told.await, ["sessionEnd", "tokenRevoke", "accountSignOut", "accountUnlock"]);
    // The record fits the rows, also where nothing of the account itself changed.
    let mut faults = Vec::new();
    let mut note = |fault: Fault| {
        faults.push(format!("{fault:?}"));
        Ok::<_, AppError>(())
    };
    audit::verify(world.db.read(), &Caller::operator(), &[], &mut note).await.expect("the record can be read");
    assert_eq!(faults, Vec::<String>::new());
}
