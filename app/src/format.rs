//! How moments, spans and counts read, and how a text stands in a URL or in a shell.

use domain::time::Timestamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Month names as dates show them.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment taken apart, UTC.
struct Civil {
    year: i64,
    month: usize,
    day: i64,
    second_of_day: i64,
}

/// Howard Hinnant's `civil_from_days`: the proleptic Gregorian calendar without a date library in the wasm.
fn civil(at: Timestamp) -> Civil {
    let seconds = at.unix_seconds();
    let days = seconds.div_euclid(DAY) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Civil { year, month: usize::try_from(month).unwrap_or(1), day, second_of_day: seconds.rem_euclid(DAY) }
}

/// `2026-02-04T13:05:09Z`, for `datetime`.
pub fn rfc3339(at: Timestamp) -> String {
    let s = civil(at).second_of_day;
    format!("{}T{:02}:{:02}:{:02}Z", iso_date(at), s / HOUR, s % HOUR / MINUTE, s % MINUTE)
}

/// `2026-02-04`.
pub fn iso_date(at: Timestamp) -> String {
    let Civil { year, month, day, .. } = civil(at);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `4 Feb 2026, 13:05:09 UTC`, the exact moment.
pub fn exact(at: Timestamp) -> String {
    let s = civil(at).second_of_day;
    format!("{}, {:02}:{:02}:{:02} UTC", date(at), s / HOUR, s % HOUR / MINUTE, s % MINUTE)
}

/// `4 Feb 2026`.
pub fn date(at: Timestamp) -> String {
    let Civil { year, month, day, .. } = civil(at);
    format!("{day} {} {year}", MONTHS.get(month - 1).copied().unwrap_or_default())
}

/// `just now`, `5 minutes ago`, `in 3 hours`, `4 Feb 2026` beyond thirty days.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.seconds_since(at);
    let span = seconds.abs();
    if span < 45 {
        return "just now".to_owned();
    }
    if span > 30 * DAY {
        return date(at);
    }
    let words = span_in_words(span);
    if seconds >= 0 { format!("{words} ago") } else { format!("in {words}") }
}

/// A span of `seconds` in its largest unit: `24 hours`, `90 days`.
pub fn span_in_words(seconds: i64) -> String {
    let (count, unit) = match seconds {
        s if s < HOUR => ((s + MINUTE / 2) / MINUTE, "minute"),
        s if s < 2 * DAY => ((s + HOUR / 2) / HOUR, "hour"),
        s => ((s + DAY / 2) / DAY, "day"),
    };
    counted(count.max(1).unsigned_abs(), unit)
}

/// A countdown in two units: `23 h 59 min`, `2 d 4 h`, `12 min`.
pub fn countdown(seconds: i64) -> String {
    match seconds.max(0) {
        s if s < MINUTE => format!("{s} s"),
        s if s < HOUR => format!("{} min", s / MINUTE),
        s if s < DAY => format!("{} h {} min", s / HOUR, s % HOUR / MINUTE),
        s => format!("{} d {} h", s / DAY, s % DAY / HOUR),
    }
}

/// `1 organization`, `14 organizations`.
pub fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{} {noun}s", grouped(count)) }
}

/// `12,418`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Percent-encoding for a query's or a path's part: everything but the unreserved characters of RFC 3986 section 2.3.
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for nibble in [byte >> 4, byte & 15] {
                encoded.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
            }
        }
    }
    encoded
}

/// `text` as one word of a POSIX shell: between single quotes nothing has a meaning but the next single quote.
pub fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Text for `<title>` and `<textarea>`, whose content leptos writes as it is: escaped, so that nothing which somebody wrote
/// ends the element (requirement 111).
#[cfg(feature = "ssr")]
pub fn raw_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_the_calendar_says() {
        assert_eq!(rfc3339(Timestamp(0)), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(Timestamp(951_782_400_000)), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(Timestamp(1_767_225_599_000)), "2025-12-31T23:59:59Z");
        assert_eq!(iso_date(Timestamp(1_767_225_600_000)), "2026-01-01");
        assert_eq!(exact(Timestamp(1_770_210_309_000)), "4 Feb 2026, 13:05:09 UTC");
    }

    #[test]
    fn spans_read_in_their_largest_unit() {
        let now = Timestamp(1_770_210_309_000);
        for (seconds, words) in
            [(10, "just now"), (120, "2 minutes ago"), (3600, "1 hour ago"), (3 * DAY, "3 days ago")]
        {
            assert_eq!(relative(now.minus_seconds(seconds), now), words);
        }
        assert_eq!(relative(now.plus_seconds(7200), now), "in 2 hours");
        assert_eq!(relative(now.minus_seconds(40 * DAY), now), "26 Dec 2025");
        assert_eq!(countdown(DAY - 1), "23 h 59 min");
    }

    #[test]
    fn counts_are_grouped_and_plural() {
        assert_eq!(counted(1, "token"), "1 token");
        assert_eq!(counted(12_418, "token"), "12,418 tokens");
        assert_eq!(percent_encoded("a b/é"), "a%20b%2F%C3%A9");
    }

    #[test]
    fn a_text_in_a_shell_is_one_word_and_runs_nothing() {
        for (text, word) in [
            ("", "''"),
            ("https://a.example/cb", "'https://a.example/cb'"),
            ("https://a.example/cb?x=1&y=2", "'https://a.example/cb?x=1&y=2'"),
            ("$(id) `id` $HOME \\ \"*\"", "'$(id) `id` $HOME \\ \"*\"'"),
            ("it's", r"'it'\''s'"),
            ("';id;'", r"''\'';id;'\'''"),
        ] {
            assert_eq!(shell_quoted(text), word);
        }
    }
}
