//! The paths below `/auth`, as clients meet them.

use entity::value::Role;
use serde_json::{Value, json};

use super::world::{OTHER_PASSWORD, PASSWORD, World, code, pass, secret};
use crate::toy::{Answer, Log, Server, Setup};

const PATHS: [&str; 7] = [
    "/auth/login",
    "/auth/refresh",
    "/auth/logout",
    "/auth/password",
    "/auth/totp/enroll",
    "/auth/totp/confirm",
    "/auth/activate",
];

async fn server(world: &World) -> Server {
    Server::start(Setup { login: Some(world.login.clone()), ..Setup::default() }).await
}

async fn post(server: &Server, path: &str, body: &Value) -> Answer {
    server.send("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes()).await
}

async fn done(server: &Server, path: &str, body: &Value) {
    let answer = post(server, path, body).await;
    assert_eq!((answer.status, answer.text()), (204, ""), "{path}");
}

async fn given(server: &Server, path: &str, body: &Value) -> Value {
    let answer = post(server, path, body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()
}

#[tokio::test]
async fn an_administrator_comes_from_the_invitation_to_the_end_of_the_session() {
    let world = World::new().await;
    world.add("root", Role::SysAdmin).await;
    let log = Log::collect();
    let server = server(&world).await;
    let invitation = world.invite("root").await;
    let opened = given(&server, "/auth/activate", &json!({ "invitation": invitation })).await;
    assert_eq!((&opened["account"], &opened["totpRequired"]), (&json!("root"), &json!(true)));
    let app = secret(opened["totp"]["secret"].as_str().unwrap());
    let uri = opened["totp"]["uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/") && uri.contains(&app.base32()), "{uri}");
    let activation = json!({ "invitation": invitation, "password": PASSWORD, "totp": code(&app) });
    done(&server, "/auth/activate", &activation).await;

    pass(30);
    let login = json!({ "name": "root", "password": PASSWORD, "totp": code(&app) });
    let tokens = given(&server, "/auth/login", &login).await;
    assert_eq!((&tokens["tokenType"], &tokens["expiresIn"]), (&json!("Bearer"), &json!(900)));
    assert_eq!(tokens["refreshExpiresIn"], 1800);
    let access = tokens["accessToken"].as_str().unwrap();
    assert_eq!(world.caller(access).await.unwrap().identity().unwrap().name, "root");
    let next = given(&server, "/auth/refresh", &json!({ "refreshToken": tokens["refreshToken"] })).await;
    done(&server, "/auth/logout", &json!({ "refreshToken": next["refreshToken"] })).await;
    let over = post(&server, "/auth/refresh", &json!({ "refreshToken": next["refreshToken"] })).await;
    assert_eq!((over.status, over.refusal().0.as_str()), (401, "UNAUTHENTICATED"));

    pass(30);
    let enroll = json!({ "name": "root", "password": PASSWORD, "totp": code(&app) });
    let new = given(&server, "/auth/totp/enroll", &enroll).await;
    let new_app = secret(new["secret"].as_str().unwrap());
    pass(30);
    let confirm = json!({ "name": "root", "password": PASSWORD, "totp": code(&new_app) });
    done(&server, "/auth/totp/confirm", &confirm).await;
    pass(30);
    let change = json!({ "name": "root", "password": PASSWORD, "totp": code(&new_app), "newPassword": OTHER_PASSWORD });
    done(&server, "/auth/password", &change).await;
    pass(30);
    let login = json!({ "name": "root", "password": OTHER_PASSWORD, "totp": code(&new_app) });
    given(&server, "/auth/login", &login).await;

    let secrets = [PASSWORD, OTHER_PASSWORD, &invitation, access, &app.base32(), &new_app.base32()];
    let log = log.text();
    assert!(log.contains("/auth/login"), "{log}");
    for secret in secrets.iter().chain(&[tokens["refreshToken"].as_str().unwrap()]) {
        assert!(!log.contains(secret), "the log has {secret}");
    }
}

#[tokio::test]
async fn refusals_have_the_form_of_all_routes() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let server = server(&world).await;
    let wrong = post(&server, "/auth/login", &json!({ "name": "lin", "password": OTHER_PASSWORD })).await;
    let unknown = post(&server, "/auth/login", &json!({ "name": "nobody", "password": OTHER_PASSWORD })).await;
    let parts = |answer: &Answer| {
        let mut body = answer.json();
        body["errors"][0]["extensions"]["requestId"] = json!("the same");
        let own = |line: &&str| !line.starts_with("date:") && !line.starts_with("x-request-id:");
        let head: Vec<String> = answer.head.lines().filter(own).map(str::to_owned).collect();
        (answer.status, body, head, answer.body.len())
    };
    assert_eq!(parts(&wrong), parts(&unknown));
    assert_eq!((wrong.status, wrong.refusal().0.as_str()), (401, "UNAUTHENTICATED"));

    for _ in 0..4 {
        post(&server, "/auth/login", &json!({ "name": "lin", "password": OTHER_PASSWORD })).await;
    }
    let locked = post(&server, "/auth/login", &json!({ "name": "lin", "password": PASSWORD })).await;
    assert_eq!((locked.status, locked.refusal().0.as_str()), (429, "RATE_LIMITED"));
    assert_eq!(locked.header("retry-after"), Some("900"));
    assert!(!locked.text().contains("lin"), "{}", locked.text());
}

#[tokio::test]
async fn only_json_by_post_is_read() {
    let world = World::new().await;
    let server = server(&world).await;
    for path in PATHS {
        let get = server.get(path).await;
        assert_eq!((get.status, get.header("allow")), (405, Some("POST")), "{path}");
        assert_eq!(get.refusal().1, "This address is asked by POST.");
        let form = [("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(server.send("POST", path, &form, b"name=lin&password=x").await.status, 415, "{path}");
        assert_eq!(server.send("POST", path, &[("content-type", "text/plain")], b"{}").await.status, 415, "{path}");
        let large = json!({ "name": "x".repeat(9_000) });
        let large = post(&server, path, &large).await;
        assert_eq!((large.status, large.refusal().0.as_str()), (413, "TOO_LARGE"), "{path}");
        for body in [json!({}), json!([]), json!(null), json!({ "name": 1 }), json!({ "nonsense": "x" })] {
            let bad = post(&server, path, &body).await;
            assert_eq!((bad.status, bad.refusal().0.as_str()), (400, "BAD_USER_INPUT"), "{path} {body}");
            assert!(bad.refusal().1.starts_with("The body must be a JSON object with `"), "{}", bad.text());
        }
        let broken = server.send("POST", path, &[("content-type", "application/json")], b"{\"name\":").await;
        assert_eq!(broken.status, 400, "{path}");
    }
    let more = json!({ "name": "lin", "password": PASSWORD, "remember": "true" });
    assert_eq!(post(&server, "/auth/login", &more).await.status, 400);
}

#[tokio::test]
async fn switched_off_there_is_nothing() {
    let server = Server::usual().await;
    for path in PATHS {
        let answer = post(&server, path, &json!({})).await;
        assert_eq!((answer.status, answer.refusal().0.as_str()), (404, "NOT_FOUND"), "{path}");
    }
}
