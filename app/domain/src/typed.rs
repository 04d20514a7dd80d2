//! Texts that people type: trimmed, bounded, and without control characters, of which PostgreSQL keeps no NUL, nor those
//! that turn the order of letters. The bounds are those of the pages as well, so that nothing is cut that a form let
//! somebody type.

use icu_properties::props::{
    BidiControl, BinaryProperty as _, DefaultIgnorableCodePoint, EnumeratedProperty as _, GeneralCategory,
    GeneralCategoryGroup,
};
use url::Url;

/// The longest name of an app, and label of a secret, in characters.
pub const MAX_NAME: usize = 60;
/// The longest description, purpose or reason, in characters.
pub const MAX_LINE: usize = 300;
/// The longest feedback of a review, in characters.
pub const MAX_FEEDBACK: usize = 2_000;

/// The longest e-mail address, in bytes (RFC 5321 section 4.5.3.1).
const MAX_EMAIL_BYTES: usize = 254;

/// One line of at most `most` characters. A control character, be it a line break, becomes a space, and so does one that
/// turns the order. Browsers count a break as one character, and send two.
pub fn line(text: &str, most: usize) -> String {
    text.replace("\r\n", "\n").replace(controls, " ").trim().chars().take(most).collect()
}

/// Lines of at most `most` characters together.
pub fn lines(text: &str, most: usize) -> String {
    let text = text.replace("\r\n", "\n").replace('\t', " ");
    text.replace(|letter: char| controls(letter) && letter != '\n', "").trim().chars().take(most).collect()
}

/// Whether a character does something to a text rather than be a part of it.
fn controls(letter: char) -> bool {
    letter.is_control() || BidiControl::for_char(letter)
}

/// Whether `text` has the form of one e-mail address, of signs that are seen: not of a list of them, and with no name
/// before it. Only a letter that arrives proves more.
pub fn is_email(text: &str) -> bool {
    let foreign = |sign: char| sign.is_whitespace() || sign.is_control() || is_unseen(sign) || ",;<>".contains(sign);
    let parts = text.split_once('@');
    let whole = parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    whole && text.len() <= MAX_EMAIL_BYTES && !text.contains(foreign)
}

/// A homepage as it is kept, if one was typed: as a URL is written, where each sign is seen. What is no URL stays as it
/// is, for the rules to refuse.
pub fn homepage(text: Option<String>) -> Option<String> {
    let text = text?.trim().to_owned();
    let url = Url::parse(&text).ok().filter(|_| !text.contains(char::is_control));
    given(url.map_or(text, String::from))
}

