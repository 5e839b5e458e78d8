//! Versions of the driver, such as `550.163.01`, compared by their numbers.

use crate::text::decimal;
use core::cmp::Ordering;

/// The first version with nvidia_drm; before it nvidia.ko was its own DRM device (NVIDIA's
/// release notes of 364.12).
pub const FIRST_DRM: &str = "364.12";

/// Compares driver versions number by number.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let numbers = |text: &'_ str| {
        let mut parts = text.split('.').map(|p| decimal(p.as_bytes()).unwrap_or(0));
        [(); 3].map(|()| parts.next().unwrap_or(0))
    };
    numbers(a).cmp(&numbers(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number_and_not_by_letter() {
        assert_eq!(compare("570.86.15", "570.124.04"), Ordering::Less);
        assert_eq!(compare("545.23", "545.23.06"), Ordering::Less);
    }
}
