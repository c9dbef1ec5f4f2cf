//! The module tree of a crate: what each module defines, imports and mentions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, UseTree, Visibility};

use crate::ArrowsError;

/// A path as it is written, `crate`, `self` and `super` among its parts; an empty first part stands for the `::` before a crate's name.
pub(crate) type Segments = Vec<String>;

/// A module, in a file of its own or within another's.
pub(crate) struct Module {
    /// The module around it; the root is its own.
    pub parent: usize,
    /// Its file, an index into [`Modules::files`].
    pub file: usize,
    pub children: BTreeMap<String, usize>,
    /// The names that it defines.
    pub items: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// Every path in its code, its attributes and the tokens of its macros.
    pub mentions: BTreeSet<Segments>,
}

/// One name of a `use`.
pub(crate) struct Import {
    /// The name in this module; "*" for all of another's.
    pub name: String,
    pub path: Segments,
    /// Whether it is handed on, as by `pub use` or `pub(crate) use`.
    pub is_public: bool,
}

/// All modules of a crate that are compiled without tests; the first is the root.
pub(crate) struct Modules {
    pub files: Vec<PathBuf>,
    pub all: Vec<Module>,
}

impl Modules {
    /// Reads a crate from its root, `lib.rs` or `main.rs`.
    pub fn read(root: &Path) -> Result<Self, ArrowsError> {
        let mut modules = Self { files: Vec::new(), all: Vec::new() };
        let below = root.parent().unwrap_or(Path::new("")).to_path_buf();
        modules.read_file(root, &below, 0)?;
        Ok(modules)
    }

    /// Whether `inner` is `outer` or lies anywhere below it.
    pub fn is_within(&self, mut inner: usize, outer: usize) -> bool {
        while inner != outer && inner != 0 {
            inner = self.all[inner].parent;
        }
        inner == outer
    }

    /// Reads the module in `file`, whose children lie in the folder `below`. Returns its index.
    fn read_file(&mut self, file: &Path, below: &Path, parent: usize) -> Result<usize, ArrowsError> {
        let text = fs::read_to_string(file)
            .map_err(|source| ArrowsError::Read { path: file.to_path_buf(), source })?;
        let parsed = syn::parse_file(&text)
            .map_err(|source| ArrowsError::Parse { path: file.to_path_buf(), source })?;
        self.files.push(file.to_path_buf());
        self.read_items(&parsed.items, self.files.len() - 1, below, parent)
    }

    fn read_items(
        &mut self,
        items: &[Item],
        file: usize,
        below: &Path,
        parent: usize,
    ) -> Result<usize, ArrowsError> {
        let mut reader = Reader::default();
        for item in items {
            reader.visit_item(item);
        }
        let Reader { items: names, imports, mentions } = reader;
        let this = self.all.len();
        self.all.push(Module { parent, file, children: BTreeMap::new(), items: names, imports, mentions });
        for item in items {
            let Item::Mod(module) = item else { continue };
            if is_for_tests(&module.attrs) {
                continue;
            }
            let name = module.ident.to_string();
            let inner = below.join(&name);
            let child = if let Some((_, items)) = &module.content {
                self.read_items(items, file, &inner, this)?
            } else {
                let beside = below.join(format!("{name}.rs"));
                let file = if beside.is_file() { beside } else { inner.join("mod.rs") };
                self.read_file(&file, &inner, this)?
            };
            self.all[this].children.insert(name, child);
        }
        Ok(this)
    }
}

/// Whether an item is compiled for tests only.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    fn needs_test(condition: &Meta) -> bool {
        let Meta::List(list) = condition else { return condition.path().is_ident("test") };
        let inner =
            list.parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated);
        let inner = inner.unwrap_or_default();
        match list.path.get_ident().map(ToString::to_string).as_deref() {
            Some("all") => inner.iter().any(needs_test),
            Some("any") => inner.iter().all(needs_test),
            _ => false,
        }
    }
    let condition = |a: &Attribute| a.path().is_ident("cfg").then(|| a.parse_args::<Meta>().ok()).flatten();
    attributes.iter().filter_map(condition).any(|c| needs_test(&c))
}

