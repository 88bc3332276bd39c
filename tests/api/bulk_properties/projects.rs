//! Rows of `projectsUpsert`.

use serde_json::{Value, json};

use super::{HIDDEN, Kind, Place, Planted, READ, project_key, token};
use crate::support::dice::Dice;

pub(super) const KIND: Kind = Kind {
    field: "projectsUpsert",
    object: "project { code name version budget { amount } }",
    by_project: true,
    faults: 18,
    row,
    stored: |division| format!("SELECT COALESCE(code, name) FROM project WHERE division_code = '{division}'"),
};

/// A whole project with a plan in percents: 8 a month, so that a value fits each month.
pub(super) fn stocked(division: &str, number: usize, dice: &mut Dice) -> Value {
    let budget = 10 + dice.below(90);
    let plan: Vec<Value> =
        [1, 3, 7, 12].map(|month| json!({"month": month, "percent": (month * 8).to_string()})).into();
    json!({"key": project_key(division, number), "set": {
        "name": format!("项目{number:04}"),
        "budget": {"wanYuan": budget.to_string()}, "fiscalFunds": {"wanYuan": budget.to_string()},
        "objectives": ["1.甲", "2.乙"],
        "plan": plan,
        "indicators": [
            {"level1": "产出指标", "level2": "数量指标", "name": "次数", "target": {"text": "≥12次"}},
            {"level1": "满意度指标", "name": "满意度", "target": {"text": "≥90%"}},
        ],
    }})
}

/// Good fields: a few, or all.
fn fields(place: &mut Place<'_>) -> Value {
    let (fiscal, other) = (place.dice.below(9_000), place.dice.below(1_000));
    let wan_yuan = |cents: usize| json!({"wanYuan": format!("{}.{:02}", cents / 100, cents % 100)});
    let mut set = json!({
        "name": format!("项目{:04}", place.index),
        "budget": wan_yuan(fiscal + other), "fiscalFunds": wan_yuan(fiscal), "otherFunds": wan_yuan(other),
        "plan": [],
    });
    if place.dice.below(2) == 0 {
        let in_money = place.dice.below(2) == 0;
        let (mut months, mut last) = (Vec::new(), 0);
        for month in [3, 6, 9, 12] {
            if place.dice.below(4) == 0 {
                continue;
            }
            let whole = if in_money { fiscal + other } else { 10_000 };
            last += place.dice.below(whole / 4 + 1);
            months.push(match in_money {
                true => json!({"month": month, "amount": wan_yuan(last)}),
                false => json!({"month": month, "percent": format!("{}.{:02}", last / 100, last % 100)}),
            });
        }
        set["plan"] = json!(months);
    }
    if place.dice.below(2) == 0 {
        set["purpose"] = place.dice.one(&[json!(null), json!("系统维护"), json!("办公用房")].each_ref()).clone();
        set["objectives"] = json!(["1.甲", "2.丙"]);
    }
    if place.dice.below(2) == 0 {
        let target = json!({"quantity": {"comparison": "GE", "value": place.decimal(50), "unit": "次"}});
        set["indicators"] = json!([{"level1": "产出指标", "level2": "质量指标", "name": "合格次数", "target": target}]);
    }
    set
}

fn row(place: &mut Place<'_>) -> Planted {
    let mut key = project_key(place.division, place.index);
    let mut set = fields(place);
    let mut version = Value::Null;
    let mut errors: Vec<(&'static str, String)> = Vec::new();
    let mut group = Some(token(&key));
    let mut wrong = |code: &'static str, path: &str| errors.push((code, path.to_owned()));
    let money = |amount: &str| json!({ "wanYuan": amount });
    let Some(fault) = place.fault else {
        let row = json!({"key": key, "set": set});
        return Planted { token: token(&key), row, errors, group };
    };
    match fault {
        0 => {
            set["plan"] = json!([{"month": 3, "percent": "60"}, {"month": 6, "percent": "59.99"}]);
            wrong("RULE_VIOLATED", "set.plan.1");
        }
        1 => {
            set["plan"] = json!([{"month": 3, "percent": "60"}, {"month": 6, "percent": "100.01"}]);
            wrong("RULE_VIOLATED", "set.plan.1");
        }
        2 => {
            set["budget"] = money("123456.79");
            wrong("RULE_VIOLATED", "set.budget");
        }
        3 => {
            key["unitCode"] = json!("999");
            group = None;
            wrong("NOT_FOUND", "key.unitCode");
        }
        4 => {
            key["divisionCode"] = json!("999");
            group = None;
            wrong("NOT_FOUND", "key.divisionCode");
        }
        5 => {
            (key["code"], key["name"]) = (json!("A"), json!("甲"));
            group = None;
            wrong("INVALID_FORMAT", "key");
        }
        6 => match place.repeated() {
            Some(earlier) => {
                key = earlier.row["key"].clone();
                group = earlier.group;
                wrong("DUPLICATE_IN_REQUEST", "key");
            }
            None => {
                key["code"] = json!(" ");
                group = None;
                wrong("REQUIRED", "key.code");
            }
        },
        7 => {
            // A number that no project is known by.
            key = project_key(place.division, place.index + 5_000);
            group = Some(token(&key));
            version = json!(7);
            wrong("NOT_FOUND", "expectedVersion");
        }
        8 => {
            key = project_key(place.division, 20_001 + place.index * 5);
            group = Some(token(&key));
            set = json!({"purpose": "没有名称"});
            wrong("REQUIRED", "set.name");
        }
        9 => {
            set["budget"] = json!({"yuan": "1.005"});
            wrong("INVALID_FORMAT", "set.budget.yuan");
        }
        10 => {
            set["indicators"] =
                json!([{"name": "次数", "level1": "产出指标", "target": {"text": "3次"}}, {"name": "人数"}]);
            wrong("REQUIRED", "set.indicators.1.level1");
            wrong("REQUIRED", "set.indicators.1.target");
        }
        11 => {
            set["plan"] = json!([{"month": 3, "amount": money("1")}, {"month": 6, "amount": money("101")}]);
            wrong("RULE_VIOLATED", "set.plan.1");
        }
        12 => {
            set["plan"] = json!([{"month": 3, "percent": "1"}, {"month": 6, "amount": money("1")}]);
            wrong("INVALID_FORMAT", "set.plan.1");
        }
        13 => {
            (key["divisionCode"], key["unitCode"]) = (json!(READ), json!("450"));
            group = None;
            wrong("FORBIDDEN", "key");
        }
        14 => {
            (key["divisionCode"], key["unitCode"]) = (json!(HIDDEN), json!("450"));
            group = None;
            wrong("NOT_FOUND", "key.divisionCode");
        }
        15 => {
            set["plan"] = json!([{"month": 3, "percent": "1", "amount": money("1")}]);
            wrong("INVALID_FORMAT", "set.plan.0");
        }
        16 => {
            set["objectives"] = json!(["甲"]);
            set["objectivesPatch"] = json!([{"ordinal": 1, "text": "乙"}]);
            wrong("INVALID_FORMAT", "set.objectivesPatch");
        }
        _ => {
            set["plan"] = json!([{"month": 13, "percent": "1"}]);
            wrong("OUT_OF_RANGE", "set.plan.0.month");
        }
    }
    let mut row = json!({"key": key, "set": set});
    if !version.is_null() {
        row["expectedVersion"] = version;
    }
    let token = if key["code"].is_string() || key["name"].is_string() { token(&key) } else { String::new() };
    Planted { row, errors, group, token }
}
