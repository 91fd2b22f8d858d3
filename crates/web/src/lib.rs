//! The pages that people see in a browser: signing in, and letting an app act for the company. Plain HTML from the server,
//! which works without a script.
//!
//! It is not the API (that is `api`), and it decides nothing that `desk` does not: a page shows what an operation answers,
//! and its form calls one.
//!
//! Start at [`router`]; [`page`] is what every page has in common, [`visitor`] who looks at it.

use axum::routing::{get, post};
use desk::Desk;

mod consent;
mod login;
mod page;
mod visitor;

/// All pages.
pub fn router(desk: Desk) -> axum::Router {
    axum::Router::new()
        .route(page::STYLE, get(page::style))
        .route(login::PATH, get(login::ask).post(login::begin))
        .route("/logout", post(login::end))
        .route("/oauth/authorize", get(consent::ask).post(consent::answer))
        .with_state(desk)
}
