//! Which company a command is about.

use desk::ids::CompanyId;
use desk::{Caller, Desk, companies};

use super::Failure;

/// The company that is named by id or slug; without a name the only one there is.
pub(super) fn choose(desk: &Desk, named: Option<&str>) -> Result<CompanyId, Failure> {
    let all = companies::all(desk)?;
    let Some(named) = named else {
        return match all[..] {
            [only] => Ok(only),
            [] => Err(Failure::new("there is no company yet; `portico serve` makes one at its first start")),
            _ => Err(Failure::usage(format!("there are {} companies; say which one with --company", all.len()))),
        };
    };
    for id in all {
        let slug = desk.read_blocking(&Caller::system(id), |work| Ok(work.directory()?.company.slug.clone()))?;
        if slug == named || id.to_string() == named {
            return Ok(id);
        }
    }
    Err(Failure::new(format!("there is no company {named:?}")))
}
