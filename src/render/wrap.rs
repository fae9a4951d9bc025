//! Words into lines.

use unicode_width::UnicodeWidthStr;

use super::paint::clean;

/// Breaks `text` at spaces into lines of at most `width` columns, each with its indent: the first line's, then the
/// others'. A word that is longer than a line keeps its own.
pub(super) fn wrap(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in clean(text).split_whitespace() {
        if !is_empty && line.width() + 1 + word.width() > width {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_keep_to_the_width_and_to_their_indents() {
        assert_eq!(wrap("one two three four", 9, "- ", "  "), ["- one two", "  three", "  four"]);
    }

    #[test]
    fn a_word_that_is_too_long_keeps_its_own_line() {
        assert_eq!(wrap("a incomprehensible b", 6, "", ""), ["a", "incomprehensible", "b"]);
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(wrap("日本 日本", 8, "", ""), ["日本", "日本"]);
    }
}