/// Gathers what a module defines, imports and mentions; modules inside it are left to themselves.
#[derive(Default)]
struct Reader {
    items: BTreeSet<String>,
    imports: Vec<Import>,
    mentions: BTreeSet<Segments>,
}

impl Reader {
    fn import(&mut self, tree: &UseTree, before: &Segments, is_public: bool) {
        let with = |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect::<Segments>();
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &with(&path.ident), is_public),
            UseTree::Group(group) => group.items.iter().for_each(|t| self.import(t, before, is_public)),
            UseTree::Glob(_) => {
                self.imports.push(Import { name: "*".into(), path: before.clone(), is_public });
            }
            UseTree::Name(name) if name.ident == "self" => {
                let name = before.last().cloned().unwrap_or_default();
                self.imports.push(Import { name, path: before.clone(), is_public });
            }
            UseTree::Name(name) => {
                self.imports.push(Import {
                    name: name.ident.to_string(),
                    path: with(&name.ident),
                    is_public,
                });
            }
            UseTree::Rename(rename) => {
                let path = if rename.ident == "self" { before.clone() } else { with(&rename.ident) };
                self.imports.push(Import { name: rename.rename.to_string(), path, is_public });
            }
        }
    }

    /// The paths in tokens that nobody has parsed; what follows a dot is a field or method.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = Segments::new();
        // Colons behind the path's last segment, and whether a dot stands before what comes next.
        let (mut colons, mut after_dot) = (0, false);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.mention(std::mem::take(&mut path));
                    }
                    if !after_dot {
                        path.push(ident.to_string());
                    }
                    (colons, after_dot) = (0, false);
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' && !path.is_empty() => colons += 1,
                TokenTree::Punct(mark) => {
                    self.mention(std::mem::take(&mut path));
                    (colons, after_dot) = (0, mark.as_char() == '.');
                }
                TokenTree::Group(group) => {
                    self.mention(std::mem::take(&mut path));
                    (colons, after_dot) = (0, false);
                    self.tokens(group.stream());
                }
                TokenTree::Literal(_) => (colons, after_dot) = (0, false),
            }
        }
        self.mention(path);
    }

    fn mention(&mut self, path: Segments) {
        if !path.is_empty() {
            self.mentions.insert(path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = match item {
            Item::Const(i) => (&i.attrs, Some(&i.ident)),
            Item::Enum(i) => (&i.attrs, Some(&i.ident)),
            Item::Fn(i) => (&i.attrs, Some(&i.sig.ident)),
            Item::Static(i) => (&i.attrs, Some(&i.ident)),
            Item::Struct(i) => (&i.attrs, Some(&i.ident)),
            Item::Trait(i) => (&i.attrs, Some(&i.ident)),
            Item::TraitAlias(i) => (&i.attrs, Some(&i.ident)),
            Item::Type(i) => (&i.attrs, Some(&i.ident)),
            Item::Union(i) => (&i.attrs, Some(&i.ident)),
            Item::Macro(i) => (&i.attrs, i.ident.as_ref()),
            Item::Impl(i) => (&i.attrs, None),
            Item::Use(i) => (&i.attrs, None),
            Item::Mod(_) => return,
            _ => return visit::visit_item(self, item),
        };
        if is_for_tests(attributes) {
            return;
        }
        self.items.extend(name.map(ToString::to_string));
        visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let before = item.leading_colon.iter().map(|_| String::new()).collect();
        self.import(&item.tree, &before, !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let before = path.leading_colon.iter().map(|_| String::new());
        let segments = path.segments.iter().map(|s| s.ident.to_string());
        self.mention(before.chain(segments).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }
}
