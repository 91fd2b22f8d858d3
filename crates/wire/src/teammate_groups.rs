//! Teammate groups (schema `TeammateGroupResponse`).

use desk::ids::{ContactListId, TeammateGroupId};
use desk::teammate_groups::Contacts;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Context, Url};

/// People who have workspaces in common.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TeammateGroup<'a> {
    _links: Links<'a>,
    id: TeammateGroupId,
    name: &'a str,
    description: Option<&'a str>,
    is_managed_by_scim: bool,
    permissions: Permissions<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Permissions<'a> {
    contacts: ContactPermissions<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct ContactPermissions<'a> {
    access: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_list_ids: Option<&'a [ContactListId]>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Links<'a> {
    #[serde(rename = "self")]
    this: Url<'a>,
    related: Related<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
struct Related<'a> {
    teammates: Url<'a>,
    teams: Url<'a>,
    inboxes: Url<'a>,
}

/// A teammate group as answers show it.
pub fn teammate_group<'a>(context: Context<'a>, row: &'a desk::teammate_groups::TeammateGroup) -> TeammateGroup<'a> {
    let this = context.url("/teammate_groups/", row.id);
    let contact_list_ids = match &row.contacts {
        Contacts::Lists(lists) => Some(lists.as_slice()),
        Contacts::All | Contacts::None => None,
    };
    TeammateGroup {
        _links: Links {
            this,
            related: Related {
                teammates: this.then("/teammates"),
                teams: this.then("/teams"),
                inboxes: this.then("/inboxes"),
            },
        },
        id: row.id,
        name: &row.name,
        description: row.description.as_deref(),
        is_managed_by_scim: row.is_managed_by_scim,
        permissions: Permissions { contacts: ContactPermissions { access: row.contacts.access(), contact_list_ids } },
    }
}