/// A name as it is kept, and compared with one that is typed: pages show a run of spaces as one, whatever its spaces are.
pub fn collapsed(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a name holds what is not seen, or what turns the order of its letters, or nothing that stands by itself: it
/// could pass for another name (requirement 111). A joiner is seen by what it does to the signs of other scripts and of
/// emoji at both its sides, a selector by what it does to the one before it.
pub fn deceives(name: &str) -> bool {
    let letters: Vec<char> = name.trim().chars().collect();
    let sign = |letter: Option<char>| {
        letter.is_some_and(|letter| !letter.is_ascii() && !letter.is_whitespace() && !is_unseen(letter))
    };
    let hides = letters.iter().enumerate().any(|(at, letter)| {
        let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied();
        match *letter {
            '\u{200c}' | '\u{200d}' => {
                !sign(before) && !before.is_some_and(selects) || !sign(letters.get(at + 1).copied())
            }
            '\u{fe0f}' => !sign(before) && !before.is_some_and(|letter| "0123456789#*".contains(letter)),
            letter if selects(letter) => !sign(before),
            letter => is_unseen(letter),
        }
    });
    hides || !letters.is_empty() && !letters.into_iter().any(stands)
}

/// Whether it chooses how the sign before it is shown.
const fn selects(letter: char) -> bool {
    matches!(letter, '\u{180b}'..='\u{180d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether it is seen without another before it, as a mark is not.
fn stands(letter: char) -> bool {
    let marks = GeneralCategoryGroup::Mark.contains(GeneralCategory::for_char(letter));
    !marks && !letter.is_whitespace() && !letter.is_control() && !is_unseen(letter)
}

/// Characters that are empty though Unicode calls them signs: of Braille, of music, of Khitan.
const EMPTY: [char; 3] = ['\u{2800}', '\u{1d159}', '\u{16fe4}'];

/// Characters that show nothing, wherever they stand, or only do something to others.
fn is_unseen(letter: char) -> bool {
    use GeneralCategory::{Format, LineSeparator, ParagraphSeparator};
    DefaultIgnorableCodePoint::for_char(letter)
        || matches!(GeneralCategory::for_char(letter), Format | LineSeparator | ParagraphSeparator)
        || EMPTY.contains(&letter)
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
            "Ac\u{61c}me",
            "Acme\u{180f}",
            "Acme\u{fff0}",
            "Acme\u{fffb}",
            "Acme\u{13430}",
            "Acme\u{16fe4}",
            "Acme\u{1bca0}",
            "Acme\u{1d159}",
            "Acme\u{1d173}",
            "Acme\u{1d17a}",
            "Acme\u{e01f0}",
            "Acme\u{e0fff}",
            "Ac\u{2028}me",
            "é\u{200d}\u{200d}é",
            "é\u{fe0f}\u{fe0f}",
            "株\u{200c}\u{3000}社",
            "\u{301}",
            " \u{301}\u{20e3}",
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
            "U\u{308}ni",
            "র\u{200d}\u{9cd}যাম",
            "ᠮᠣᠩᠭᠤᠯ\u{180b}",
            "🏳\u{fe0f}\u{200d}🌈",
            "!",
            "",
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
    fn an_email_address_is_one_and_all_of_it_is_seen() {
        for address in ["ada@example.com", "a+b.c@örtlich.example", "o'neil@localhost"] {
            assert!(is_email(address), "{address:?}");
        }
        let long = format!("a@{}", "x".repeat(253));
        for text in [
            "",
            "ada",
            "@b",
            "a@",
            "a@b@c",
            "a,b@c",
            "a@b,c@d",
            "a@b;c",
            "a b@c",
            "a@b\u{a0}c",
            "a@b\u{0}",
            "<a@b>",
            "a\u{202e}@b",
            "a@\u{200f}b",
            "a\u{200b}@b",
            "a\u{2066}b@c",
            "a\u{61c}b@c",
            long.as_str(),
        ] {
            assert!(!is_email(text), "{text:?}");
        }
    }

    #[test]
    fn a_homepage_is_kept_as_a_url_is_written() {
        for (text, kept) in [
            (" https://a.example/x ", Some("https://a.example/x")),
            ("https://a.example", Some("https://a.example/")),
            (
                "https://a.example/\u{202e}moc.b?\u{200b}#\u{2066}",
                Some("https://a.example/%E2%80%AEmoc.b?%E2%80%8B#%E2%81%A6"),
            ),
            ("https://örtlich.example/é", Some("https://xn--rtlich-vxa.example/%C3%A9")),
            ("https://a\n.example", Some("https://a\n.example")),
            ("nonsense", Some("nonsense")),
            (" ", None),
        ] {
            assert_eq!(homepage(Some(text.to_owned())).as_deref(), kept, "{text:?}");
        }
        assert_eq!(homepage(None), None);
    }

    #[test]
    fn a_text_is_bounded_by_characters_and_holds_no_control_characters() {
        for (typed, one, many) in [
            ("\u{0}No longer\r\nneeded\u{7} ", "No longer needed", "No longer\nneeded"),
            ("a\tb", "a b", "a b"),
            (" \u{0}\n", "", ""),
            ("é\u{0}éé", "é éé", "ééé"),
            ("1234567890123456789012", "12345678901234567890", "12345678901234567890"),
            ("\u{202e}pay\u{2066}ment\u{2069}", "pay ment", "payment"),
            ("a\u{200e}b\u{200f}c\u{61c}d", "a b c d", "abcd"),
            ("נרם\u{200c}אפזר", "נרם\u{200c}אפזר", "נרם\u{200c}אפזר"),
        ] {
            assert_eq!((line(typed, 20), lines(typed, 20)), (one.to_owned(), many.to_owned()), "{typed:?}");
        }
    }
}
