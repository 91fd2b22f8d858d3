//! Application objects (contract/apps.md section 2.6): recognised in what people write, kept as links of the app's type,
//! and filled in by the app's server.

use serde_json::{Map, Value, json};

use super::features::matching::{self, Matcher, Values};
use super::features::{Feature, Held, Object};
use super::secrets::{self, Purpose};
use super::{App, Installed};
use crate::deliveries::{self, Subscriber};
use crate::directory::Directory;
use crate::endpoints;
use crate::error::Result;
use crate::ids::{FeatureId, LinkId};
use crate::links::{self, Link};
use crate::sealing::Secret;
use crate::work::Work;

/// An object's patterns, compiled once when a company's directory is loaded.
#[derive(Debug)]
pub struct Recogniser {
    feature: FeatureId,
    pattern: Matcher,
    target: Matcher,
    is_address: bool,
}

impl Recogniser {
    /// Those of an app's features. What does not compile any more recognises nothing.
    pub(super) fn all(features: &[Held]) -> Vec<Recogniser> {
        let objects = features.iter().filter_map(|held| match &held.feature {
            Feature::Object(object) => Some((held.id, object)),
            _ => None,
        });
        let compiled = objects.filter_map(|(feature, object)| {
            let pattern = Matcher::new("pattern", &object.pattern).ok()?;
            let target = Matcher::new("target_url", &object.target_url).ok()?;
            Some(Recogniser { feature, pattern, target, is_address: matching::is_address(&object.pattern) })
        });
        compiled.collect()
    }
}

/// An object of an app that works here.
#[derive(Clone, Copy)]
struct Here<'d> {
    installed: &'d Installed,
    recogniser: &'d Recogniser,
    object: &'d Object,
}

fn here(directory: &Directory) -> impl Iterator<Item = Here<'_>> {
    directory.apps().filter(|installed| installed.is_told()).flat_map(|installed| {
        installed.recognisers.iter().filter_map(|recogniser| {
            let held = installed.features.iter().find(|held| held.id == recogniser.feature)?;
            let Feature::Object(object) = &held.feature else { return None };
            Some(Here { installed, recogniser, object })
        })
    })
}

/// Whether anything may be recognised here.
pub(crate) fn any(directory: &Directory) -> bool {
    here(directory).next().is_some()
}

/// What the `type` of every object begins with. The words of partners' links never do.
const TYPE: &str = "app_";

/// The `type` of an app's objects.
pub fn type_of(app: &App) -> String {
    format!("{TYPE}{}", app.uid)
}

/// Whether a link of this type is an app's object.
pub fn is_type(r#type: &str) -> bool {
    r#type.starts_with(TYPE)
}

/// Something that was recognised: the link that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recognised {
    pub(crate) r#type: String,
    pub(crate) name: String,
    pub(crate) url: String,
}

fn recognised(here: Here<'_>, word: &str, values: &Values) -> Recognised {
    let url = values.fill(&here.object.target_url);
    Recognised { r#type: type_of(&here.installed.app), name: word.to_string(), url }
}

/// The objects that are named in a text, plain or HTML, at most `most`.
pub(crate) fn find(directory: &Directory, text: &str, most: usize) -> Vec<Recognised> {
    let mut found: Vec<Recognised> = Vec::new();
    let mut addresses = None;
    for here in here(directory) {
        let pattern = &here.recogniser.pattern;
        let words = match here.recogniser.is_address {
            false => pattern.find(text, most),
            true => {
                let all = addresses.get_or_insert_with(|| links::addresses(text, most));
                all.iter().filter_map(|address| Some((address.clone(), pattern.whole(address)?))).collect()
            }
        };
        for one in words.iter().map(|(word, values)| recognised(here, word, values)) {
            if found.len() < most && !found.iter().any(|known| known.url == one.url) {
                found.push(one);
            }
        }
    }
    found
}

/// The type of the object that an address leads to, if it is one.
pub(crate) fn type_at(directory: &Directory, url: &str) -> Option<String> {
    let leads = |here: &Here<'_>| {
        let known = here.recogniser.is_address.then(|| here.recogniser.pattern.whole(url)).flatten();
        known.or_else(|| here.recogniser.target.whole(url)).is_some()
    };
    here(directory).find(leads).map(|here| type_of(&here.installed.app))
}

