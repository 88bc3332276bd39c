//! Rows of `planPointsUpsert`.

use serde_json::json;

use super::{Kind, Place, Planted, miss_project, project_key, token};

pub(super) const KIND: Kind = Kind {
    field: "planPointsUpsert",
    object: "spendingPlan { version points { month percent } }",
    by_project: true,
    faults: 14,
    row,
    stored: |division| {
        format!(
            "SELECT COALESCE(project.code, project.name) || '#' || CAST(plan_point.month AS TEXT) FROM plan_point
             JOIN spending_plan ON spending_plan.id = plan_point.plan_id
             JOIN project ON project.id = spending_plan.project_id WHERE project.division_code = '{division}'"
        )
    },
};

fn row(place: &mut Place<'_>) -> Planted {
    // Every row has a point of its own: its number decides on project and month.
    let mut project = project_key(place.division, super::ALWAYS + place.index / 11);
    let month = 2 + place.index % 11;
    let mut month = json!(month);
    // From 8 to below 16 percent in the first month, and so on: any of them fit together.
    let percent = format!("{}.{:02}", month.as_u64().unwrap() * 8 + place.dice.below(4) as u64, place.dice.below(100));
    let mut set = json!({ "percent": percent });
    let mut group = Some(token(&project));
    let mut errors: Vec<(&'static str, String)> = Vec::new();
    let mut wrong = |code: &'static str, path: &str| errors.push((code, path.to_owned()));
    match place.fault {
        None => {}
        Some(0) => {
            set["percent"] = json!("7.99");
            wrong("RULE_VIOLATED", "set");
        }
        Some(1) => {
            set["percent"] = json!("100.01");
            wrong("RULE_VIOLATED", "set");
        }
        Some(2) => {
            set["percent"] = json!("-1");
            wrong("RULE_VIOLATED", "set");
        }
        Some(fault @ (3..=5 | 11 | 12)) => {
            let (code, path) = miss_project(fault, &mut project, place.division);
            group = None;
            wrong(code, path);
        }
        Some(6) => match place.repeated() {
            Some(earlier) => {
                (project, month) = (earlier.row["key"]["project"].clone(), earlier.row["key"]["month"].clone());
                group = earlier.group;
                wrong("DUPLICATE_IN_REQUEST", "key");
            }
            None => {
                month = json!(0);
                wrong("OUT_OF_RANGE", "key.month");
            }
        },
        Some(7) => {
            set = json!({"amount": {"yuan": "1"}});
            wrong("INVALID_FORMAT", "set");
        }
        Some(8) => {
            set["amount"] = json!({"yuan": "1"});
            wrong("INVALID_FORMAT", "set");
        }
        Some(9) => {
            set = json!({});
            wrong("INVALID_FORMAT", "set");
        }
        Some(10) => {
            set = json!({"amount": {"yuan": "0.001"}});
            wrong("INVALID_FORMAT", "set.amount.yuan");
        }
        Some(_) => {
            month = json!(13);
            wrong("OUT_OF_RANGE", "key.month");
        }
    }
    let token = format!("{}#{month}", token(&project));
    Planted { row: json!({"key": {"project": project, "month": month}, "set": set}), errors, group, token }
}
