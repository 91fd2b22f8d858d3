//! The table of operations: method, path, id, scope, handler, like the rows of `contract/operations.tsv`. The router
//! checks token and scope by it, a test compares it with the contract, and the OpenAPI document is made from it.

use std::pin::Pin;

use axum::response::Response;
use http::Method;

use crate::answer::Refusal;
use crate::call::Call;
use crate::{conversations, events, messages};

/// What a handler gives back: an HTTP answer or a refusal.
pub type Outcome = Pin<Box<dyn Future<Output = Result<Response, Refusal>> + Send>>;

/// One operation of the API.
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The path with its variable parts in braces.
    pub path: &'static str,
    /// The contract's name for it.
    pub id: &'static str,
    /// The scope that a token must hold; none if any token may.
    pub scope: Option<&'static str>,
    /// What does it.
    pub handler: fn(Call) -> Outcome,
}

/// Makes rows: `GET "/path" "operation-id" "scope" => handler;` with `-` for no scope.
macro_rules! operations {
    ($($method:ident $path:literal $id:literal $scope:tt => $handler:path;)*) => {
        &[$(Operation {
            method: Method::$method,
            path: $path,
            id: $id,
            scope: operations!(@scope $scope),
            handler: |call| Box::pin(async move { $handler(call).await.map(Into::into) }),
        }),*]
    };
    (@scope -) => { None };
    (@scope $scope:literal) => { Some($scope) };
}

/// Every operation, by family.
pub static OPERATIONS: &[&[Operation]] = &[CONVERSATIONS, MESSAGES, EVENTS];

static CONVERSATIONS: &[Operation] = operations! {
    GET "/conversations" "list-conversations" "conversations:read" => conversations::list;
    GET "/conversations/{conversation_id}" "get-conversation-by-id" "conversations:read" => conversations::get;
    GET "/conversations/{conversation_id}/events" "list-conversation-events" "events:*:read" => events::of_conversation;
};

static MESSAGES: &[Operation] = operations! {
    POST "/channels/{channel_id}/incoming_messages" "receive-custom-messages" "messages:write" => messages::receive_custom;
};

static EVENTS: &[Operation] = operations! {
    GET "/events" "list-events" "events:*:read" => events::list;
    GET "/events/{event_id}" "get-event" "events:*:read" => events::get;
};
