//! What stands in the `Authorization` header: our own API tokens, and the short-lived tokens of channel servers.
//!
//! Both are JWTs signed with HS256, the first with a key of ours, the second with the secret of an application. Which
//! key is the right one is only known after a look at the claims, so reading and verifying are two steps, and nothing
//! of an unverified token is more than a hint where to look.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value, json};

use super::crypto::{hmac_sha256, hmac_sha256_matches};
use super::error::Problem;

/// Who issued the tokens that this server mints.
const ISSUER: &str = "portico";
/// The subject of the tokens that apps get.
const APP: &str = "oauth";
/// How far ahead the end of a channel server's token may be (milliseconds): one that leaks is soon worth nothing.
const LONGEST: i64 = 30_000;
/// Longer headers hold no token of anybody's.
const MAX_TOKEN: usize = 8 * 1024;
/// What the standard asks for, except that padding is tolerated: some libraries leave it in.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a caller is not known. It answers with the two messages that clients tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unauthenticated {
    /// There is no token at all.
    Missing,
    /// What is there is no JWT that we could ever accept.
    NotAJwt,
    /// A JWT, but not signed with the key that it should be, or for another purpose.
    Unknown,
    /// A JWT whose time is over.
    Expired,
    /// A channel server's JWT that lives longer than it may.
    TooLong,
}

impl From<Unauthenticated> for Problem {
    fn from(cause: Unauthenticated) -> Problem {
        match cause {
            Unauthenticated::Missing | Unauthenticated::NotAJwt => Problem::no_token(),
            Unauthenticated::Unknown | Unauthenticated::Expired | Unauthenticated::TooLong => Problem::invalid_token(),
        }
    }
}

/// What one of our own tokens says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiClaims {
    /// The company it opens.
    pub company: i64,
    /// The row that says what it may do and whether it still may.
    pub token: i64,
    /// When it was minted, in seconds.
    pub issued_at: i64,
}

/// What the token of a channel server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelClaims {
    /// The application, by its uid; the oldest ones call themselves by a number, which is given as its digits.
    pub application: String,
    /// The channel, as the token writes it (`cha_…`); it must be the one in the path.
    pub channel: String,
    /// When it ends, in milliseconds.
    pub expires_at: i64,
    /// The token's own id. One production client uses the same one for all its tokens, so it proves nothing.
    pub id: Option<String>,
}

/// Makes an API token.
pub fn mint(key: &[u8], claims: &ApiClaims) -> String {
    sign(key, &json!({"iss": ISSUER, "cid": claims.company, "jti": claims.token, "iat": claims.issued_at}))
}

/// Makes a token as a channel's server does, with its app's secret.
pub fn mint_channel(secret: &[u8], claims: &ChannelClaims) -> String {
    let ends = claims.expires_at / 1_000;
    sign(secret, &json!({"iss": claims.application, "jti": claims.id, "sub": claims.channel, "exp": ends}))
}

/// Makes the access token of an app: it says of itself that it is one, and when it ends (in seconds).
pub fn mint_access(key: &[u8], claims: &ApiClaims, ends_at: i64) -> String {
    let ApiClaims { company, token, issued_at } = claims;
    let body = json!({"iss": ISSUER, "sub": APP, "cid": company, "jti": token, "iat": issued_at, "exp": ends_at});
    sign(key, &body)
}

