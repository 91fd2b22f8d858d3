//! Teammates and workspaces: added, let in and kept out.

use desk::ids::TeamId;
use desk::teammates::{self, Change, New, Who};
use desk::{Error, Work, sessions, teams};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::Seconds;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::edge::error::Problem;

/// A new workspace.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTeam {
    /// What it is called.
    name: String,
}

/// A workspace with what only administrators see.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AdminTeam<'a> {
    #[serde(flatten)]
    team: wire::teams::Team<'a>,
    /// How many open conversations a teammate gets by load balancing at most.
    assign_limit: u32,
}

impl<'a> AdminTeam<'a> {
    fn new(context: wire::Context<'a>, row: &'a teams::Team) -> AdminTeam<'a> {
        AdminTeam { team: wire::teams::team(context, row), assign_limit: row.most_open() }
    }
}

/// `POST /portico/v1/teams`
pub async fn create_team(call: Call) -> Result {
    let body: CreateTeam = call.body()?;
    call.write(move |work| {
        let id = teams::create(work, &teams::New { name: body.name.clone() })?;
        let row = teams::get(work, id)?;
        let directory = work.directory()?;
        Answer::created(&AdminTeam::new(context(work, &directory), &row))
    })
    .await
}

/// A change of a workspace. What is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateTeam {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// How many open conversations a teammate gets by load balancing at most: 1 to 100, which is what it begins with.
    #[serde(default)]
    assign_limit: Option<u32>,
}

/// `PATCH /portico/v1/teams/{team_id}`
pub async fn update_team(call: Call) -> Result {
    let id: TeamId = call.id(0)?;
    let body: UpdateTeam = call.body()?;
    let change = teams::Change { name: body.name, assign_limit: body.assign_limit };
    call.write(move |work| {
        teams::update(work, id, &change)?;
        let row = teams::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&AdminTeam::new(context(work, &directory), &row))
    })
    .await
}

/// A new teammate.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTeammate {
    /// Unique in the company.
    email: String,
    /// Unique in the company; by default what stands before the `@`, with a number behind it if somebody has that name.
    #[serde(default)]
    username: Option<String>,
    /// Given name.
    first_name: String,
    /// Family name.
    #[serde(default)]
    last_name: Option<String>,
    /// Whether they may configure the company.
    #[serde(default)]
    is_admin: Option<bool>,
    /// The workspaces they belong to.
    #[serde(default)]
    team_ids: Option<Vec<String>>,
}

/// `POST /portico/v1/teammates`
pub async fn create(call: Call) -> Result {
    let body: CreateTeammate = call.body()?;
    let email = body.email.trim().to_lowercase();
    let local = match email.split_once('@') {
        Some((local, host)) if !local.is_empty() && !host.is_empty() && !email.contains(char::is_whitespace) => local,
        _ => return Err(Error::invalid("email", format!("expected an e-mail address, found {email:?}")).into()),
    };
    let is_chosen = body.username.is_some();
    let of_address = local.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    let new = New {
        r#type: "user",
        username: teammates::checked_username(&body.username.unwrap_or(of_address))?,
        email,
        first_name: body.first_name.trim().to_string(),
        last_name: body.last_name.unwrap_or_default().trim().to_string(),
        is_admin: body.is_admin.unwrap_or(false),
        bot_source: None,
    };
    let parse = |id: &String| id.parse::<TeamId>().map_err(|bad| Error::invalid("team_ids", bad.to_string()));
    let team_ids: Vec<TeamId> = body.team_ids.iter().flatten().map(parse).collect::<desk::Result<_>>()?;
    call.write(move |work| {
        let mut new = new.clone();
        if !is_chosen {
            new.username = free(work, &new.username)?;
        }
        let id = teammates::create(work, &new)?;
        for team in &team_ids {
            teams::add_members(work, *team, &[id])?;
        }
        let row = teammates::get(work, id)?;
        let directory = work.directory()?;
        Answer::created(&wire::teammates::teammate(context(work, &directory), &row))
    })
    .await
}

/// The first username that nobody has: this one, or the same with a number behind it.
fn free(work: &mut Work<'_>, wanted: &str) -> desk::Result<String> {
    let directory = work.directory()?;
    let is_free = |name: &String| directory.teammates().all(|teammate| teammate.username != *name);
    let numbered = (2..).map(|number| format!("{wanted}_{number}"));
    let mut names = std::iter::once(wanted.to_string()).chain(numbered);
    names.find(is_free).ok_or_else(|| Error::Conflict(format!("everybody has the username {wanted}")))
}

/// What Front only offers in its own pages.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "AdministerTeammate")]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateTeammate {
    /// Whether they are kept out, which the last administrator who is not cannot be.
    #[serde(default)]
    is_blocked: Option<bool>,
    /// Whether they may configure the company, which the last administrator who is not kept out goes on doing.
    #[serde(default)]
    is_admin: Option<bool>,
    /// Whether the API may see what belongs to them alone.
    #[serde(default)]
    exposes_private: Option<bool>,
}

/// `PATCH /portico/v1/teammates/{teammate_id}`
pub async fn update(call: Call) -> Result {
    let who: Who = call.segment(0).parse().map_err(|_: Error| Problem::unknown_resource())?;
    let body: UpdateTeammate = call.body()?;
    let change = Change { is_blocked: body.is_blocked, is_admin: body.is_admin, ..Change::default() };
    call.write(move |work| {
        let id = teammates::resolve(work, &who)?;
        teammates::update(work, id, &change)?;
        if let Some(exposes) = body.exposes_private {
            teammates::expose_private(work, id, exposes)?;
        }
        Answer::no_content()
    })
    .await
}

/// A link that signs a teammate in, shown only here.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LoginLink")]
pub(crate) struct ShownLink {
    /// To be opened in a browser, once.
    url: String,
    /// Until when.
    expires_at: Seconds,
}

/// `POST /portico/v1/teammates/{teammate_id}/login_link`: whoever follows it may do what the teammate may, so it is for
/// tokens that may do everything themselves.
pub async fn make_login_link(call: Call) -> Result {
    if !call.token.holds("*") {
        return Err(Problem::forbidden("The token lacks the scope *, so it cannot let people in.".to_string()).into());
    }
    let who: Who = call.segment(0).parse().map_err(|_: Error| Problem::unknown_resource())?;
    call.write(move |work| {
        let id = teammates::resolve(work, &who)?;
        let link = sessions::invite(work, id)?;
        let url = format!("{}/login?code={}", work.public_url(), link.ticket.reveal());
        Answer::created(&ShownLink { url, expires_at: Seconds(link.expires_at) })
    })
    .await
}
