//! Writes the data of a whole place straight into a migrated database, past the service.

mod postgres;
mod rows;
mod sqlite;

use std::time::Instant;

use clap::Args;

use crate::Done;
use crate::data::Size;
use crate::world::{Kind, World};

/// Fill a database with the projects of a county, a city or a province
///
/// The same size always gives the same rows. The database is made and migrated first where it is not there.
#[derive(Debug, Args)]
pub struct Generate {
    /// Where: `sqlite:///path` or `postgres://user@host/name`, which must exist
    #[arg(long)]
    url: String,
    /// How much
    #[arg(long, value_enum)]
    size: Size,
}

impl Generate {
    /// Fills and says how long it took.
    pub async fn run(self) -> Done<()> {
        let world = World::at(&self.url).await?;
        let began = Instant::now();
        let rows = fill(&world, self.size).await?;
        println!("{rows} rows in {:.1} s", began.elapsed().as_secs_f64());
        Ok(())
    }
}

/// Fills the database of a world, its index of search too, and gives the number of rows.
///
/// # Errors
/// When the database refuses, as one that has them already does.
pub async fn fill(world: &World, size: Size) -> Done<u64> {
    let rows = match world.kind() {
        Kind::Sqlite => sqlite::fill(&world.url, size).await?,
        Kind::Postgres => postgres::fill(&world.url, size).await?,
    };
    // What is written past the service is not searched yet.
    world.run(&["admin", "reindex"])?;
    if world.kind() == Kind::Postgres {
        postgres::settle(&world.url).await?;
    }
    Ok(rows)
}
