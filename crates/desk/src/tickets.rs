//! What somebody was given and brings back later: a sign-in link, a session, a code, a refresh token. The text names the
//! company whose rows tell what it is worth, and the store keeps only its digest.

use crate::crypto;
use crate::ids::CompanyId;
use crate::sealing::Secret;
use crate::work::Work;

/// The random bytes of a ticket: nobody guesses them.
const RANDOM: usize = 32;

/// One of them. It does not print itself.
#[derive(Debug, Clone)]
pub struct Ticket {
    company: CompanyId,
    text: Secret,
}

impl Ticket {
    /// A new one of the unit's company.
    pub(crate) fn make(work: &Work<'_>) -> Ticket {
        let text = format!("{}.{}", work.company, work.random().hex(RANDOM));
        Ticket { company: work.company, text: Secret::new(text) }
    }

    /// Reads what is shown. Whether it is worth anything is for its company to say.
    pub fn parse(text: &str) -> Option<Ticket> {
        let (company, random) = text.split_once('.')?;
        crypto::unhex(random).filter(|bytes| bytes.len() == RANDOM)?;
        Some(Ticket { company: company.parse().ok()?, text: Secret::new(text) })
    }

    /// Where to ask about it.
    pub fn company(&self) -> CompanyId {
        self.company
    }

    /// The text: for the one answer that hands it over.
    pub fn reveal(&self) -> &str {
        self.text.reveal()
    }

    /// A text that only a holder of the ticket can make, for one purpose.
    pub fn proof(&self, purpose: &str) -> Secret {
        Secret::new(crypto::hex(&crypto::hmac_sha256(self.reveal().as_bytes(), purpose.as_bytes())))
    }

    pub(crate) fn digest(&self) -> Vec<u8> {
        crypto::sha256(self.reveal().as_bytes()).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_ticket_is_one() {
        let random = "0123456789abcdef".repeat(4);
        let ticket = Ticket::parse(&format!("cmp_1a.{random}")).expect("a ticket");
        assert_eq!(ticket.company().to_string(), "cmp_1a");
        assert!(!format!("{ticket:?}").contains(&random));
        let short = &random[2..];
        for text in ["", ".", &random, &format!("cmp_1a.{short}"), &format!("tea_1a.{random}"), &format!("1a.{random}")]
        {
            assert!(Ticket::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_proof_is_of_one_ticket_and_one_purpose() {
        let of = |first: &str| Ticket::parse(&format!("cmp_1.{first}{}", "0".repeat(63))).expect("a ticket");
        let proof = of("0").proof("form");
        assert!(of("0").proof("form").is(proof.reveal()));
        assert!(!of("0").proof("link").is(proof.reveal()) && !of("1").proof("form").is(proof.reveal()));
    }
}
