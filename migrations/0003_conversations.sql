-- Conversations and all that hangs on them.

CREATE TABLE contacts (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    team BIGINT,
    owner BIGINT,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    avatar BIGINT,
    links {json} NOT NULL,
    custom_fields {json} NOT NULL,
    -- Set by a person or a client, as opposed to learnt from a message: wins in a merge.
    is_name_manual BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE INDEX contacts_created ON contacts (company, created_at, id);
CREATE INDEX contacts_updated ON contacts (company, updated_at, id);
CREATE INDEX contacts_team ON contacts (company, team, id);
CREATE INDEX contacts_owner ON contacts (company, owner, id);

CREATE TABLE handles (
    company BIGINT NOT NULL,
    source TEXT NOT NULL,
    handle_key TEXT NOT NULL,
    handle TEXT NOT NULL,
    contact BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (company, source, handle_key)
) {keyed};
CREATE INDEX handles_contact ON handles (company, contact, position);

CREATE TABLE contact_notes (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    contact BIGINT NOT NULL,
    author BIGINT NOT NULL,
    body TEXT NOT NULL,
    is_private BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE INDEX contact_notes_contact ON contact_notes (company, contact, id);

CREATE TABLE contact_lists (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    team BIGINT,
    owner BIGINT,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);

CREATE TABLE contact_list_members (
    company BIGINT NOT NULL,
    list BIGINT NOT NULL,
    contact BIGINT NOT NULL,
    PRIMARY KEY (company, list, contact)
) {keyed};
CREATE INDEX contact_list_members_contact ON contact_list_members (company, contact);

CREATE TABLE conversations (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- open 0, archived 1, deleted 2, spam 3 (desk::conversations::Status)
    status BIGINT NOT NULL,
    assignee BIGINT,
    -- What lists filter by, derived from the two above: unassigned 0, assigned 1, archived 2, trashed 3.
    shelf BIGINT NOT NULL,
    ticket_status BIGINT,
    ticket_number BIGINT,
    is_private BOOLEAN NOT NULL,
    channel BIGINT,
    recipient_name TEXT,
    recipient_handle TEXT,
    recipient_role TEXT,
    recipient_contact BIGINT,
    description TEXT,
    due_at BIGINT,
    custom_fields {json} NOT NULL,
    -- Raised by each change that another person would want to know of.
    version BIGINT NOT NULL,
    message_count BIGINT NOT NULL,
    comment_count BIGINT NOT NULL,
    tag_count BIGINT NOT NULL,
    link_count BIGINT NOT NULL,
    last_message BIGINT,
    last_inbound BIGINT,
    is_unreplied BOOLEAN NOT NULL,
    waiting_since BIGINT,
    -- When status, assignee or snooze last changed what lists file it under.
    status_since BIGINT NOT NULL,
    snoozed_until BIGINT,
    snoozed_by BIGINT,
    snoozed_at BIGINT,
    merged_into BIGINT,
    -- The newest event: ids taken under the row's lock never run backwards.
    last_event BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    bumped_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE INDEX conversations_bumped ON conversations (company, bumped_at, id) WHERE merged_into IS NULL;
CREATE INDEX conversations_shelf ON conversations (company, shelf, bumped_at, id) WHERE merged_into IS NULL;
CREATE INDEX conversations_assignee ON conversations (company, assignee, bumped_at, id) WHERE assignee IS NOT NULL;
CREATE INDEX conversations_contact ON conversations (company, recipient_contact, bumped_at, id) WHERE recipient_contact IS NOT NULL;
CREATE INDEX conversations_merged ON conversations (company, merged_into) WHERE merged_into IS NOT NULL;

-- Membership, with the conversation's shelf and bump time repeated so that an inbox's list is one index walk.
CREATE TABLE conversation_inboxes (
    company BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    inbox BIGINT NOT NULL,
    shelf BIGINT NOT NULL,
    bumped_at BIGINT NOT NULL,
    PRIMARY KEY (company, conversation, inbox)
) {keyed};
CREATE INDEX conversation_inboxes_list ON conversation_inboxes (company, inbox, shelf, bumped_at, conversation);

-- How a message finds its conversation: (channel, space, key), where the space keeps apart
-- references given with incoming messages, with imports, external ids, and senders.
CREATE TABLE threads (
    company BIGINT NOT NULL,
    channel BIGINT NOT NULL,
    space TEXT NOT NULL,
    key TEXT NOT NULL,
    conversation BIGINT NOT NULL,
    PRIMARY KEY (company, channel, space, key)
) {keyed};
CREATE INDEX threads_conversation ON threads (company, conversation);

-- Drafts are messages whose draft_mode is set.
CREATE TABLE messages (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    channel BIGINT,
    uid TEXT NOT NULL,
    external_id TEXT,
    type TEXT NOT NULL,
    is_inbound BOOLEAN NOT NULL,
    draft_mode TEXT,
    -- Who made the draft, where that is not its author: a token on a teammate's behalf.
    drafter BIGINT,
    version TEXT,
    author BIGINT,
    subject TEXT NOT NULL,
    blurb TEXT NOT NULL,
    body TEXT NOT NULL,
    text TEXT NOT NULL,
    recipients {json} NOT NULL,
    metadata {json} NOT NULL,
    replied_to BIGINT,
    signature BIGINT,
    attachment_count BIGINT NOT NULL,
    -- received, queued, sent, failed (desk::messages::Delivery)
    delivery TEXT NOT NULL,
    error_type TEXT,
    error_text TEXT,
    is_auto_reply BOOLEAN NOT NULL,
    sent_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE UNIQUE INDEX messages_uid ON messages (company, uid);
CREATE UNIQUE INDEX messages_external ON messages (company, channel, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX messages_conversation ON messages (company, conversation, created_at, id);

-- Who took part in which role: what search asks for with from:, to:, author:, commenter: ...
CREATE TABLE participants (
    company BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    role TEXT NOT NULL,
    party TEXT NOT NULL,
    PRIMARY KEY (company, role, party, conversation)
) {keyed};
CREATE INDEX participants_conversation ON participants (company, conversation);

CREATE TABLE seen_receipts (
    company BIGINT NOT NULL,
    message BIGINT NOT NULL,
    seen_by TEXT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    PRIMARY KEY (company, message, seen_by)
) {keyed};

CREATE TABLE comments (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    author BIGINT,
    -- Who asked for it, on the author's behalf or its own: a token's bot. Only it may change the words.
    posted_by BIGINT,
    body TEXT NOT NULL,
    replied_to BIGINT,
    is_pinned BOOLEAN NOT NULL,
    attachment_count BIGINT NOT NULL,
    posted_at BIGINT NOT NULL,
    edited_at BIGINT,
    PRIMARY KEY (company, id)
);
CREATE INDEX comments_conversation ON comments (company, conversation, id);

CREATE TABLE mentions (
    company BIGINT NOT NULL,
    comment BIGINT NOT NULL,
    teammate BIGINT NOT NULL,
    PRIMARY KEY (company, comment, teammate)
) {keyed};

CREATE TABLE conversation_tags (
    company BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    tag BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, conversation, tag)
) {keyed};
CREATE INDEX conversation_tags_tag ON conversation_tags (company, tag, conversation);

CREATE TABLE links (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    external_url TEXT NOT NULL,
    custom_fields {json} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE UNIQUE INDEX links_url ON links (company, external_url);
CREATE INDEX links_type ON links (company, type, id);

CREATE TABLE conversation_links (
    company BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    link BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, conversation, link)
) {keyed};
CREATE INDEX conversation_links_link ON conversation_links (company, link, conversation);

CREATE TABLE followers (
    company BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    teammate BIGINT NOT NULL,
    PRIMARY KEY (company, conversation, teammate)
) {keyed};
CREATE INDEX followers_teammate ON followers (company, teammate);

-- Content lives on disk under its SHA-256; these rows refer to it.
CREATE TABLE attachments (
    company BIGINT NOT NULL,
    id BIGINT NOT NULL,
    owner_kind TEXT NOT NULL,
    owner BIGINT NOT NULL,
    filename TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    digest TEXT NOT NULL,
    is_inline BOOLEAN NOT NULL,
    cid TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, id)
);
CREATE INDEX attachments_owner ON attachments (company, owner_kind, owner, id);
CREATE INDEX attachments_digest ON attachments (company, digest);
