//! Numbers as digits and letters: every character may stand in a URL, a header and a file name.

use crate::entropy::Entropy;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The most words of 32 bits that a number has here.
const LIMBS: usize = 5;
/// What five digits can say.
const FIVE_DIGITS: u64 = 62u64.pow(5);

/// `count` random base-62 digits, for values that are public but unguessable enough to never collide.
pub(crate) fn random(entropy: &dyn Entropy, count: usize) -> String {
    let mut text = String::with_capacity(count);
    let mut buffer = [0; 32];
    while text.len() < count {
        entropy.fill(&mut buffer);
        // 248 is the largest multiple of 62 within a byte: beyond it the digits would not be equally likely.
        let digits = buffer.iter().filter(|&&byte| byte < 248).map(|&byte| char::from(DIGITS[usize::from(byte % 62)]));
        text.extend(digits.take(count - text.len()));
    }
    text
}

/// Appends `bytes`, a big-endian number, as exactly `digits` base-62 digits.
pub(crate) fn push<const N: usize>(text: &mut String, bytes: &[u8; N], digits: usize) {
    const { assert!(N.is_multiple_of(4) && N <= 4 * LIMBS) };
    // The highest 32 bits first; five digits at a time, which are less than 2^30.
    let mut limbs = [0u32; LIMBS];
    let limbs = &mut limbs[..N / 4];
    for (limb, bytes) in limbs.iter_mut().zip(bytes.chunks(4)) {
        *limb = bytes.iter().fold(0, |limb, byte| limb << 8 | u32::from(*byte));
    }
    let mut reversed = Vec::with_capacity(digits + 4);
    while reversed.len() < digits {
        let mut remainder = 0u64;
        for limb in limbs.iter_mut() {
            let value = remainder << 32 | u64::from(*limb);
            *limb = u32::try_from(value / FIVE_DIGITS).unwrap_or_default();
            remainder = value % FIVE_DIGITS;
        }
        for _ in 0..5 {
            reversed.push(DIGITS[usize::try_from(remainder % 62).unwrap_or_default()]);
            remainder /= 62;
        }
    }
    text.extend(reversed[..digits].iter().rev().map(|&digit| char::from(digit)));
}

/// Reads base-62 digits as a big-endian number of exactly `N` bytes; none where there is another character, or the number needs
/// more.
pub(crate) fn read<const N: usize>(digits: &str) -> Option<[u8; N]> {
    const { assert!(N.is_multiple_of(4) && N <= 4 * LIMBS) };
    // The lowest 32 bits first; five digits at a time, which are less than 2^30.
    let mut limbs = [0u32; LIMBS];
    for chunk in digits.as_bytes().chunks(5) {
        let (mut carry, mut scale) = (0u64, 1u64);
        for digit in chunk {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'A'..=b'Z' => digit - b'A' + 10,
                b'a'..=b'z' => digit - b'a' + 36,
                _ => return None,
            };
            carry = carry * 62 + u64::from(value);
            scale *= 62;
        }
        for limb in &mut limbs[..N / 4] {
            let value = u64::from(*limb) * scale + carry;
            *limb = u32::try_from(value & u64::from(u32::MAX)).unwrap_or_default();
            carry = value >> 32;
        }
        if carry > 0 {
            return None;
        }
    }
    let mut number = [0u8; N];
    for (bytes, limb) in number.rchunks_exact_mut(4).zip(limbs) {
        bytes.copy_from_slice(&limb.to_be_bytes());
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::{DIGITS, push, read};

    /// The definition, digit by digit.
    fn slowly(mut number: u128, digits: usize) -> String {
        let mut text = vec![b'0'; digits];
        for digit in text.iter_mut().rev() {
            *digit = DIGITS[usize::try_from(number % 62).expect("a digit")];
            number /= 62;
        }
        String::from_utf8(text).expect("ASCII")
    }

    #[test]
    fn a_number_is_written_as_its_digits_and_read_back() {
        let spread = (0..200u32).map(|step| u128::MAX.rotate_left(step) ^ (u128::MAX / 7) << (step % 90));
        for number in [0, 1, 61, 62, u128::from(u64::MAX), u128::MAX].into_iter().chain(spread) {
            let mut text = String::new();
            push(&mut text, &number.to_be_bytes(), 22);
            assert_eq!(text, slowly(number, 22));
            assert_eq!(read(&text), Some(number.to_be_bytes()), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_of_so_many_bytes_is_none() {
        assert_eq!(read::<4>(&slowly(u128::from(u32::MAX), 6)), Some([0xff; 4]));
        for text in [slowly(u128::from(u32::MAX) + 1, 6), "zzzzzz".to_owned(), "00000-".to_owned(), "0000é".to_owned()]
        {
            assert_eq!(read::<4>(&text), None, "{text}");
        }
    }
}
