//! What each field holds before, what is sent, and what it shows then.

use std::ops::Range;

use serde_json::{Value, json};

/// The division of all objects.
pub const DIVISION: &str = "130304";

/// A kind of object that is changed.
pub struct Noun {
    /// The input with its fields.
    pub fields: &'static str,
    /// The mutations that make the objects with these numbers.
    pub make: fn(Range<usize>) -> Vec<(&'static str, Value)>,
    /// The part of the input of a mutation that names it.
    pub who: fn(usize, &str) -> Value,
    /// The query that shows it; `#` is its number.
    pub state: &'static str,
}

/// What null does.
#[derive(Clone, Copy)]
pub enum Null {
    /// Leaves this behind.
    Clears(&'static str),
    /// Nothing: there is nothing to clear.
    Keeps,
    /// It is a mistake.
    Required,
}

/// A field directly below `set`.
pub struct Field {
    pub input: &'static str,
    pub name: &'static str,
    /// Another value than the object has.
    pub value: fn() -> Value,
    /// Where the state shows it.
    pub shows: &'static str,
    /// What is there after the value was sent.
    pub shown: fn() -> Value,
    pub null: Null,
    /// What must be sent with it so that no rule is broken.
    pub beside: Option<fn() -> Value>,
}

/// Inputs inside others.
pub struct Part {
    /// The fields that are null in `with_null` and absent in `without`.
    pub fields: &'static [(&'static str, &'static str)],
    pub mutation: &'static str,
    pub without: &'static str,
    pub with_null: &'static str,
}

/// Key of a unit.
pub fn unit(code: &str) -> Value {
    json!({"divisionCode": DIVISION, "code": code})
}

fn project(number: usize) -> Value {
    json!({"divisionCode": DIVISION, "fiscalYear": 2020, "unitCode": "450", "code": format!("P{number}")})
}

fn new_units(letter: &str, numbers: Range<usize>) -> (&'static str, Value) {
    let set = json!({"name": "甲", "parentCode": "450"});
    let row = |n| json!({"key": unit(&format!("{letter}{n}")), "set": set});
    ("unitsUpsert", json!({"rows": numbers.map(row).collect::<Vec<_>>()}))
}

fn new_projects(numbers: Range<usize>) -> Vec<(&'static str, Value)> {
    let set = json!({
        "name": "甲", "purpose": "用途", "budget": {"wanYuan": "20"}, "fiscalFunds": {"wanYuan": "15"}, "otherFunds": {"wanYuan": "5"},
        "objectives": ["1.甲", "2.乙"],
        "plan": [{"month": 3, "percent": "20"}, {"month": 12, "percent": "100"}],
        "indicators": [{"level1": "产出指标", "level2": "数量指标", "name": "次数", "target": {"text": "≥12次"},
                        "basis": "合同", "description": "说明", "weight": "10"}],
    });
    let rows: Vec<Value> = numbers.map(|number| json!({"key": project(number), "set": set})).collect();
    vec![("projectsUpsert", json!({ "rows": rows }))]
}

fn who_project(number: usize, mutation: &str) -> Value {
    match mutation {
        "projectUpdate" => json!({"by": {"key": project(number)}}),
        _ => json!({"key": project(number)}),
    }
}

const PROJECT: &str = "{ projects(filter: {or: [{code: {in: [\"P#\", \"Q#\"]}}, {name: {eq: \"名称#\"}}]}) { nodes {
    code name purpose budget { amount } fiscalFunds { amount } otherFunds { amount } objectives { number text }
    plan { points { month percent } }
    indicators { nodes { name basis description weight level1 { label(lang: ZH) } level2 { label(lang: ZH) } target { raw } } } } } }";

