//! Units that are put under each other.

use bench::dice::Dice;
use bench::http::Connection;
use bench::service::Client;
use bench::world::DIVISION;
use bench::{Done, Failure};
use serde_json::{Value, json};

use super::{Session, ask};

/// Units that are moved.
const UNITS: u64 = 6;

fn code(unit: u64) -> String {
    format!("46000{unit}")
}

fn put(connection: &mut Connection, client: &Client, unit: u64, parent: Option<u64>) -> Done<Value> {
    let query =
        "mutation($input: UnitUpsertInput!) { unitUpsert(input: $input) { outcome userErrors { code message } } }";
    let set = json!({"name": format!("单位{unit}"), "parentCode": parent.map(code)});
    let input = json!({"key": {"divisionCode": DIVISION, "code": code(unit)}, "set": set});
    Ok(ask(connection, client, query, json!({"input": input}))?["unitUpsert"].take())
}

/// Makes the units, none under another.
///
/// # Errors
/// When one is refused.
pub fn make_units(client: &Client) -> Done<()> {
    let mut connection = Connection::to(client.address);
    for unit in 0..UNITS {
        let made = put(&mut connection, client, unit, None)?;
        if made["outcome"] != "CREATED" {
            return Err(Failure::from(format!("a unit could not be made: {made}")));
        }
    }
    Ok(())
}

/// Puts a unit under another one, or under none. That the tree stays one is looked at in the end, by `admin check`.
///
/// # Errors
/// When it is refused for another reason than a circle.
pub fn step(connection: &mut Connection, client: &Client, dice: &mut Dice, session: &mut Session) -> Done<()> {
    let unit = dice.below(UNITS);
    let parent = Some(dice.below(UNITS)).filter(|parent| *parent != unit);
    let put = put(connection, client, unit, parent)?;
    match put["outcome"].as_str() {
        Some("UPDATED") => session.moved += 1,
        Some("UNCHANGED") => {}
        _ if put["userErrors"][0]["code"].is_string() => session.circles += 1,
        _ => return Err(Failure::from(format!("a move was answered so: {put}"))),
    }
    Ok(())
}
