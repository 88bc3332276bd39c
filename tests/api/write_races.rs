//! Writers at the same time, each with connections of its own: nothing is lost, nothing happens twice, and no rule is broken
//! at any moment.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::mutation::{editor, write, write_as};
use crate::support::database::rows;
use crate::support::dice::Dice;
use crate::support::world::World;
use crate::support::{conformance, generated};

const DIVISION: &str = "130304";
const WRITERS: usize = 3;

/// A world with a unit, and further services over the same database.
async fn worlds() -> Vec<World> {
    let world = World::empty().await;
    write(&world, "divisionUpsert", json!({"key": {"code": DIVISION}, "set": {}}), "outcome").await;
    let key = json!({"divisionCode": DIVISION, "code": "450"});
    write(&world, "unitUpsert", json!({"key": key, "set": {"name": "局"}}), "outcome").await;
    let mut worlds = vec![world];
    while worlds.len() < WRITERS {
        worlds.push(worlds[0].beside().await);
    }
    worlds
}

fn key(code: &str) -> Value {
    json!({"divisionCode": DIVISION, "fiscalYear": 2020, "unitCode": "450", "code": code})
}

async fn project(world: &World, set: Value) {
    let made = write(world, "projectCreate", json!({"key": key("A"), "set": set}), "outcome").await;
    assert_eq!(made, json!({"outcome": "CREATED"}));
}

/// The project `A` as it stands.
async fn shown(world: &World, selection: &str) -> Value {
    let query = format!("{{ projects {{ nodes {{ {selection} }} }} }}");
    world.ask(&query, json!({})).await["projects"]["nodes"][0].clone()
}

