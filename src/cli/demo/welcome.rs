//! What the demonstration prints before it serves: where, with which tokens, and what to try.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::app;
use crate::auth::token::MAX_LIFE;
use crate::cli::failure::Failure;
use crate::cli::{output, token};
use crate::config::Settings;
use crate::db::Db;

/// What the reader asks first: who he is, and how much there is.
const FIRST: &str =
    "{ viewer { account { name } } projects { totalCount } indicators { totalCount } findings { totalCount } }";

/// What the reader asks then.
const LARGEST: &str = "{ projects(first: 3, orderBy: [{ field: BUDGET, direction: DESC }]) \
                       { nodes { fiscalYear name budget { amount } unit { name division { name } } } } }";

/// What the editor asks: only the granted units are there.
const OF_UNIT: &str = "{ units { nodes { code name } } projects(first: 2) { totalCount nodes \
                       { name plan { points { month percent } } indicators(first: 2) { nodes { name target { raw } } } } } }";

/// Prints the address of the explorer, a token for reader and editor, and three questions.
///
/// # Errors
/// When an account is missing or disabled, and when standard output is closed.
pub async fn print(settings: &Settings, db: &Db, listening: SocketAddr) -> Result<(), Failure> {
    let host = reachable(listening);
    let issuer = app::token_issuer(settings)?;
    let reader = token::issue(db, &issuer, "reader", MAX_LIFE).await?;
    let editor = token::issue(db, &issuer, "editor", MAX_LIFE).await?;
    output::line(format!("\nExplorer: http://{host}/\n"))?;
    output::line(format!("Token of `reader`, who reads everything (valid for an hour):\n{reader}\n"))?;
    output::line(format!("Token of `editor`, who edits one unit and those below it:\n{editor}\n"))?;
    output::line("Try in another terminal:\n")?;
    for (token, query) in [(&reader, FIRST), (&reader, LARGEST), (&editor, OF_UNIT)] {
        output::line(format!(
            "curl -s http://{host}/graphql -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \
             -d '{{\"query\":\"{query}\"}}'\n"
        ))?;
    }
    output::line("Ctrl-C ends the service; the next `jixiao demo` finds everything as it is.")
}

/// The address under which this machine reaches the service: one that listens everywhere is reached at home.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let home: IpAddr = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(home, listening.port())
}
