//! Traces of a running service, taken by a small collector.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::json;

use crate::cli::program::Program;

/// What a client sends and no span may tell.
const SECRET: &str = "geheimnis";
/// The trace and the span of the client.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// Takes what is sent to `/v1/traces` until nobody listens; gives the address and the bodies.
fn collector() -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut bytes) = (stream.unwrap(), Vec::new());
            let (end, length) = loop {
                let mut piece = [0; 4096];
                let read = stream.read(&mut piece).unwrap();
                bytes.extend_from_slice(&piece[..read]);
                if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                    let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_ascii_lowercase();
                    assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
                    assert!(head.contains("content-type: application/x-protobuf"), "{head}");
                    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                    break (end + 4, length.trim().parse::<usize>().unwrap());
                }
                assert!(read > 0, "a request that ends in its head");
            };
            let mut rest = vec![0; length - (bytes.len() - end)];
            stream.read_exact(&mut rest).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            if sender.send([&bytes[end..], &rest].concat()).is_err() {
                return;
            }
        }
    });
    (address, receiver)
}

/// The spans of a batch.
fn spans(batch: &[u8]) -> Vec<Span> {
    assert!(!String::from_utf8_lossy(batch).contains(SECRET));
    let batch = ExportTraceServiceRequest::decode(batch).unwrap();
    let scopes = batch.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_request_goes_on_with_the_trace_of_its_client() {
    let (address, batches) = collector();
    let mut program = Program::new();
    program.set("JIXIAO_LISTEN", "127.0.0.1:0");
    program.set("JIXIAO_OTLP_ENDPOINT", &address);
    program.set("OTEL_BSP_SCHEDULE_DELAY", "50");
    let service = program.start(&["demo"], "Ctrl-C");
    let query = json!({ "query": format!("query {SECRET} {{ projects(first: 2) {{ nodes {{ name }} }} }}") });
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let (status, _) = service.post("/public/graphql", &[("traceparent", &parent), (SECRET, SECRET)], &query);
    assert_eq!(status, 200);
    let mut own: Vec<Span> = Vec::new();
    while !own.iter().any(|span| span.name == "POST /public/graphql") {
        let batch = batches.recv_timeout(Duration::from_secs(60)).unwrap();
        own.extend(spans(&batch).into_iter().filter(|span| hex(&span.trace_id) == TRACE));
    }
    let request = own.iter().find(|span| span.name == "POST /public/graphql").unwrap();
    assert_eq!(hex(&request.parent_span_id), PARENT);
    let statements: Vec<&Span> = own.iter().filter(|span| span.parent_span_id == request.span_id).collect();
    assert!(statements.iter().any(|span| span.name == "read"), "{own:?}");
    for statement in statements {
        assert!(statement.start_time_unix_nano >= request.start_time_unix_nano, "{statement:?}");
        assert!(statement.end_time_unix_nano <= request.end_time_unix_nano, "{statement:?}");
    }
    // The last spans are sent before the end.
    let (status, _) = service.post("/nothing", &[("traceparent", &parent)], &json!({}));
    assert_eq!(status, 404);
    assert_eq!(service.end_by("-TERM"), Some(0));
    let rest = std::iter::from_fn(|| batches.try_recv().ok()).flat_map(|batch| spans(&batch));
    assert!(rest.into_iter().any(|span| span.name == "POST none" && hex(&span.trace_id) == TRACE));
}
