//! Custom channels: a partner's own server, told of each message by a signed request.

use std::time::Duration;

pub mod answer;

/// How long a partner has to answer; a later answer counts for nothing (contract/channels.md section 4.3).
pub const PATIENCE: Duration = Duration::from_secs(7);
