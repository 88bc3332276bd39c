//! Every forgery on every transport that takes a token: one and the same refusal, byte for byte.

use std::net::SocketAddr;
use std::sync::Arc;

use entity::id::AccountId;
use entity::value::{Duty, Role, Timestamp};
use jixiao::auth::bearer::Bearer;
use jixiao::auth::revoked::{Revoked, RevokedSet};
use jixiao::auth::{Grant, Scope};
use jixiao::config::Settings;
use jixiao::http::{Lifecycle, Ready, ServeOptions, Service, router, serve};
use jixiao::lang::ByLang;
use jixiao::service::account;
use jixiao::{app, graphql};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::forgery::forgeries;
use super::world::{World, claims, now, with};
use crate::support::database;
use crate::toy::{Answer, limits, read};

/// Every place that takes a token: method, address, body.
const TRANSPORTS: [(&str, &str, &str); 7] = [
    ("POST", "/graphql", r#"{"query":"{ viewer { account { name } } }"}"#),
    ("GET", "/graphql?query=%7Bviewer%7Baccount%7Bname%7D%7D%7D", ""),
    ("GET", "/v1/uploads/upl_01m3wqk8hf4hvbccgdyjeg2v5e", ""),
    ("PUT", "/v1/uploads/upl_01m3wqk8hf4hvbccgdyjeg2v5e", "bytes"),
    ("GET", "/v1/operations/blk_01m3wqk8hf4hvbccgdyjeg2v5e/results", ""),
    ("GET", "/v1/operations/blk_01m3wqk8hf4hvbccgdyjeg2v5e/errors", ""),
    ("GET", "/v1/operations/blk_01m3wqk8hf4hvbccgdyjeg2v5e/workbook", ""),
];

async fn send(to: SocketAddr, (method, target, body): (&str, &str, &str), header: &[u8]) -> Answer {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: test\r\nconnection: close\r\nx-request-id: same-for-all-of-them\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nauthorization: ",
        body.len()
    );
    let mut stream = TcpStream::connect(to).await.unwrap();
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(&[head.as_bytes(), header, b"\r\n\r\n", body.as_bytes()].concat()).await;
    read(stream).await
}

/// An answer without what differs from one moment to the next.
fn lasting(answer: &Answer) -> (String, String) {
    let head = answer.head.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n");
    (head, answer.text().to_owned())
}

#[tokio::test]
async fn no_transport_accepts_a_forged_token_and_all_refuse_alike() {
    let world = World::new();
    let (_database, db) = database::migrated().await;
    let folder = tempfile::tempdir().unwrap();
    let id = database::work(&db, async |work| {
        let known = account::add(work, "known", Duty::Business).await?;
        account::grant(work, known.id, &Grant::view(Role::Finance, Scope::Everything), None).await?;
        for (name, disabled) in [("gone", true), ("out", false)] {
            let id = account::add(work, name, Duty::Business).await?.id;
            account::grant(work, id, &Grant::view(Role::Finance, Scope::Everything), None).await?;
            if disabled {
                account::disable(work, id).await?;
            }
        }
        Ok(account::get_by_name(work.tx, work.caller, "out").await?.id)
    });
    let out: AccountId = id.await.unwrap();

    let revoked = Arc::new(RevokedSet::default());
    let until = Timestamp(now().0 + 1_000_000_000);
    let ended =
        [Revoked::Token("revoked".to_owned()), Revoked::Session("ended".to_owned()), Revoked::Account(out, now())];
    revoked.add(ended.map(|what| (what, until)), now());
    let arguments = [("data", folder.path().display().to_string())];
    let settings = Settings::from_sources(None, |_| None, &arguments).unwrap();
    let bulk = app::bulk(&settings, &db, app::handlers(&settings));
    let bearer = Bearer::new(world.checker(), db.read().clone(), revoked, now);
    let ready: Ready = Arc::new(|| Box::pin(async { Ok(()) }));
    let schemas = ByLang::new(|lang| graphql::schema(Some(db.clone()), lang));
    let (sdl, lifecycle) = (ByLang::new(graphql::sdl), Lifecycle::new());
    let service = Service::new(schemas, sdl, Arc::new(bearer), limits(), ready, lifecycle.clone());
    let router = router(service.with_bulk(bulk), None, &[]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move { serve(listener, router, &ServeOptions::default(), lifecycle).await });

    let good = world.claiming(&claims());
    let mut headers: Vec<(String, Vec<u8>)> = forgeries(&world)
        .into_iter()
        // A line break cannot stand in a header.
        .filter(|(_, token, _)| !token.contains('\n'))
        .map(|(what, token, _)| (what.to_owned(), format!("Bearer {token}").into_bytes()))
        .collect();
    for (what, claims) in [
        ("an unknown account", with(&claims(), "sub", json!("nobody"))),
        ("a disabled account", with(&claims(), "sub", json!("gone"))),
        ("an account whose tokens were revoked", with(&claims(), "sub", json!("out"))),
        ("a revoked token", with(&claims(), "jti", json!("revoked"))),
        ("an ended session", with(&claims(), "sid", json!("ended"))),
    ] {
        headers.push((what.to_owned(), format!("Bearer {}", world.claiming(&claims)).into_bytes()));
    }
    for header in [
        format!("Basic {good}"),
        good.clone(),
        format!("Bearer Bearer {good}"),
        format!("Bearer {good}, Bearer {good}"),
        format!("Bearer {good}\r\nauthorization: Bearer {good}"),
        format!("Bearer {good}\r\nauthorization: Basic YTpi"),
        "Bearer".to_owned(),
        String::new(),
        "Bearer 令牌".to_owned(),
    ] {
        headers.push((header.clone(), header.into_bytes()));
    }
    assert!(headers.len() >= 120, "{}", headers.len());

    let mut refusal = None;
    for transport in TRANSPORTS {
        let accepted = send(address, transport, format!("Bearer {good}").as_bytes()).await;
        // What the account may not do, or what is not there: asked by somebody in any case.
        assert!([200, 403, 404].contains(&accepted.status), "{transport:?}: {accepted:?}");
        for (what, header) in &headers {
            let refused = send(address, transport, header).await;
            assert_eq!(refused.status, 401, "{what} {transport:?}: {refused:?}");
            let refused = lasting(&refused);
            assert_eq!(refusal.get_or_insert(refused.clone()), &refused, "{what} {transport:?}");
        }
    }
    // A token in the address, in a cookie or in the body is none.
    for (target, header) in [
        (format!("/v1/uploads/x?access_token={good}"), String::new()),
        ("/v1/uploads/x".to_owned(), format!("cookie: access_token={good}\r\n")),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{header}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(read(stream).await.status, 401, "{target} {header}");
    }
    serving.abort();
}