/// All kinds.
pub const NOUNS: &[Noun] = &[
    Noun {
        fields: "DivisionFieldsInput",
        make: |numbers| {
            let row = |n| json!({"key": {"code": format!("9{n}")}, "set": {"name": "甲"}});
            vec![("divisionsUpsert", json!({"rows": numbers.map(row).collect::<Vec<_>>()}))]
        },
        who: |n, _| json!({"key": {"code": format!("9{n}")}}),
        state: "{ divisions(filter: {code: {eq: \"9#\"}}) { nodes { code name } } }",
    },
    Noun {
        fields: "UnitFieldsInput",
        make: |numbers| vec![new_units("U", numbers)],
        who: |n, _| json!({"key": unit(&format!("U{n}"))}),
        state: "{ units(filter: {code: {in: [\"U#\", \"V#\"]}}) { nodes { code name parent { code } } } }",
    },
    Noun {
        fields: "DepartmentGoalFieldsInput",
        make: |numbers| {
            let set = json!({"overall": "总体", "subGoals": ["1.甲", "2.乙"], "measures": ["1.丙"]});
            let goal = |n| {
                let key = json!({"unit": unit(&format!("G{n}")), "fiscalYear": 2020});
                ("departmentGoalCreate", json!({"key": key, "set": set}))
            };
            std::iter::once(new_units("G", numbers.clone())).chain(numbers.map(goal)).collect()
        },
        who: |n, _| json!({"key": {"unit": unit(&format!("G{n}")), "fiscalYear": 2020}}),
        state: "{ departmentGoals(filter: {unit: {code: {eq: \"G#\"}}}) { nodes { overall items { number text } measures { number text } } } }",
    },
    Noun { fields: "ProjectFieldsInput", make: new_projects, who: who_project, state: PROJECT },
    Noun {
        fields: "IndicatorFieldsInput",
        make: new_projects,
        who: |n, _| json!({"key": {"project": project(n), "ordinal": 1}}),
        state: PROJECT,
    },
    Noun {
        fields: "ObjectiveFieldsInput",
        make: new_projects,
        who: |n, _| json!({"key": {"project": project(n), "ordinal": 1}}),
        state: PROJECT,
    },
    Noun {
        fields: "PlanPointInput",
        make: new_projects,
        who: |n, _| json!({"project": {"key": project(n)}}),
        state: PROJECT,
    },
    Noun {
        fields: "PlanPointFieldsInput",
        make: new_projects,
        who: |n, _| json!({"key": {"project": project(n), "month": 3}}),
        state: PROJECT,
    },
];

macro_rules! fields {
    ($($input:literal . $name:literal = $value:tt shows $place:literal as $shown:tt, $null:expr $(, beside $beside:tt)?;)*) => {
        /// Every nullable field directly below `set`.
        pub const FIELDS: &[Field] = &[$(Field {
            input: $input,
            name: $name,
            value: || json!($value),
            shows: $place,
            shown: || json!($shown),
            null: $null,
            beside: fields!(@beside $($beside)?),
        }),*];
    };
    (@beside) => { None };
    (@beside $beside:tt) => { Some(|| json!($beside)) };
}

