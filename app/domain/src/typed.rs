//! Texts that people type: trimmed, bounded, and without control characters, of which PostgreSQL keeps no NUL. The
//! bounds are those of the pages as well, so that nothing is cut that a form let somebody type.

/// The longest name of an app, and label of a secret, in characters.
pub const MAX_NAME: usize = 60;
/// The longest description, purpose or reason, in characters.
pub const MAX_LINE: usize = 300;
/// The longest feedback of a review, in characters.
pub const MAX_FEEDBACK: usize = 2_000;

/// One line of at most `most` characters. A control character, be it a line break, becomes a space. Browsers count a
/// break as one character, and send two.
pub fn line(text: &str, most: usize) -> String {
    text.replace("\r\n", "\n").replace(char::is_control, " ").trim().chars().take(most).collect()
}

/// Lines of at most `most` characters together.
pub fn lines(text: &str, most: usize) -> String {
    let text = text.replace("\r\n", "\n").replace('\t', " ");
    text.replace(|letter: char| letter.is_control() && letter != '\n', "").trim().chars().take(most).collect()
}

/// A name as it is kept, and compared with one that is typed: pages show a run of spaces as one, whatever its spaces are.
pub fn collapsed(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a name holds what is not seen, or what turns the order of its letters: it could pass for another name
/// (requirement 111). A joiner is seen by what it does to the signs of other scripts and of emoji at both its sides, a
/// selector by what it does to the one before it.
pub fn deceives(name: &str) -> bool {
    let letters: Vec<char> = name.trim().chars().collect();
    let seen = |at: Option<usize>, but: &str| {
        let sign = at.and_then(|at| letters.get(at));
        sign.is_some_and(|sign| but.contains(*sign) || !sign.is_ascii() && !is_unseen(*sign))
    };
    letters.iter().enumerate().any(|(at, letter)| match letter {
        '\u{200c}' | '\u{200d}' => !seen(at.checked_sub(1), "") || !seen(Some(at + 1), ""),
        '\u{fe0f}' => !seen(at.checked_sub(1), "0123456789#*"),
        '\u{180b}'..='\u{180d}' | '\u{fe00}'..='\u{fe0e}' | '\u{e0100}'..='\u{e01ef}' => !seen(at.checked_sub(1), ""),
        letter => is_unseen(*letter),
    })
}

/// Characters that show nothing, wherever they stand.
const fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e00ff}')
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
        for name in [
            "Acme\u{200b}",
            "\u{202e}emcA",
            "Ac\u{2066}me",
            "\u{feff}Acme",
            "Ac\u{ad}me",
            "A\u{e0041}cme",
            "\u{200d}",
            "Acme\u{200c}",
            "Ac\u{200d}me",
            "\u{3164}",
            "\u{2800}",
            "\u{115f}\u{1160}",
            "Acme\u{fe0f}",
            "Ac\u{e0100}me",
        ] {
            assert!(deceives(name), "{name:?}");
        }
        for name in [
            "Acme & Söhne",
            "株式会社",
            "نرم\u{200c}افزار",
            "👩\u{200d}💻 Works",
            "❤\u{fe0f} Letters",
            "1\u{fe0f}\u{20e3} First",
            "葛\u{e0100}城",
            "👩\u{1f3fd}\u{200d}💻",
            "❤\u{fe0f}\u{200d}🔥",
            "Ünïcode 2",
        ] {
            assert!(!deceives(name), "{name:?}");
        }
    }

    #[test]
    fn a_name_is_kept_as_it_is_seen() {
        for (typed, kept) in [
            ("Two  Spaces", "Two Spaces"),
            (" Two\u{a0} \u{3000}Spaces\t", "Two Spaces"),
            ("株式会社　東京", "株式会社 東京"),
            ("One", "One"),
            (" ", ""),
        ] {
            assert_eq!(collapsed(typed), kept, "{typed:?}");
        }
    }

    #[test]
    fn a_text_is_bounded_by_characters_and_holds_no_control_characters() {
        for (typed, one, many) in [
            ("\u{0}No longer\r\nneeded\u{7} ", "No longer needed", "No longer\nneeded"),
            ("a\tb", "a b", "a b"),
            (" \u{0}\n", "", ""),
            ("é\u{0}éé", "é éé", "ééé"),
            ("1234567890123456789012", "12345678901234567890", "12345678901234567890"),
        ] {
            assert_eq!((line(typed, 20), lines(typed, 20)), (one.to_owned(), many.to_owned()), "{typed:?}");
        }
    }
}
