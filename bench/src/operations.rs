//! What is measured: each operation is a document for the service, and SQL with JSON written by hand for the floor.
//!
//! To add one, write its file and its line in [`ALL`].

mod json;
mod m1;
mod q1;
mod q2;
mod q3;
mod q4;
mod q5a;
mod q5b;
mod q6;
mod q7;

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use crate::Done;
use crate::data::Unit;
use crate::dice::Dice;
use crate::server::Database;
use crate::service::Client;

pub use q6::prepare;

/// The bytes of an answer of the floor: what the service gives as `{"data": …}`.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Done<Vec<u8>>> + Send + 'a>>;

/// One thing to ask.
#[derive(Debug)]
pub struct Operation {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    /// The document.
    pub document: &'static str,
    /// What the floor is sent for one of many requests; the units are all that there are.
    pub asked: fn(&[Unit], &mut Dice) -> Value,
    /// The variables of the document that mean the same; the service can be asked for it.
    pub variables: fn(&Value, &Client) -> Done<Value>,
    /// The answer of the floor.
    pub floor: for<'a> fn(&'a Database, &'a Value) -> Answering<'a>,
}

/// All operations.
pub static ALL: [&Operation; 10] =
    [&q1::Q1, &q2::Q2, &q3::Q3, &q4::Q4, &q5a::Q5A, &q5b::Q5B, &q6::Q6A, &q6::Q6B, &q7::Q7, &m1::M1];

/// In a text of a request: becomes another number of eight digits in each request.
pub const COUNTER: &str = "########";

/// The variables are what the floor is sent.
fn the_same(asked: &Value, _: &Client) -> Done<Value> {
    Ok(asked.clone())
}

/// A member of what is sent, as text.
fn text<'a>(asked: &'a Value, path: &str) -> Done<&'a str> {
    Ok(asked.pointer(path).and_then(Value::as_str).ok_or_else(|| format!("{path} is no text"))?)
}

/// A member of what is sent, as a number.
fn number(asked: &Value, path: &str) -> Done<i64> {
    Ok(asked.pointer(path).and_then(Value::as_i64).ok_or_else(|| format!("{path} is no number"))?)
}

/// One of the units that have so many projects.
fn unit_with<'a>(units: &'a [Unit], projects: u64, dice: &mut Dice) -> &'a Unit {
    loop {
        let unit = &units[usize::try_from(dice.below(units.len() as u64)).unwrap_or(0)];
        if unit.projects >= projects {
            return unit;
        }
    }
}
