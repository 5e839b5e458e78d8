//! Names of functions in the driver's closed parts, which its makers put numbers for: their
//! ending tells the module (nv-kernel.o_binary and nv-modeset-kernel.o_binary of the
//! proprietary driver; traces of 304 to 580).

/// The module that a function such as `_nv011745rm` belongs to.
#[must_use]
pub fn module_of(function: &str) -> Option<&'static str> {
    let rest = function.strip_prefix("_nv")?;
    let ending = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = rest.len() - ending.len() >= 5;
    match ending {
        "rm" if numbered => Some("nvidia"),
        "kms" if numbered => Some("nvidia_modeset"),
        _ => None,
    }
}

/// The module of the function that a line with an address names, "_nv011745rm+0x1f/0x170".
#[must_use]
pub fn named_in(text: &str) -> Option<&'static str> {
    module_of(text.split_once("+0x")?.0.rsplit([' ', ':']).next()?)
}

#[cfg(test)]
mod tests {
    use super::module_of;

    #[test]
    fn a_numbered_function_tells_its_module() {
        assert_eq!(module_of("_nv011745rm"), Some("nvidia"));
        assert_eq!(module_of("_nv002656kms"), Some("nvidia_modeset"));
        for other in ["nv_kthread_q", "_nv_rm", "_nv12rm", "rm_ioctl", "_nv011745", ""] {
            assert_eq!(module_of(other), None, "{other}");
        }
    }
}
