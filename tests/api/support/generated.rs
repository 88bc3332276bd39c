//! Any number of small disclosures, each of its own unit, and whether the database holds them whole.

use std::collections::{BTreeMap, BTreeSet};

use jixiao::auth::Caller;
use jixiao::db::Db;
use jixiao::error::AppResult;
use jixiao::import::{self, FileStore, Options, Report, Source};
use jixiao::service::invariants::INTEGRITY;
use sea_orm::DbBackend;

use super::database::{names, rows};
use super::sample;

/// Projects of one document.
const PROJECTS: u32 = 6;

/// The document with this number; its projects have codes that no other has, and one finding each.
pub fn source(number: u32) -> Source {
    let mut text = sample::part_one().to_owned();
    for project in 1..=PROJECTS {
        let form = sample::project(number * 10 + project, &format!("项目{project}"));
        text += &form.replace("450002某区", &format!("{}某区", unit_code(number))).replace("历史标准", "");
    }
    Source { name: file_name(number), bytes: text.into_bytes() }
}

/// The name of the document with this number.
pub fn file_name(number: u32) -> String {
    format!("{number}.txt")
}

fn unit_code(number: u32) -> u32 {
    assert!(number < 99_999, "project codes have six digits for their number");
    100_000 + number
}

/// What the documents do not say.
pub fn options() -> Options {
    let check = sample::options();
    Options { division: check.division, fiscal_year: check.fiscal_year, ..Options::default() }
}

/// Imports the document with this number.
pub async fn import(db: &Db, files: &FileStore, number: u32) -> AppResult<Report> {
    import::run(db, files, &Caller::operator(), &source(number), &options()).await
}

/// Goals, goal items, projects, plans, points, objectives, indicators and findings.
type Counts = [i64; 8];

/// What the rules read in the document with this number.
fn expected(number: u32) -> Counts {
    let text = String::from_utf8(source(number).bytes).expect("it was made of text");
    let checked = sample::check(&text, &sample::options()).expect("a complete document");
    assert!(checked.rejected.is_empty() && !checked.findings.is_empty(), "{:?}", checked.findings);
    let goal = checked.goal.as_ref().expect("part 1");
    let plans = checked.projects.iter().filter_map(|project| project.plan.as_ref());
    [
        1,
        goal.items.len(),
        checked.projects.len(),
        plans.clone().count(),
        plans.map(|plan| plan.points.len()).sum(),
        checked.projects.iter().map(|project| project.objectives.len()).sum(),
        checked.projects.iter().map(|project| project.indicators.len()).sum(),
        checked.findings.len(),
    ]
    .map(|count| i64::try_from(count).expect("a small number"))
}

/// Numbers of the documents that the database knows; each must be there whole, and nothing else may be there.
pub async fn present(db: &Db) -> BTreeSet<u32> {
    let of_documents = "SELECT d.file_name,
        (SELECT count(*) FROM department_goal WHERE source_id = d.id),
        (SELECT count(*) FROM goal_item i JOIN department_goal g ON g.id = i.goal_id WHERE g.source_id = d.id),
        (SELECT count(*) FROM project WHERE source_id = d.id),
        (SELECT count(*) FROM spending_plan s JOIN project p ON p.id = s.project_id WHERE p.source_id = d.id),
        (SELECT count(*) FROM plan_point x JOIN spending_plan s ON s.id = x.plan_id
            JOIN project p ON p.id = s.project_id WHERE p.source_id = d.id),
        (SELECT count(*) FROM objective o JOIN project p ON p.id = o.project_id WHERE p.source_id = d.id),
        (SELECT count(*) FROM indicator i JOIN project p ON p.id = i.project_id WHERE p.source_id = d.id),
        (SELECT count(*) FROM finding WHERE source_id = d.id)
        FROM source_document d";
    type Row = (String, i64, i64, i64, i64, i64, i64, i64, i64);
    let (mut present, mut sum) = (BTreeMap::new(), [0; 8]);
    for (file, a, b, c, d, e, f, g, h) in rows::<Row>(db.read(), of_documents).await {
        let number: u32 = file.strip_suffix(".txt").and_then(|number| number.parse().ok()).expect("a generated name");
        let counts = [a, b, c, d, e, f, g, h];
        assert_eq!(counts, expected(number), "{file}");
        assert_eq!(present.insert(number, counts), None, "{file} twice");
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    let in_all = "SELECT 'all', (SELECT count(*) FROM department_goal), (SELECT count(*) FROM goal_item),
        (SELECT count(*) FROM project), (SELECT count(*) FROM spending_plan), (SELECT count(*) FROM plan_point),
        (SELECT count(*) FROM objective), (SELECT count(*) FROM indicator), (SELECT count(*) FROM finding)";
    for (_, a, b, c, d, e, f, g, h) in rows::<Row>(db.read(), in_all).await {
        assert_eq!([a, b, c, d, e, f, g, h], sum, "parts without their document");
    }
    let units = names(db.read(), "SELECT code FROM unit ORDER BY code").await;
    assert_eq!(units, present.keys().map(|number| unit_code(*number).to_string()).collect::<Vec<_>>());
    if db.read().get_database_backend() == DbBackend::Sqlite {
        assert_eq!(names(db.read(), INTEGRITY).await, ["ok"]);
        assert_eq!(names(db.read(), "PRAGMA foreign_key_check").await, Vec::<String>::new());
    }
    present.into_keys().collect()
}
