//! Private links: who holds a token is the reader it was made for.

use files::hex;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::ReaderError;

/// Bytes of a token: 256 bits of the system's randomness.
const BYTES: usize = 32;

/// What is kept of a token.
pub type TokenHash = [u8; 32];

/// Random bytes as lower-case hexadecimal digits, two a byte. From the system, not from a seed: whoever knows the study's seed must
/// not know them.
///
/// # Errors
/// If the system has no randomness to give.
pub fn random_hex<const N: usize>() -> Result<String, ReaderError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| ReaderError::Random { why: e.to_string() })?;
    Ok(hex(&bytes))
}

/// A new token and its hash. The token is shown once and kept nowhere.
///
/// # Errors
/// If the system has no randomness to give.
pub fn new_token() -> Result<(String, TokenHash), ReaderError> {
    let token = random_hex::<BYTES>()?;
    let hash = hash(&token);
    Ok((token, hash))
}

/// SHA-256. A token has 256 random bits, so that nothing slower is needed to keep it from being guessed.
pub fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// The place of the token's hash in `hashes`. All are compared, in a time that tells nothing of them.
pub fn find<'a>(token: &str, hashes: impl IntoIterator<Item = &'a TokenHash>) -> Option<usize> {
    let wanted = hash(token);
    let mut found = None;
    for (i, hash) in hashes.into_iter().enumerate() {
        if bool::from(hash.ct_eq(&wanted)) {
            found = Some(i);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_own_door_alone() {
        let tokens: Vec<_> = (0..5).map(|_| new_token().unwrap()).collect();
        let hashes: Vec<TokenHash> = tokens.iter().map(|t| t.1).collect();
        for (i, (token, _)) in tokens.iter().enumerate() {
            assert_eq!(token.len(), 64);
            assert_eq!(find(token, &hashes), Some(i));
            assert_eq!(find(&token[1..], &hashes), None);
        }
        assert_eq!(find("", &hashes), None);
        assert_eq!(find(&tokens[0].0, []), None);
    }

    #[test]
    fn hexadecimal_digits() {
        assert_eq!(hex(&[0, 15, 16, 255]), "000f10ff");
        assert_ne!(random_hex::<16>().unwrap(), random_hex::<16>().unwrap());
    }
}
