//! What is told to Prometheus.

use std::time::Duration;

use super::{Metrics, Now, Operation, Outcome, Pool, Replica, Statement};
use crate::error::ErrorCode;

#[test]
fn numbers_are_told_in_the_form_that_prometheus_reads() {
    let metrics = Metrics::new("sqlite");
    let running = metrics.run();
    metrics.request("/graphql", 200, Duration::from_millis(3));
    metrics.document(Operation::Query, Outcome::Failed, Duration::from_millis(3));
    metrics.error(ErrorCode::NotFound);
    metrics.points(20, 7);
    metrics.statement(Statement::of("select 1"), Duration::from_micros(120), true);
    metrics.rows("PROJECTS", "created", 4);
    metrics.ended("PROJECTS", "COMPLETED");
    let pools = vec![Pool { name: "read", used: 1, idle: 2, most: 4 }];
    let replicas = vec![
        Replica { number: 1, usable: true, age: Some(Duration::from_millis(250)), answered: 9 },
        Replica { number: 2, usable: false, age: None, answered: 0 },
    ];
    let now = Now { pools, replicas, queue: Some(vec![("QUEUED", 3)]), outbox_lag: Some(1.5) };
    let text = metrics.text(&now);
    for line in [
        "jixiao_http_requests_total{route=\"/graphql\",status=\"200\"} 1",
        "jixiao_http_request_seconds_bucket{le=\"0.0025\",route=\"/graphql\"} 0",
        "jixiao_http_request_seconds_bucket{le=\"0.005\",route=\"/graphql\"} 1",
        "jixiao_http_requests_running 1",
        "jixiao_documents_total{operation=\"query\",outcome=\"failed\"} 1",
        "jixiao_errors_total{code=\"NOT_FOUND\"} 1",
        "jixiao_errors_total{code=\"INTERNAL\"} 0",
        "jixiao_cost_points_estimated_total 20",
        "jixiao_cost_points_actual_total 7",
        "jixiao_statement_seconds_bucket{le=\"0.00025\",kind=\"read\"} 1",
        "jixiao_statements_failed_total 1",
        "jixiao_bulk_rows_total{kind=\"PROJECTS\",outcome=\"created\"} 4",
        "jixiao_bulk_operations_ended_total{kind=\"PROJECTS\",status=\"COMPLETED\"} 1",
        "jixiao_database_up 1",
        "jixiao_database_connections{pool=\"read\",state=\"used\"} 1",
        "jixiao_replica_usable{replica=\"1\"} 1",
        "jixiao_replica_lag_seconds{replica=\"1\"} 0.25",
        "jixiao_replica_lag_seconds{replica=\"2\"} NaN",
        "jixiao_replica_statements_total{replica=\"1\"} 9",
        "jixiao_bulk_operations_open{state=\"QUEUED\"} 3",
        "jixiao_outbox_lag_seconds 1.5",
        "# TYPE jixiao_documents counter",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing:\n{text}");
    }
    assert!(text.contains("jixiao_build_info{version=\"") && text.ends_with("# EOF\n"), "{text}");
    drop(running);
    let text = metrics.text(&Now::default());
    assert!(text.contains("\njixiao_http_requests_running 0\n") && text.contains("\njixiao_database_up 0\n"));
    assert!(!text.contains("jixiao_bulk_operations_open{"), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn the_process_tells_what_it_takes() {
    let text = Metrics::new("sqlite").text(&Now::default());
    let number = |name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} is missing:\n{text}")).parse().unwrap()
    };
    assert!(number("process_resident_memory_bytes") > 1e6);
    assert!(number("process_open_fds") >= 3.0 && number("process_max_fds") > number("process_open_fds"));
    assert!(number("process_threads") >= 1.0);
    assert!(number("process_cpu_seconds_total") >= 0.0);
    assert!(number("process_start_time_seconds") > 1.7e9);
}

#[test]
fn statements_are_told_apart_by_their_first_words() {
    for (sql, kind) in [
        ("SELECT 1", Statement::Read),
        ("with x AS (…) SELECT", Statement::Read),
        ("WITH x AS (INSERT INTO a VALUES (1)) UPDATE b SET c = 1", Statement::Write),
        ("\n INSERT INTO a", Statement::Write),
        ("DELETE FROM a", Statement::Write),
        ("COMMIT", Statement::Other),
        ("", Statement::Other),
    ] {
        assert_eq!(Statement::of(sql), kind, "{sql}");
    }
}
