//! Edges: the rows of a page, each with its cursor.

use async_graphql::Value;

use super::asked::Asked;
use super::json::{self, Key, Texts};
use super::object::Object;
use super::plan::Plan;
use crate::error::AppResult;
use crate::service::read::Reader;

/// What is asked of the edges of a page.
pub struct Edges<R> {
    type_name: String,
    fields: Vec<(Key, Edge<R>)>,
}

enum Edge<R> {
    Typename,
    Cursor,
    Node(Plan<R>),
}

impl<R: Clone + Send + Sync + 'static> Edges<R> {
    /// Plans what `asked` selects of edges of the type `type_name` with nodes of type `T`.
    ///
    /// # Errors
    /// As [`Plan::compile`].
    pub fn compile<T: Object<Row = R>>(type_name: String, asked: &Asked<'_>) -> AppResult<Self> {
        let fields = asked.fields(&type_name, &[]).into_iter().map(|field| {
            let edge = match field.name {
                "cursor" => Edge::Cursor,
                "node" => Edge::Node(Plan::compile::<T>(&field)?),
                _ => Edge::Typename,
            };
            Ok((Key::new(field.key), edge))
        });
        let fields = fields.collect::<AppResult<_>>()?;
        Ok(Self { type_name, fields })
    }

    /// Whether cursors are asked for.
    pub fn have_cursors(&self) -> bool {
        self.fields.iter().any(|(_, edge)| matches!(edge, Edge::Cursor))
    }

    /// What is asked of the rows.
    pub fn nodes(&self) -> impl Iterator<Item = &Plan<R>> {
        self.fields.iter().filter_map(|(_, edge)| match edge {
            Edge::Node(plan) => Some(plan),
            Edge::Typename | Edge::Cursor => None,
        })
    }

    /// The edges of rows, with the cursors that `cursor` makes.
    pub async fn render(
        &self,
        reader: Reader<'_>,
        rows: &[R],
        cursor: impl Fn(&R) -> String + Send,
    ) -> AppResult<Texts> {
        let mut fields = Vec::with_capacity(self.fields.len());
        for (key, edge) in &self.fields {
            let texts = match edge {
                Edge::Typename | Edge::Cursor => Texts::default(),
                Edge::Node(plan) => plan.render(reader, rows).await?,
            };
            fields.push((key, (edge, texts)));
        }
        let mut edges = Texts::with_capacity(rows.len());
        for (place, row) in rows.iter().enumerate() {
            let fields = fields.iter().map(|(key, (edge, texts))| (*key, (*edge, texts)));
            edges.push(|out| {
                json::object(out, fields, |out, (edge, texts)| match edge {
                    Edge::Typename => json::value(out, &Value::from(self.type_name.as_str())),
                    Edge::Cursor => json::value(out, &Value::from(cursor(row))),
                    Edge::Node(_) => out.extend_from_slice(texts.get(place)),
                });
            });
        }
        Ok(edges)
    }
}
