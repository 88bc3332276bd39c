//! A document may have more projects than a statement of SQLite takes values (32,766).

use entity::id::ProjectId;
use entity::{finding, project};
use jixiao::service::finding::{About, replace};
use jixiao::service::project::{Batch, Content, Key, Known};
use jixiao::service::stored::Tally;
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};

use crate::support::world::World;
use crate::support::{database, generated};

#[tokio::test]
async fn known_projects_are_found_among_very_many() {
    let world = World::empty().await;
    let source = generated::source(1);
    world.import(&source.name, source.bytes, &generated::options()).await;
    let stored = project::Entity::find().order_by_asc(project::Column::Ordinal).all(world.db.read()).await;
    let stored = stored.expect("the projects");
    let content = |project: project::Model| Content { project, plan: None, objectives: vec![], indicators: vec![] };
    let (first, rest) = stored.split_first().expect("six projects");
    let strange = (0..40_000).map(|number| {
        let (code, name) = (Some(format!("strange {number}")), format!("项目 {number}"));
        content(project::Model { id: ProjectId::new(), code, name, ..first.clone() })
    });
    let mut wanted = vec![content(first.clone())];
    wanted.extend(strange);
    wanted.extend(rest.iter().cloned().map(content));

    let tallies = database::work(&world.db, async |work| {
        let mut known = Known::default();
        let keys: Vec<Key<'_>> = wanted.iter().map(|content| Key::of(&content.project)).collect();
        known.read(work.tx, "130304", first.fiscal_year, &keys).await?;
        let mut batch = Batch::default();
        for project in &stored {
            batch.put(known.meant_by(project), content(project.clone()), work.now);
        }
        batch.write(work).await?;
        Ok(batch.tallies())
    });
    let tallies = tallies.await.expect("a document of any size");
    // The parts were found too: those that are not wanted any more are gone, which changes the projects.
    assert_eq!(tallies.projects, Tally { updated: 6, ..Tally::default() });
    assert_eq!(tallies.plans, Tally { deleted: 6, ..Tally::default() });
    assert_eq!(tallies.indicators.deleted, 18);
}

#[tokio::test]
async fn findings_of_very_many_projects_are_replaced_once() {
    let world = World::empty().await;
    let source = generated::source(1);
    world.import(&source.name, source.bytes, &generated::options()).await;
    let findings = finding::Entity::find().all(world.db.read()).await.expect("the findings");
    let mut projects: Vec<ProjectId> = (0..40_000).map(|_| ProjectId::new()).collect();
    projects.extend(findings.iter().filter_map(|finding| finding.project_id));
    let about =
        About { document: findings[0].source_id.expect("findings of a document"), goal: None, projects: &projects };
    let replaced = database::work(&world.db, async |work| replace(work, "130304", &about, findings.clone()).await);
    let unchanged = Tally { unchanged: findings.len() as u64, ..Tally::default() };
    assert_eq!(replaced.await.expect("a document of any size"), unchanged);
    let left = finding::Entity::find().count(world.db.read()).await.expect("a count");
    assert_eq!(left, findings.len() as u64);
}
