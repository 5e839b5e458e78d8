//! What reading an image's bytes showed, as facts: segments, what the kernel drops,
//! where it stops.

use crate::source::image::Image as InitrdImage;
use nvpreflight::facts::image;
use nvpreflight::seen::Seen;
use nvpreflight::text::{Line, Name};

/// What reading an image's bytes showed, as facts.
pub(crate) fn of_image(image: &InitrdImage) -> image::Image {
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let segments = image.segments().iter().map(|segment| image::Segment {
        offset: segment.place.offset,
        packed: segment.packed,
        unpacked: segment.unpacked,
        form: Name::from(segment.form.name()),
        entries: segment.entries,
    });
    let dropped = image.dropped().iter().map(|dropped| image::Dropped {
        path: Line::from_bytes(&dropped.path),
        why: Line::from(dropped.why),
        offset: dropped.at,
    });
    let stop = image.stop().map(|stop| image::Stop {
        message: Line::from(stop.message),
        why: Line::from(stop.why),
        offset: stop.place.offset,
    });
    image::Image {
        kind: if image.uki().is_some() { image::Kind::Uki } else { image::Kind::Initrd },
        kernel: image.uname().map_or(Seen::NotLooked, |name| Seen::Yes(Name::from_bytes(name))),
        size: image.size(),
        segments: segments.collect(),
        stop,
        dropped: dropped.collect(),
        dropped_total: number(image.dropped_total()),
        ..image::Image::default()
    }
}
