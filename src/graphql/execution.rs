//! Executing a document. The library says what is wrong with it, once for all values of its variables; then queries
//! are answered by ourselves, straight to JSON. Mutations and questions for the schema are executed by the library.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, InlineFragment, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Executor, Name, Pos, Positioned, Request, Response, ServerError, Variables};
use async_graphql_value::Value as Literal;
use futures_util::future::BoxFuture;

use super::queries::{Executed, Queries, Valid};

/// A document, and what is known of it.
pub struct Document {
    /// What it says.
    pub read: ExecutableDocument,
    /// Where it asks for the schema, in an operation or a fragment.
    pub introspects: Option<Pos>,
    /// Whether the schema allows it, whatever the values of variables of the declared types are.
    valid: AtomicBool,
}

impl Document {
    /// A document of which nothing is known yet.
    pub fn new(read: ExecutableDocument) -> Self {
        let introspects = question(&read);
        Self { read, introspects, valid: AtomicBool::new(false) }
    }

    /// Whether it was found valid for all variables that fit.
    fn is_valid(&self) -> bool {
        self.valid.load(Ordering::Relaxed)
    }

    /// Notes that it was found valid with a value for each variable. Those of a document of several operations are never
    /// all there.
    fn found_valid(&self) {
        let one = self.read.operations.iter().nth(1).is_none();
        self.valid.store(one, Ordering::Relaxed);
    }
}

/// A document with the values of its variables.
pub struct Execution<'a, E> {
    /// Executes, and knows the schema.
    pub executor: &'a E,
    /// Answers queries, where it is not the executor that does.
    pub queries: Option<&'a Queries>,
    /// The document.
    pub document: &'a Document,
    /// Name of the operation.
    pub name: Option<&'a str>,
    /// What is asked, by whom.
    pub asked: Valid<'a>,
    /// Whether the values of all variables plainly fit.
    pub all_fit: bool,
}

impl<E: Executor> Execution<'_, E> {
    /// Says whether there is something wrong with the document; nothing of it is executed.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn check(&self) -> Result<(), Vec<ServerError>> {
        let Valid { operation, variables, held, .. } = self.asked;
        if self.document.is_valid() && self.all_fit {
            return Ok(());
        }
        if self.all_fit {
            let filled = held.filled(operation, variables);
            let mistakes = self.mistakes(&filled).await;
            if mistakes.is_empty() {
                self.document.found_valid();
                return Ok(());
            }
            if matches!(filled, Cow::Borrowed(_)) {
                return Err(mistakes);
            }
        }
        let mistakes = self.mistakes(variables).await;
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }

    /// Executes it; `equip` gives what resolvers look for in the data of a request.
    ///
    /// # Errors
    /// What is wrong with the document.
    pub async fn run(&self, equip: impl FnOnce(Request) -> Request) -> Result<Executed, Vec<ServerError>> {
        let reads = self.asked.operation.ty == OperationType::Query && self.document.introspects.is_none();
        if let Some(queries) = self.queries.filter(|_| reads) {
            self.check().await?;
            return Ok(queries.answer(self.asked).await);
        }
        let document = ExecutableDocument::clone(&self.document.read);
        let request = request(document, self.name, self.asked.variables.clone());
        Executed::of(by_library(self.executor, equip(request)).await)
    }

    async fn mistakes(&self, variables: &Variables) -> Vec<ServerError> {
        mistakes(self.executor, &self.document.read, self.name, variables.clone()).await
    }
}

/// What the library finds wrong with a document, for these values of variables; nothing of it is executed.
pub async fn mistakes<E: Executor>(
    executor: &E,
    document: &ExecutableDocument,
    name: Option<&str>,
    variables: Variables,
) -> Vec<ServerError> {
    let document = without_work(ExecutableDocument::clone(document));
    by_library(executor, request(document, name, variables)).await.errors
}

/// Kept apart, because it takes room that the answer to a known query would have to carry along.
fn by_library<E: Executor>(executor: &E, request: Request) -> BoxFuture<'_, Response> {
    Box::pin(executor.execute(request))
}

fn request(document: ExecutableDocument, name: Option<&str>, variables: Variables) -> Request {
    let mut request = Request::new("").variables(variables);
    request.operation_name = name.map(str::to_owned);
    request.set_parsed_query(document);
    request
}

/// The same document, checked like any other when it is executed, of which nothing is executed.
fn without_work(mut document: ExecutableDocument) -> ExecutableDocument {
    let operations: Vec<&mut Positioned<OperationDefinition>> = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values_mut().collect(),
    };
    for operation in operations {
        let pos = operation.pos;
        let at = |name| Positioned::new(Name::new(name), pos);
        let skip =
            Directive { name: at("skip"), arguments: vec![(at("if"), Positioned::new(Literal::Boolean(true), pos))] };
        let set = &mut operation.node.selection_set;
        let all = InlineFragment {
            type_condition: None,
            directives: vec![Positioned::new(skip, pos)],
            selection_set: std::mem::take(set),
        };
        set.node.items = vec![Positioned::new(Selection::InlineFragment(Positioned::new(all, pos)), pos)];
    }
    document
}

fn question(document: &ExecutableDocument) -> Option<Pos> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set);
    operations.chain(fragments).find_map(in_set)
}

fn in_set(set: &Positioned<SelectionSet>) -> Option<Pos> {
    set.node.items.iter().find_map(|selection| match &selection.node {
        Selection::Field(field) if matches!(field.node.name.node.as_str(), "__schema" | "__type") => Some(field.pos),
        Selection::Field(field) => in_set(&field.node.selection_set),
        Selection::InlineFragment(fragment) => in_set(&fragment.node.selection_set),
        Selection::FragmentSpread(_) => None,
    })
}
