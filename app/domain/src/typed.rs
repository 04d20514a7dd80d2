//! Texts that people type: trimmed, bounded, and without control characters, of which PostgreSQL keeps no NUL. The
//! bounds are those of the pages as well, so that nothing is cut that a form let somebody type.

/// The longest name of an app, and label of a secret, in characters.
pub const MAX_NAME: usize = 60;
/// The longest description, purpose or reason, in characters.
pub const MAX_LINE: usize = 300;
/// The longest feedback of a review, in characters.
pub const MAX_FEEDBACK: usize = 2_000;

/// One line of at most `most` characters. A control character, be it a line break, becomes a space.
pub fn line(text: &str, most: usize) -> String {
    text.replace(char::is_control, " ").trim().chars().take(most).collect()
}

/// Lines of at most `most` characters together.
pub fn lines(text: &str, most: usize) -> String {
    text.replace(|letter: char| letter.is_control() && letter != '\n', "").trim().chars().take(most).collect()
}

/// Whether a letter is not seen, or turns the order of those around it: a name with one can pass for another name
/// (requirement 111). Joiners within emoji and in the scripts that need them are none of these.
pub const fn deceives(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// What was typed, if anything was.
pub fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn req_111_what_cannot_be_seen_deceives_and_what_scripts_and_emoji_need_does_not() {
        for name in ["Acme\u{200b}", "\u{202e}emcA", "Ac\u{2066}me", "\u{feff}Acme", "Ac\u{ad}me", "A\u{e0041}cme"] {
            assert!(name.chars().any(deceives), "{name:?}");
        }
        for name in ["Acme & Söhne", "株式会社", "نرم\u{200c}افزار", "👩\u{200d}💻 Works", "Ünïcode 2"]
        {
            assert!(!name.chars().any(deceives), "{name:?}");
        }
    }

    #[test]
    fn a_text_is_bounded_by_characters_and_holds_no_control_characters() {
        for (typed, one, many) in [
            ("\u{0}No longer\r\nneeded\u{7} ", "No longer  needed", "No longer\nneeded"),
            (" \u{0}\n", "", ""),
            ("é\u{0}éé", "é éé", "ééé"),
            ("1234567890123456789012", "12345678901234567890", "12345678901234567890"),
        ] {
            assert_eq!((line(typed, 20), lines(typed, 20)), (one.to_owned(), many.to_owned()), "{typed:?}");
        }
    }
}
