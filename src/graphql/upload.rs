//! Files that clients send to be worked through.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::upload;
use entity::value::UploadStatus;

use super::engine::object::{Fields, Object};
use super::text;

/// `Upload`.
pub struct Upload;

impl Object for Upload {
    type Row = upload::Model;
    const NAME: &'static str = "Upload";

    fn fields() -> &'static Fields<upload::Model> {
        static FIELDS: LazyLock<Fields<upload::Model>> = LazyLock::new(|| {
            Fields::<upload::Model>::new("A file that a client sends to be worked through.")
                .value("id: ID!", "Its id, for `importStart`.", |upload| Value::from(upload.id.public()))
                .value("fileName: String!", "Its name at the client.", |upload| Value::from(upload.file_name.as_str()))
                .value("size: String!", "Its size in bytes, as it was announced.", |upload| {
                    Value::from(upload.size.to_string())
                })
                .value("received: String!", "Bytes of it that are kept for certain.", |upload| {
                    Value::from(upload.received.to_string())
                })
                .value("complete: Boolean!", "Whether all its bytes are here and its checksum is right.", |upload| {
                    Value::from(upload.status == UploadStatus::Complete)
                })
                .value(
                    "url: String!",
                    "Where its bytes are sent by PUT, from `/` on, with the same token; GET tells how many have come.",
                    |upload| Value::from(format!("/v1/uploads/{}", upload.id.public())),
                )
                .value("expiresAt: DateTime!", "When it is deleted, unless an operation still needs it.", |upload| {
                    text::time(upload.expires_at)
                })
        });
        &FIELDS
    }
}
