//! Files end to end: announced and started by GraphQL, sent and fetched by HTTP, applied through the service.

mod canaries;
mod formats;
mod modes;
mod scene;
