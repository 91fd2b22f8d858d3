//! The parameters that several operations share.

use super::about::{Kind, Parameter};

/// Which conversations a list is narrowed to.
pub(super) const CONVERSATIONS: &[Parameter] = &[
    Parameter {
        name: "statuses",
        words: "Only those on one of these shelves",
        kind: Kind::Words(&["assigned", "unassigned", "archived", "trashed"]),
    },
    Parameter {
        name: "status_ids",
        words: "Only those with one of these ticket statuses, and that are not in the trash",
        kind: Kind::Texts,
    },
    Parameter {
        name: "status_categories",
        words: "Only those whose ticket status is of one of these categories, and that are not in the trash",
        kind: Kind::Words(&["open", "waiting", "resolved"]),
    },
];

/// Which events a list is narrowed to.
pub(super) const EVENTS: &[Parameter] = &[
    Parameter { name: "types", words: "Only those of these types", kind: Kind::Texts },
    Parameter { name: "inboxes", words: "Only those in these inboxes", kind: Kind::Texts },
    Parameter { name: "before", words: "Only those before this time", kind: Kind::Time },
    Parameter { name: "after", words: "Only those after this time", kind: Kind::Time },
];

/// Which contacts a list is narrowed to.
pub(super) const CONTACTS: &[Parameter] = &[
    Parameter { name: "updated_after", words: "Only those changed after this time", kind: Kind::Time },
    Parameter { name: "updated_before", words: "Only those changed before this time", kind: Kind::Time },
];

/// Which time off a list is narrowed to.
pub(super) const TIME_OFFS: &[Parameter] = &[
    Parameter { name: "active_from", words: "Only what has not ended by this time", kind: Kind::Time },
    Parameter { name: "active_until", words: "Only what has begun by this time", kind: Kind::Time },
];

/// Which links a list is narrowed to.
pub(super) const LINKS: &[Parameter] =
    &[Parameter { name: "types", words: "Only those of these types", kind: Kind::Texts }];

/// Which deliveries a list is narrowed to.
pub(super) const DELIVERIES: &[Parameter] = &[
    Parameter { name: "subscriber", words: "Only those to this endpoint or channel", kind: Kind::Text },
    Parameter { name: "endpoint_id", words: "Only those to this endpoint", kind: Kind::Text },
    Parameter { name: "channel_id", words: "Only those to this channel", kind: Kind::Text },
    Parameter { name: "conversation_id", words: "Only those about this conversation", kind: Kind::Text },
    Parameter { name: "state", words: "Only those in this state", kind: Kind::Word(&["pending", "done", "dead"]) },
    Parameter { name: "since", words: "Only those made at or after this time", kind: Kind::Time },
    Parameter { name: "until", words: "Only those made before this time", kind: Kind::Time },
];

/// Whether somebody unknown is passed over.
pub(super) const IGNORE_ERRORS: &[Parameter] = &[Parameter {
    name: "ignore_errors",
    words: "Passes over teammates that do not exist, and adds the others",
    kind: Kind::Flag,
}];
