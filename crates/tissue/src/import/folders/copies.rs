//! Folders that are called as a copy of another.

/// A warning for each class folder that is called as file managers call the copy of another.
pub(super) fn copies(classes: &[String]) -> Vec<String> {
    let of = |class: &String| classes.iter().find(|c| is_copy_of(&class.to_lowercase(), &c.to_lowercase()));
    let warning = |(copy, class): (&String, &String)| {
        let (copy, class) = (files::quoted(copy), files::quoted(class));
        format!(
            "warning: the folder {copy} is called as a copy of the folder {class} would be, and both are taken for classes: if it is one, move it out of the data set"
        )
    };
    classes.iter().filter_map(|class| Some((class, of(class)?))).map(warning).collect()
}

/// Whether a name, in lower case, is another with the words of a copy around it: "hp - copy (2)", "hp (1)", "copy of hp".
fn is_copy_of(copy: &str, name: &str) -> bool {
    const BEHIND: [&str; 5] = ["copy", "kopie", "copie", "copia", "cópia"];
    const BEFORE: [&str; 8] =
        ["copy of", "copy", "kopie von", "copie de", "copia de", "copia di", "cópia de", "kopie van"];
    let name = name.trim();
    if let Some(before) = copy.strip_suffix(name) {
        let before = before.trim().trim_end_matches(['-', '_']).trim_end();
        return BEFORE.contains(&before);
    }
    let Some(behind) = copy.strip_prefix(name) else { return false };
    let numbered = behind.trim_end();
    let words = numbered.trim_end_matches(|c: char| c.is_ascii_digit() || c == '(' || c == ')').trim_end();
    let is_number_alone =
        words.trim().is_empty() && numbered.ends_with(')') && behind.starts_with([' ', '(']);
    let word = words.trim_start_matches([' ', '-', '_', '.']);
    is_number_alone || (word.len() < words.len() && BEHIND.contains(&word))
}
