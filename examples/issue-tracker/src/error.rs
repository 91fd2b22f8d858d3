//! What can go wrong, by what to do about it.

/// Short for results of this program.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The other side answered, and did not want to.
    #[error("{what}: status {status}, {body}")]
    Refused { what: String, status: u16, body: String },
    /// The other side did not answer.
    #[error("no answer: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// A company took its consent back, or never gave it: somebody has to press "Connect" again.
    #[error("the company {0} is not connected")]
    NotConnected(String),
    /// Our own file or port.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// An answer that we do not understand.
    #[error("{0}")]
    Odd(String),
}

impl Error {
    /// An answer, or a setting, that we do not understand.
    pub fn odd(what: impl Into<String>) -> Error {
        Error::Odd(what.into())
    }

    /// Whether asking again would change nothing: somebody has to connect again, or the other side does not want to.
    pub fn is_final(&self) -> bool {
        match self {
            Error::NotConnected(_) => true,
            Error::Refused { status, .. } => (400..500).contains(status) && !matches!(status, 408 | 423 | 429),
            Error::Unreachable(_) | Error::Io(_) | Error::Odd(_) => false,
        }
    }
}

/// The answer, if the other side did what we asked.
pub async fn accepted(what: &str, response: reqwest::Response) -> Result<reqwest::Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body: String = response.text().await?.chars().take(300).collect();
    Err(Error::Refused { what: what.to_string(), status: status.as_u16(), body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asking_again_may_change_is_not_final() {
        let refused = |status| Error::Refused { what: "rename".to_string(), status, body: String::new() };
        for status in [400, 403, 404, 409] {
            assert!(refused(status).is_final(), "{status}");
        }
        for status in [408, 423, 429, 500, 503] {
            assert!(!refused(status).is_final(), "{status}");
        }
        assert!(Error::NotConnected("cmp_1".to_string()).is_final() && !Error::odd("a page").is_final());
    }
}
