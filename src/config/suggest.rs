//! "Did you mean": the known word that is nearest to a mistyped one.

/// The candidate that somebody who wrote `word` most likely meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = word.to_lowercase().replace('-', "_");
    candidates
        .into_iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&written, &candidate.to_lowercase().replace('-', "_")), candidate)
        })
        // One slip in a short word, up to a third of a long one: more is another word.
        .filter(|(distance, candidate)| *distance <= 1.max(candidate.len().min(word.len()) / 3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// What to tell somebody who wrote `word`: the nearest candidate, or all of them.
pub fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(candidate) = nearest(word, candidates.clone()) {
        return format!("did you mean `{candidate}`?");
    }
    let known: Vec<String> = candidates.into_iter().map(|known| format!("`{known}`")).collect();
    if known.is_empty() { "there is none".to_owned() } else { format!("known are {}", known.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognized_and_another_word_is_not() {
        let known = ["databases", "migrations", "suite"];
        assert_eq!(nearest("databses", known), Some("databases"));
        assert_eq!(nearest("migration", known), Some("migrations"));
        assert_eq!(nearest("Suite", known), Some("suite"));
        assert_eq!(nearest("egress", known), None);
        assert_eq!(hint("egress", known), "known are `databases`, `migrations`, `suite`");
    }
}
