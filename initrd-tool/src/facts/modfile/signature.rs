//! The signature that `scripts/sign-file` appends to a module
//! (include/linux/module_signature.h). Reads it, never verifies it: only the
//! kernel knows its keys.

/// The last bytes of a signed module (`MODULE_SIG_STRING`).
const MARK: &[u8] = b"~Module signature appended~\n";
/// Bytes of `struct module_signature` before the mark.
const TRAILER: usize = 12;
/// An X.509 common name's object identifier in DER: 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];
/// The longest common name (RFC 5280, ub-common-name).
const NAME_MAX: usize = 64;

/// What is appended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignatureInfo {
    /// `id_type`: 2 is PKCS#7, the only one that kernels take since 4.3.
    pub id_type: u8,
    /// Bytes of the signature itself.
    pub bytes: u32,
    /// The common name of who signed, where the PKCS#7 data shows one.
    pub signer: Option<String>,
}

/// The signature of an unpacked module; `None` when none is appended. One whose
/// length does not fit is given with no bytes.
#[must_use]
pub fn signature(bytes: &[u8]) -> Option<SignatureInfo> {
    let rest = bytes.strip_suffix(MARK)?;
    let trailer = rest.get(rest.len().checked_sub(TRAILER)?..)?;
    let [_, _, id_type, .., a, b, c, d] = trailer else { return None };
    let length = u32::from_be_bytes([*a, *b, *c, *d]);
    let end = rest.len() - TRAILER;
    let data = usize::try_from(length)
        .ok()
        .and_then(|length| end.checked_sub(length))
        .and_then(|start| rest.get(start..end));
    Some(SignatureInfo {
        id_type: *id_type,
        bytes: if data.is_some() { length } else { 0 },
        signer: data.and_then(common_name),
    })
}

/// The module without what is appended, as the kernel cuts it off before it looks
/// at the ELF headers (kernel/module/signing.c `mod_verify_sig`).
pub(super) fn without(bytes: &[u8]) -> &[u8] {
    let Some(info) = signature(bytes) else { return bytes };
    let tail = usize::try_from(info.bytes).unwrap_or(0) + TRAILER + MARK.len();
    bytes.get(..bytes.len().saturating_sub(tail)).unwrap_or(bytes)
}

/// The first common name in DER data: in a module's signature, which carries no
/// certificates, that is the issuer's in the signer's identifier (RFC 5652, 5.3).
fn common_name(der: &[u8]) -> Option<String> {
    let at = der.windows(COMMON_NAME.len()).position(|w| w == COMMON_NAME)?;
    let [tag, length, rest @ ..] = der.get(at + COMMON_NAME.len()..)? else { return None };
    let length = usize::from(*length);
    // UTF8String, PrintableString, IA5String.
    let is_text = matches!(tag, 0x0c | 0x13 | 0x16) && (1..=NAME_MAX).contains(&length);
    let text = rest.get(..length).filter(|_| is_text)?;
    std::str::from_utf8(text).ok().filter(|t| !t.chars().any(char::is_control)).map(str::to_owned)
}
