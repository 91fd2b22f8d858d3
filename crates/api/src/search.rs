//! Search.

use desk::search;
use wire::conversations::conversation;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::edge::params::PageRules;

/// `GET /conversations/search/{query}`
pub async fn conversations(call: Call) -> Result {
    let query = search::parse(call.segment(0))?;
    let paging = call.paging("search", &PageRules::USUAL, false)?;
    call.read(move |work| {
        let found = search::conversations(work, &query, &paging.window)?;
        let page = desk::conversations::view_page(work, found.page)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        let rows = page.rows.iter().map(|view| conversation(context, view));
        Answer::page_of(&paging, rows, page.next, Some(found.total))
    })
    .await
}
