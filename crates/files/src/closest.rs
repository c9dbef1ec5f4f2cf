//! Which of the names that are known was meant.

/// Longer names are compared with none.
const LONGEST: usize = 200;

/// The first of the known names that differs from `name` least, and by no more than case and a slip of the pen: one letter put in, left
/// out, changed or swapped with the next (two in a name of six letters or more; Damerau–Levenshtein distance).
pub fn closest<'a, S>(name: &str, known: impl IntoIterator<Item = &'a S>) -> Option<&'a str>
where
    S: AsRef<str> + ?Sized + 'a,
{
    let wanted = name.to_lowercase();
    let allowed = (name.chars().count() / 3).clamp(1, 2);
    let length = wanted.chars().count();
    known
        .into_iter()
        .map(AsRef::as_ref)
        // Comparing takes the product of the lengths, and those of names that can be meant are near each other.
        .filter(|k| k.len() <= 4 * (length + allowed) && length <= LONGEST)
        .map(|k| (strsim::damerau_levenshtein(&wanted, &k.to_lowercase()), k))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_slip_of_the_pen_is_told_and_another_name_is_not() {
        for (name, meant) in [
            ("EPOCHS", Some("epochs")),
            ("epoch", Some("epochs")),
            ("epohcs", Some("epochs")),
            ("widht", Some("width")),
            ("normalize", Some("normalise")),
            ("y", Some("Y")),
            ("wide", None),
            ("eopcsh", Some("epochs")),
            ("opchse", None),
            ("", Some("Y")),
        ] {
            assert_eq!(closest(name, ["width", "epochs", "normalise", "Y"]), meant, "{name}");
        }
        assert_eq!(closest("ab", &["aa".to_owned(), "ac".to_owned(), "ab".to_owned()]), Some("ab"));
        assert_eq!(closest("ab", &["aa", "ac"]), Some("aa"));
        let long = "a".repeat(201);
        assert_eq!(closest(&long, [long.as_str()]), None);
    }
}
