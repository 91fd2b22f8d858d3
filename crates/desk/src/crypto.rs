//! Digests, random bytes and comparisons in constant time. The only module of the desk that names the crypto library.

use ring::rand::SecureRandom;
use ring::{aead, digest, hmac};

/// The length of the number that no two encryptions under one key may share.
pub const NONCE: usize = aead::NONCE_LEN;

/// SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0u8; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// HMAC-SHA-256 of some bytes.
pub fn hmac_sha256(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut out = [0u8; 32];
    out.copy_from_slice(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes).as_ref());
    out
}

/// Encrypts bytes with AES-256-GCM, and authenticates with them what they belong to.
pub fn encrypt(key: &[u8; 32], nonce: [u8; NONCE], belongs_to: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut bytes = plain.to_vec();
    cipher(key)
        .seal_in_place_append_tag(aead::Nonce::assume_unique_for_key(nonce), aead::Aad::from(belongs_to), &mut bytes)
        .expect("nothing of ours is as long as the cipher's limit of 64 GiB");
    bytes
}

/// The reverse of [`encrypt`]; nothing if the bytes, the key or what they belong to are not the same.
pub fn decrypt(key: &[u8; 32], nonce: [u8; NONCE], belongs_to: &[u8], encrypted: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = encrypted.to_vec();
    let nonce = aead::Nonce::assume_unique_for_key(nonce);
    let plain = cipher(key).open_in_place(nonce, aead::Aad::from(belongs_to), &mut bytes).ok()?;
    Some(plain.to_vec())
}

fn cipher(key: &[u8; 32]) -> aead::LessSafeKey {
    let key = aead::UnboundKey::new(&aead::AES_256_GCM, key).expect("the key has the cipher's length");
    aead::LessSafeKey::new(key)
}

/// Whether two byte strings are equal, in a time that does not tell where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0u8, |sum, (x, y)| sum | (x ^ y)) == 0
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
        text.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
    }
    text
}

/// The bytes that hexadecimal digits stand for; nothing if there is a stray character or half a byte.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// Where unpredictable bytes come from; seeded ones in tests, so that snapshots are steady.
#[derive(Debug)]
pub enum Random {
    /// The machine's generator.
    System(ring::rand::SystemRandom),
    /// A reproducible sequence: SHA-256 of the seed and a counter. For tests and the sandbox only.
    Seeded(u64, std::sync::atomic::AtomicU64),
}

impl Default for Random {
    #[expect(clippy::disallowed_methods, reason = "this is the source that everything else is started with")]
    fn default() -> Self {
        Random::System(ring::rand::SystemRandom::new())
    }
}

impl Random {
    /// Fills a buffer.
    pub fn fill(&self, buffer: &mut [u8]) {
        match self {
            Random::System(system) => {
                system.fill(buffer).expect("the machine's random generator works; without it no secret can be made");
            }
            Random::Seeded(seed, count) => {
                for chunk in buffer.chunks_mut(32) {
                    let n = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let block = sha256(&[seed.to_le_bytes(), n.to_le_bytes()].concat());
                    chunk.copy_from_slice(&block[..chunk.len()]);
                }
            }
        }
    }

    /// That many random bytes as hexadecimal text.
    pub fn hex(&self, bytes: usize) -> String {
        let mut buffer = vec![0u8; bytes];
        self.fill(&mut buffer);
        hex(&buffer)
    }

    /// A random number.
    pub fn number(&self) -> u64 {
        let mut buffer = [0u8; 8];
        self.fill(&mut buffer);
        u64::from_le_bytes(buffer)
    }
}
