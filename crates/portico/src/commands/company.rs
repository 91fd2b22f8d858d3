//! Which company a command is about.

use clap::Args;
use desk::ids::CompanyId;
use desk::{Caller, Desk, companies};

use super::Failure;
use crate::server::open_existing_desk;
use crate::settings::Location;

/// Which company of which store a command is about.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The company by id or slug, where the store has several.
    #[arg(long, value_name = "COMPANY")]
    pub(super) company: Option<String>,
    #[command(flatten)]
    pub(super) location: Location,
}

impl Place {
    /// The desk, and the company's own system. Where there is no store, none is made.
    pub(super) fn open(&self) -> Result<(Desk, Caller), Failure> {
        let desk = open_existing_desk(&self.location, "http://127.0.0.1:4180")?;
        let company = choose(&desk, self.company.as_deref())?;
        Ok((desk, Caller::system(company)))
    }
}

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