fn sign(key: &[u8], claims: &Value) -> String {
    let signed = format!("{}.{}", BASE64.encode(r#"{"alg":"HS256","typ":"JWT"}"#), BASE64.encode(claims.to_string()));
    let signature = BASE64.encode(hmac_sha256(key, signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// Reads one of our own tokens straight from the header.
pub fn parse(key: &[u8], header: Option<&str>) -> Result<ApiClaims, Unauthenticated> {
    Jwt::from_header(header)?.api(key)
}

/// A well-formed token whose signature nobody has looked at yet.
#[derive(Clone)]
pub struct Jwt {
    signed: String,
    signature: Vec<u8>,
    claims: Map<String, Value>,
}

impl Jwt {
    /// Reads the value of an `Authorization` header.
    pub fn from_header(header: Option<&str>) -> Result<Jwt, Unauthenticated> {
        let header = header.map(str::trim).filter(|header| !header.is_empty()).ok_or(Unauthenticated::Missing)?;
        let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
        match scheme.eq_ignore_ascii_case("bearer") {
            true if token.trim().is_empty() => Err(Unauthenticated::Missing),
            true => Jwt::from_token(token.trim()),
            false => Err(Unauthenticated::NotAJwt),
        }
    }

    /// Reads the token itself, as it also comes in a form's field.
    pub fn from_token(token: &str) -> Result<Jwt, Unauthenticated> {
        read(token).ok_or(Unauthenticated::NotAJwt)
    }

    /// Whether the token says of itself that this server minted it.
    pub fn is_ours(&self) -> bool {
        self.claims.get("iss").and_then(Value::as_str) == Some(ISSUER)
    }

    /// Whether the token says of itself that an app was given it.
    pub fn is_of_app(&self) -> bool {
        self.claims.get("sub").and_then(Value::as_str) == Some(APP)
    }

    /// What the token says, if it is one of ours.
    pub fn api(&self, key: &[u8]) -> Result<ApiClaims, Unauthenticated> {
        if !self.is_signed_with(key) {
            return Err(Unauthenticated::Unknown);
        }
        self.api_unverified()
    }

    /// What the token says if it is one of ours, **before** anybody verified it: enough to find the row that holds the
    /// digest of the true one.
    pub fn api_unverified(&self) -> Result<ApiClaims, Unauthenticated> {
        if !self.is_ours() {
            return Err(Unauthenticated::Unknown);
        }
        let number = |name: &str| self.claims.get(name).and_then(Value::as_i64);
        let (company, token) = number("cid").zip(number("jti")).ok_or(Unauthenticated::Unknown)?;
        Ok(ApiClaims { company, token, issued_at: number("iat").unwrap_or(0) })
    }

    /// What the token says if it is a channel server's, **before** anybody verified it: enough to look up the secret.
    pub fn channel_unverified(&self) -> Result<ChannelClaims, Unauthenticated> {
        let claims = channel_claims(&self.claims).ok_or(Unauthenticated::Unknown)?;
        if self.is_ours() { Err(Unauthenticated::Unknown) } else { Ok(claims) }
    }

    /// What the token says, if the application's secret signed it, and its time is not over and ends within half a
    /// minute. Clocks may differ by `skew_ms`.
    pub fn channel(&self, secret: &[u8], now_ms: i64, skew_ms: i64) -> Result<ChannelClaims, Unauthenticated> {
        let claims = self.channel_unverified()?;
        if !self.is_signed_with(secret) {
            return Err(Unauthenticated::Unknown);
        }
        match claims.expires_at {
            ends if ends.saturating_add(skew_ms) <= now_ms => Err(Unauthenticated::Expired),
            ends if ends > now_ms.saturating_add(LONGEST).saturating_add(skew_ms) => Err(Unauthenticated::TooLong),
            _ => Ok(claims),
        }
    }

    fn is_signed_with(&self, key: &[u8]) -> bool {
        // An empty key would accept what anybody can sign.
        !key.is_empty() && hmac_sha256_matches(key, self.signed.as_bytes(), &self.signature)
    }
}

impl std::fmt::Debug for Jwt {
    // Without the signature: what is logged must not be usable.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jwt").field("claims", &self.claims).finish_non_exhaustive()
    }
}

fn read(token: &str) -> Option<Jwt> {
    if token.len() > MAX_TOKEN {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let object = |text: &str| match serde_json::from_slice(&BASE64.decode(text).ok()?).ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    };
    // One algorithm and no other: `none` needs no key, and the rest would let the token choose how it is checked.
    if object(header)?.get("alg")?.as_str()? != "HS256" {
        return None;
    }
    Some(Jwt { signed: signed.to_owned(), signature: BASE64.decode(signature).ok()?, claims: object(claims)? })
}

fn channel_claims(claims: &Map<String, Value>) -> Option<ChannelClaims> {
    let text = |name: &str| match claims.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let seconds = match claims.get("exp")? {
        Value::Number(number) => number.as_f64()?,
        Value::String(digits) => digits.parse::<f64>().ok().filter(|seconds| seconds.is_finite())?,
        _ => return None,
    };
    // A float that is too large becomes the last instant there is.
    let expires_at = (seconds * 1000.0) as i64;
    Some(ChannelClaims { application: text("iss")?, channel: text("sub")?, expires_at, id: text("jti") })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &[u8] = b"a key of the server";
    const SECRET: &[u8] = b"s3cr3t-app-key";
    const CLAIMS: ApiClaims = ApiClaims { company: 7, token: 42, issued_at: 1_760_000_000 };
    /// The worked example of the contract.
    const EXAMPLE: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiI0MGE0ZWFlMjAxYTc2MGQxIiwianRpIjoiOWY4NmQwODEiLCJzdWIiOiJjaGFfMWEyYiIsImV4cCI6MTc2MDAwMDAxMH0.cAX5v5737G-r3eWtcdR_nB41aHdpO6OCXz79c_ZCXdc";

    fn sign(header: &str, claims: &str, secret: &[u8]) -> String {
        let signed = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
        let signature = BASE64.encode(hmac_sha256(secret, signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    fn channel(claims: &str) -> Result<ChannelClaims, Unauthenticated> {
        let token = sign(r#"{"alg":"HS256"}"#, claims, SECRET);
        Jwt::from_token(&token)?.channel(SECRET, 1_760_000_000_000, 5_000)
    }

    #[test]
    fn a_minted_token_begins_like_a_jwt_and_reads_back() {
        let token = mint(KEY, &CLAIMS);
        assert!(token.starts_with("eyJ"));
        for header in [format!("Bearer {token}"), format!("bearer  {token} "), format!("BEARER {token}")] {
            assert_eq!(parse(KEY, Some(&header)), Ok(CLAIMS));
        }
    }

    #[test]
    fn an_apps_token_says_so() {
        let token = Jwt::from_token(&mint_access(KEY, &CLAIMS, 1_760_003_600)).unwrap();
        assert_eq!((token.api(KEY), token.is_of_app()), (Ok(CLAIMS), true));
        assert!(!Jwt::from_token(&mint(KEY, &CLAIMS)).unwrap().is_of_app());
    }

    #[test]
    fn a_missing_token_and_a_text_that_is_none_are_told_alike() {
        for header in [None, Some(""), Some("Bearer"), Some("Bearer ")] {
            assert_eq!(parse(KEY, header), Err(Unauthenticated::Missing));
        }
        for header in ["Bearer abc", "Bearer a.b.c", "Basic YTpi", "Bearer ..", "Bearer e30.e30.e30"] {
            assert_eq!(parse(KEY, Some(header)), Err(Unauthenticated::NotAJwt), "{header}");
        }
        assert_eq!(Problem::from(Unauthenticated::Missing).message, "JSON Web Token error");
        assert_eq!(Problem::from(Unauthenticated::NotAJwt).message, "JSON Web Token error");
    }

    #[test]
    fn a_foreign_or_changed_token_is_invalid() {
        let token = mint(KEY, &CLAIMS);
        assert_eq!(parse(b"another key", Some(&format!("Bearer {token}"))), Err(Unauthenticated::Unknown));
        assert_eq!(parse(KEY, Some(&format!("Bearer {EXAMPLE}"))), Err(Unauthenticated::Unknown));
        let (_, signature) = token.rsplit_once('.').unwrap();
        let other = mint(KEY, &ApiClaims { company: 8, ..CLAIMS });
        let (signed, _) = other.rsplit_once('.').unwrap();
        let forged = format!("Bearer {signed}.{signature}");
        assert_eq!(parse(KEY, Some(&forged)), Err(Unauthenticated::Unknown));
        assert_eq!(Problem::from(Unauthenticated::Unknown).message, "Invalid token");
    }

    #[test]
    fn what_a_channels_server_makes_reads_back() {
        let claims = ChannelClaims {
            application: "40a4eae201a760d1".to_string(),
            channel: "cha_1a2b".to_string(),
            expires_at: 1_760_000_010_000,
            id: Some("9f86d081".to_string()),
        };
        let token = Jwt::from_token(&mint_channel(SECRET, &claims)).unwrap();
        assert_eq!(token.channel(SECRET, 1_760_000_000_000, 0), Ok(claims));
    }

    #[test]
    fn only_one_algorithm_is_known() {
        let claims = r#"{"iss":"portico","cid":7,"jti":42}"#;
        for header in
            [r#"{"alg":"none"}"#, r#"{"alg":"HS512"}"#, r#"{"alg":"hs256"}"#, r#"{"alg":["HS256"]}"#, "{}", "[]"]
        {
            let token = format!("Bearer {}", sign(header, claims, KEY));
            assert_eq!(parse(KEY, Some(&token)), Err(Unauthenticated::NotAJwt), "{header}");
        }
        let unsigned = format!("Bearer {}.{}.", BASE64.encode(r#"{"alg":"HS256"}"#), BASE64.encode(claims));
        assert_eq!(parse(KEY, Some(&unsigned)), Err(Unauthenticated::Unknown));
    }

    #[test]
    fn an_empty_key_opens_nothing() {
        let token = mint(b"", &CLAIMS);
        assert_eq!(Jwt::from_token(&token).unwrap().api(b""), Err(Unauthenticated::Unknown));
    }

    #[test]
    fn the_example_of_the_contract_verifies_until_its_time_is_over() {
        let token = Jwt::from_header(Some(&format!("Bearer {EXAMPLE}"))).unwrap();
        let claims = token.channel(SECRET, 1_760_000_009_999, 0).unwrap();
        assert_eq!((claims.application.as_str(), claims.channel.as_str()), ("40a4eae201a760d1", "cha_1a2b"));
        assert_eq!((claims.expires_at, claims.id.as_deref()), (1_760_000_010_000, Some("9f86d081")));
        assert_eq!(token.channel(SECRET, 1_760_000_010_000, 0), Err(Unauthenticated::Expired));
        assert!(token.channel(SECRET, 1_760_000_010_000, 5_000).is_ok());
        assert_eq!(token.channel(b"another", 0, 0), Err(Unauthenticated::Unknown));
        assert!(!token.is_ours());
    }

    #[test]
    fn what_channel_servers_vary_is_tolerated() {
        for claims in [
            r#"{"iss":123,"sub":"cha_1","jti":"x","exp":1760000010}"#,
            r#"{"iss":"a","sub":"cha_1","exp":1760000010.5,"iat":1760000000,"extra":{"a":[1]}}"#,
            r#"{"iss":"a","sub":"cha_1","jti":7,"exp":"1760000010"}"#,
        ] {
            assert!(channel(claims).is_ok(), "{claims}");
        }
        assert_eq!(channel(r#"{"iss":123,"sub":"cha_1","exp":1760000010}"#).unwrap().application, "123");
        let padded = EXAMPLE.split('.').map(|part| format!("{part}{}", "=".repeat((4 - part.len() % 4) % 4)));
        let padded = Jwt::from_token(&padded.collect::<Vec<_>>().join(".")).unwrap();
        // The padding belongs to what is signed, so the token reads but its signature is another.
        assert!(padded.channel_unverified().is_ok());
    }

    #[test]
    fn a_channel_servers_token_ends_within_half_a_minute() {
        for (exp, wanted) in [
            ("1760000030", Ok(())),
            ("1760000035", Ok(())),
            ("1760000036", Err(Unauthenticated::TooLong)),
            ("1e300", Err(Unauthenticated::TooLong)),
        ] {
            let verdict = channel(&format!(r#"{{"iss":"a","sub":"cha_1","exp":{exp}}}"#));
            assert_eq!(verdict.map(drop), wanted, "{exp}");
        }
    }

    #[test]
    fn what_says_too_little_is_invalid() {
        for claims in [
            r#"{"sub":"cha_1","exp":1760000010}"#,
            r#"{"iss":"a","exp":1760000010}"#,
            r#"{"iss":"a","sub":"cha_1"}"#,
            r#"{"iss":"a","sub":"cha_1","exp":"soon"}"#,
            r#"{"iss":"a","sub":"cha_1","exp":"inf"}"#,
            r#"{"iss":"a","sub":"cha_1","exp":null}"#,
            r#"{"iss":"","sub":"cha_1","exp":1760000010}"#,
            r#"{"iss":"portico","sub":"cha_1","exp":1760000010}"#,
        ] {
            assert_eq!(channel(claims), Err(Unauthenticated::Unknown), "{claims}");
        }
    }

    #[test]
    fn a_token_does_not_print_its_signature() {
        let printed = format!("{:?}", Jwt::from_token(EXAMPLE).unwrap());
        assert!(printed.contains("cha_1a2b") && !printed.contains("cAX5"));
    }

    proptest! {
        #[test]
        fn any_header_is_a_token_or_a_refusal(header in ".{0,60}|Bearer [A-Za-z0-9_.=-]{0,80}") {
            prop_assert!(parse(KEY, Some(&header)).is_err());
        }

        #[test]
        fn every_claim_survives_the_round_trip(company in any::<i64>(), token in any::<i64>(), issued_at in any::<i64>()) {
            let claims = ApiClaims { company, token, issued_at };
            prop_assert_eq!(Jwt::from_token(&mint(KEY, &claims)).unwrap().api(KEY), Ok(claims));
        }

        #[test]
        fn any_claims_are_read_or_refused(claims in prop::sample::select(vec!["{}", "[]", "1", r#"{"iss":{}}"#, r#"{"exp":-1e308,"iss":1,"sub":2}"#]), exp in any::<f64>()) {
            let _ = channel(claims);
            let _ = channel(&format!(r#"{{"iss":"a","sub":"b","exp":{exp}}}"#));
        }
    }
}
