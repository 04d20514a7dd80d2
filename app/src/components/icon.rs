//! Icons, drawn inline: no request, no sprite.
//!
//! Paths from Lucide 1.62 (<https://lucide.dev>), ISC License, Copyright (c) 2026 Lucide Icons and Contributors.
//! One constant per icon, so that only those that an island uses are in its wasm.

use leptos::prelude::*;

/// The inside of an icon's `svg`, on a 24 by 24 grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyph(&'static str);

/// An icon beside words: hidden from screen readers, because the words say it.
#[component]
pub fn Icon(
    /// Which.
    glyph: Glyph,
) -> impl IntoView {
    view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" inner_html=glyph.0></svg> }
}

/// The portico itself: the product's sign.
#[component]
pub fn Sign() -> impl IntoView {
    view! { <svg class="sign" viewBox="0 0 32 32" aria-hidden="true" inner_html=SIGN></svg> }
}

/// The inside of its `svg`, on a 32 by 32 grid: pediment, three columns, stylobate.
pub const SIGN: &str = r#"<path d="M16 3.2 3.4 10.1v2.5h25.2v-2.5zM6 15h3.6v9.6H6zm8.2 0h3.6v9.6h-3.6zm8.2 0H26v9.6h-3.6zM3.4 27h25.2v2.4H3.4z"/>"#;

/// Lucide `copy`.
pub const COPY: Glyph = Glyph(
    r#"<rect width="14" height="14" x="8" y="8" rx="2" ry="2"/><path d="M4 16c-1.1 0-2-.9-2-2V4c0-1.1.9-2 2-2h10c1.1 0 2 .9 2 2"/>"#,
);

