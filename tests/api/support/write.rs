//! Rows of writes as clients send them, and what became of them.

use jixiao::db::Db;
use jixiao::input::{self, At, Input};
use jixiao::service::write::project::ProjectRow;
use jixiao::service::write::{self, Atomicity, Mode, Row, RowResult};
use serde_json::{Value, json};

use super::database;

/// The text of a mutation of one input, `$input`, with what is asked of its payload; the answer has it as `it`.
pub fn mutation(name: &str, payload: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("mutation($input: {}{rest}Input!) {{ it: {name}(input: $input) {{ {payload} }} }}", first.to_uppercase())
}

/// Rows as they are read from the input `rows`.
pub fn rows<T: Default + 'static>(input: &Input<T>, sent: &[Value]) -> Vec<Row<T>> {
    let root = At::ROOT;
    let at = root.field("rows");
    let row = |(index, row)| {
        let at = at.entry(index);
        let mut errors = Vec::new();
        let input = input.read(row, &at, &mut errors);
        Row { path: at.path(), input, errors }
    };
    sent.iter().enumerate().map(row).collect()
}

/// The outcome of each row, with code and path below `rows` of each mistake: `FAILED CYCLE 0.set.parentCode`.
pub fn shown(results: &[RowResult]) -> Vec<String> {
    let line = |result: &RowResult| {
        let errors =
            result.errors.iter().map(|error| format!(" {} {}", error.code.as_str(), error.path[1..].join(".")));
        format!("{}{}", result.outcome.as_str(), errors.collect::<String>())
    };
    results.iter().map(line).collect()
}

/// The division of these rows.
pub const DIVISION: &str = "130304";

/// Writes a project with everything inside it in a unit of [`DIVISION`]: with this code, or with this name and no code.
pub async fn project(db: &Db, unit: &str, code: Option<&str>, name: &str) {
    let mut key = json!({"divisionCode": DIVISION, "fiscalYear": 2020, "unitCode": unit});
    match code {
        Some(code) => key["code"] = json!(code),
        None => key["name"] = json!(name),
    }
    let sent = json!({"key": key, "set": {
        "name": name,
        "budget": {"wanYuan": "10"},
        "objectives": ["1. 完成"],
        "plan": [{"month": 12, "percent": "100"}],
        "indicators": [{"level1": "产出指标", "level2": "数量指标", "name": "人数", "target": {"text": "≥3人"}}],
    }});
    let rows = rows(input::project::write(), &[sent]);
    let rows: Vec<Row<ProjectRow>> = rows
        .into_iter()
        .map(|row| Row { path: row.path, input: ProjectRow::of_project(&row.input, Mode::Upsert), errors: row.errors })
        .collect();
    let made = database::work(db, async |work| write::project::apply(work, &rows, Atomicity::All).await);
    assert_eq!(shown(&made.await.expect("an answer")), ["CREATED"]);
}

/// Writes the department goal of 2020 of a unit of [`DIVISION`], with a sub-goal and a measure.
pub async fn goal(db: &Db, unit: &str) {
    let key = json!({"unit": {"divisionCode": DIVISION, "code": unit}, "fiscalYear": 2020});
    let set = json!({"overall": "总体", "subGoals": ["1.分项"], "measures": ["1.措施"]});
    let rows = rows(input::goal::upsert(), &[json!({"key": key, "set": set})]);
    let made =
        database::work(db, async |work| write::department_goal::apply(work, &rows, Mode::Create, Atomicity::All).await);
    assert_eq!(shown(&made.await.expect("an answer")), ["CREATED"]);
}
