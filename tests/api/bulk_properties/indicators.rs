//! Rows of `indicatorsUpsert`.

use serde_json::{Value, json};

use super::{Kind, Place, Planted, miss_project, project_key, token};

pub(super) const KIND: Kind = Kind {
    field: "indicatorsUpsert",
    object: "indicator { ordinal name version }",
    by_project: true,
    faults: 15,
    row,
    stored: |division| {
        format!(
            "SELECT COALESCE(project.code, project.name) || '#' || CAST(indicator.ordinal AS TEXT) FROM indicator
             JOIN project ON project.id = indicator.project_id WHERE project.division_code = '{division}'"
        )
    },
};

fn row(place: &mut Place<'_>) -> Planted {
    // What is not stored is made by no row of this kind: all rows are about the projects that are always there.
    let mut project = project_key(place.division, super::ALWAYS + place.dice.below(4));
    let mut ordinal = json!(3 + place.index);
    let target = json!({"quantity": {"comparison": "GE", "value": place.decimal(50), "unit": "次"}});
    let mut set = json!({"level1": "产出指标", "level2": "数量指标", "name": "培训次数", "target": target});
    if place.dice.below(3) == 0 {
        set["weight"] = json!(place.decimal(99));
        set["basis"] = json!("年度计划");
    }
    let mut group = Some(token(&project));
    let mut errors: Vec<(&'static str, String)> = Vec::new();
    let mut version = None;
    let mut wrong = |code: &'static str, path: &str| errors.push((code, path.to_owned()));
    match place.fault {
        None => {}
        Some(0) => {
            set = json!({"name": "没有级次"});
            wrong("REQUIRED", "set.level1");
            wrong("REQUIRED", "set.target");
        }
        Some(1) => {
            set["weight"] = json!("100.01");
            wrong("OUT_OF_RANGE", "set.weight");
        }
        Some(2) => {
            set["target"] = json!({"range": {"low": "5", "high": "4"}});
            wrong("INVALID_FORMAT", "set.target.range");
        }
        Some(fault @ (3..=5 | 11 | 12)) => {
            let (code, path) = miss_project(fault, &mut project, place.division);
            group = None;
            wrong(code, path);
        }
        Some(6) => match place.repeated() {
            Some(earlier) => {
                (project, ordinal) = (earlier.row["key"]["project"].clone(), earlier.row["key"]["ordinal"].clone());
                group = earlier.group;
                wrong("DUPLICATE_IN_REQUEST", "key");
            }
            None => {
                ordinal = json!(0);
                wrong("OUT_OF_RANGE", "key.ordinal");
            }
        },
        Some(7) => {
            (ordinal, version) = (json!(1), Some(77));
            wrong("CONFLICT", "expectedVersion");
        }
        Some(8) => {
            version = Some(7);
            wrong("NOT_FOUND", "expectedVersion");
        }
        Some(9) => {
            set["name"] = Value::Null;
            wrong("REQUIRED", "set.name");
        }
        Some(10) => {
            set["basis"] = json!(" ");
            wrong("REQUIRED", "set.basis");
        }
        Some(13) => {
            set["name"] = json!("长".repeat(1_001));
            wrong("TOO_LONG", "set.name");
        }
        Some(_) => {
            ordinal = json!(0);
            wrong("OUT_OF_RANGE", "key.ordinal");
        }
    }
    let token = format!("{}#{ordinal}", token(&project));
    if ordinal == json!(1) && place.before.iter().any(|row| row.token == token) {
        errors = vec![("DUPLICATE_IN_REQUEST", "key".to_owned())];
    }
    let mut row = json!({"key": {"project": project, "ordinal": ordinal}, "set": set});
    if let Some(version) = version {
        row["expectedVersion"] = json!(version);
    }
    Planted { row, errors, group, token }
}