/// Lucide `check`.
pub const CHECK: Glyph = Glyph(r#"<path d="M20 6 9 17l-5-5"/>"#);

/// Lucide `x`.
pub const X: Glyph = Glyph(r#"<path d="M18 6 6 18"/><path d="m6 6 12 12"/>"#);

/// Lucide `menu`.
pub const MENU: Glyph = Glyph(r#"<path d="M4 5h16"/><path d="M4 12h16"/><path d="M4 19h16"/>"#);

/// Lucide `plug`.
pub const PLUG: Glyph = Glyph(
    r#"<path d="M12 22v-5"/><path d="M15 8V2"/><path d="M17 8a1 1 0 0 1 1 1v4a4 4 0 0 1-4 4h-4a4 4 0 0 1-4-4V9a1 1 0 0 1 1-1z"/><path d="M9 8V2"/>"#,
);

/// Lucide `package`.
pub const PACKAGE: Glyph = Glyph(
    r#"<path d="M11 21.73a2 2 0 0 0 2 0l7-4A2 2 0 0 0 21 16V8a2 2 0 0 0-1-1.73l-7-4a2 2 0 0 0-2 0l-7 4A2 2 0 0 0 3 8v8a2 2 0 0 0 1 1.73z"/><path d="M12 22V12"/><polyline points="3.29 7 12 12 20.71 7"/><path d="m7.5 4.27 9 5.15"/>"#,
);

/// Lucide `key-round`.
pub const KEY_ROUND: Glyph = Glyph(
    r#"<path d="M2.586 17.414A2 2 0 0 0 2 18.828V21a1 1 0 0 0 1 1h3a1 1 0 0 0 1-1v-1a1 1 0 0 1 1-1h1a1 1 0 0 0 1-1v-1a1 1 0 0 1 1-1h.172a2 2 0 0 0 1.414-.586l.814-.814a6.5 6.5 0 1 0-4-4z"/><circle cx="16.5" cy="7.5" r=".5" fill="currentColor"/>"#,
);

/// Lucide `link-2`.
pub const LINK_2: Glyph = Glyph(
    r#"<path d="M9 17H7A5 5 0 0 1 7 7h2"/><path d="M15 7h2a5 5 0 1 1 0 10h-2"/><line x1="8" x2="16" y1="12" y2="12"/>"#,
);

/// Lucide `shield-check`.
pub const SHIELD_CHECK: Glyph = Glyph(
    r#"<path d="M20 13c0 5-3.5 7.5-7.66 8.95a1 1 0 0 1-.67-.01C7.5 20.5 4 18 4 13V6a1 1 0 0 1 1-1c2 0 4.5-1.2 6.24-2.72a1.17 1.17 0 0 1 1.52 0C14.51 3.81 17 5 19 5a1 1 0 0 1 1 1z"/><path d="m9 12 2 2 4-4"/>"#,
);

/// Lucide `list-checks`.
pub const LIST_CHECKS: Glyph = Glyph(
    r#"<path d="M13 5h8"/><path d="M13 12h8"/><path d="M13 19h8"/><path d="m3 17 2 2 4-4"/><path d="m3 7 2 2 4-4"/>"#,
);

/// Lucide `settings`.
pub const SETTINGS: Glyph = Glyph(
    r#"<path d="M9.671 4.136a2.34 2.34 0 0 1 4.659 0 2.34 2.34 0 0 0 3.319 1.915 2.34 2.34 0 0 1 2.33 4.033 2.34 2.34 0 0 0 0 3.831 2.34 2.34 0 0 1-2.33 4.033 2.34 2.34 0 0 0-3.319 1.915 2.34 2.34 0 0 1-4.659 0 2.34 2.34 0 0 0-3.32-1.915 2.34 2.34 0 0 1-2.33-4.033 2.34 2.34 0 0 0 0-3.831A2.34 2.34 0 0 1 6.35 6.051a2.34 2.34 0 0 0 3.319-1.915"/><circle cx="12" cy="12" r="3"/>"#,
);

/// Lucide `scroll-text`.
pub const SCROLL_TEXT: Glyph = Glyph(
    r#"<path d="M15 12h-5"/><path d="M15 8h-5"/><path d="M19 17V5a2 2 0 0 0-2-2H4"/><path d="M8 21h12a2 2 0 0 0 2-2v-1a1 1 0 0 0-1-1H11a1 1 0 0 0-1 1v1a2 2 0 1 1-4 0V5a2 2 0 1 0-4 0v2a1 1 0 0 0 1 1h3"/>"#,
);

/// Lucide `users`.
pub const USERS: Glyph = Glyph(
    r#"<path d="M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2"/><path d="M16 3.128a4 4 0 0 1 0 7.744"/><path d="M22 21v-2a4 4 0 0 0-3-3.87"/><circle cx="9" cy="7" r="4"/>"#,
);

/// Lucide `building-2`.
pub const BUILDING_2: Glyph = Glyph(
    r#"<path d="M10 12h4"/><path d="M10 8h4"/><path d="M14 21v-3a2 2 0 0 0-4 0v3"/><path d="M6 10H4a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2V9a2 2 0 0 0-2-2h-2"/><path d="M6 21V5a2 2 0 0 1 2-2h8a2 2 0 0 1 2 2v16"/>"#,
);

/// Lucide `search`.
pub const SEARCH: Glyph = Glyph(r#"<path d="m21 21-4.34-4.34"/><circle cx="11" cy="11" r="8"/>"#);

/// Lucide `plus`.
pub const PLUS: Glyph = Glyph(r#"<path d="M5 12h14"/><path d="M12 5v14"/>"#);

/// Lucide `trash-2`.
pub const TRASH_2: Glyph = Glyph(
    r#"<path d="M10 11v6"/><path d="M14 11v6"/><path d="M19 6v14a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V6"/><path d="M3 6h18"/><path d="M8 6V4a2 2 0 0 1 2-2h4a2 2 0 0 1 2 2v2"/>"#,
);

/// Lucide `triangle-alert`.
pub const TRIANGLE_ALERT: Glyph = Glyph(
    r#"<path d="m21.73 18-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3"/><path d="M12 9v4"/><path d="M12 17h.01"/>"#,
);

/// Lucide `circle-alert`.
pub const CIRCLE_ALERT: Glyph = Glyph(
    r#"<circle cx="12" cy="12" r="10"/><line x1="12" x2="12" y1="8" y2="12"/><line x1="12" x2="12.01" y1="16" y2="16"/>"#,
);

/// Lucide `info`.
pub const INFO: Glyph = Glyph(r#"<circle cx="12" cy="12" r="10"/><path d="M12 16v-4"/><path d="M12 8h.01"/>"#);

/// Lucide `circle-check`.
pub const CIRCLE_CHECK: Glyph = Glyph(r#"<circle cx="12" cy="12" r="10"/><path d="m16 9-5.5 5.5L8 12"/>"#);

/// Lucide `chevrons-up-down`.
pub const CHEVRONS_UP_DOWN: Glyph = Glyph(r#"<path d="m7 15 5 5 5-5"/><path d="m7 9 5-5 5 5"/>"#);

/// Lucide `chevron-right`.
pub const CHEVRON_RIGHT: Glyph = Glyph(r#"<path d="m9 18 6-6-6-6"/>"#);

/// Lucide `chevron-left`.
pub const CHEVRON_LEFT: Glyph = Glyph(r#"<path d="m15 18-6-6 6-6"/>"#);

/// Lucide `chevron-down`.
pub const CHEVRON_DOWN: Glyph = Glyph(r#"<path d="m6 9 6 6 6-6"/>"#);

/// Lucide `arrow-right`.
pub const ARROW_RIGHT: Glyph = Glyph(r#"<path d="M5 12h14"/><path d="m12 5 7 7-7 7"/>"#);

/// Lucide `arrow-left-right`.
pub const ARROW_LEFT_RIGHT: Glyph =
    Glyph(r#"<path d="M8 3 4 7l4 4"/><path d="M4 7h16"/><path d="m16 21 4-4-4-4"/><path d="M20 17H4"/>"#);

/// Lucide `arrow-up-right`.
pub const ARROW_UP_RIGHT: Glyph = Glyph(r#"<path d="M7 7h10v10"/><path d="M7 17 17 7"/>"#);

/// Lucide `external-link`.
pub const EXTERNAL_LINK: Glyph = Glyph(
    r#"<path d="M15 3h6v6"/><path d="M10 14 21 3"/><path d="M18 13v6a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h6"/>"#,
);

/// Lucide `eye`.
pub const EYE: Glyph = Glyph(
    r#"<path d="M2.062 12.348a1 1 0 0 1 0-.696 10.75 10.75 0 0 1 19.876 0 1 1 0 0 1 0 .696 10.75 10.75 0 0 1-19.876 0"/><circle cx="12" cy="12" r="3"/>"#,
);

/// Lucide `pencil`.
pub const PENCIL: Glyph = Glyph(
    r#"<path d="M21.174 6.812a1 1 0 0 0-3.986-3.987L3.842 16.174a2 2 0 0 0-.5.83l-1.321 4.352a.5.5 0 0 0 .623.622l4.353-1.32a2 2 0 0 0 .83-.497z"/><path d="m15 5 4 4"/>"#,
);

/// Lucide `log-out`.
pub const LOG_OUT: Glyph =
    Glyph(r#"<path d="m16 17 5-5-5-5"/><path d="M21 12H9"/><path d="M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4"/>"#);

/// Lucide `sun`.
pub const SUN: Glyph = Glyph(
    r#"<circle cx="12" cy="12" r="4"/><path d="M12 2v2"/><path d="M12 20v2"/><path d="m4.93 4.93 1.41 1.41"/><path d="m17.66 17.66 1.41 1.41"/><path d="M2 12h2"/><path d="M20 12h2"/><path d="m6.34 17.66-1.41 1.41"/><path d="m19.07 4.93-1.41 1.41"/>"#,
);

/// Lucide `moon`.
pub const MOON: Glyph = Glyph(
    r#"<path d="M20.985 12.486a9 9 0 1 1-9.473-9.472c.405-.022.617.46.402.803a6 6 0 0 0 8.268 8.268c.344-.215.825-.004.803.401"/>"#,
);

/// Lucide `monitor`.
pub const MONITOR: Glyph = Glyph(
    r#"<rect width="20" height="14" x="2" y="3" rx="2"/><line x1="8" x2="16" y1="21" y2="21"/><line x1="12" x2="12" y1="17" y2="21"/>"#,
);

/// Lucide `download`.
pub const DOWNLOAD: Glyph =
    Glyph(r#"<path d="M12 15V3"/><path d="M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4"/><path d="m7 10 5 5 5-5"/>"#);

/// Lucide `rotate-cw`.
pub const ROTATE_CW: Glyph =
    Glyph(r#"<path d="M21 12a9 9 0 1 1-9-9c2.52 0 4.93 1 6.74 2.74L21 8"/><path d="M21 3v5h-5"/>"#);

/// Lucide `clock`.
pub const CLOCK: Glyph = Glyph(r#"<circle cx="12" cy="12" r="10"/><path d="M12 6v6l4 2"/>"#);

/// Lucide `ban`.
pub const BAN: Glyph = Glyph(r#"<circle cx="12" cy="12" r="10"/><path d="M4.929 4.929 19.07 19.071"/>"#);

/// Lucide `life-buoy`.
pub const LIFE_BUOY: Glyph = Glyph(
    r#"<circle cx="12" cy="12" r="10"/><path d="m4.93 4.93 4.24 4.24"/><path d="m14.83 9.17 4.24-4.24"/><path d="m14.83 14.83 4.24 4.24"/><path d="m9.17 14.83-4.24 4.24"/><circle cx="12" cy="12" r="4"/>"#,
);

/// Lucide `user-round`.
pub const USER_ROUND: Glyph = Glyph(r#"<circle cx="12" cy="8" r="5"/><path d="M20 21a8 8 0 0 0-16 0"/>"#);

/// Lucide `layout-grid`.
pub const LAYOUT_GRID: Glyph = Glyph(
    r#"<rect width="7" height="7" x="3" y="3" rx="1"/><rect width="7" height="7" x="14" y="3" rx="1"/><rect width="7" height="7" x="14" y="14" rx="1"/><rect width="7" height="7" x="3" y="14" rx="1"/>"#,
);

/// Lucide `history`.
pub const HISTORY: Glyph = Glyph(
    r#"<path d="M3 12a9 9 0 1 0 9-9 9.75 9.75 0 0 0-6.74 2.74L3 8"/><path d="M3 3v5h5"/><path d="M12 7v5l4 2"/>"#,
);

/// Lucide `lock`.
pub const LOCK: Glyph =
    Glyph(r#"<rect width="18" height="11" x="3" y="11" rx="2" ry="2"/><path d="M7 11V7a5 5 0 0 1 10 0v4"/>"#);

/// Lucide `terminal`.
pub const TERMINAL: Glyph = Glyph(r#"<path d="M12 19h8"/><path d="m4 17 6-6-6-6"/>"#);

/// Lucide `bot`.
pub const BOT: Glyph = Glyph(
    r#"<path d="M12 8V4H8"/><rect width="16" height="12" x="4" y="8" rx="2"/><path d="M2 14h2"/><path d="M20 14h2"/><path d="M15 13v2"/><path d="M9 13v2"/>"#,
);

/// Lucide `book-open`.
pub const BOOK_OPEN: Glyph = Glyph(
    r#"<path d="M12 5v16"/><path d="M20.001 19A2 2 0 0022 17V5a2 2 0 00-1.999-2L16 3.002A5 5 0 0012 5a5 5 0 00-4-2H4a2 2 0 00-2 2v12a2 2 0 001.999 2H8a5 5 0 014 2 5 5 0 014-2z"/>"#,
);

/// Lucide `code-xml`.
pub const CODE_XML: Glyph = Glyph(r#"<path d="m18 16 4-4-4-4"/><path d="m6 8-4 4 4 4"/><path d="m14.5 4-5 16"/>"#);

/// Lucide `refresh-cw`.
pub const REFRESH_CW: Glyph = Glyph(
    r#"<path d="M3 12a9 9 0 0 1 9-9 9.75 9.75 0 0 1 6.74 2.74L21 8"/><path d="M21 3v5h-5"/><path d="M21 12a9 9 0 0 1-9 9 9.75 9.75 0 0 1-6.74-2.74L3 16"/><path d="M8 16H3v5"/>"#,
);

/// Lucide `circle-dashed`.
pub const CIRCLE_DASHED: Glyph = Glyph(
    r#"<path d="M10.1 2.182a10 10 0 0 1 3.8 0"/><path d="M13.9 21.818a10 10 0 0 1-3.8 0"/><path d="M17.609 3.721a10 10 0 0 1 2.69 2.7"/><path d="M2.182 13.9a10 10 0 0 1 0-3.8"/><path d="M20.279 17.609a10 10 0 0 1-2.7 2.69"/><path d="M21.818 10.1a10 10 0 0 1 0 3.8"/><path d="M3.721 6.391a10 10 0 0 1 2.7-2.69"/><path d="M6.391 20.279a10 10 0 0 1-2.69-2.7"/>"#,
);

/// Lucide `mail`.
pub const MAIL: Glyph =
    Glyph(r#"<path d="m22 7-8.991 5.727a2 2 0 0 1-2.009 0L2 7"/><rect x="2" y="4" width="20" height="16" rx="2"/>"#);

/// Lucide `pause`.
pub const PAUSE: Glyph =
    Glyph(r#"<rect x="14" y="3" width="5" height="18" rx="1"/><rect x="5" y="3" width="5" height="18" rx="1"/>"#);

/// Lucide `play`.
pub const PLAY: Glyph =
    Glyph(r#"<path d="M5 5a2 2 0 0 1 3.008-1.728l11.997 6.998a2 2 0 0 1 .003 3.458l-12 7A2 2 0 0 1 5 19z"/>"#);

/// Lucide `webhook`.
pub const WEBHOOK: Glyph = Glyph(
    r#"<path d="M18 16.98h-5.99c-1.1 0-1.95.94-2.48 1.9A4 4 0 0 1 2 17c.01-.7.2-1.4.57-2"/><path d="m6 17 3.13-5.78c.53-.97.1-2.18-.5-3.1a4 4 0 1 1 6.89-4.06"/><path d="m12 6 3.13 5.73C15.66 12.7 16.9 13 18 13a4 4 0 0 1 0 8"/>"#,
);

/// Lucide `layout-dashboard`.
pub const LAYOUT_DASHBOARD: Glyph = Glyph(
    r#"<rect width="7" height="9" x="3" y="3" rx="1"/><rect width="7" height="5" x="14" y="3" rx="1"/><rect width="7" height="9" x="14" y="12" rx="1"/><rect width="7" height="5" x="3" y="16" rx="1"/>"#,
);

/// Lucide `file-key-2`.
pub const FILE_KEY_2: Glyph = Glyph(
    r#"<path d="M14 2v5a1 1 0 0 0 1 1h5"/><path d="M4 12v6"/><path d="M4 14h2"/><path d="M9.65 22H18a2 2 0 0 0 2-2V8a2.4 2.4 0 0 0-.706-1.706l-3.588-3.588A2.4 2.4 0 0 0 14 2H6a2 2 0 0 0-2 2v4"/><circle cx="4" cy="20" r="2"/>"#,
);

/// Lucide `fingerprint`.
pub const FINGERPRINT: Glyph = Glyph(
    r#"<path d="M12 10a2 2 0 0 0-2 2c0 1.02-.1 2.51-.26 4"/><path d="M14 13.12c0 2.38 0 6.38-1 8.88"/><path d="M17.29 21.02c.12-.6.43-2.3.5-3.02"/><path d="M2 12a10 10 0 0 1 18-6"/><path d="M2 16h.01"/><path d="M21.8 16c.2-2 .131-5.354 0-6"/><path d="M5 19.5C5.5 18 6 15 6 12a6 6 0 0 1 .34-2"/><path d="M8.65 22c.21-.66.45-1.32.57-2"/><path d="M9 6.8a6 6 0 0 1 9 5.2v2"/>"#,
);