fields! {
    "DivisionFieldsInput"."name" = "乙" shows "/divisions/nodes/0/name" as "乙", Null::Clears("null");
    "UnitFieldsInput"."name" = "乙" shows "/units/nodes/0/name" as "乙", Null::Required;
    "UnitFieldsInput"."code" = "V#" shows "/units/nodes/0/code" as "V#", Null::Required;
    "UnitFieldsInput"."parentCode" = "460" shows "/units/nodes/0/parent" as {"code": "460"}, Null::Clears("null");
    "DepartmentGoalFieldsInput"."overall" = "别的" shows "/departmentGoals/nodes/0/overall" as "别的", Null::Clears("null");
    "DepartmentGoalFieldsInput"."subGoals" = ["1.丁"] shows "/departmentGoals/nodes/0/items"
        as [{"number": "1.", "text": "丁"}], Null::Clears("[]");
    "DepartmentGoalFieldsInput"."subGoalsPatch" = [{"ordinal": 2, "text": "2.丁"}] shows "/departmentGoals/nodes/0/items"
        as [{"number": "1.", "text": "甲"}, {"number": "2.", "text": "丁"}], Null::Keeps;
    "DepartmentGoalFieldsInput"."measures" = ["1.丁"] shows "/departmentGoals/nodes/0/measures"
        as [{"number": "1.", "text": "丁"}], Null::Clears("[]");
    "DepartmentGoalFieldsInput"."measuresPatch" = [{"ordinal": 1, "delete": true}] shows "/departmentGoals/nodes/0/measures"
        as [], Null::Keeps;
    "ProjectFieldsInput"."code" = "Q#" shows "/projects/nodes/0/code" as "Q#", Null::Clears("null"), beside {"name": "名称#"};
    "ProjectFieldsInput"."name" = "乙" shows "/projects/nodes/0/name" as "乙", Null::Required;
    "ProjectFieldsInput"."purpose" = "别的" shows "/projects/nodes/0/purpose" as "别的", Null::Clears("null");
    "ProjectFieldsInput"."budget" = {"wanYuan": "30"} shows "/projects/nodes/0/budget" as {"amount": "30"},
        Null::Clears("null"), beside {"fiscalFunds": null, "otherFunds": null};
    "ProjectFieldsInput"."fiscalFunds" = {"wanYuan": "30"} shows "/projects/nodes/0/fiscalFunds" as {"amount": "30"},
        Null::Clears("null"), beside {"budget": null};
    "ProjectFieldsInput"."otherFunds" = {"yuan": "300000"} shows "/projects/nodes/0/otherFunds" as {"amount": "30"},
        Null::Clears("null"), beside {"budget": null};
    "ProjectFieldsInput"."objectives" = ["1.丁"] shows "/projects/nodes/0/objectives"
        as [{"number": "1.", "text": "丁"}], Null::Clears("[]");
    "ProjectFieldsInput"."objectivesPatch" = [{"ordinal": 1, "delete": true}] shows "/projects/nodes/0/objectives"
        as [{"number": "2.", "text": "乙"}], Null::Keeps;
    "ProjectFieldsInput"."plan" = [{"month": 6, "percent": "50"}] shows "/projects/nodes/0/plan"
        as {"points": [{"month": 6, "percent": "50"}]}, Null::Clears("null");
    "ProjectFieldsInput"."planPatch" = [{"month": 3, "percent": "50"}] shows "/projects/nodes/0/plan"
        as {"points": [{"month": 3, "percent": "50"}, {"month": 12, "percent": "100"}]}, Null::Keeps;
    "ProjectFieldsInput"."indicators" = [{"level1": "产出指标", "name": "人数", "target": {"text": "3人"}}]
        shows "/projects/nodes/0/indicators"
        as {"nodes": [{"name": "人数", "basis": null, "description": null, "weight": null, "level1": {"label": "产出指标"},
                       "level2": null, "target": {"raw": "3人"}}]}, Null::Clears("{\"nodes\": []}");
    "ProjectFieldsInput"."indicatorsPatch" = [{"ordinal": 1, "set": {"weight": null, "level2": null, "basis": null}}]
        shows "/projects/nodes/0/indicators"
        as {"nodes": [{"name": "次数", "basis": null, "description": "说明", "weight": null, "level1": {"label": "产出指标"},
                       "level2": null, "target": {"raw": "≥12次"}}]}, Null::Keeps;
    "IndicatorFieldsInput"."basis" = "别的" shows "/projects/nodes/0/indicators/nodes/0/basis" as "别的", Null::Clears("null");
    "IndicatorFieldsInput"."description" = "别的" shows "/projects/nodes/0/indicators/nodes/0/description" as "别的",
        Null::Clears("null");
    "IndicatorFieldsInput"."level1" = "效益指标" shows "/projects/nodes/0/indicators/nodes/0/level1" as {"label": "效益指标"},
        Null::Required;
    "IndicatorFieldsInput"."level2" = "质量指标" shows "/projects/nodes/0/indicators/nodes/0/level2" as {"label": "质量指标"},
        Null::Clears("null");
    "IndicatorFieldsInput"."name" = "人数" shows "/projects/nodes/0/indicators/nodes/0/name" as "人数", Null::Required;
    "IndicatorFieldsInput"."target" = {"text": "≥3人"} shows "/projects/nodes/0/indicators/nodes/0/target" as {"raw": "≥3人"},
        Null::Required;
    "IndicatorFieldsInput"."weight" = "12.5" shows "/projects/nodes/0/indicators/nodes/0/weight" as "12.5",
        Null::Clears("null");
}

