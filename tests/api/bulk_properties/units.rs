//! Rows of `unitsUpsert`.

use serde_json::{Value, json};

use super::{HIDDEN, Kind, Place, Planted, READ};

pub(super) const KIND: Kind = Kind {
    field: "unitsUpsert",
    object: "unit { code name version parent { code } }",
    by_project: false,
    faults: 12,
    row,
    stored: |division| format!("SELECT code FROM unit WHERE division_code = '{division}'"),
};

fn row(place: &mut Place<'_>) -> Planted {
    let code = if place.index < 3 { format!("45000{}", place.index) } else { format!("451{:03}", place.index) };
    let mut key = json!({"divisionCode": place.division, "code": code});
    let mut set = json!({"name": format!("单位{}", place.dice.below(3))});
    if place.dice.below(3) == 0 {
        set["parentCode"] = place.dice.one(&[json!(null), json!("450")].each_ref()).clone();
    }
    let mut group = Some(code);
    let mut version = None;
    let mut errors: Vec<(&'static str, String)> = Vec::new();
    let mut wrong = |code: &'static str, path: &str| errors.push((code, path.to_owned()));
    match place.fault {
        None => {}
        Some(0) => {
            set["name"] = json!("  ");
            wrong("REQUIRED", "set.name");
        }
        Some(1) => {
            set["name"] = Value::Null;
            wrong("REQUIRED", "set.name");
        }
        Some(2) => {
            set["code"] = Value::Null;
            wrong("REQUIRED", "set.code");
        }
        Some(3) => {
            set["parentCode"] = json!("999");
            wrong("NOT_FOUND", "set.parentCode");
        }
        Some(4) => {
            set["parentCode"] = key["code"].clone();
            wrong("CYCLE", "set.parentCode");
        }
        Some(5) => {
            (key["divisionCode"], group) = (json!("999"), None);
            wrong("NOT_FOUND", "key.divisionCode");
        }
        Some(6) => match place.repeated() {
            Some(earlier) => {
                key = earlier.row["key"].clone();
                wrong("DUPLICATE_IN_REQUEST", "key");
            }
            None => {
                (key["code"], group) = (json!(""), None);
                wrong("REQUIRED", "key.code");
            }
        },
        Some(7) if place.index < 3 => {
            version = Some(77);
            wrong("CONFLICT", "expectedVersion");
        }
        Some(7) => {
            version = Some(77);
            wrong("NOT_FOUND", "expectedVersion");
        }
        Some(8) if place.index < 3 => {
            let again = place.before.iter().any(|row| row.row["set"]["code"] == "450");
            set["code"] = json!("450");
            wrong("DUPLICATE", "set.code");
            if again {
                wrong("DUPLICATE_IN_REQUEST", "set.code");
            }
        }
        Some(8) => {
            set["code"] = json!("4");
            wrong("INVALID_FORMAT", "set.code");
        }
        Some(9) => {
            (key["divisionCode"], key["code"], group) = (json!(READ), json!("450"), None);
            let again = place.before.iter().any(|row| row.row["key"] == key);
            wrong(if again { "DUPLICATE_IN_REQUEST" } else { "FORBIDDEN" }, "key");
        }
        Some(10) => {
            (key["divisionCode"], group) = (json!(HIDDEN), None);
            wrong("NOT_FOUND", "key.divisionCode");
        }
        Some(_) => {
            set["name"] = json!("长".repeat(1_001));
            wrong("TOO_LONG", "set.name");
        }
    }
    let token = key["code"].as_str().expect("a code").to_owned();
    let mut row = json!({"key": key, "set": set});
    if let Some(version) = version {
        row["expectedVersion"] = json!(version);
    }
    Planted { row, errors, group, token }
}
