//! Marks: the logo, or the initials on one of twelve hues drawn from the id. Never a broken picture.

use leptos::prelude::*;

/// How many hues `style/components/mark.css` has.
const HUES: u8 = 12;

/// A mark. Decoration: the name stands beside it.
#[component]
pub fn Mark(
    /// Whose initials.
    #[prop(into)]
    name: String,
    /// The id that the hue is drawn from, in any spelling.
    #[prop(into)]
    id: String,
    /// The path of the logo; none draws the initials.
    #[prop(optional_no_strip, into)]
    logo: Option<String>,
    /// Whether it stands beside a page's title.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    let size = if large { "mark mark-l" } else { "mark" };
    match logo {
        Some(path) => view! { <img class=size src=path alt="" loading="lazy"/> }.into_any(),
        None => view! { <span class=format!("{size} hue-{}", hue(&id)) aria-hidden="true">{initials(&name)}</span> }
            .into_any(),
    }
}

/// One of the hues, the same for the same id at all times.
fn hue(id: &str) -> u8 {
    // FNV-1a: the ids are time-ordered, so that neighbours differ in few bits.
    let hash = id.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash >> 8).to_le_bytes()[0] % HUES
}

/// The first letters of the first two words; of one word its first two letters.
fn initials(name: &str) -> String {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("?");
    let letters: String = match words.next() {
        Some(second) => first.chars().take(1).chain(second.chars().take(1)).collect(),
        None => first.chars().take(2).collect(),
    };
    letters.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_two_letters_of_any_name() {
        for (name, expected) in [("Relay Desk", "RD"), ("Portico", "PO"), ("", "?"), ("a-b c", "AB"), ("Élan", "ÉL")]
        {
            assert_eq!(initials(name), expected);
        }
    }
}