/// Lets writers run beside a reader who looks at every state that he can catch; gives the number of his looks.
async fn beside(writers: impl Future<Output = Vec<()>>, mut look: impl AsyncFnMut()) -> usize {
    let mut looks = 0;
    let reading = async {
        loop {
            look().await;
            looks += 1;
        }
    };
    tokio::select! {
        _ = writers => {}
        () = reading => {}
    }
    looks
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_that_expect_a_version_make_one_line_of_versions() {
    const EACH: usize = 8;
    let worlds = worlds().await;
    project(&worlds[0], json!({"name": "甲", "purpose": "0"})).await;
    let conflicts: Vec<usize> = join_all(worlds.iter().map(async |world| {
        let (mut done, mut conflicts) = (0, 0);
        while done < EACH {
            let seen = shown(world, "version purpose").await;
            let count: usize = seen["purpose"].as_str().unwrap().parse().unwrap();
            let set = json!({"purpose": (count + 1).to_string()});
            let input = json!({"by": {"key": key("A")}, "expectedVersion": seen["version"], "set": set});
            let answer = write(world, "projectUpdate", input, "outcome userErrors { code }").await;
            if answer["outcome"] == "UPDATED" {
                done += 1;
            } else {
                assert_eq!(answer["userErrors"], json!([{"code": "CONFLICT"}]));
                conflicts += 1;
            }
        }
        conflicts
    }))
    .await;
    assert!(conflicts.iter().sum::<usize>() > 0, "they met");
    let total = WRITERS * EACH;
    assert_eq!(shown(&worlds[0], "version purpose").await, json!({"version": total + 1, "purpose": total.to_string()}));
    let past: Vec<(i32, String)> =
        rows(worlds[0].db.read(), "SELECT version, purpose FROM project_history ORDER BY version").await;
    let line: Vec<(i32, String)> = (1..).zip(0..total).map(|(version, count)| (version, count.to_string())).collect();
    assert_eq!(past, line);
    conformance::holds(worlds[0].db.read()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn points_of_one_plan_never_fall_whoever_writes_them() {
    let worlds = worlds().await;
    project(&worlds[0], json!({"name": "甲", "budget": {"wanYuan": "10"}, "plan": [{"month": 6, "percent": "50"}]}))
        .await;
    let writing = join_all(worlds.iter().enumerate().map(async |(number, world)| {
        let mut dice = Dice(number as u64);
        for _ in 0..15 {
            let first = dice.below(12);
            let rows = [first, (first + 1 + dice.below(11)) % 12].map(|month| {
                let percent = (month * 8 + dice.below(30)).min(100).to_string();
                json!({"key": {"project": key("A"), "month": month + 1}, "set": {"percent": percent}})
            });
            let input = json!({"rows": rows, "atomicity": "PER_ROW"});
            let answer = write(world, "planPointsUpsert", input, "userErrors { code }").await;
            let errors = answer["userErrors"].as_array().unwrap();
            assert!(errors.iter().all(|error| error["code"] == "RULE_VIOLATED"), "{answer}");
        }
    }));
    let looks = beside(writing, async || {
        let plan = shown(&worlds[0], "plan { points { percent amount { amount } } }").await;
        for pair in plan["plan"]["points"].as_array().unwrap().windows(2) {
            let value =
                |point: &Value, at: &str| -> f64 { point.pointer(at).unwrap().as_str().unwrap().parse().unwrap() };
            for at in ["/percent", "/amount/amount"] {
                assert!(value(&pair[0], at) <= value(&pair[1], at), "{plan}");
            }
        }
    })
    .await;
    assert!(looks > 10, "{looks}");
    conformance::holds(worlds[0].db.read()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_is_the_sum_of_its_funds_whoever_writes_which() {
    let worlds = worlds().await;
    let money = |yuan: usize| json!({"yuan": yuan.to_string()});
    project(&worlds[0], json!({"name": "甲", "budget": money(4), "fiscalFunds": money(2), "otherFunds": money(2)}))
        .await;
    let outcomes: std::sync::Mutex<Vec<String>> = Default::default();
    let writing = join_all(worlds.iter().enumerate().map(async |(number, world)| {
        let mut dice = Dice(number as u64 + 10);
        for _ in 0..20 {
            // Each alone can be right or wrong, whatever the others have made of it.
            let mut set = json!({});
            for name in ["budget", "fiscalFunds", "otherFunds"] {
                if dice.below(3) > 0 {
                    set[name] = money(1 + dice.below(4));
                }
            }
            let answer =
                write(world, "projectUpsert", json!({"key": key("A"), "set": set}), "outcome userErrors { code }")
                    .await;
            let errors = answer["userErrors"].as_array().unwrap();
            assert!(errors.iter().all(|error| error["code"] == "RULE_VIOLATED"), "{answer}");
            outcomes.lock().unwrap().push(answer["outcome"].as_str().unwrap().to_owned());
        }
    }));
    let looks = beside(writing, async || {
        let project = shown(
            &worlds[0],
            "budget { amount(unit: YUAN) } fiscalFunds { amount(unit: YUAN) } otherFunds { amount(unit: YUAN) }",
        )
        .await;
        let yuan = |name: &str| -> f64 { project[name]["amount"].as_str().unwrap().parse().unwrap() };
        assert_eq!(yuan("budget"), yuan("fiscalFunds") + yuan("otherFunds"), "{project}");
    })
    .await;
    assert!(looks > 10, "{looks}");
    let outcomes = outcomes.into_inner().unwrap();
    for wanted in ["UPDATED", "FAILED"] {
        assert!(outcomes.iter().any(|outcome| outcome == wanted), "{outcomes:?}");
    }
    conformance::holds(worlds[0].db.read()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_natural_key_is_made_once() {
    let worlds = worlds().await;
    for round in 0..12 {
        let mut named = key("");
        named["code"].take();
        named["name"] = json!(format!("项目{round}"));
        let named = named.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
        let keys = [key(&format!("C{round}")), named.map(|(name, value)| (name.clone(), value.clone())).collect()];
        for key in keys {
            let (mutation, same) =
                [("projectUpsert", true), ("projectUpsert", false), ("projectCreate", true)][round % 3];
            let answers = join_all(worlds.iter().enumerate().map(|(number, world)| {
                let purpose = if same { "同".to_owned() } else { number.to_string() };
                let mut set = json!({ "purpose": purpose });
                if key.get("name").is_none() {
                    set["name"] = json!("甲");
                }
                let input = json!({"key": key, "set": set});
                async move {
                    let answer = write_as(world, &editor(), mutation, input, "outcome userErrors { code }").await;
                    let code = answer["userErrors"][0]["code"].as_str();
                    code.unwrap_or_else(|| answer["outcome"].as_str().unwrap()).to_owned()
                }
            }));
            let mut answers = answers.await;
            answers.sort();
            let other = match (mutation, same) {
                ("projectCreate", _) => "DUPLICATE",
                (_, true) => "UNCHANGED",
                (_, false) => "UPDATED",
            };
            assert_eq!(answers, ["CREATED", other, other], "{mutation} {key}");
        }
    }
    conformance::holds(worlds[0].db.read()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disclosure_is_read_beside_changes_of_its_projects() {
    let worlds = worlds().await;
    let source = generated::source(1);
    worlds[0].import(&source.name, source.bytes.clone(), &generated::options()).await;
    let query = "{ projects { nodes { id } } }";
    let projects = worlds[0].ask(query, json!({})).await["projects"]["nodes"].as_array().unwrap().clone();
    let importing = async {
        for _ in 0..5 {
            worlds[1].import(&source.name, source.bytes.clone(), &generated::options()).await;
        }
    };
    let writing = async |world: &World, seed: u64| {
        let mut dice = Dice(seed);
        for _ in 0..15 {
            let by = json!({"id": projects[dice.below(projects.len())]["id"]});
            let set = match dice.below(3) {
                0 => json!({"purpose": dice.below(3).to_string(), "objectives": ["1.甲"]}),
                1 => json!({"plan": [{"month": 6, "percent": dice.below(101).to_string()}]}),
                _ => json!({"indicators": null}),
            };
            let answer =
                write(world, "projectUpdate", json!({"by": by, "set": set}), "outcome userErrors { code }").await;
            assert_eq!(answer["userErrors"], json!([]), "{answer}");
        }
    };
    tokio::join!(importing, writing(&worlds[0], 1), writing(&worlds[2], 2));
    assert_eq!(worlds[0].ask(query, json!({})).await["projects"]["nodes"], json!(projects));
    conformance::holds(worlds[0].db.read()).await;
}
