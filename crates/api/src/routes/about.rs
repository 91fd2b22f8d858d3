//! What a row of the table says of its operation beside the address: what it is for, what it takes, what it gives.
//!
//! A row without this doesn't compile. [`crate::openapi`] makes the document from it, and the product's tests hold every
//! answer against that document.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::edge::params::PageRules;

/// Makes a schema; kept as a function, so that the table itself costs nothing until somebody asks for the document.
pub type Shape = fn(&mut SchemaGenerator) -> Schema;

/// The description of an operation.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// What it does, in one sentence without a full stop.
    pub summary: &'static str,
    /// The pages that may be asked for, if it gives pages.
    pub pages: Option<&'static PageRules>,
    /// What may stand inside `q`.
    pub filter: &'static [Parameter],
    /// What else may stand after the question mark.
    pub query: &'static [Parameter],
    /// What it takes.
    pub body: Option<Body>,
    /// The status of success.
    pub status: u16,
    /// What comes with it.
    pub content: Content,
    /// Whether something else should be used today.
    pub is_deprecated: bool,
    /// What a token must reach, if it is one of Portico's own operations.
    pub reach: Reach,
}

/// What a token must reach before an operation of Portico's own looks at anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Everything: what is shown or changed opens all workspaces.
    Everything,
    /// The company's own things.
    Company,
    /// No more than what is named: the operation checks that.
    WhatIsNamed,
}

/// The body of a request: the fields of all its shapes side by side.
#[derive(Debug, Clone, Copy)]
pub struct Body {
    /// The shape that reads it.
    pub shape: Shape,
    /// Another one that reads the same body.
    pub beside: Option<Shape>,
    /// Fields that the shape lets be absent, but this operation doesn't.
    pub required: &'static [&'static str],
    /// The field of its files; a body that may have files may come as a form.
    pub files: Option<Files>,
}

/// Files in a request.
#[derive(Debug, Clone, Copy)]
pub enum Files {
    /// Any number under this name.
    Many(&'static str),
    /// One under this name.
    One(&'static str),
}

/// What an answer of success holds.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// Nothing.
    Nothing,
    /// One thing.
    One(Shape),
    /// A whole collection.
    List(Shape),
    /// A page of a collection.
    Page(Shape),
    /// A page of what a search found, with the number of all hits.
    Hits(Shape),
    /// A file as it is.
    File,
}

/// Something that may stand after the question mark.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub words: &'static str,
    /// What it may be.
    pub kind: Kind,
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any number of texts.
    Texts,
    /// Any number of these words.
    Words(&'static [&'static str]),
    /// Seconds since 1970, with decimals.
    Time,
    /// Yes or no.
    Flag,
}

/// An operation that gives one thing.
pub const fn one<T: JsonSchema>() -> About {
    About { content: Content::One(SchemaGenerator::subschema_for::<T>), ..NOTHING }
}

/// An operation that gives a whole collection.
pub const fn list<T: JsonSchema>() -> About {
    About { content: Content::List(SchemaGenerator::subschema_for::<T>), ..NOTHING }
}

/// An operation that gives a page of a collection.
pub const fn page<T: JsonSchema>(rules: &'static PageRules) -> About {
    About { content: Content::Page(SchemaGenerator::subschema_for::<T>), pages: Some(rules), ..NOTHING }
}

/// An operation whose one page holds everything.
pub const fn page_of_all<T: JsonSchema>() -> About {
    About { content: Content::Page(SchemaGenerator::subschema_for::<T>), ..NOTHING }
}

/// An operation that gives a page of what it found.
pub const fn hits<T: JsonSchema>(rules: &'static PageRules) -> About {
    About { content: Content::Hits(SchemaGenerator::subschema_for::<T>), pages: Some(rules), ..NOTHING }
}

/// An operation that gives a file.
pub const fn file() -> About {
    About { content: Content::File, ..NOTHING }
}

/// An operation that gives nothing.
pub const fn nothing() -> About {
    About { status: 204, ..NOTHING }
}

const NOTHING: About = About {
    summary: "",
    pages: None,
    filter: &[],
    query: &[],
    body: None,
    status: 200,
    content: Content::Nothing,
    is_deprecated: false,
    reach: Reach::Everything,
};

impl About {
    /// The same with what it is for.
    pub const fn saying(self, summary: &'static str) -> About {
        About { summary, ..self }
    }

    /// The same with another status than 200, or than 204 for nothing.
    pub const fn status(self, status: u16) -> About {
        About { status, ..self }
    }

    /// The same with a body.
    pub const fn takes<T: JsonSchema>(self) -> About {
        let body = Body { shape: SchemaGenerator::subschema_for::<T>, beside: None, required: &[], files: None };
        About { body: Some(body), ..self }
    }

    /// The same with more fields in its body.
    pub const fn beside<T: JsonSchema>(self) -> About {
        self.with_body(Body { beside: Some(SchemaGenerator::subschema_for::<T>), ..self.body() })
    }

    /// The same with fields that its body must have.
    pub const fn requires(self, required: &'static [&'static str]) -> About {
        self.with_body(Body { required, ..self.body() })
    }

    /// The same with files in its body.
    pub const fn files(self, files: Files) -> About {
        self.with_body(Body { files: Some(files), ..self.body() })
    }

    /// The same with a `q`.
    pub const fn filtered(self, filter: &'static [Parameter]) -> About {
        About { filter, ..self }
    }

    /// The same with more parameters.
    pub const fn asking(self, query: &'static [Parameter]) -> About {
        About { query, ..self }
    }

    /// The same for tokens that reach the company's own things.
    pub const fn of_company(self) -> About {
        About { reach: Reach::Company, ..self }
    }

    /// The same for tokens that reach what it is about.
    pub const fn of_what_is_named(self) -> About {
        About { reach: Reach::WhatIsNamed, ..self }
    }

    /// The same, but something else should be used today.
    pub const fn deprecated(self) -> About {
        About { is_deprecated: true, ..self }
    }

    /// The names that may stand after the question mark. A whole collection takes the words of pages too: clients that
    /// walk through pages needn't know which collection has only one.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = self.query.iter().map(|parameter| parameter.name).collect();
        if !self.filter.is_empty() {
            names.push("q");
        }
        if matches!(self.content, Content::List(_) | Content::Page(_) | Content::Hits(_)) {
            names.extend(["limit", "page_token"]);
        }
        if self.pages.is_some_and(|rules| !rules.sort_by.is_empty()) {
            names.extend(["sort_by", "sort_order"]);
        }
        names
    }

    const fn body(self) -> Body {
        self.body.expect("a row says what its body is before it says more of it")
    }

    const fn with_body(self, body: Body) -> About {
        About { body: Some(body), ..self }
    }
}