/// Every nullable field of an input that is an entry of a list or one value.
pub const PARTS: &[Part] = &[
    Part {
        fields: &[("GoalItemPatchInput", "delete")],
        mutation: "departmentGoalUpdate",
        without: r#"{"subGoalsPatch": [{"ordinal": 1, "text": "1.丁"}]}"#,
        with_null: r#"{"subGoalsPatch": [{"ordinal": 1, "text": "1.丁", "delete": null}]}"#,
    },
    Part {
        fields: &[("GoalItemPatchInput", "text")],
        mutation: "departmentGoalUpdate",
        without: r#"{"measuresPatch": [{"ordinal": 1, "delete": true}]}"#,
        with_null: r#"{"measuresPatch": [{"ordinal": 1, "delete": true, "text": null}]}"#,
    },
    Part {
        fields: &[("ObjectivePatchInput", "delete")],
        mutation: "projectUpdate",
        without: r#"{"objectivesPatch": [{"ordinal": 1, "text": "1.丁"}]}"#,
        with_null: r#"{"objectivesPatch": [{"ordinal": 1, "text": "1.丁", "delete": null}]}"#,
    },
    Part {
        fields: &[("ObjectivePatchInput", "text")],
        mutation: "projectUpdate",
        without: r#"{"objectivesPatch": [{"ordinal": 1, "delete": true}]}"#,
        with_null: r#"{"objectivesPatch": [{"ordinal": 1, "delete": true, "text": null}]}"#,
    },
    Part {
        fields: &[("IndicatorPatchInput", "delete")],
        mutation: "projectUpdate",
        without: r#"{"indicatorsPatch": [{"ordinal": 1, "set": {"name": "人数"}}]}"#,
        with_null: r#"{"indicatorsPatch": [{"ordinal": 1, "set": {"name": "人数"}, "delete": null}]}"#,
    },
    Part {
        fields: &[("IndicatorPatchInput", "set")],
        mutation: "projectUpdate",
        without: r#"{"indicatorsPatch": [{"ordinal": 1, "delete": true}]}"#,
        with_null: r#"{"indicatorsPatch": [{"ordinal": 1, "delete": true, "set": null}]}"#,
    },
    Part {
        fields: &[("PlanPointInput", "amount")],
        mutation: "spendingPlanUpsert",
        without: r#"[{"month": 3, "percent": "30"}]"#,
        with_null: r#"[{"month": 3, "percent": "30", "amount": null}]"#,
    },
    Part {
        fields: &[("PlanPointInput", "percent")],
        mutation: "spendingPlanUpsert",
        without: r#"[{"month": 3, "amount": {"wanYuan": "3"}}]"#,
        with_null: r#"[{"month": 3, "amount": {"wanYuan": "3"}, "percent": null}]"#,
    },
    Part {
        fields: &[("PlanPointFieldsInput", "amount")],
        mutation: "planPointsUpsert",
        without: r#"{"percent": "30"}"#,
        with_null: r#"{"percent": "30", "amount": null}"#,
    },
    Part {
        fields: &[("QuantityTargetInput", "unit")],
        mutation: "indicatorUpdate",
        without: r#"{"target": {"quantity": {"comparison": "GE", "value": "3"}}}"#,
        with_null: r#"{"target": {"quantity": {"comparison": "GE", "value": "3", "unit": null}}}"#,
    },
    Part {
        fields: &[("RangeTargetInput", "unit")],
        mutation: "indicatorUpdate",
        without: r#"{"target": {"range": {"low": "3", "high": "5"}}}"#,
        with_null: r#"{"target": {"range": {"low": "3", "high": "5", "unit": null}}}"#,
    },
];

/// Fields of inputs of which one is given; and what else null cannot stand for.
pub const ONE_OF_FIELDS: &[(&str, &str)] = &[
    ("MoneyInput", "wanYuan"),
    ("MoneyInput", "yuan"),
    ("TargetInput", "quantity"),
    ("TargetInput", "range"),
    ("TargetInput", "text"),
    ("PlanPointFieldsInput", "percent"),
];

/// Mutations with null for one of them.
pub const ONE_OF: &[(&str, &str)] = &[
    ("projectUpdate", r#"{"budget": {"wanYuan": null}}"#),
    ("projectUpdate", r#"{"budget": {"yuan": null}}"#),
    ("projectUpdate", r#"{"budget": {"yuan": "1", "wanYuan": null}}"#),
    ("indicatorUpdate", r#"{"target": {"quantity": null}}"#),
    ("indicatorUpdate", r#"{"target": {"range": null}}"#),
    ("indicatorUpdate", r#"{"target": {"text": null}}"#),
    ("planPointsUpsert", r#"{"percent": null}"#),
];
