//! Rules, as Front shows them. They are made and changed under `/portico/v1/rules`.

use std::sync::Arc;

use desk::access::Owner;
use desk::ids::RuleId;
use desk::rules::{self, Rule};
use wire::events::rule;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::whose::Whose;

/// `GET /rules`
pub async fn list(call: Call) -> Result {
    all(&call, None).await
}

/// `GET /company/rules`
pub async fn of_company(call: Call) -> Result {
    all(&call, Some(Whose::Company)).await
}

/// `GET /teams/{team_id}/rules`
pub async fn of_team(call: Call) -> Result {
    all(&call, Some(Whose::team(&call)?)).await
}

/// `GET /teammates/{teammate_id}/rules`
pub async fn of_teammate(call: Call) -> Result {
    all(&call, Some(Whose::teammate(&call)?)).await
}

async fn all(call: &Call, whose: Option<Whose>) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let owner = whose.as_ref().map(|whose| whose.owner(work)).transpose()?;
        let rows = rules::list(work)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        let wanted = |row: &&Arc<Rule>| owner.is_none_or(|owner| Owner::of(row.team, row.owner) == owner);
        Answer::list(&paging, rows.iter().filter(wanted).map(|row| rule(context, row)))
    })
    .await
}

/// `GET /rules/{rule_id}`
pub async fn get(call: Call) -> Result {
    let id: RuleId = call.id(0)?;
    call.read(move |work| {
        let row = rules::visible(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&rule(context(work, &directory), &row))
    })
    .await
}
