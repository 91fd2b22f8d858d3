//! Codes for tokens, refresh tokens for access tokens, and tokens that a client gives back (RFC 6749, 7636, 7009). A client
//! that is refused learns why in one phrase; what its attempt changes is kept all the same.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::store::{self, Consent, Token};
use super::{ACCESS_LIFE, REFRESH_LIFE, RENEWAL};
use crate::apps::App;
use crate::crypto;
use crate::error::Result;
use crate::ids::{ConsentId, TokenId};
use crate::tickets::Ticket;
use crate::time::Timestamp;
use crate::work::Work;

/// Tokens, as they are handed over.
#[derive(Debug)]
pub struct Issued {
    /// Opens the API.
    pub access: String,
    /// Gives the next access token.
    pub refresh: Ticket,
    /// When the access token ends.
    pub expires_at: Timestamp,
}

/// Tokens, or why there are none.
pub type Outcome = std::result::Result<Issued, &'static str>;

/// What a client says of the code that it shows.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Where it says that the code was sent.
    pub redirect_uri: String,
    /// What only the client that began can know (PKCE).
    pub verifier: Option<String>,
}

/// Exchanges a code for tokens, once. `mint` turns the number and the end of an access token into its text.
pub fn exchange(
    work: &mut Work<'_>,
    app: &App,
    (code, shown): (&Ticket, &Shown),
    mint: impl Fn(TokenId, Timestamp, &[u8]) -> String,
) -> Result<Outcome> {
    let Some(row) = store::code(work.conn, work.company, &code.digest())? else { return Ok(Err("unknown code")) };
    let consent = match consent(work, app, row.consent)? {
        Ok(consent) => consent,
        Err(why) => return Ok(Err(why)),
    };
    if let Some(refresh) = row.refresh {
        // Somebody has stolen the code or its tokens; nobody can tell which of the two holds them rightly (RFC 6749, 4.1.2).
        store::delete_token(work.conn, work.company, refresh)?;
        return Ok(Err("the code was used before; the tokens that it gave have ended"));
    }
    if row.expires_at <= work.now {
        return Ok(Err("the code has expired"));
    }
    if row.redirect_uri != shown.redirect_uri {
        return Ok(Err("redirect_uri is not the one that the code was sent to"));
    }
    if !is_proven(row.challenge.as_deref(), shown.verifier.as_deref()) {
        return Ok(Err("code_verifier does not belong to the code's challenge"));
    }
    let (refresh, id) = begin_refresh(work, &consent)?;
    store::use_code(work.conn, work.company, &code.digest(), id)?;
    issue(work, &consent, (refresh, id), mint).map(Ok)
}

/// A challenge needs its verifier, and a verifier its challenge: else leaving out the challenge would switch the check off.
fn is_proven(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            let made = URL_SAFE_NO_PAD.encode(crypto::sha256(verifier.as_bytes()));
            crypto::same(made.as_bytes(), challenge.as_bytes())
        }
        _ => false,
    }
}

/// Gives an access token for a refresh token, and the same refresh token again; in its last day its successor. The old
/// one, and earlier access tokens, go on to their own ends.
pub fn refresh(
    work: &mut Work<'_>,
    app: &App,
    shown: &Ticket,
    mint: impl Fn(TokenId, Timestamp, &[u8]) -> String,
) -> Result<Outcome> {
    let row = store::token_by_digest(work.conn, work.company, &shown.digest())?;
    let Some(row) = row.filter(|row| row.refresh.is_none()) else { return Ok(Err("unknown refresh token")) };
    let consent = match consent(work, app, row.consent)? {
        Ok(consent) => consent,
        Err(why) => return Ok(Err(why)),
    };
    if row.expires_at <= work.now {
        return Ok(Err("the refresh token has expired"));
    }
    let refresh = match row.expires_at <= work.now.plus(RENEWAL) {
        true => begin_refresh(work, &consent)?,
        false => (shown.clone(), row.id),
    };
    issue(work, &consent, refresh, mint).map(Ok)
}

/// The consent that something was given by, if it was given to this app, which may act here now.
fn consent(work: &mut Work<'_>, app: &App, id: ConsentId) -> Result<std::result::Result<Consent, &'static str>> {
    let found = store::consent(work.conn, work.company, id)?.filter(|consent| consent.app == app.id);
    let Some(consent) = found else { return Ok(Err("it was given to another client")) };
    let directory = work.directory()?;
    let runs = directory.apps().any(|here| here.app.id == app.id && here.is_enabled);
    Ok(if runs { Ok(consent) } else { Err("the app is switched off") })
}

fn begin_refresh(work: &mut Work<'_>, consent: &Consent) -> Result<(Ticket, TokenId)> {
    let (ticket, id) = (Ticket::make(work), TokenId(work.new_id()));
    let row = Token {
        id,
        consent: consent.id,
        refresh: None,
        digest: ticket.digest(),
        expires_at: work.now.plus(REFRESH_LIFE),
    };
    store::insert_token(work.conn, work.company, &row)?;
    Ok((ticket, id))
}

fn issue(
    work: &mut Work<'_>,
    consent: &Consent,
    (refresh, of): (Ticket, TokenId),
    mint: impl Fn(TokenId, Timestamp, &[u8]) -> String,
) -> Result<Issued> {
    store::forget_tokens(work.conn, work.company, consent.id, work.now)?;
    let (id, expires_at) = (TokenId(work.new_id()), work.now.plus(ACCESS_LIFE));
    let access = mint(id, expires_at, &work.directory()?.company.token_key);
    let digest = crypto::sha256(access.as_bytes()).to_vec();
    let row = Token { id, consent: consent.id, refresh: Some(of), digest, expires_at };
    store::insert_token(work.conn, work.company, &row)?;
    Ok(Issued { access, refresh, expires_at })
}

/// Ends a refresh token with the access tokens that it gave. What is unknown has ended; false if it is another client's.
pub fn end_refresh(work: &mut Work<'_>, app: &App, shown: &Ticket) -> Result<bool> {
    let row = store::token_by_digest(work.conn, work.company, &shown.digest())?;
    end(work, app, row.filter(|row| row.refresh.is_none()))
}

/// Ends an access token. What is unknown has ended; false if it is another client's.
pub fn end_access(work: &mut Work<'_>, app: &App, (id, text): (TokenId, &str)) -> Result<bool> {
    let row = store::token(work.conn, work.company, id)?;
    let is_shown = |row: &Token| crypto::same(&row.digest, &crypto::sha256(text.as_bytes()));
    end(work, app, row.filter(is_shown))
}

fn end(work: &mut Work<'_>, app: &App, row: Option<Token>) -> Result<bool> {
    let Some(row) = row else { return Ok(true) };
    let consent = store::consent(work.conn, work.company, row.consent)?;
    if consent.is_some_and(|consent| consent.app != app.id) {
        return Ok(false);
    }
    store::delete_token(work.conn, work.company, row.id)?;
    Ok(true)
}
