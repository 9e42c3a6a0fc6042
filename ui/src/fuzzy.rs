//! Finding by a few letters: the palette, quick-add and the command palette rank with the same function.

use flowloom_flow::Card;

/// How well `text` answers `query`, higher is better; `None`: not at all. Every word of the query must be
/// found; a word is found as the start of a word, within one, or as letters in order that begin at a word.
pub fn score(query: &str, text: &str) -> Option<i32> {
    best(query, &[(text, 0)])
}

/// How well a kind answers `query`: by its name first, then its other words, then what it does.
pub fn rank(query: &str, card: &Card) -> Option<i32> {
    let mut fields = vec![(card.name, 0), (card.id, 5), (card.blurb, 60)];
    fields.extend(card.tags.iter().map(|tag| (*tag, 15)));
    best(query, &fields)
}

/// The best field for each word of the query, its handicap taken off.
fn best(query: &str, fields: &[(&str, i32)]) -> Option<i32> {
    let mut total = 0;
    for word in query.split_whitespace() {
        let word = word.to_lowercase();
        let found = fields.iter().filter_map(|(text, handicap)| {
            let is_prose = *handicap >= 60;
            one(&word, &text.to_lowercase(), is_prose).map(|score| score - handicap)
        });
        total += found.max()?;
    }
    Some(total)
}

/// One word in lower-case `text`; prose answers only with the start of a word, else everything would answer.
fn one(word: &str, text: &str, is_prose: bool) -> Option<i32> {
    let length = i32::try_from(text.chars().count()).unwrap_or(i32::MAX).min(40);
    if text == word {
        return Some(220);
    }
    if text.starts_with(word) {
        return Some(180 - length);
    }
    let mut from = 0;
    let mut is_within = false;
    while let Some(at) = text[from..].find(word).map(|at| from + at) {
        let before = text[..at].chars().next_back();
        if !before.is_some_and(char::is_alphanumeric) {
            return Some(140 - length);
        }
        is_within = true;
        from = at + word.chars().next().map_or(1, char::len_utf8);
    }
    if is_prose {
        return None;
    }
    if is_within {
        return Some(100 - length);
    }
    scattered(word, text).map(|gaps| 60 - length / 2 - 2 * gaps)
}

/// Letters of `word` in order within `text`, the first at the start of a word; how many letters were left out.
fn scattered(word: &str, text: &str) -> Option<i32> {
    let letters: Vec<char> = text.chars().collect();
    let mut best = None;
    for start in 0..letters.len() {
        if start > 0 && letters[start - 1].is_alphanumeric() {
            continue;
        }
        let mut at = start;
        let mut gaps = 0;
        let is_found = word.chars().enumerate().all(|(i, letter)| {
            let rest = letters[at..].iter().position(|each| *each == letter);
            let Some(skipped) = rest.filter(|skipped| i > 0 || *skipped == 0) else { return false };
            gaps += i32::try_from(skipped).unwrap_or(i32::MAX);
            at += skipped + 1;
            true
        });
        if is_found && best.is_none_or(|best| gaps < best) {
            best = Some(gaps);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_word_beats_its_middle() {
        let better = |query, a, b| assert!(score(query, a) > score(query, b), "{query}: {a} before {b}");
        better("fil", "Filter", "Write file");
        better("file", "Write file", "Profiled");
        better("so", "Sort", "Kafka source");
        better("gb", "Group by", "Big orders");
        better("union", "Union", "Union all of it");
    }

    #[test]
    fn every_word_must_be_found() {
        assert!(score("write file", "Write file").is_some() && score("file wr", "Write file").is_some());
        assert_eq!(score("write kafka", "Write file"), None);
        assert_eq!(score("xyz", "Filter"), None);
        assert_eq!(score("", "Filter"), Some(0));
    }

    #[test]
    fn kinds_are_found_by_other_words_and_by_what_they_do() {
        let registry = flowloom_studio::registry();
        let first = |query: &str| {
            let ranked =
                registry.entries().iter().filter_map(|entry| Some((rank(query, entry.card)?, entry.card.id)));
            ranked.max_by_key(|(score, _)| *score).map(|(_, id)| id)
        };
        assert_eq!(first("filter"), Some("filter"));
        assert_eq!(first("kaf"), Some("kafka_source"));
        assert_eq!(first("gby"), Some("group_by"));
        assert_eq!(first("where"), Some("filter"));
        assert_eq!(first("nothing like this"), None);
    }
}
