//! The first start: a company with what it needs to receive a message, and its owner's token.

use api::edge::bearer::{self, ApiClaims};
use desk::access::Owner;
use desk::companies::{self, New};
use desk::ids::{CompanyId, TokenId};
use desk::{Access, Desk, Error, Result, Work};
use desk::{channels, inboxes, statuses, teammates, teams, tokens};
use serde_json::Map;

/// A company that was just founded.
#[derive(Debug)]
pub struct Founded {
    /// Its number.
    pub company: CompanyId,
    /// The owner's API token, shown this once.
    pub token: String,
}

/// Makes a token that may do everything, or less.
pub fn token(work: &mut Work<'_>, name: &str, scopes: Vec<String>, access: Access) -> Result<(TokenId, String)> {
    let (company, issued_at) = (work.company.0, work.now.0 / 1_000);
    let new = tokens::New { name: name.to_string(), scopes, access };
    tokens::create(work, &new, |id, key| bearer::mint(key, &ApiClaims { company, token: id.0, issued_at }))
}

/// Founds a company with a token of its owner, and whatever `fill` adds, all in one unit.
pub fn found(desk: &Desk, new: New, fill: impl Fn(&mut Work<'_>) -> Result<()> + Send + 'static) -> Result<Founded> {
    let (company, token) = companies::found(desk, new, move |work| {
        fill(work)?;
        let (_, text) = token(work, "Owner", vec!["*".to_string()], Access::everything())?;
        Ok(text)
    })?;
    Ok(Founded { company, token })
}

/// Founds a furnished company if the store has none yet. Two processes may ask at once: one of them founds it.
pub fn found_first(desk: &Desk) -> Result<Option<Founded>> {
    let new = New { name: "My company".to_string(), slug: "company".to_string(), has_ticketing: false };
    let founded = found(desk, new, |work| match companies::is_only(work)? {
        true => furnish(work),
        false => Err(Error::Conflict("there is a company already".to_string())),
    });
    match founded {
        Ok(founded) => Ok(Some(founded)),
        Err(Error::Conflict(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Furnishes a new company with what it needs to receive a message: its owner, a workspace, a shared inbox, the usual
/// ticket statuses, and a channel that programs can write to. The owner's address is a placeholder until they sign in.
pub fn furnish(work: &mut Work<'_>) -> Result<()> {
    let owner = teammates::create(
        work,
        &teammates::New {
            r#type: "user",
            email: "owner@portico.invalid".to_string(),
            username: "owner".to_string(),
            first_name: "Owner".to_string(),
            last_name: String::new(),
            is_admin: true,
            bot_source: None,
        },
    )?;
    let team = teams::create(work, &teams::New { name: "Support".to_string() })?;
    teams::add_members(work, team, &[owner])?;
    let inbox = inboxes::create(
        work,
        &inboxes::New {
            owner: Owner::Team(team),
            name: "Support".to_string(),
            is_public: true,
            teammates: Vec::new(),
            custom_fields: Map::new(),
        },
    )?;
    channels::create(
        work,
        &channels::New {
            inbox,
            r#type: "custom".to_string(),
            name: "Custom".to_string(),
            address: None,
            send_as: None,
            settings: Map::new(),
            webhook_url: None,
            contact_type: None,
        },
    )?;
    statuses::create_defaults(work)
}
