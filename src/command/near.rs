//! Words that are near to one that was typed.

/// The shortest text that counts where it is a part of another one, or has another one as a part.
const SHORTEST_PART: usize = 3;

/// Returns those of the words that are nearest to a text, the nearest first, in any case of the letters.
pub(super) fn nearest<'w>(text: &str, words: impl Iterator<Item = &'w str>, most: usize) -> Vec<&'w str> {
    let text = text.to_lowercase();
    let mut near: Vec<(usize, &str)> =
        words.filter_map(|word| Some((distance(&text, &word.to_lowercase())?, word))).collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().map(|(_, word)| word).take(most).collect()
}

/// Returns how far a word is from a text, if it is near.
fn distance(text: &str, word: &str) -> Option<usize> {
    let length = text.chars().count();
    let is_part = length >= SHORTEST_PART && word.contains(text);
    let most = (length / 3).max(1);
    if is_part {
        return Some(0);
    }
    // As in “Finance Team” for “Finance”.
    if word.chars().count() >= SHORTEST_PART && text.split_whitespace().any(|part| part == word) {
        return Some(1);
    }
    if length.abs_diff(word.chars().count()) > most {
        return None;
    }
    Some(edits(text, word)).filter(|edits| *edits <= most && *edits < length)
}

/// Counts the signs that must be put in, taken out or replaced to make one text of the other.
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, sign) in (1..).zip(one.chars()) {
        let mut left = place;
        let mut next = vec![left];
        for (of_other, around) in other.iter().zip(row.windows(2)) {
            let [diagonal, above] = around else { continue };
            left = (left + 1).min(above + 1).min(diagonal + usize::from(sign != *of_other));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first() {
        let words = ["Finance", "Finance Team", "Fine arts", "Engineering", "Sales", "Payroll"];
        for (text, near) in [
            ("finanze", &["Finance"][..]),
            ("Finance", &["Finance", "Finance Team"]),
            ("Fin", &["Finance", "Finance Team", "Fine arts"]),
            ("Enginering", &["Engineering"]),
            ("Payrol", &["Payroll"]),
            ("Finance people", &["Finance"]),
            ("The other one", &[]),
            ("xyz", &[]),
            ("Fi", &[]),
            ("", &[]),
        ] {
            assert_eq!(nearest(text, words.into_iter(), 9), near, "{text}");
        }
        assert_eq!(nearest("FIN", words.into_iter(), 2), ["Finance", "Finance Team"]);
    }

    #[test]
    fn edits_are_counted() {
        for (one, other, count) in [
            ("", "", 0),
            ("", "ab", 2),
            ("ab", "", 2),
            ("kitten", "sitting", 3),
            ("usr", "user", 1),
            ("é", "e", 1),
        ] {
            assert_eq!(edits(one, other), count, "{one} {other}");
        }
    }
}
