//! Traces: a span for each request, a span for each statement below it, sent to a collector by OTLP (HTTP, protobuf).
//!
//! A request that comes with a `traceparent` (W3C Trace Context) goes on with the trace of its client. Spans tell routes, kinds,
//! states and the SQL with its places for values; never a value, a document, a token or an address. How many traces are taken
//! is said by the variables of OpenTelemetry (`OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`): all of them by default. A
//! collector that does not answer costs spans and nothing else.

mod sender;

use std::time::{Duration, SystemTime};

use hyper::HeaderMap;
use opentelemetry::context::FutureExt;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span as _, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use crate::error::{AppError, AppResult};
use sender::Sender;

/// Longest SQL in a span, in characters.
const SQL: usize = 1_000;

/// Takes spans and sends them; clones are the same.
#[derive(Clone, Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// The span of a request; it ends when it is dropped.
#[derive(Clone, Debug)]
pub struct Span(Context);

impl Traces {
    /// Sends to the collector at this address, below which `/v1/traces` is. To be called inside a runtime.
    ///
    /// # Errors
    /// When that is no address.
    pub fn to(collector: &str) -> AppResult<Self> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender::here())
            .with_endpoint(format!("{collector}/v1/traces"))
            .with_protocol(Protocol::HttpBinary)
            .build();
        let exporter = exporter.map_err(|error| {
            AppError::bad_input(format!("The collector of traces {collector} is no address.")).caused_by(error)
        })?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder().with_service_name("jixiao").with_attribute(version).build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        let tracer = provider.tracer("jixiao");
        Ok(Self { provider, tracer })
    }

    /// The span of a request; `route` is the pattern of its path.
    pub fn request(&self, method: &str, route: &str, headers: &HeaderMap) -> Span {
        let client = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
        let span = self
            .tracer
            .span_builder(format!("{method} {route}"))
            .with_kind(SpanKind::Server)
            .with_attributes([KeyValue::new("http.route", route.to_owned())])
            .start_with_context(&self.tracer, &client);
        Span(client.with_span(span))
    }

    /// A statement that has just ended, in the span of the request that runs; none where no request does.
    pub fn statement(&self, kind: &'static str, sql: &str, took: Duration, failed: bool) {
        let request = Context::current();
        if !request.has_active_span() {
            return;
        }
        let now = SystemTime::now();
        let text: String = sql.chars().take(SQL).collect();
        let mut span = self
            .tracer
            .span_builder(kind)
            .with_kind(SpanKind::Client)
            .with_start_time(now.checked_sub(took).unwrap_or(now))
            .with_attributes([KeyValue::new("db.query.text", text)])
            .start_with_context(&self.tracer, &request);
        if failed {
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(now);
    }

    /// Sends what is left. Blocks.
    pub fn close(&self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

impl Span {
    /// Does the work of the request inside its span.
    pub async fn around<T>(&self, work: impl Future<Output = T>) -> T {
        work.with_context(self.0.clone()).await
    }

    /// Notes how the request was answered.
    pub fn answered(&self, status: u16) {
        let span = self.0.span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            span.set_status(Status::error(""));
        }
        span.end();
    }
}
