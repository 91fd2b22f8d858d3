//! Secrets at rest: encrypted under a key that is not in the store, each bound to the row that it lies in
//! (docs/adr/0006-apps.md).

use std::fmt;
use std::sync::Arc;

use crate::crypto::{self, NONCE, Random};
use crate::error::{Error, Result};

pub mod check;
#[cfg(test)]
mod check_tests;
mod store;

/// What the first byte of a sealed secret says; another one would mean another layout.
const LAYOUT: u8 = 1;
/// The bytes that name a key: enough to tell keys apart, too few to guess one.
const NAME: usize = 8;
/// What stands before the encrypted bytes: the layout, the key's name and the nonce.
const HEAD: usize = 1 + NAME + NONCE;

/// Whether this is something sealed, and no text.
pub(crate) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.len() >= HEAD && bytes[0] == LAYOUT
}

/// The key that seals what must be read again. It does not print itself.
#[derive(Clone)]
pub struct SealingKey(Arc<[u8; 32]>);

impl SealingKey {
    /// A key of 32 bytes.
    pub fn new(bytes: [u8; 32]) -> SealingKey {
        SealingKey(Arc::new(bytes))
    }

    /// Reads a key as it is written down: 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<SealingKey> {
        let bytes: [u8; 32] = crypto::unhex(text.trim())?.try_into().ok()?;
        Some(SealingKey::new(bytes))
    }

    /// A new key, as it is written down.
    pub fn generate(random: &Random) -> String {
        random.hex(32)
    }

    /// Seals a secret for the place it will lie in.
    pub fn seal(&self, random: &Random, place: &str, secret: &Secret) -> Vec<u8> {
        let mut nonce = [0u8; NONCE];
        random.fill(&mut nonce);
        let mut sealed = vec![LAYOUT];
        sealed.extend_from_slice(&self.tag());
        sealed.extend_from_slice(&nonce);
        sealed.extend(crypto::encrypt(&self.0, nonce, place.as_bytes(), secret.0.as_bytes()));
        sealed
    }

    /// So many of its first bytes say which key something was sealed with.
    pub(crate) const SEAL: usize = 1 + NAME;

    /// The name of the key, read from the first bytes of what it sealed.
    pub(crate) fn name_in(seal: &[u8]) -> Option<String> {
        seal.get(1..=NAME).map(crypto::hex)
    }

    /// What tells this key apart, and gives nothing of it away.
    pub fn name(&self) -> String {
        crypto::hex(&self.tag())
    }

    /// Opens what was sealed for that place.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Secret> {
        let damaged = || Error::Internal(format!("the sealed secret of {place} is damaged"));
        let (head, encrypted) = sealed.split_at_checked(HEAD).ok_or_else(damaged)?;
        if head[0] != LAYOUT {
            return Err(damaged());
        }
        let (name, nonce) = (&head[1..=NAME], &head[1 + NAME..]);
        if name != self.tag() {
            return Err(Error::Internal(format!(
                "the secret of {place} was sealed with the key {}, but this process has {}; give it the right one as \
                 PORTICO_SECRET_KEY, or rotate the secret",
                crypto::hex(name),
                self.name(),
            )));
        }
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| damaged())?;
        let plain = crypto::decrypt(&self.0, nonce, place.as_bytes(), encrypted).ok_or_else(damaged)?;
        String::from_utf8(plain).map(Secret).map_err(|_| damaged())
    }

    fn tag(&self) -> [u8; NAME] {
        let digest = crypto::sha256(&[b"portico sealing key".as_slice(), &self.0[..]].concat());
        let mut name = [0u8; NAME];
        name.copy_from_slice(&digest[..NAME]);
        name
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.name())
    }
}

/// A secret in the clear. It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret as it is shown to people.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The secret itself: for signing, comparing, and the one answer that shows it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether somebody showed this very secret; takes the same time wherever they differ.
    pub fn is(&self, shown: &str) -> bool {
        crypto::same(&crypto::sha256(self.0.as_bytes()), &crypto::sha256(shown.as_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random() -> Random {
        Random::Seeded(3, Default::default())
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_and_nowhere_else() {
        let key = SealingKey::new([7; 32]);
        let secret = Secret::new("s3cr3t-äpp-key");
        let sealed = key.seal(&random(), "here", &secret);
        assert!(!sealed.windows(6).any(|bytes| bytes == b"s3cr3t"));
        assert_eq!(key.open("here", &sealed).ok(), Some(secret));
        assert!(key.open("there", &sealed).is_err());
    }

    #[test]
    fn the_same_secret_is_never_sealed_alike() {
        let (key, random) = (SealingKey::new([7; 32]), random());
        let secret = Secret::new("x");
        assert_ne!(key.seal(&random, "here", &secret), key.seal(&random, "here", &secret));
    }

    #[test]
    fn another_key_is_told_from_damage() {
        let sealed = SealingKey::new([7; 32]).seal(&random(), "here", &Secret::new("x"));
        let other = SealingKey::new([8; 32]).open("here", &sealed).expect_err("another key").to_string();
        assert!(other.contains("PORTICO_SECRET_KEY"), "{other}");
        for at in [0, HEAD, sealed.len() - 1] {
            let mut broken = sealed.clone();
            broken[at] ^= 1;
            let error = SealingKey::new([7; 32]).open("here", &broken).expect_err("damaged").to_string();
            assert!(error.contains("damaged"), "{error}");
        }
        assert!(SealingKey::new([7; 32]).open("here", &sealed[..HEAD - 1]).is_err());
    }

    #[test]
    fn a_key_is_written_in_64_digits_and_does_not_print_itself() {
        let written = SealingKey::generate(&random());
        let key = SealingKey::parse(&format!(" {written}\n")).expect("a key");
        assert!(!format!("{key:?} {:?}", Secret::new("hidden")).contains("hidden"));
        assert!(!format!("{key:?}").contains(&written[..16]));
        assert!(SealingKey::parse(&written[2..]).is_none());
        assert!(SealingKey::parse(&"g".repeat(64)).is_none());
    }
}
