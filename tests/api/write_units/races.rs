//! Two writers at once.

use jixiao::auth::Caller;
use jixiao::service::write::{Atomicity, Mode};

use super::tree::DIFFERENCE;
use super::{shown, under, world, write_as};
use crate::support::database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_moves_that_together_make_a_cycle_are_one_move() {
    let world = world(&[("1", None), ("2", None)]).await;
    let caller = Caller::operator();
    for round in 0..20 {
        let back = [under("1", None), under("2", None)];
        write_as(&world, &caller, &back, Mode::Update, Atomicity::All).await;
        let (one, two) = ([under("1", Some("2"))], [under("2", Some("1"))]);
        let (one, two) = tokio::join!(
            write_as(&world, &caller, &one, Mode::Update, Atomicity::All),
            write_as(&world, &caller, &two, Mode::Update, Atomicity::All),
        );
        let mut outcomes = [shown(&one), shown(&two)].concat();
        outcomes.sort();
        assert_eq!(outcomes, ["FAILED CYCLE 0.set.parentCode", "UPDATED"], "round {round}");
        assert_eq!(database::number(world.db.read(), DIFFERENCE).await, 0, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_writers_make_a_unit_once() {
    let world = world(&[]).await;
    let caller = Caller::operator();
    for round in 0..20 {
        let sent = [super::row(&format!("{round}"), serde_json::json!({"name": "甲", "parentCode": null}))];
        let (one, two) = tokio::join!(
            write_as(&world, &caller, &sent, Mode::Upsert, Atomicity::All),
            write_as(&world, &caller, &sent, Mode::Upsert, Atomicity::All),
        );
        let mut outcomes = [shown(&one), shown(&two)].concat();
        outcomes.sort();
        assert_eq!(outcomes, ["CREATED", "UNCHANGED"], "round {round}");
    }
}
