//! What pages are made of. Components fetch nothing; each has its sheet under `style/components/`.

pub mod alert;
pub mod card;
pub mod code_block;
pub mod confirm;
pub mod copy_button;
pub mod danger_zone;
pub mod empty_state;
pub mod escape;
pub mod icon;
pub mod leave_guard;
pub mod mark;
pub mod page_header;
pub mod pagination;
pub mod reveal_once;
pub mod scope_list;
pub mod status;
pub mod table;
pub mod tabs;

#[cfg(feature = "ssr")]
pub mod changes;
#[cfg(feature = "ssr")]
pub mod csrf_field;
#[cfg(feature = "ssr")]
pub mod field;
#[cfg(feature = "ssr")]
pub mod form_errors;
#[cfg(feature = "ssr")]
pub mod layout;
#[cfg(feature = "ssr")]
pub mod timeline;
#[cfg(feature = "ssr")]
pub mod timestamp;
