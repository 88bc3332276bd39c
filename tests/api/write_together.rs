//! A project that is written by itself: what is given to the database together, and what is not read for it, leaves nothing out.

use entity::finding;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::mutation::write;
use crate::support::conformance;
use crate::support::database::names;
use crate::support::world::World;

const DIVISION: &str = "130304";

async fn world() -> World {
    let world = World::empty().await;
    write(&world, "divisionUpsert", json!({"key": {"code": DIVISION}, "set": {}}), "outcome").await;
    let key = json!({"divisionCode": DIVISION, "code": "450"});
    write(&world, "unitUpsert", json!({"key": key, "set": {"name": "局"}}), "outcome").await;
    world
}

/// What is sent of one project, one after the other.
fn sets() -> Vec<Value> {
    let indicator = |name: &str, target: &str| {
        let (level1, level2) = ("产出指标", "数量指标");
        json!({"level1": level1, "level2": level2, "name": name, "target": {"text": target}})
    };
    vec![
        json!({
            "name": "系统维护", "purpose": "维护费", "budget": {"wanYuan": "20"}, "fiscalFunds": {"wanYuan": "20"},
            "objectives": ["保障系统运行", "提升服务"], "plan": [{"month": 3, "percent": "20"}, {"month": 12, "percent": "90"}],
            "indicators": [indicator("维护次数", "≥12次"), indicator("可用率", "99")],
        }),
        // It repeats the name, then an objective, then it is missing.
        json!({"purpose": "系统维护"}),
        json!({"purpose": "提升服务"}),
        json!({"purpose": null}),
        json!({"name": "提升服务"}),
        json!({"name": "提升服务"}),
        json!({"code": "B", "otherFunds": {"wanYuan": "0"}}),
        json!({"code": "A"}),
        json!({"indicatorsPatch": [{"ordinal": 1, "set": {"basis": "合同"}}, {"ordinal": 2, "delete": true}], "purpose": "费"}),
        json!({"indicators": [indicator("培训人数", "据实"), {"level1": "成效", "name": "评价", "target": {"text": "良好"}}]}),
        json!({"budget": {"wanYuan": "30"}, "fiscalFunds": {"wanYuan": "30"}}),
        json!({"objectivesPatch": [{"ordinal": 1, "delete": true}, {"ordinal": 3, "text": "新目标"}]}),
        json!({"plan": null, "objectives": []}),
    ]
}

/// Everything that a write leaves behind, but for keys and times.
async fn left(world: &World) -> Vec<String> {
    let all = [
        "SELECT 'project ' || COALESCE(code, '') || name || COALESCE(purpose, '') || COALESCE(budget, 0) || ' ' || version FROM project",
        "SELECT 'indicator ' || ordinal || name || COALESCE(basis, '') || ' ' || version FROM indicator",
        "SELECT 'objective ' || ordinal || text || ' ' || version FROM objective",
        "SELECT 'point ' || month || ' ' || COALESCE(percent, 0) || ' ' || version FROM plan_point",
        "SELECT 'finding ' || rule || subject || detail || ' ' || version FROM finding",
        "SELECT 'searched ' || kind || names || texts || others FROM search_entry",
        "SELECT 'former project ' || name || COALESCE(purpose, '') || ' ' || version FROM project_history",
        "SELECT 'former indicator ' || ordinal || name || ' ' || version FROM indicator_history",
        "SELECT 'former objective ' || ordinal || text || ' ' || version FROM objective_history",
        "SELECT 'former point ' || month || ' ' || version FROM plan_point_history",
        "SELECT 'entry ' || chain || ' ' || seq || ' ' || kind || entity_type || ' ' || version || ' ' || length(diff) FROM audit_entry",
        "SELECT 'change ' || chain || ' ' || audit_seq || ' ' || kind || entity_type || ' ' || version FROM change",
    ];
    let mut left = Vec::new();
    for sql in all {
        left.extend(names(world.db.read(), &format!("{sql} ORDER BY 1")).await);
    }
    left
}

#[tokio::test]
async fn a_project_by_itself_ends_as_among_many() {
    let (one, many) = (world().await, world().await);
    let mut code = "A".to_owned();
    for set in sets() {
        let key = json!({"divisionCode": DIVISION, "fiscalYear": 2020, "unitCode": "450", "code": code});
        let row = json!({"key": key, "set": set});
        let of_one = write(&one, "projectUpsert", row.clone(), "outcome userErrors { code }").await;
        let of_many =
            write(&many, "projectsUpsert", json!({"rows": [row]}), "results { outcome userErrors { code } }").await;
        assert_eq!(of_one, of_many["results"][0], "{set}");
        assert_eq!(of_one["userErrors"], json!([]), "{set}");
        assert_eq!(left(&one).await, left(&many).await, "{set}");
        if let Some(new) = set["code"].as_str() {
            code = new.to_owned();
        }
    }
    conformance::holds(one.db.read()).await;
}

#[tokio::test]
async fn a_text_leaves_findings_about_other_facts_as_they_are() {
    let world = world().await;
    let key = json!({"divisionCode": DIVISION, "fiscalYear": 2020, "unitCode": "450", "code": "A"});
    write(&world, "projectCreate", json!({"key": key, "set": sets()[0]}), "outcome").await;
    let of_indicators = || finding::Entity::find().filter(finding::Column::IndicatorId.is_not_null());
    let before = of_indicators().all(world.db.read()).await.unwrap();
    assert!(!before.is_empty());
    // As a document leaves them whose table does not ask for everything.
    let gone = before[0].id;
    let deletion = world.db.write(async |tx| {
        finding::Entity::delete_by_id(gone).exec(tx).await?;
        Ok(())
    });
    deletion.await.unwrap();
    write(&world, "projectUpdate", json!({"by": {"key": key}, "set": {"purpose": null}}), "outcome").await;
    let missing = finding::Entity::find().filter(finding::Column::Rule.eq("PURPOSE_MISSING"));
    assert_eq!(missing.all(world.db.read()).await.unwrap().len(), 1);
    assert_eq!(of_indicators().all(world.db.read()).await.unwrap().len(), before.len() - 1);
}
