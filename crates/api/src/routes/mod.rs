//! The table of operations: method, path, id, scope, handler, and what is to be known of it. The router checks token and
//! scope by it, a test compares it with the contract, and the OpenAPI document is made from it.
//!
//! A new operation is a row in the file of its family. The row names the types that the handler reads and renders; the
//! product's tests hold every answer against what it says.

use std::pin::Pin;

use axum::response::Response;
use http::Method;

use crate::answer::Refusal;
use crate::call::Call;

pub use self::about::About;

/// Makes rows: `GET "/path" "operation-id" "scope" => handler, "What it does", what it gives and takes;` with `-` for no
/// scope.
macro_rules! operations {
    ($($method:ident $path:literal $id:literal $scope:tt => $handler:path, $summary:literal, $about:expr;)*) => {
        &[$(Operation {
            method: Method::$method,
            path: $path,
            id: $id,
            scope: operations!(@scope $scope),
            handler: |call| Box::pin(async move { $handler(call).await.map(Into::into) }),
            about: $about.saying($summary),
        }),*]
    };
    (@scope -) => { None };
    (@scope $scope:literal) => { Some($scope) };
}

pub mod about;
mod admin;
mod analytics;
mod application_channels;
mod apps;
mod company;
mod contacts;
mod conversations;
mod knowledge_bases;
mod message_templates;
mod people;
mod queries;
mod shapes;
mod signatures;

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
    /// What it is for, takes and gives.
    pub about: About,
}

impl Operation {
    /// Whether it is one of Portico's own, which refuse what they do not know, where Front's pass over it.
    pub fn is_own(&self) -> bool {
        self.path.starts_with("/portico/")
    }
}

/// Operations about the same noun.
pub struct Family {
    /// What they are called in the document.
    pub name: &'static str,
    /// What the noun is.
    pub words: &'static str,
    /// The operations.
    pub operations: &'static [Operation],
}

/// Every operation.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    FAMILIES.iter().flat_map(|family| family.operations)
}

/// Every operation, by family.
pub static FAMILIES: &[Family] = &[
    family("Conversations", "Threads of messages, comments and events.", conversations::CONVERSATIONS),
    family("Messages", "What customers wrote and what they were written.", conversations::MESSAGES),
    family("Drafts", "Messages that are not sent yet.", conversations::DRAFTS),
    family("Attachments", "Files on messages, comments and articles.", conversations::ATTACHMENTS),
    family("Comments", "What teammates say among themselves.", conversations::COMMENTS),
    family("Events", "The log of everything that happened.", conversations::EVENTS),
    family("Message templates", "What people write again and again.", message_templates::TEMPLATES),
    family("Message template folders", "What message templates lie in.", message_templates::FOLDERS),
    family("Signatures", "What stands below e-mails.", signatures::SIGNATURES),
    family("Contacts", "People outside the company.", contacts::CONTACTS),
    family("Accounts", "Companies outside, to which contacts belong.", contacts::ACCOUNTS),
    family("Contact lists", "Named lists of contacts, once called groups.", contacts::LISTS),
    family("Tags", "Labels on conversations.", company::TAGS),
    family("Links", "Things outside that conversations are about.", company::LINKS),
    family("Teams", "Workspaces.", company::TEAMS),
    family("Teammates", "People inside the company, and bots.", company::TEAMMATES),
    family("Teammate groups", "People who have workspaces in common.", people::GROUPS),
    family("Shifts", "When the people of a workspace work.", people::SHIFTS),
    family("Time off", "When somebody is away.", people::TIME_OFFS),
    family("Views", "Selections of conversations that workspaces share.", company::VIEWS),
    family("Inboxes", "Where conversations arrive.", company::INBOXES),
    family("Channels", "Ways in and out for messages.", company::CHANNELS),
    family("Application channels", "What apps' servers tell of their channels.", application_channels::MESSAGES),
    family("Application channels: calls", "Phone calls on apps' channels.", application_channels::CALLS),
    family("Application channels: templates", "What apps' channels may send.", application_channels::TEMPLATES),
    family("Custom fields", "What a company defines for its things.", company::CUSTOM_FIELDS),
    family("Rules", "Rules as Front shows them.", company::RULES),
    family("Analytics", "Figures and files about what happened.", analytics::ANALYTICS),
    family("Knowledge bases", "What customers, or the company's own people, may read.", knowledge_bases::BASES),
    family("Knowledge base categories", "Where their articles stand.", knowledge_bases::CATEGORIES),
    family("Knowledge base articles", "What is to be read in them.", knowledge_bases::ARTICLES),
    family("Applications", "What happens in other systems.", apps::APPLICATIONS),
    family("Company", "Whose token it is, and the ticket statuses.", company::COMPANY),
    family("Administration: company", "The company's settings and its secret.", admin::COMPANY),
    family("Administration: conversations", "What people do to conversations.", admin::CONVERSATIONS),
    family("Administration: places", "Inboxes, and the secrets of channels.", admin::PLACES),
    family("Administration: rules", "Rules and macros: made, ordered, switched, tried, explained.", admin::RULES),
    family("Administration: time goals", "How soon customers are to have a reply, or an end.", admin::TIME_GOALS),
    family("Administration: knowledge bases", "Whether they are published.", admin::KNOWLEDGE_BASES),
    family("Administration: tokens", "API tokens.", admin::TOKENS),
    family("Administration: people", "Workspaces and teammates.", admin::PEOPLE),
    family("Administration: definitions", "Custom fields and ticket statuses.", admin::DEFINITIONS),
    family("Administration: apps", "Apps of the company's developers, their features and secrets.", apps::APPS),
    family("Administration: app directory", "Apps that may be installed, and those that are.", apps::DIRECTORY),
    family(
        "Administration: shared credentials",
        "What many channels of an app share, and the addresses.",
        apps::SHARED,
    ),
    family("Administration: deliveries", "What was sent outside, how it went, and once more.", admin::DELIVERIES),
    family("Administration: sandbox", "The switches of `portico dev`; other servers answer 404.", admin::SANDBOX),
];

const fn family(name: &'static str, words: &'static str, operations: &'static [Operation]) -> Family {
    Family { name, words, operations }
}
