//! The schema in every language behind one executor: a request is answered in the words that it asked for.

use std::any::TypeId;
use std::sync::Arc;

use async_graphql::{Data, Executor, Request, Response};
use futures_util::stream::BoxStream;

use super::{ApiSchema, schema};
use crate::db::Db;
use crate::lang::Lang;

/// The same schema in English and in Chinese. They differ in descriptions alone, which introspection shows.
#[derive(Clone)]
pub struct Languages {
    en: ApiSchema,
    zh: ApiSchema,
}

impl Languages {
    /// Both schemas on one database.
    pub fn new(db: &Db) -> Self {
        Self { en: schema(Some(db.clone()), Lang::En), zh: schema(Some(db.clone()), Lang::Zh) }
    }

    /// The schema in the language that the request data holds, in English without one.
    fn of(&self, request: &Request) -> &ApiSchema {
        let lang = request.data.get(&TypeId::of::<Lang>()).and_then(|lang| lang.downcast_ref());
        match lang.copied().unwrap_or_default() {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

impl Executor for Languages {
    async fn execute(&self, request: Request) -> Response {
        self.of(&request).execute(request).await
    }

    fn execute_stream(&self, request: Request, session_data: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        Executor::execute_stream(self.of(&request), request, session_data)
    }
}
