//! What happens when. Both sides may tell us of the same thing twice, and either may be away for a while, so everything
//! here may be done again: what did not work is told again or read again, and nobody notices the difference.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::error::Result;
use crate::front::Front;
use crate::store::{Linked, Store};
use crate::tracker::{Issue, Tracker};

/// Both sides and what is remembered between them.
pub struct Bridge<T> {
    /// The conversations' side.
    pub front: Front,
    /// The issues' side.
    pub tracker: T,
    /// What is remembered.
    pub store: Arc<Store>,
    /// What calls to our webhook are signed with.
    pub signing_token: Option<String>,
    /// Held while we do what we were told: a new link and its first conversation are told at the same moment, and only one
    /// of them may introduce the link to its issue.
    pub turn: Mutex<()>,
}

/// What became of a link on a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was attached.
    Added,
    /// It was taken off.
    Removed,
}

impl<T: Tracker> Bridge<T> {
    /// A link to one of our issues is new: both learn of each other. Answers what to call the link.
    pub async fn link_created(&self, company: &str, link: &str, url: &str) -> Result<Option<String>> {
        let Some(id) = self.tracker.issue_at(url) else { return Ok(None) };
        let Some(issue) = self.tracker.issue(&id).await? else { return Ok(None) };
        let name = issue.name();
        if self.linked(link).is_none() {
            let text = format!("All conversations about this issue: {}", self.front.page(link));
            self.tracker.note(&id, &text).await?;
            let (company, status) = (company.to_string(), issue.status);
            let linked = Linked { company, issue: id, name: name.clone(), status };
            self.store.change(|state| drop(state.links.insert(link.to_string(), linked)))?;
        }
        Ok(Some(name))
    }

    /// A link was attached to a conversation or taken off: the issue says so.
    pub async fn link_changed(&self, company: &str, link: &str, change: (Change, &str)) -> Result<()> {
        let (what, conversation) = change;
        let issue = match self.linked(link) {
            Some(linked) => linked.issue,
            // We missed how it began.
            None => {
                let found = self.front.link(company, link).await?;
                let Some(name) = self.link_created(company, &found.id, &found.external_url).await? else {
                    return Ok(());
                };
                self.front.rename(company, link, &name).await?;
                let Some(linked) = self.linked(link) else { return Ok(()) };
                linked.issue
            }
        };
        let page = self.front.page(conversation);
        let text = match what {
            Change::Added => format!("A conversation is about this issue: {page}"),
            Change::Removed => format!("A conversation is no longer about this issue: {page}"),
        };
        self.tracker.note(&issue, &text).await
    }

    /// An issue may have changed: its links are renamed, and if its status is another, their conversations reopened,
    /// so that somebody tells the customers.
    pub async fn issue_changed(&self, issue: &Issue) -> Result<()> {
        let links = self.store.read(|state| {
            let ours = state.links.iter().filter(|(_, linked)| linked.issue == issue.id);
            ours.map(|(link, linked)| (link.clone(), linked.clone())).collect::<Vec<_>>()
        });
        for (link, linked) in links {
            match self.link_follows(&link, linked, issue).await {
                Ok(()) => {}
                // One company that does not let us does not keep the others waiting.
                Err(error) if error.is_final() => tracing::warn!(link, "a link stays as it is: {error}"),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn link_follows(&self, link: &str, linked: Linked, issue: &Issue) -> Result<()> {
        let name = issue.name();
        if name != linked.name {
            self.front.rename(&linked.company, link, &name).await?;
        }
        if issue.status != linked.status {
            let reopened = self.front.reopen(&linked.company, link).await?;
            tracing::info!(link, issue = issue.id, status = issue.status, reopened, "an issue has another status");
        }
        let next = Linked { name, status: issue.status.clone(), ..linked };
        // Noted last: whatever failed before this is done again.
        self.store.change(|state| drop(state.links.insert(link.to_string(), next)))
    }

    fn linked(&self, link: &str) -> Option<Linked> {
        self.store.read(|state| state.links.get(link).cloned())
    }
}
