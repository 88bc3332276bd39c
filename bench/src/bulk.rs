//! One large request against the floor, turn by turn.

use std::time::{Duration, Instant};

use clap::Args;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;

use crate::floor::Floor;
use crate::projects::{Project, request};
use crate::service::Service;
use crate::world::{Kind, World};
use crate::{Done, Failure};

/// Indicators of a project.
const INDICATORS: usize = 8;

/// Upsert 1,000 projects with 4,000 plan points and 8,000 indicators in one request, and by hand-written SQL
///
/// Each round writes other projects: first all new, then all changed, then unchanged, each by the floor and by the
/// service in turn. Both end with the same rows, which is checked.
#[derive(Debug, Args)]
pub struct Bulk {
    /// The database under test
    #[arg(long, value_enum)]
    db: Kind,
    /// Rounds
    #[arg(long, default_value_t = 7)]
    rounds: u64,
    /// Projects of a request
    #[arg(long, default_value_t = 1000)]
    projects: u64,
}

/// What is written: its name, the revision, and the counter of the summary that says so.
const PHASES: [(&str, u32, &str); 3] =
    [("new", 1, "created"), ("changed", 2, "updated"), ("unchanged", 2, "unchanged")];

#[derive(Default)]
struct Times {
    floor: Vec<Duration>,
    service: Vec<Duration>,
    cpu: f64,
}

impl Bulk {
    /// Measures and prints.
    pub async fn run(self) -> Done<()> {
        let cluster = self.db.cluster()?;
        let world = World::new(cluster.as_ref(), "service").await?;
        let below = World::new(cluster.as_ref(), "floor").await?;
        let mut floor = Floor::connect(self.db, &below.url).await?;
        let token = world.token()?;
        let service = Service::start(&world, &token)?;
        let client = service.client();
        let mut times: [Times; 3] = Default::default();
        let mut bytes = 0;
        for round in 0..self.rounds {
            let first = round * self.projects;
            for ((phase, revision, counter), times) in PHASES.into_iter().zip(&mut times) {
                let projects: Vec<Project> =
                    (first..first + self.projects).map(|number| Project::new(number, revision, INDICATORS)).collect();
                let rows = floor.rows(first, &projects).await?;
                let began = Instant::now();
                floor.upsert(&rows).await?;
                times.floor.push(began.elapsed());

                let body = request(&projects);
                bytes = body.len();
                let used = service.cpu()?;
                let began = Instant::now();
                let answer = client.post(&body, None)?;
                times.service.push(began.elapsed());
                times.cpu += service.cpu()? - used;
                let read: Value = serde_json::from_str(&answer.body)?;
                if read.pointer(&format!("/data/projectsUpsert/summary/{counter}")) != Some(&self.projects.into()) {
                    let shown: String = answer.body.chars().take(2000).collect();
                    return Err(Failure::from(format!("round {round}, {phase}: {} {shown}", answer.status)));
                }
            }
        }
        let (wrote, wanted) = (sums(&world).await?, sums(&below).await?);
        if wrote != wanted {
            return Err(Failure::from(format!("the service wrote {wrote:?}, the floor {wanted:?}")));
        }
        println!("{} projects a request, {bytes} bytes, {} rounds; p50 in ms", self.projects, self.rounds);
        println!("{:<10} {:>8} {:>8} {:>8} {:>12}", "rows", "floor", "service", "ratio", "service CPU");
        let (mut floor_sum, mut service_sum) = (0.0, 0.0);
        for ((phase, _, _), mut times) in PHASES.into_iter().zip(times) {
            let (floor, service) = (median(&mut times.floor), median(&mut times.service));
            let cpu = times.cpu * 1000.0 / self.rounds as f64;
            println!("{phase:<10} {floor:>8.0} {service:>8.0} {:>8.2} {cpu:>12.0}", service / floor);
            floor_sum += floor;
            service_sum += service;
        }
        println!("{:<10} {floor_sum:>8.0} {service_sum:>8.0} {:>8.2}", "all three", service_sum / floor_sum);
        Ok(())
    }
}

/// The median in milliseconds.
fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

/// Counts and sums over what both write.
async fn sums(world: &World) -> Done<Vec<Option<i64>>> {
    let db = world.connect().await?;
    let of = |table: &str, columns: &[&str]| {
        let sums: Vec<String> = columns.iter().map(|column| format!("CAST(sum({column}) AS BIGINT)")).collect();
        format!("SELECT {} FROM {table}", sums.join(", "))
    };
    let tables = [
        of(
            "project WHERE fiscal_year = 2026",
            &["1", "ordinal", "length(code || name || goal_level || purpose)", "budget", "fiscal_funds", "other_funds"],
        ),
        of("spending_plan WHERE version > 0", &["1", "length(printed_basis)"]),
        of("plan_point", &["1", "month", "percent", "amount", "length(raw)"]),
        of(
            "indicator WHERE fiscal_year = 2026",
            &[
                "1",
                "ordinal",
                "value",
                "weight",
                "length(name || description || basis || target_kind || comparison || target_unit || target_raw)",
            ],
        ),
    ];
    let mut sums = Vec::new();
    for sql in tables {
        for row in db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await? {
            for column in 0..row.column_names().len() {
                sums.push(row.try_get_by_index::<Option<i64>>(column)?);
            }
        }
    }
    db.close().await?;
    Ok(sums)
}
