//! The style sheet written into each element, for programs that show SVG but know little of CSS.

use std::collections::BTreeMap;

/// Palette and chart classes; of the palette the first, light one is taken.
const STYLE: &str = include_str!("../chart.css");

/// One rule: the element and the classes that it is for, and its declarations.
struct Rule<'a> {
    element: Option<&'a str>,
    classes: Vec<&'a str>,
    declarations: Vec<(&'a str, &'a str)>,
}

/// An SVG text with a `style` in the place of every `class`: the declarations of `chart.css` for it, in light colours.
pub fn painted(svg: &str) -> String {
    let (palette, rules) = read(STYLE);
    let mut out = String::with_capacity(svg.len() * 2);
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        // Attributes hold no `>`: it is escaped there.
        let end = rest[start..].find('>').map_or(rest.len(), |at| start + at + 1);
        out.push_str(&tag(&rest[start..end], &palette, &rules));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn tag(tag: &str, palette: &BTreeMap<&str, &str>, rules: &[Rule]) -> String {
    let name = tag[1..].split([' ', '>', '/']).next().unwrap_or_default();
    if name.is_empty() {
        return tag.to_owned();
    }
    let (before, classes, after) = match tag.split_once(" class=\"").and_then(|(before, rest)| {
        let (classes, after) = rest.split_once('"')?;
        Some((before, classes, after))
    }) {
        Some(parts) => parts,
        // A text without a class has its colour from the rule for texts.
        None if name == "text" || name == "tspan" => (&tag[..=name.len()], "", &tag[1 + name.len()..]),
        None => return tag.to_owned(),
    };
    let classes: Vec<&str> = classes.split(' ').collect();
    let mut found: Vec<(&str, &str)> = Vec::new();
    for rule in rules {
        if rule.element.is_none_or(|e| e == name) && rule.classes.iter().all(|c| classes.contains(c)) {
            for (key, value) in &rule.declarations {
                found.retain(|(k, _)| k != key);
                found.push((key, value));
            }
        }
    }
    let own: BTreeMap<&str, &str> = found.iter().copied().filter(|(key, _)| key.starts_with("--")).collect();
    let style: Vec<String> = found
        .iter()
        .filter(|(key, _)| !key.starts_with("--"))
        .map(|(key, value)| format!("{key}:{}", resolved(value, &own, palette)))
        .collect();
    if style.is_empty() {
        return [before, after].concat();
    }
    format!("{before} style=\"{}\"{after}", style.join(";"))
}

/// A value with its `var(--name)` looked up, in the element's own first.
fn resolved(value: &str, own: &BTreeMap<&str, &str>, palette: &BTreeMap<&str, &str>) -> String {
    let Some((before, rest)) = value.split_once("var(") else { return value.to_owned() };
    let Some((name, after)) = rest.split_once(')') else { return value.to_owned() };
    let inner = own.get(name).or_else(|| palette.get(name)).map_or("#000000", |v| v);
    resolved(&[before, inner, after].concat(), own, palette)
}

/// The palette of the first `:root`, and the rules outside of `@media`. Selectors are an element, classes, or both; `.chart` before
/// them is where charts are in the page, and says nothing here.
fn read(css: &str) -> (BTreeMap<&str, &str>, Vec<Rule<'_>>) {
    let mut palette = BTreeMap::new();
    let mut rules = Vec::new();
    let mut rest = css;
    while let Some((selectors, after)) = rest.split_once('{') {
        let selectors = selectors.trim();
        if selectors.starts_with("@media") {
            rest = after.split_once("}}").map_or("", |(_, rest)| rest);
            continue;
        }
        let Some((body, after)) = after.split_once('}') else { break };
        rest = after;
        let declarations: Vec<(&str, &str)> = body
            .split(';')
            .filter_map(|d| d.split_once(':'))
            .map(|(key, value)| (key.trim(), value.trim()))
            .collect();
        if selectors == ":root" {
            palette.extend(declarations);
            continue;
        }
        for selector in selectors.split(',') {
            let selector = selector.trim();
            let last = selector.strip_prefix(".chart ").unwrap_or(selector);
            let mut parts = last.split('.');
            let element = parts.next().filter(|e| !e.is_empty());
            rules.push(Rule { element, classes: parts.collect(), declarations: declarations.clone() });
        }
    }
    (palette, rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_become_colours() {
        let svg = "<g><path class=\"line thick c-orange\" d=\"M1 6\"></path><text x=\"1\">a</text></g>";
        let text = painted(svg);
        assert!(text.contains("stroke:#c14a00") && text.contains("stroke-width:2.6"), "{text}");
        assert!(text.contains("<text style=\"fill:#1a2029;font-size:13px"), "{text}");
        assert!(!text.contains("class") && !text.contains("--"), "{text}");
        assert!(text.ends_with(">a</text></g>"));
    }

    #[test]
    fn the_dark_palette_is_not_taken() {
        let (palette, rules) = read(STYLE);
        assert_eq!(palette["--paper"], "#fff");
        assert!(rules.iter().any(|r| r.classes == ["mark", "hollow"]));
        assert!(
            rules.iter().all(|r| r.element.is_none_or(|e| e == "text")),
            "selectors that this file cannot read"
        );
    }
}
