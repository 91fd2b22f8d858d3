//! Who looks at a page: known by a session, which a cookie holds.

use axum::extract::{FromRequestParts, OriginalUri};
use axum::response::Response;
use desk::ids::CompanyId;
use desk::sealing::Secret;
use desk::teammates::Teammate;
use desk::tickets::Ticket;
use desk::{Caller, Desk, Error, Result, sessions};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};

use crate::page::failed;
use crate::{Pages, login};

/// The cookie's name.
const COOKIE: &str = "portico_session";

/// Somebody who is signed in.
pub struct Visitor {
    /// Their company.
    pub company: CompanyId,
    /// What the company is called.
    pub company_name: String,
    /// Themselves.
    pub teammate: Teammate,
    /// What they have shown.
    pub session: Ticket,
}

impl Visitor {
    /// What a form of theirs must bring back, so that no other site can send it in their name.
    pub fn proof(&self) -> Secret {
        self.session.proof("form")
    }
}

/// An administrator who looks at a page. Everybody else is shown another page in its place.
pub struct Admin {
    /// Who it is.
    pub visitor: Visitor,
    /// What they may do.
    pub caller: Caller,
    is_from_elsewhere: bool,
}

impl Admin {
    /// Whether the form that they sent comes from one of their own pages.
    pub fn sent(&self, proof: &str) -> bool {
        !self.is_from_elsewhere && self.visitor.proof().is(proof)
    }
}

impl FromRequestParts<Pages> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> std::result::Result<Admin, Response> {
        let broken = |error: Error| failed(&error);
        let Some(visitor) = recognise(&pages.desk, &parts.headers).await.map_err(broken)? else {
            // A path that a router has shortened would lead elsewhere.
            let here = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
            let next = here.path_and_query().map_or(here.path(), |whole| whole.as_str());
            return Err(login::form("", next));
        };
        let caller = sessions::admin(visitor.company, &visitor.teammate).map_err(broken)?;
        Ok(Admin { visitor, caller, is_from_elsewhere: is_from_elsewhere(&parts.headers) })
    }
}

/// Who it is, if they are signed in.
pub async fn recognise(desk: &Desk, headers: &HeaderMap) -> Result<Option<Visitor>> {
    let Some(session) = shown(headers) else { return Ok(None) };
    let company = session.company();
    let unit = move |work: &mut desk::Work<'_>| {
        let Some(teammate) = sessions::find(work, &session)? else { return Ok(None) };
        let company_name = work.directory()?.company.name.clone();
        Ok(Some(Visitor { company, company_name, teammate, session: session.clone() }))
    };
    desk.read(&Caller::system(company), unit).await
}

fn shown(headers: &HeaderMap) -> Option<Ticket> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(name, value)| (name == COOKIE).then(|| Ticket::parse(value)).flatten())
}

/// The header that gives a browser its session, or takes it back.
pub fn cookie(desk: &Desk, session: Option<&Ticket>) -> Option<HeaderValue> {
    let secure = if desk.settings().public_url.starts_with("https://") { "; Secure" } else { "" };
    let (value, age) = match session {
        Some(session) => (session.reveal(), sessions::LIFE / desk::time::SECOND),
        None => ("", 0),
    };
    let text = format!("{COOKIE}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

/// Whether a browser says that a form was sent by a page of another site. One that says nothing is old; what its form may
/// do is proven otherwise.
pub fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let ticket = format!("cmp_1.{}", "0f".repeat(32));
        let mut headers = HeaderMap::new();
        assert!(shown(&headers).is_none());
        headers.append(header::COOKIE, HeaderValue::from_static("a=b; portico_session=nothing"));
        assert!(shown(&headers).is_none());
        let text = format!("c=d;portico_session={ticket}; e");
        headers.append(header::COOKIE, HeaderValue::from_str(&text).expect("a header"));
        assert_eq!(shown(&headers).map(|found| found.reveal().to_string()), Some(ticket));
    }

    #[test]
    fn only_a_browser_that_says_so_sends_a_foreign_form() {
        let said = |site: &'static str| {
            HeaderMap::from_iter([("sec-fetch-site".parse().expect("a name"), HeaderValue::from_static(site))])
        };
        assert!(!is_from_elsewhere(&HeaderMap::new()));
        assert!(!is_from_elsewhere(&said("same-origin")) && !is_from_elsewhere(&said("none")));
        assert!(is_from_elsewhere(&said("cross-site")) && is_from_elsewhere(&said("same-site")));
    }
}