/// The shape of the request for an object's fields; it has no bytes, and the key beside it is the link's number.
pub const REQUEST: &str = "object";

/// Asks the app's server for the fields of an object, by a job in the very unit that wants them.
pub(crate) fn ask(work: &mut Work<'_>, link: &Link) -> Result<()> {
    let directory = work.directory()?;
    let Some((here, _)) = of_link(&directory, link) else { return Ok(()) };
    let Some(request) = &here.object.request else { return Ok(()) };
    let url = request.resolve(&here.installed.features)?;
    let endpoint = endpoints::of_object(work, here.recogniser.feature, &url)?;
    let payload = json!({"shape": REQUEST});
    deliveries::enqueue(work, Subscriber::Endpoint(endpoint), link.id.0, link.id.0, payload)?;
    Ok(())
}

/// The object that a link is, and its values.
fn of_link<'d>(directory: &'d Directory, link: &Link) -> Option<(Here<'d>, Values)> {
    here(directory).filter(|here| type_of(&here.installed.app) == link.r#type).find_map(|here| {
        let target = here.recogniser.target.whole(&link.external_url);
        let by_pattern = || here.recogniser.is_address.then(|| here.recogniser.pattern.whole(&link.external_url));
        // The names of a target are those of its pattern.
        target.or_else(|| by_pattern().flatten()).map(|values| (here, values))
    })
}

/// Asks anew for every object that a text names and that there is already; answers the first. Nothing is made.
pub fn refresh(work: &mut Work<'_>, text: &str) -> Result<Option<LinkId>> {
    let directory = work.directory()?;
    let named = here(&directory).filter_map(|here| {
        let values = here.recogniser.pattern.whole(text)?;
        Some(recognised(here, text, &values).url)
    });
    let mut first = None;
    for url in named.collect::<Vec<_>>() {
        let Some(link) = links::at(work, &url)? else { continue };
        ask(work, &link)?;
        first = first.or(Some(link.id));
    }
    Ok(first)
}

/// What a request for an object's fields needs at the moment it is sent.
#[derive(Debug, Clone)]
pub struct Sending {
    /// Where it goes, with the object's values.
    pub url: String,
    /// Signs it.
    pub secret: Secret,
}

/// How the fields of a link are asked for now; nothing where its app is gone, switched off, without
/// consent, or asks no more.
pub fn sending(work: &mut Work<'_>, id: LinkId) -> Result<Option<Sending>> {
    let directory = work.directory()?;
    let Some(link) = links::load(work, &[id])?.pop() else { return Ok(None) };
    let Some((here, values)) = of_link(&directory, &link) else { return Ok(None) };
    let Some(request) = &here.object.request else { return Ok(None) };
    let address = request.resolve(&here.installed.features)?;
    let secret = secrets::open(work, &here.installed.app, Purpose::Signing)?.into_iter().next();
    Ok(secret.map(|secret| Sending { url: values.ask(&address), secret }))
}

/// Keeps the fields that the app's server answered, as far as the object has them. Those of another type are left out.
pub fn fill(work: &mut Work<'_>, id: LinkId, answer: &Map<String, Value>) -> Result<()> {
    let directory = work.directory()?;
    let Some(link) = links::load(work, &[id])?.pop() else { return Ok(()) };
    let Some((here, _)) = of_link(&directory, &link) else { return Ok(()) };
    let mut fields = Map::new();
    for field in &here.object.fields {
        if let Some(value) = answer.get(&field.name).filter(|value| is_of(&field.r#type, value)) {
            fields.insert(field.name.clone(), value.clone());
        }
    }
    links::set_fields(work, &link, Value::Object(fields))
}

fn is_of(r#type: &str, value: &Value) -> bool {
    match r#type {
        _ if value.is_null() => true,
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "datetime" => value.is_number() || value.is_string(),
        _ => value.is_string(),
    }
}
