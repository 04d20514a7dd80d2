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

/// What was typed, if anything was.
pub fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

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
